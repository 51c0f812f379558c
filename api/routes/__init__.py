"""One module for each noun that has an address."""
