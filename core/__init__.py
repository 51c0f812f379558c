"""The language that every part shares: errors, registers, slots, identifiers, time, and how kernels are compiled.

No input or output, but for the compiled code that is kept on disk.
"""
