"""Which shape of a dataset is asked for."""

from typing import Annotated

from fastapi import Query

from core.errors import NotFoundError
from db.dataset_rows import Published

Version = Annotated[
    int | None, Query(ge=1, le=10_000, description="Version whose shape records have; left out: the newest")
]


def version_asked(published: Published, version: int | None) -> int:
    """Return the version that is asked for, the newest when none is.

    Raises
    ------
    NotFoundError
        ``version_not_there``.
    """
    if version is None:
        return published.newest.version
    if published.version(version) is None:
        raise NotFoundError("version_not_there", f"The dataset has no version {version}.", field="version")
    return version
