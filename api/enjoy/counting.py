"""Counts of requests, gathered here and stored from time to time: no request waits for a count."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

from db.usage import Used

#: Parameters of paths that name a dataset.
DATASET_PARAMETERS: Final = ("name", "dataset", "collection", "collection_id", "collectionId")
_UNMATCHED: Final = "unmatched"
_Key = tuple[datetime, int, str, str, int]


class UsageCounts:
    """Gather counts by hour, key, dataset, route and status."""

    def __init__(self) -> None:
        self._counts: dict[_Key, list[int]] = {}

    def add(self, at: datetime, api_key_id: int, scope: Mapping[str, object], status: int, sent_bytes: int) -> None:
        """Count an answered request.

        Parameters
        ----------
        at : datetime
            When, by the wall clock.
        api_key_id : int
            Key, 0 for none.
        scope : mapping
            ASGI scope after it was routed.
        status : int
            Of the answer.
        sent_bytes : int
            Of its body. [bytes]
        """
        path = getattr(scope.get("route"), "path", None)
        route = f"{scope['method']} {path}" if path else _UNMATCHED  # a stranger's word is no route, nor a dataset
        named = dataset_in(scope.get("path_params")) if path and status < HTTPStatus.BAD_REQUEST else ""
        hour = at.replace(minute=0, second=0, microsecond=0)
        counted = self._counts.setdefault((hour, api_key_id, named, route, status), [0, 0])
        counted[0] += 1
        counted[1] += sent_bytes

    def take(self) -> list[Used]:
        """Return what was counted, and begin anew."""
        counts, self._counts = self._counts, {}
        return [Used(*key, count, sent) for key, (count, sent) in counts.items()]

    def put_back(self, used: list[Used]) -> None:
        """Count again what could not be stored."""
        for one in used:
            key = (one.hour, one.api_key_id, one.dataset, one.route, one.status)
            counted = self._counts.setdefault(key, [0, 0])
            counted[0] += one.request_count
            counted[1] += one.sent_bytes


def dataset_in(parameters: object) -> str:
    """Return the dataset that parameters of a path name, or nothing."""
    if not isinstance(parameters, Mapping):
        return ""
    return next((str(parameters[name]) for name in DATASET_PARAMETERS if name in parameters), "")
