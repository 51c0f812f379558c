"""All SQL of the platform: migrations, named queries, one typed function for each, and the only door to the driver."""
