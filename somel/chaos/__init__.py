"""A seeded storm against the way in: whatever fails, every reading published is stored exactly once."""
