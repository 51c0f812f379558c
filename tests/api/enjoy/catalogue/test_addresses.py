"""Every address that the catalogue names is answered, whoever serves it."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.api.enjoy.conftest import Callers

ROOT = "http://somel.test/enjoy/"
#: Where whoever has come this far is not led on from: files, and answers that lead to page after page.
_LINKS = re.compile(r'(?:href|src)="([^"#]+)')
_WHOLE = re.compile(r"http://somel\.test/[^\s\"'<>\\]+")
LEAVES = ("/ogc/", "/records", "/v1/", "/tiles/", "/static/")


def named(answer: httpx.Response) -> Iterator[str]:
    """Yield the addresses of Enjoy in a page or a document: of links, and of code that shows how to call it."""
    text = unescape(answer.text)
    for found in _LINKS.findall(text) + _WHOLE.findall(text):
        address = urljoin(str(answer.url), found)
        if address.startswith(ROOT) and "{" not in address:
            yield address.rstrip(".,;)")


@pytest.mark.parametrize("begin", ["", "catalog.jsonld"])
async def test_no_address_leads_nowhere(shelf: Callers, begin: str):
    waiting, seen = [f"{ROOT}{begin}"], set()
    wrong: dict[str, int] = {}
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = await shelf.stranger.get(address, follow_redirects=True)
        if answer.status_code >= 400:
            wrong[address] = answer.status_code
        elif not urlsplit(address).path.removeprefix("/enjoy").startswith(LEAVES):
            waiting += named(answer)
    kinds = {urlsplit(address).path.split("/")[2] for address in seen}
    assert wrong == {}
    assert {"datasets", "ogc", "v1"} <= kinds, kinds
