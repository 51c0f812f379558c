"""Think: forecasts, baselines, dispatch and the network they act on."""
