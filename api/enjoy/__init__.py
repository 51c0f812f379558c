"""Enjoy: the data platform that services of the metropolis, communes and partners share."""
