"""Shops: what they sell, when it is collected, and orders that are never more than there is."""
