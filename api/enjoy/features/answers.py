"""Answers: links, strong validators, and the headers that say how long a shape still answers."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request, Response

from api.enjoy.features.contracts import Collection, collection_id
from api.enjoy.features.crs import Crs
from api.enjoy.features.formats import GEOJSON, JSON, Format

#: Where OGC API Features is mounted in Enjoy.
PREFIX: Final = "/ogc"
#: What an answer depends on beside its address.
_VARY: Final = "Accept, Authorization"
_HELD_OPEN: Final = "public, no-cache"
_HELD_PRIVATE: Final = "private, no-cache"

Link = dict[str, str]


def base_of(request: Request) -> str:
    """Return the address of the landing page, without a last slash."""
    host = request.headers.get("host") or request.url.netloc
    return f"{request.url.scheme}://{host}{request.scope.get('root_path', '')}"


def address_of(request: Request, **changed: str | None) -> str:
    """Return the address of a request with some parameters changed, or left out."""
    parameters = {**dict(request.query_params), **changed}
    asked = urlencode({name: value for name, value in parameters.items() if value is not None})
    path = quote(request.scope["path"], safe="/~,:@!$&'()*+;=")
    host = request.headers.get("host") or request.url.netloc
    return f"{request.url.scheme}://{host}{path}{'?' if asked else ''}{asked}"


def link(href: str, rel: str, media_type: str, title: str) -> Link:
    """Return a link."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def links_of(request: Request, shown: Format, offered: tuple[Format, ...]) -> list[Link]:
    """Return links to an answer itself and to it in other formats."""
    own = link(address_of(request), "self", shown.media_type, "This document")
    others = [one for one in offered if one is not shown]
    return [
        own,
        *(link(address_of(request, f=one.name), "alternate", one.media_type, f"As {one.title}") for one in others),
    ]


def tag_of(*parts: object) -> str:
    """Return a strong validator of everything that an answer depends on."""
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'


def collection_tag(request: Request, collection: Collection, shown: Format, *more: object) -> str:
    """Return a strong validator of an answer that is made of a collection."""
    return tag_of(
        collection.state, collection.version.version, base_of(request), address_of(request), shown.name, *more
    )


def headers_of(request: Request, collection: Collection, tag: str) -> dict[str, str]:
    """Return the headers of an answer that is made of a collection."""
    headers = {
        "ETag": tag,
        "Vary": _VARY,
        "Cache-Control": _HELD_OPEN if collection.is_open else _HELD_PRIVATE,
    }
    return headers | deprecation_of(base_of(request), collection)


def deprecation_of(base: str, collection: Collection) -> dict[str, str]:
    """Return the headers that say since when and until when an old shape answers (RFC 9745, RFC 8594)."""
    version = collection.version
    if version.deprecated_at is None or version.sunset_at is None:
        return {}
    successor = f"{base}/collections/{collection_id(collection.published, collection.published.newest)}"
    return {
        "Deprecation": f"@{int(version.deprecated_at.timestamp())}",
        "Sunset": format_datetime(version.sunset_at.astimezone(UTC), usegmt=True),
        "Link": f'<{successor}>; rel="successor-version"',
    }


def is_known(request: Request, tag: str) -> bool:
    """Tell whether a caller has the answer already."""
    known = request.headers.get("if-none-match")
    if known is None:
        return False
    return known.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in known.split(",")}


def unchanged(headers: Mapping[str, str]) -> Response:
    """Answer that nothing has changed."""
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=dict(headers))


def json_answer(
    request: Request, content: object, *, shown: Format = JSON, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a document, or that it is the one that is known; its validator is that of its bytes."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    told = {"Vary": _VARY, "Cache-Control": _HELD_PRIVATE, **(headers or {})}
    told["ETag"] = tag_of(body, shown.name)
    if is_known(request, told["ETag"]):
        return unchanged(told)
    return Response(body, media_type=shown.media_type, headers=told)


def features_body(features: list[str], links: list[Link], matched: int | None) -> bytes:
    """Return a FeatureCollection of Features that are texts already."""
    rest: dict[str, Any] = {"numberReturned": len(features), "timeStamp": _moment()}
    if matched is not None:
        rest["numberMatched"] = matched
    rest["links"] = links
    told = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))[1:]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}],{told}'.encode()


def feature_body(feature: str, links: list[Link]) -> bytes:
    """Return a Feature that is a text already, with links."""
    return f'{feature[:-1]},"links":{json.dumps(links, ensure_ascii=False, separators=(",", ":"))}}}'.encode()


def geojson_answer(body: bytes, crs: Crs, headers: Mapping[str, str]) -> Response:
    """Answer with GeoJSON in a reference system."""
    return Response(body, media_type=GEOJSON.media_type, headers={**headers, "Content-Crs": f"<{crs.uri}>"})


def _moment() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
