"""From the broker's bytes to the database's rows: sessions, decoders, plausibility, batches, write-then-acknowledge."""
