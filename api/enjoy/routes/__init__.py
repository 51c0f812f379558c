"""Routes of Enjoy."""
