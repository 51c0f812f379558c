"""Files that publishers upload: CSV, GeoJSON and Parquet, read piece by piece into records."""
