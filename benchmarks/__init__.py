"""Measured ratios: each script compares us with a named peer or limit, in one run that also checks the answers."""
