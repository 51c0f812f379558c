"""Compute: arrays in, arrays out, compiled by Numba; no input or output of their own.

Importing any kernel first prepares Numba's cache and threads, because both are fixed when the first
function is decorated or launched.
"""

from grid.kernels.threads import prepare

prepare()
