"""Reports of OpenADR VENs as readings: a second way in beside the broker, with the same rules."""
