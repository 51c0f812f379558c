"""What a reader of passes needs, with no connection: tokens, status lists and rules. Knows `core` alone."""
