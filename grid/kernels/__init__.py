"""Compute: arrays in, arrays out, compiled by Numba; no input or output of their own.

Importing any kernel first prepares Numba's threads, which are fixed when the first function is launched.
"""

from grid.kernels.threads import prepare

prepare()
