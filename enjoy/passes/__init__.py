"""Passes: who holds them, what they open, and the signed codes that show it."""
