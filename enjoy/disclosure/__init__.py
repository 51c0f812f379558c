"""Disclosure control: which sums over people may be published, so that nothing of one of them can be computed back."""
