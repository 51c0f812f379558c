"""Published records as OGC API Features has them: collections, items, queryables, filters."""
