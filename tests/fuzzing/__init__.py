"""A million payloads that nobody meant, over every decoder."""
