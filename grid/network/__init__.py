"""The low-voltage network: its model, where it comes from, and what a plan does to its voltages and loadings."""
