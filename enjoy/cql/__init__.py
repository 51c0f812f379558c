"""Filters in the Common Query Language (CQL2), as text and as JSON, read into conditions; no SQL comes near them."""

from enjoy.cql.reading import LANGUAGES, read_filter

__all__ = ["LANGUAGES", "read_filter"]
