"""Firmware images for devices: by SHA-256, whole or in part. Described in firmware_specs, for its callers are devices.

No token is asked for: whoever knows the SHA-256 was offered the image, and what makes firmware trustworthy is its
signed manifest, not who may fetch it.
"""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse

from api.context import Context, InContext, Reading
from core.errors import NotFoundError
from db.connection import borrow
from db.firmware import CHUNK_BYTES, find_image, read_image
from db.firmware_rows import Image

router = APIRouter(prefix="/v1", include_in_schema=False)

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_TYPE: Final = "application/octet-stream"
_RANGE: Final = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?")
_AT_ONCE: Final = 4 * CHUNK_BYTES


@router.api_route("/firmware/{sha256}", methods=["GET", "HEAD"])
async def get_image(request: Request, context: InContext, connection: Reading, sha256: Sha256) -> Response:
    """Give an image, or the one range of it that is asked for."""
    image = await find_image(connection, sha256)
    if image is None:
        raise NotFoundError("firmware_unknown", "There is no firmware image of this SHA-256.", sha256=sha256)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Encoding": "identity",  # ranges are of these bytes: nothing on the way may compress them
        "ETag": f'"{sha256}"',
    }
    span = _span(request, image)
    if span is None:
        headers["Content-Range"] = f"bytes */{image.size_bytes}"
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    first, last = span
    is_part = last - first + 1 < image.size_bytes
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{last}/{image.size_bytes}"
    headers["Content-Length"] = str(last - first + 1)
    status = HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK
    if request.method == "HEAD":
        return Response(status_code=status, media_type=_TYPE, headers=headers)
    return StreamingResponse(_bytes(context, image, first, last), status_code=status, media_type=_TYPE, headers=headers)


def _span(request: Request, image: Image) -> tuple[int, int] | None:
    """Return first and last byte asked for; None when there is no such range.

    What is no range of bytes, or several, or of another image, is answered with the whole image (RFC 9110).
    """
    whole = 0, image.size_bytes - 1
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or not any(asked.groups()):
        return whole
    if request.headers.get("if-range", f'"{image.sha256}"') != f'"{image.sha256}"':
        return whole
    first, last = asked.groups()
    if first is None:
        return (max(0, image.size_bytes - int(last)), whole[1]) if int(last) else None
    span = int(first), whole[1] if last is None else min(int(last), whole[1])
    return span if span[0] <= span[1] else None


async def _bytes(context: Context, image: Image, first: int, last: int) -> AsyncIterator[bytes]:
    # A connection for each piece, so that a slow device holds none.
    for begin in range(first, last + 1, _AT_ONCE):
        async with borrow(context.readers) as connection:
            piece = await read_image(connection, image.sha256, begin, min(last, begin + _AT_ONCE - 1))
        yield piece
