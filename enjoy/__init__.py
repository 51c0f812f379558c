"""Enjoy, the city's data platform: what is published, to whom, and never more than that.

Today it is the schema ``enjoy`` of the database, whose views are all that the role ``somel_enjoy_read`` can see.
"""
