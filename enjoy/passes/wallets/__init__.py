"""Passes in the wallets that phones come with: Apple's and Google's."""
