"""Readings out of files: surveyed once to be understood, read a second time to be stored, never held whole."""
