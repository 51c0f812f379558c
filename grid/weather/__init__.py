"""Weather: where it comes from, what was known of it when, and what a forecast makes of it."""
