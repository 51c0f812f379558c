"""People find datasets and look at them; programs that ask for the same get what programs read."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

from api.enjoy.catalogue.words import WORDS
from api.enjoy.catalogue.writing import moment, number, ratio, span, value
from db.connection import Role, connect
from enjoy.publishing import declare
from tests.api.enjoy.catalogue.filled import ADA, NEWEST, NOW, OPEN, _said
from tests.api.enjoy.conftest import Callers
from tests.enjoy.stations import CAR_PARKS

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "accept-language": "fr-FR"}


async def html(callers: Callers, path: str, status: int = 200, **headers: str) -> str:
    answer = await callers.stranger.get(path, headers=BROWSER | {k.replace("_", "-"): v for k, v in headers.items()})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer.text
    return answer.text


def shown(page: str) -> list[str]:
    """Return the names of the datasets that a page of results leads to, in their order."""
    return re.findall(r'<h3><a href="http://somel.test/enjoy/datasets/([a-z0-9-]+)"', page)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", OPEN),
        ("q=VELO", ["velo"]),  # without the accent, in capitals
        ("q=temps+vélo", ["velo"]),
        ("q=arbres+nowhere", []),
        ("q=métropole+parkings", ["car-parks"]),
        ("theme=ENVI", ["trees"]),
        ("organisation=lille", ["quartiers", "trees", "words"]),
        ("organisation=lille&theme=TRAN", []),
        ("keyword=Nature", ["trees"]),
        ("q=secret", []),
        ("q=%00", OPEN),
        ("q=%25", []),  # no wildcard
        ("theme=%27%3B--", []),
    ],
)
async def test_a_search_finds_what_fits_and_never_what_is_not_open(shelf: Callers, asked: str, names: list[str]):
    assert sorted(shown(await html(shelf, f"/?{asked}"))) == names


async def test_what_has_all_words_in_its_title_comes_first(own_shelf: Callers):
    async with await connect(own_shelf.url, Role.OWNER) as connection:
        await connection.execute(
            "UPDATE catalogue.dataset SET description = 'Près de V''lille' WHERE name = 'car-parks'"
        )
    assert shown(await html(own_shelf, "/?q=v'lille")) == ["velo", "car-parks"]


async def test_many_results_come_in_pages(own_shelf: Callers):
    async with await connect(own_shelf.url, Role.ENJOY_WRITE) as connection:
        await connection.execute("SELECT set_config('somel.organisations', '{1}', true)")
        for n in range(40):
            await declare(connection, 1, f"extra-{n}", _said(f"Autre {n:02}", ["autre"]), CAR_PARKS, actor=ADA, now=NOW)
    pages = [shown(await html(own_shelf, f"/?keyword=autre&page={n}")) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 0]
    assert len({*pages[0], *pages[1]}) == 40
    first = await html(own_shelf, "/?keyword=autre")
    assert 'rel="next" href="?keyword=autre&amp;page=2"' in first
    assert "Page 1 sur 2" in first
    assert 'rel="prev" href="?keyword=autre"' in await html(own_shelf, "/?keyword=autre&page=2")


async def test_a_dataset_is_shown_with_what_its_publisher_wrote_as_text(shelf: Callers):
    page = await html(shelf, "/datasets/words")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#34;words&#34; \\ é" in page
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert json.loads(block)["name"] == '<script>alert("1")</script> & "words" \\ é'
    assert "n’a pas encore d’enregistrement" in page


async def test_a_dataset_shows_its_fields_its_versions_its_freshness_and_how_it_is_called(shelf: Callers):
    page = await html(shelf, "/datasets/velo")
    assert f"{moment(NEWEST, 'fr')}" in page
    assert "dépréciée le 27\N{NO-BREAK SPACE}nov. 2026, répond au moins jusqu’au 1\N{NO-BREAK SPACE}janv. 2028" in page
    assert 'id="version-1"' in page  # what the metadata calls the version before
    assert "au plus 1\N{NO-BREAK SPACE}minute" in page
    assert "91,6" in page  # of 119 minutes, eleven had no record between them, and the promise of one was kept
    for address in ("ogc/collections/velo.v2/latest", "ogc/collections/velo.v2/items", "v1/datasets/velo/export?f=csv"):
        assert f"http://somel.test/enjoy/{address}" in page
    trees = await html(shelf, "/datasets/trees")
    assert "items?limit=100" in trees
    assert "/latest" not in trees
    assert '<td data-type="number">4,5</td>' in trees


async def test_a_key_opens_the_page_of_what_is_private_and_the_page_says_how_to_use_it(shelf: Callers):
    page = (await shelf.reader.get("datasets/fares", headers=BROWSER)).text
    assert "Authorization: Bearer $ENJOY_KEY" in page
    for path in ("datasets/fares", "datasets/fares/map.geojson", "datasets/fares/series?key=x"):
        assert (await shelf.stranger.get(path, headers=BROWSER)).status_code == 404
    assert "datasets/fares" not in (await shelf.stranger.get("sitemap.xml")).text


@pytest.mark.parametrize(
    "path", ["datasets/nothing", "datasets/fares", "organisations/nobody", "nowhere", "datasets/É"]
)
async def test_what_is_not_there_is_a_page_for_people_and_a_problem_for_programs(shelf: Callers, path: str):
    page = await html(shelf, path, status=422 if "É" in path else 404)
    assert "Voir tous les jeux de données" in page
    answer = await shelf.stranger.get(path)
    assert answer.headers["content-type"] == "application/problem+json"
    program = await shelf.stranger.get("v1/datasets/nothing", headers=BROWSER)
    assert program.headers["content-type"] == "application/problem+json"


async def test_pages_are_in_the_readers_language_and_remember_a_choice(shelf: Callers):
    assert '<html lang="fr">' in await html(shelf, "/")
    assert '<html lang="en">' in await html(shelf, "/", accept_language="de, en-GB;q=0.7")
    chosen = await shelf.stranger.get("/?lang=en&q=velo", headers=BROWSER)
    assert '<html lang="en">' in chosen.text
    assert 'href="?lang=fr&amp;q=velo"' in chosen.text
    assert "enjoy_language=en" in chosen.headers["set-cookie"]
    assert '<html lang="en">' in await html(shelf, "/", cookie="enjoy_language=en")
    shelf.stranger.cookies.clear()
    assert '<html lang="fr">' in await html(shelf, "/?lang=xx", accept_language="xx")


async def test_an_organisation_shows_what_it_publishes(shelf: Callers):
    page = await html(shelf, "organisations/lille")
    assert shown(page) == ["quartiers", "trees", "words"]
    assert 'href="mailto:donnees@lille.test"' in page
    assert "/organisations/lille/catalog.jsonld" in page


async def test_an_empty_catalogue_says_that_nothing_is_published_yet(callers: Callers):
    assert "Rien n’est encore publié" in await html(callers, "/")
    assert "Aucun jeu de données ouvert" in await html(callers, "organisations/lille")
    assert (await callers.stranger.get("communes.geojson")).json()["features"] == []


async def test_the_page_of_a_dataset_leads_programs_to_what_they_read(shelf: Callers):
    for accept, suffix in (("application/ld+json", "jsonld"), ("text/turtle", "ttl")):
        answer = await shelf.stranger.get("datasets/velo", headers={"accept": accept})
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"http://somel.test/enjoy/datasets/velo.{suffix}",
        )
    landing = await shelf.stranger.get("datasets/velo?f=html", headers={"accept": "application/ld+json"})
    assert landing.headers["content-type"].startswith("text/html")


async def test_a_map_and_a_curve_are_of_the_newest_records(shelf: Callers):
    collection = (await shelf.stranger.get("datasets/velo/map.geojson")).json()
    told = {one["properties"]["station"]: one["geometry"]["coordinates"] for one in collection["features"]}
    assert told["Rihour"] == [3.0623, 50.6361]
    assert {one["properties"]["at"] for one in collection["features"]} == {NEWEST.isoformat()}
    curve = (await shelf.stranger.get("datasets/velo/series", params={"key": "Rihour"})).json()
    assert (len(curve["times"]), curve["times"] == sorted(curve["times"])) == (110, True)
    assert curve["times"][-1] == NEWEST.timestamp()
    assert set(curve["values"]) == {"free", "charge"}
    assert (await shelf.stranger.get("datasets/car-parks/map.geojson")).json()["features"] == []
    assert (await shelf.stranger.get("datasets/trees/series?key=1")).json() == {"times": [], "values": {}}
    for wrong in ("key=a&key=b", "key=%00"):
        answer = await shelf.stranger.get(f"datasets/velo/series?{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (422, "key_malformed")


async def test_search_engines_find_the_pages(shelf: Callers):
    tree = ET.fromstring((await shelf.stranger.get("sitemap.xml")).text)  # noqa: S314 - our own
    found = [one.text for one in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    base = "http://somel.test/enjoy"
    assert found == [f"{base}/", f"{base}/organisations/lille", f"{base}/organisations/ilevia"] + [
        f"{base}/datasets/{name}" for name in OPEN
    ]
    robots = (await shelf.stranger.get("http://somel.test/robots.txt")).text
    assert f"Sitemap: {base}/sitemap.xml" in robots


def test_both_languages_have_every_word():
    assert set(WORDS["fr"]) == set(WORDS["en"])
    blanks = re.compile(r"\{(\w+)\}")
    for key, french in WORDS["fr"].items():
        assert set(blanks.findall(french)) == set(blanks.findall(WORDS["en"][key])), key


def test_numbers_and_times_are_written_as_the_language_writes_them():
    thin, fixed = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
    assert (number(1234567.8, "fr"), number(1234567, "en")) == (f"1{thin}234{thin}567,8", "1,234,567")
    spans = {0.4: "0 seconds", 1: "1 second", 59: "59 seconds", 60: "1 minute", 90: "2 minutes", 86_400: "1 day"}
    assert {s: span(s, "en").replace(fixed, " ") for s in spans} == spans
    assert span(400 * 86_400, "fr") == f"13{fixed}mois"
    assert (ratio(0.99996, "en"), ratio(1.0, "fr")) == ("99.9%", f"100{thin}%")
    assert [value(one, "fr") for one in (None, True, "x", NOW.date())] == ["–", "oui", "x", f"27{fixed}nov. 2026"]
