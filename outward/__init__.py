"""The way out to servers of strangers: addresses that were checked, one HTTP exchange, bounded in time and size."""
