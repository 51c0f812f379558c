"""Settlement: what an event saved by which method, how sure that is, and why two statements of it differ."""
