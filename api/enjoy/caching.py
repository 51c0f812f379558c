"""What has been seen is not sent again: tags of answers about a dataset, strong as RFC 9110 has them."""

import hashlib
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

from db.dataset_rows import Published

_LENGTH: Final = 32


def validators_of(published: Published, *parts: object) -> dict[str, str]:
    """Return the headers ``ETag`` and ``Last-Modified`` of an answer about a dataset.

    Parameters
    ----------
    published : Published
        Dataset, as the same snapshot has it that the answer is read from.
    *parts : object
        Whatever else makes one answer another: version, format, what was asked.
    """
    dataset = published.dataset
    changes = (dataset.dataset_id, dataset.changed_at, dataset.records_changed_at)
    digest = hashlib.sha256(repr((*changes, *map(str, parts))).encode()).hexdigest()[:_LENGTH]
    changed_at = max(filter(None, (dataset.changed_at, dataset.records_changed_at)))
    return {"ETag": f'"{digest}"', "Last-Modified": format_datetime(changed_at, usegmt=True)}


def not_changed(request: Request, headers: dict[str, str]) -> Response | None:
    """Return the answer that nothing has changed since the tags that a request names, or None."""
    named = request.headers.get("if-none-match")
    if named is None:
        return None
    tags = {tag.strip().removeprefix("W/") for tag in named.split(",")}
    if headers["ETag"] not in tags and "*" not in tags:
        return None
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
