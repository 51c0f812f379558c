"""Fixtures: the village of the store's tests."""

from tests.db.conftest import ingest, village_url

__all__ = ["ingest", "village_url"]
