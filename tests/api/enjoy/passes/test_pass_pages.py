"""Pages of passes: what they may do in a browser, what is kept for when there is no net, and what they say."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import create_app
from api.enjoy.catalogue.words import WORDS
from api.enjoy.catalogue.words_desk import DESK_SAID
from api.enjoy.catalogue.words_pass import PASS_SAID
from api.enjoy.catalogue.words_reader import READER_SAID
from api.enjoy.passes import pages
from api.routes.page import WEB
from enjoy.passes.desks import DOCUMENTS
from enjoy.reader.reasons import Proof, Reason
from tests.api.conftest import settings_at
from tests.enjoy.passes.town import NOON

_PAGES = ("/enjoy/pass", "/enjoy/desk/reader", "/enjoy/desk")


@pytest.fixture
async def browser(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_at(NOON), database_url=database_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://somel.test") as client:
            yield client


async def test_each_page_may_do_what_it_needs_and_no_other_page_may(browser: httpx.AsyncClient):
    told = {path: (await browser.get(path)).headers for path in (*_PAGES, "/enjoy/", "/")}
    policies = {path: headers["Content-Security-Policy"] for path, headers in told.items()}
    assert [path for path in told if "camera=(self)" in told[path]["Permissions-Policy"]] == ["/enjoy/desk/reader"]
    assert [path for path in told if "'wasm-unsafe-eval'" in policies[path]] == ["/enjoy/desk/reader"]
    assert [path for path in told if "worker-src 'self'" in policies[path]] == ["/enjoy/pass"]
    assert not any("unsafe-inline" in policy or "'unsafe-eval'" in policy for policy in policies.values())


async def test_the_pass_page_can_be_installed_in_both_languages(browser: httpx.AsyncClient):
    page = await browser.get("/enjoy/pass", headers={"Accept-Language": "en"})
    [address] = re.findall(r'rel="manifest" href="([^"]+)"', page.text)
    for language, name in (("en", "Enjoy · my passes"), ("fr", "Enjoy · mes pass")):
        answer = await browser.get(address.replace("lang=en", f"lang={language}"))
        assert answer.headers["Content-Type"] == "application/manifest+json"
        manifest = answer.json()
        assert (manifest["name"], manifest["scope"], manifest["display"]) == (name, "/enjoy/pass", "standalone")
        sizes = set()
        for icon in manifest["icons"]:
            drawn = await browser.get(icon["src"])
            assert (drawn.status_code, drawn.headers["Content-Type"]) == (200, icon["type"])
            sizes.add(icon["sizes"])
        assert {"192x192", "512x512"} <= sizes


async def test_the_worker_keeps_the_whole_page_and_sees_to_that_page_alone(browser: httpx.AsyncClient):
    worker = await browser.get("/enjoy/pass/worker.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert worker.headers["Service-Worker-Allowed"] == "/enjoy/pass"
    kept = set(json.loads(re.findall(r"^const FILES = (.+);$", worker.text, re.MULTILINE)[0]))
    assert {"/enjoy/pass?lang=fr", "/enjoy/pass?lang=en"} <= kept
    page = (await browser.get("/enjoy/pass")).text
    needed = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    seen: set[str] = set()
    while more := needed - seen:
        name = more.pop()
        seen.add(name)
        if name.endswith(".js") and "/vendor/" not in name:
            text = (WEB / name.removeprefix("/static/")).read_text()
            folder = name.rpartition("/")[0]
            found = re.findall(r'from "([^"]+)"', text)
            needed |= {one if one.startswith("/") else f"{folder}/{one.removeprefix('./')}" for one in found}
    assert "/static/vendor/qrcode.js" in needed
    assert needed <= kept


def test_the_worker_is_another_one_as_soon_as_a_word_changes(monkeypatch: pytest.MonkeyPatch):
    pages._worker.cache_clear()
    before = pages._worker()
    monkeypatch.setitem(WORDS["fr"], "passTitle", "Mes cartes")
    pages._worker.cache_clear()
    after = pages._worker()
    pages._worker.cache_clear()
    assert before.splitlines()[1:] == after.splitlines()[1:]
    assert before.splitlines()[0] != after.splitlines()[0]


async def test_nothing_of_a_person_is_in_the_page_that_is_kept(browser: httpx.AsyncClient):
    plain = (await browser.get("/enjoy/pass?lang=fr")).text
    browser.cookies.set("enjoy_card", "card_of_somebody")
    assert (await browser.get("/enjoy/pass?lang=fr")).text == plain


def test_every_reason_proof_and_document_is_told_in_both_languages():
    wanted = [f"reason.{reason}" for reason in Reason] + [f"proof.{proof}" for proof in Proof]
    wanted += [f"document.{name}" for names in DOCUMENTS.values() for name in names]
    wanted += [f"evidence.{kind}" for kind in DOCUMENTS]
    wanted += [f"flag.{kind}" for kind in ("uses", "proof", "serial", "not_valid", "reader_revoked")]
    for words in WORDS.values():
        assert [key for key in wanted if not words.get(key)] == []


async def test_what_the_scripts_say_is_handed_to_them(browser: httpx.AsyncClient):
    del browser
    for said, folder in ((PASS_SAID, "pass"), (READER_SAID, "desk"), (DESK_SAID, "desk")):
        scripts = {file.stem: file.read_text() for file in (WEB / "enjoy" / folder).glob("*.js")}
        own = {"camera", "decoding", "reader", "sending", "signalling"}
        if folder == "desk":
            is_reader = said is READER_SAID
            scripts = {name: text for name, text in scripts.items() if (name in own) is is_reader}
        used = set(re.findall(r'words\(\s*"([\w.]+)"', "".join(scripts.values())))
        assert used - set(said) == set()
