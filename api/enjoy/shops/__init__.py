"""Routes of shops and orders."""
