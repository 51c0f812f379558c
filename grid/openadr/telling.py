"""OpenADR objects as the specification writes them, for whoever reads them."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from db.openadr import OpenadrObject
from grid.openadr.nouns import ObjectType, Role
from grid.openadr.privacy import Viewer, shown_targets

_OWNED: Final = frozenset({ObjectType.REPORT, ObjectType.SUBSCRIPTION, ObjectType.VEN, ObjectType.RESOURCE})
#: Sees everything that is not a secret of somebody: those who are notified by it decide for themselves.
_EVERYTHING: Final = Viewer(Role.BL, "")


def told(row: OpenadrObject, viewer: Viewer, requested: Collection[str] | None = None) -> dict[str, Any]:
    """Return an object as `viewer` may have it.

    Parameters
    ----------
    row : OpenadrObject
        The object, which is visible to the viewer.
    viewer : Viewer
        Who reads.
    requested : collection of str, optional
        Targets asked for; None for all that were granted.
    """
    content = dict(row.content)
    if row.object_type == ObjectType.SUBSCRIPTION and row.client_id != viewer.client_id:
        content["objectOperations"] = [_without_token(operation) for operation in content["objectOperations"]]
    owner = {"clientID": row.client_id} if row.object_type in _OWNED else {}
    targets = shown_targets(viewer, row, requested)
    return {
        "id": row.object_id,
        "createdDateTime": written(row.created_at),
        "modificationDateTime": written(row.modified_at),
        "objectType": row.object_type,
        **owner,
        **content,
        **({"targets": targets} if targets else {}),
    }


def notified(row: OpenadrObject) -> dict[str, Any]:
    """Return an object as its change is kept: with all its targets, without anybody's bearer token."""
    return told(row, _EVERYTHING)


def written(instant: datetime) -> str:
    """Return a time in RFC 3339.

    Examples
    --------
    >>> written(datetime(2026, 1, 15, 12, tzinfo=UTC))
    '2026-01-15T12:00:00.000Z'
    """
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _without_token(operation: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in operation.items() if name != "bearerToken"}
