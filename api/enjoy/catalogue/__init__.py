"""The catalogue of Enjoy: pages for people, DCAT-AP for harvesters, OGC API Records for GIS users."""
