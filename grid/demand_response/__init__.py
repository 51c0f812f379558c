"""Demand response: events, the plan of who draws when, commands, and what was measured."""
