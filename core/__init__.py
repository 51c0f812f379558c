"""The language that every part shares: errors, registers, slots, identifiers, time. No input or output."""
