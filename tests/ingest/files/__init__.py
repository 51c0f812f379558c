"""File imports, on constructed files and on measured ones."""
