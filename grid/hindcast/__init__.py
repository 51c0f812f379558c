"""Forecasts of the past as they would have been issued, and how good they would have been."""
