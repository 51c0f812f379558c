"""The demonstration: the whole platform on measured data, told as one story."""
