"""Compiled kernels of the way in: bytes in, arrays out.

Jitted helpers stand in the file of the kernel that uses them: Numba's disk cache does not notice edits in another file.
"""
