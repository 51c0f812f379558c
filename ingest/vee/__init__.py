"""Validation, estimation, editing (VEE): what can be believed, what is missing, and what stands in for it."""
