"""Harvesters read the catalogue as DCAT-AP 3: page by page, whole and of each publisher."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg import sql

from api.app import create_app
from core.settings import Settings
from db.connection import Role, connect
from tests.api.conftest import settings_at
from tests.api.enjoy.catalogue.conftest import Shelf
from tests.api.enjoy.catalogue.filled import NOW, OPEN
from tests.api.enjoy.conftest import Callers
from tests.conftest import missing
from tests.support.documentation import ROOT
from tests.support.judges import environment

_SHAPES = Path("shared") / "specs" / "dcat-ap-SHACL.ttl"
_JUDGE = Path(__file__).parent / "judge_dcat.py"


@pytest.fixture(scope="module")
def shapes(settings: Settings) -> Path:
    """Return the shapes of DCAT-AP 3.0.1; skip the test, and say why, where they are not."""
    file = ROOT.parent / _SHAPES
    if settings.reference_data is not None and not file.exists():
        file = settings.reference_data.parent / "specs" / _SHAPES.name
    if not file.exists():
        missing(settings, f"the shapes of DCAT-AP are not at {file}")
    return file


async def judge(settings: Settings, shapes: Path, pages: list[dict[str, str | None]]) -> list[dict[str, Any]]:
    program = await asyncio.to_thread(environment, "pyshacl", settings)
    process = await asyncio.create_subprocess_exec(
        str(program), str(_JUDGE), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps({"shapes": str(shapes), "pages": pages}).encode())
    assert process.returncode == 0
    judged: list[dict[str, Any]] = json.loads(out)
    return judged


async def harvested(client: httpx.AsyncClient, address: str) -> list[dict[str, Any]]:
    """Follow the links of the pages as a harvester does."""
    pages, following = [], address
    while following:
        answer = await client.get(following)
        assert answer.headers["content-type"] == "application/ld+json", answer.text
        pages.append(answer.json())
        (view,) = [node for node in pages[-1]["@graph"] if node["@type"] == "hydra:PartialCollectionView"]
        following = view.get("hydra:next", {}).get("@id")
    return pages


def named(page: dict[str, Any]) -> list[str]:
    return [one["dct:identifier"].rpartition(":")[2] for one in page["@graph"] if one["@type"] == "dcat:Dataset"]


async def test_the_catalogue_conforms_to_dcat_ap_on_every_page_and_names_what_sql_counts(
    shelf: Callers, settings: Settings, shapes: Path
):
    addresses = (
        "catalog.jsonld",
        "catalog.jsonld?limit=2",
        "organisations/lille/catalog.jsonld",
        "datasets/velo.jsonld",
    )
    pages: list[dict[str, str | None]] = []
    for address in addresses[:3]:
        found = await harvested(shelf.stranger, address)
        pages += [{"json_ld": json.dumps(page), "turtle": None} for page in found]
    pages[0]["turtle"] = (await shelf.stranger.get("catalog.ttl", headers={"accept": "*/*"})).text.replace(
        "catalog.ttl", "catalog.jsonld"
    )
    by_name = (await shelf.stranger.get(addresses[3])).text
    pages.append({"json_ld": by_name, "turtle": (await shelf.stranger.get("datasets/velo.ttl")).text})
    judged = await judge(settings, shapes, pages)
    assert [(one["conforms"], one["report"]) for one in judged] == [(True, "")] * 6
    assert all(one["same_as_turtle"] for one in judged)
    assert all(len(one["listed"]) == len(one["identifiers"]) for one in judged[:-1])
    async with await connect(shelf.url, Role.ENJOY_READ) as connection:
        rows = await (await connection.execute(sql.SQL("SELECT name FROM catalogue.dataset ORDER BY name"))).fetchall()
    everything = [f"urn:somel:dataset:{name}" for (name,) in rows]
    assert everything == [f"urn:somel:dataset:{name}" for name in OPEN]
    assert judged[0]["identifiers"] == everything
    assert [name for one in judged[1:4] for name in one["identifiers"]] == everything
    assert [len(one["next"]) for one in judged] == [0, 1, 1, 0, 0, 0]
    assert judged[0]["total"] == [len(everything)]
    assert judged[4]["identifiers"] == [f"urn:somel:dataset:{name}" for name in ("quartiers", "trees", "words")]
    assert judged[5]["distributions"] == 5  # three exports, and both versions


async def test_a_broken_page_is_found_by_the_judge(shelf: Callers, settings: Settings, shapes: Path):
    page = (await shelf.stranger.get("datasets/velo.jsonld")).json()
    for node in page["@graph"]:
        node.pop("dct:description", None)
    (judged,) = await judge(settings, shapes, [{"json_ld": json.dumps(page), "turtle": None}])
    assert not judged["conforms"]


async def test_pages_lead_forward_and_back_and_stay_where_they_are_when_a_dataset_comes(shelf: Callers):
    first, second, third = await harvested(shelf.stranger, "catalog.jsonld?limit=2")
    views = [page["@graph"][1] for page in (first, second, third)]
    assert [named(page) for page in (first, second, third)] == [OPEN[:2], OPEN[2:4], OPEN[4:]]
    address = "http://somel.test/enjoy/catalog.jsonld?limit=2"
    assert views[0]["@id"] == address
    assert "hydra:previous" not in views[0]
    assert {view["hydra:first"]["@id"] for view in views} == {address}
    assert {view["hydra:last"]["@id"] for view in views} == {f"{address}&after=velo"}
    assert views[2]["hydra:previous"]["@id"] == views[1]["@id"] == f"{address}&after=quartiers"
    assert views[1]["hydra:previous"]["@id"] == views[0]["@id"]
    odd = (await shelf.stranger.get("catalog.jsonld?limit=2&after=zzz")).json()
    assert named(odd) == []
    capped = (await shelf.stranger.get("catalog.jsonld?limit=100000")).json()
    assert named(capped) == OPEN
    assert (await shelf.stranger.get("catalog.jsonld?after=É")).json()["code"] == "request_invalid"


async def test_what_is_not_open_is_in_the_catalogue_of_those_alone_who_may_read_it(shelf: Callers):
    async def seen(client: httpx.AsyncClient, address: str) -> list[str]:
        return named((await client.get(address)).json())

    assert await seen(shelf.stranger, "catalog.jsonld") == OPEN
    assert await seen(shelf.lille, "catalog.jsonld?organisation=ilevia") == ["car-parks", "staff", "velo"]
    assert await seen(shelf.reader, "organisations/ilevia/catalog.jsonld") == ["car-parks", "fares", "staff", "velo"]
    for secret in ("datasets/fares.jsonld", "datasets/staff.ttl", "datasets/nothing.jsonld"):
        answer = await shelf.stranger.get(secret)
        assert (answer.status_code, answer.json()["code"]) == (404, "dataset_unknown")
    assert (await shelf.stranger.get("organisations/nobody/catalog.jsonld")).json()["code"] == "organisation_unknown"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", "application/ld+json"),
        ("text/turtle;q=0.9, text/html;q=0.5", "text/turtle; charset=utf-8"),
        ("application/json, text/turtle;q=x", "application/ld+json"),
        ("image/png", "application/ld+json"),
    ],
)
async def test_the_catalogue_is_given_in_the_form_that_is_liked_best(shelf: Callers, accept: str, form: str):
    for address in ("catalog", "organisations/lille/catalog"):
        answer = await shelf.stranger.get(address, headers={"accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, form)
        assert "Accept" in answer.headers["vary"]


async def test_a_browser_is_led_to_the_page_for_people(shelf: Callers):
    html = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    whole = await shelf.stranger.get("catalog", headers=html)
    assert (whole.status_code, whole.headers["location"]) == (303, "http://somel.test/enjoy/")
    own = await shelf.stranger.get("organisations/lille/catalog", headers=html)
    assert own.headers["location"] == "http://somel.test/enjoy/organisations/lille"


async def test_a_dataset_says_where_when_and_how_its_records_are(shelf: Callers):
    page = (await shelf.stranger.get("datasets/velo.jsonld")).json()
    (velo,) = [node for node in page["@graph"] if node["@type"] == "dcat:Dataset"]
    box = velo["dct:spatial"]["dcat:bbox"]["@value"]
    assert box.startswith("POLYGON((3.0623 50.6334, 3.0905 50.6334")
    assert velo["dct:temporal"]["dcat:endDate"]["@value"] == "2026-11-27T11:59:00+00:00"
    assert velo["dct:accrualPeriodicity"]["@id"].endswith("/1MIN")
    assert (velo["dcat:version"], velo["dcat:previousVersion"]["@id"]) == (
        "2", "http://somel.test/enjoy/datasets/velo#version-1",
    )  # fmt: skip
    status = {
        one["@id"].rpartition("#")[2]: one["adms:status"]["@id"].rpartition("/")[2] for one in velo["dcat:distribution"]
    }
    assert (status["features-v1"], status["features-v2"]) == ("DEPRECATED", "COMPLETED")
    (trees,) = [
        node for node in (await shelf.stranger.get("datasets/trees.jsonld")).json()["@graph"]
        if node["@type"] == "dcat:Dataset"
    ]  # fmt: skip
    assert trees["dcat:contactPoint"]["vcard:hasEmail"]["@id"] == "mailto:donnees@lille.test"
    assert trees["dct:publisher"]["foaf:homepage"]["@id"] == "https://lille.test/%C3%A9%20%C3%A0"
    assert trees["dct:accrualPeriodicity"]["@id"].endswith("/IRREG")


async def test_behind_a_proxy_addresses_are_those_that_the_operator_set(filled: Shelf):
    settings = settings_at(NOW).model_copy(update={"enjoy_url": "https://donnees.lille.test/enjoy/"})
    app = create_app(settings, database_url=filled.url)
    async with app.router.lifespan_context(app), httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://inside.test"
    ) as client:  # fmt: skip
        for address in (
            "catalog.jsonld?limit=1",
            "records/collections/datasets/items?limit=1",
            "sitemap.xml",
            "datasets/velo",
        ):
            told = (await client.get(f"/enjoy/{address}", headers={"accept": "*/*"})).text
            assert "https://donnees.lille.test/enjoy/" in told
            assert "inside.test" not in told
        assert "https://donnees.lille.test/enjoy/sitemap.xml" in (await client.get("/robots.txt")).text
