"""Routes of cards, services and passes."""
