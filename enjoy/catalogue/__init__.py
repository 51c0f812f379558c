"""What catalogues say of datasets: DCAT-AP for harvesters, OGC API Records for GIS users, schema.org for searches."""
