"""Filters in CQL2 select what SQL selects, in both writings; whatever else is sent is refused, and is never SQL."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.datasets import FieldType
from core.errors import InputError
from db.conditions import condition_sql
from enjoy.cql import LANGUAGES, read_filter
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.judged import publish_bikes
from tests.api.enjoy.test_features import ITEMS, counted, got

TYPES = {
    "station": FieldType.TEXT,
    "at": FieldType.TIMESTAMP,
    "bikes": FieldType.INTEGER,
    "charge": FieldType.NUMBER,
    "open": FieldType.BOOLEAN,
    "day": FieldType.DATE,
}
BOX = "ST_MakeEnvelope(3.005, 50.595, 3.035, 50.625, 4326)"
RING = [[3.005, 50.595], [3.035, 50.595], [3.035, 50.625], [3.005, 50.595]]
WKT = "POLYGON((3.005 50.595, 3.035 50.595, 3.035 50.625, 3.005 50.595))"
TRIANGLE = f"ST_GeomFromText('{WKT}', 4326)"


def _(name: str) -> dict[str, str]:
    return {"property": name}


def op(name: str, *args: Any) -> dict[str, Any]:
    return {"op": name, "args": list(args)}


def at(minute: int) -> str:
    return f"2026-01-01T00:{minute:02}:00Z"


#: A filter as text, as JSON, and what SQL says of the table.
FILTERS: list[tuple[str, Any, str]] = [
    ("bikes = 7", op("=", _("bikes"), 7), "bikes = 7"),
    ("bikes <> 7", op("<>", _("bikes"), 7), "bikes <> 7"),
    ("bikes < 7.5", op("<", _("bikes"), 7.5), "bikes < 7.5"),
    ("7 < bikes", op("<", 7, _("bikes")), "bikes > 7"),
    ("bikes <= 7", op("<=", _("bikes"), 7), "bikes <= 7"),
    ("bikes >= 7", op(">=", _("bikes"), 7), "bikes >= 7"),
    ("charge > +1.5e1", op(">", _("charge"), 15.0), "charge > 15"),
    ("bikes > -1", op(">", _("bikes"), -1), "true"),
    ("\"station\" = 'S001'", op("=", _("station"), "S001"), "station = 'S001'"),
    ("station = 'it''s' OR bikes = 3", op("or", op("=", _("station"), "it's"), op("=", _("bikes"), 3)), "bikes = 3"),
    ("bikes > charge", op(">", _("bikes"), _("charge")), "bikes > charge"),
    ("open", op("=", _("open"), True), "open"),
    ("open = false", op("=", _("open"), False), "NOT open"),
    (
        "NOT open AND bikes = 7",
        op("and", op("not", op("=", _("open"), True)), op("=", _("bikes"), 7)),
        "NOT open AND bikes = 7",
    ),
    (
        "bikes = 1 or bikes = 2 and open",
        op("or", op("=", _("bikes"), 1), op("and", op("=", _("bikes"), 2), op("=", _("open"), True))),
        "bikes = 1 OR bikes = 2 AND open",
    ),
    (
        "(bikes = 1 OR bikes = 2) AND open",
        op("and", op("or", op("=", _("bikes"), 1), op("=", _("bikes"), 2)), op("=", _("open"), True)),
        "(bikes = 1 OR bikes = 2) AND open",
    ),
    ("TRUE", True, "true"),
    ("charge IS NULL", op("isNull", _("charge")), "charge IS NULL"),
    ("charge is not null", op("not", op("isNull", _("charge"))), "charge IS NOT NULL"),
    ("geometry IS NOT NULL", op("not", op("isNull", _("geometry"))), "true"),
    ("station LIKE 'S00_'", op("like", _("station"), "S00_"), "station LIKE 'S00_'"),
    ("station NOT LIKE '%1%'", op("not", op("like", _("station"), "%1%")), "station NOT LIKE '%1%'"),
    (r"station LIKE 'S\_01'", op("like", _("station"), r"S\_01"), "false"),
    ("bikes IN (1, 2, 3)", op("in", _("bikes"), [1, 2, 3]), "bikes IN (1, 2, 3)"),
    ("station NOT IN ('S001')", op("not", op("in", _("station"), ["S001"])), "station <> 'S001'"),
    ("bikes BETWEEN 3 AND 5", op("between", _("bikes"), 3, 5), "bikes BETWEEN 3 AND 5"),
    ("bikes NOT BETWEEN 3 AND 5", op("not", op("between", _("bikes"), 3, 5)), "bikes NOT BETWEEN 3 AND 5"),
    (f"at > TIMESTAMP('{at(20)}')", op(">", _("at"), {"timestamp": at(20)}), f"at > '{at(20)}'"),
    ("at < DATE('2026-01-02')", op("<", _("at"), {"date": "2026-01-02"}), "true"),
    (f"at = '{at(3)}'", op("=", _("at"), at(3)), f"at = '{at(3)}'"),
    (f"T_AFTER(at, TIMESTAMP('{at(20)}'))", op("t_after", _("at"), {"timestamp": at(20)}), f"at > '{at(20)}'"),
    (f"T_BEFORE(at, TIMESTAMP('{at(5)}'))", op("t_before", _("at"), {"timestamp": at(5)}), f"at < '{at(5)}'"),
    (f"T_EQUALS(at, TIMESTAMP('{at(5)}'))", op("t_equals", _("at"), {"timestamp": at(5)}), f"at = '{at(5)}'"),
    (
        f"T_DURING(at, INTERVAL('{at(5)}', '{at(9)}'))",
        op("t_during", _("at"), {"interval": [at(5), at(9)]}),
        f"at > '{at(5)}' AND at < '{at(9)}'",
    ),
    (
        f"T_INTERSECTS(at, INTERVAL('{at(5)}', '..'))",
        op("t_intersects", _("at"), {"interval": [at(5), ".."]}),
        f"at >= '{at(5)}'",
    ),
    (
        f"T_DISJOINT(at, INTERVAL('{at(5)}', '{at(9)}'))",
        op("t_disjoint", _("at"), {"interval": [at(5), at(9)]}),
        f"at NOT BETWEEN '{at(5)}' AND '{at(9)}'",
    ),
    ("T_AFTER(at, INTERVAL('2026-01-01', '..'))", op("t_after", _("at"), {"interval": ["2026-01-01", ".."]}), "false"),
    (
        "S_INTERSECTS(geometry, BBOX(3.005, 50.595, 3.035, 50.625))",
        op("s_intersects", _("geometry"), {"bbox": [3.005, 50.595, 3.035, 50.625]}),
        f"ST_Intersects(_geometry, {BOX})",
    ),
    (
        f"S_INTERSECTS(geometry, {WKT})",
        op("s_intersects", _("geometry"), {"type": "Polygon", "coordinates": [RING]}),
        f"ST_Intersects(_geometry, {TRIANGLE})",
    ),
    (
        f"S_DISJOINT(geometry, {WKT})",
        op("s_disjoint", _("geometry"), {"type": "Polygon", "coordinates": [RING]}),
        f"NOT ST_Intersects(_geometry, {TRIANGLE})",
    ),
    (
        f"s_contains({WKT}, geometry)",
        op("s_contains", {"type": "Polygon", "coordinates": [RING]}, _("geometry")),
        f"ST_Within(_geometry, {TRIANGLE})",
    ),
    (
        "S_EQUALS(geometry, POINT(3.01 50.6)) AND bikes > 3",
        op(
            "and", op("s_equals", _("geometry"), {"type": "Point", "coordinates": [3.01, 50.6]}), op(">", _("bikes"), 3)
        ),
        "ST_X(_geometry) = 3.01 AND ST_Y(_geometry) = 50.6 AND bikes > 3",
    ),
]

WRONG_TEXT = [
    "",
    " ",
    "bikes",
    "bikes >",
    "> 3",
    "bikes > 'x'",
    "bikes = TRUE",
    "station = 3",
    "open > 'x'",
    "docks = 3",
    "bikes = 3 AND",
    "bikes == 3",
    "(bikes = 3",
    "bikes = 3)",
    "bikes IN ()",
    "bikes IN (1",
    "bikes LIKE 'x'",
    "station LIKE 3",
    r"station LIKE 'x\\\'",
    "bikes BETWEEN 1",
    "bikes BETWEEN 1 OR 2",
    "bikes IS 3",
    "3 IS NULL",
    "at > TIMESTAMP('x')",
    "at > TIMESTAMP('2026-01-01T00:00:00')",
    "day > DATE('2026-13-01')",
    "T_AFTER(bikes, DATE('2026-01-01'))",
    "T_MEETS(at, DATE('2026-01-01'))",
    "T_AFTER(at, 3)",
    "T_EQUALS(at, INTERVAL('2026-01-01', '2026-01-02'))",
    "T_DURING(at, INTERVAL('2026-01-02', '2026-01-01'))",
    "S_INTERSECTS(station, POINT(3 50))",
    "S_INTERSECTS(geometry, POINT(3))",
    "S_INTERSECTS(geometry, POINT(300 50))",
    "S_INTERSECTS(geometry, POINT(3 50)",
    "S_INTERSECTS(geometry, BBOX(1,2,3))",
    "S_INTERSECTS(geometry, BBOX(3,4,1,2))",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))",
    "S_INTERSECTS(geometry, POINT EMPTY)",
    "S_NEAR(geometry, POINT(3 50))",
    "station = 'x",
    "station = 'x'; DROP TABLE record.d1",
    "bikes = 3 -- x",
    "pg_sleep(9) = 3",
    "bikes = 1e999",
    "NOT " * 60 + "open",
    "(" * 60 + "open" + ")" * 60,
    "\ud800 = 3",
]
WRONG_JSON: list[Any] = [
    3,
    "x",
    None,
    [],
    {},
    {"op": "="},
    op("=", _("bikes")),
    op("=", _("bikes"), "x"),
    op("=", _("docks"), 3),
    op("and"),
    op("xor", True),
    {"op": 3, "args": []},
    {"op": "=", "args": {}},
    op("in", _("bikes"), 3),
    op("in", _("bikes"), []),
    op("like", _("station"), 3),
    op("isNull", 3),
    op("isNull", _("docks")),
    op("=", _("bikes"), {"x": 1}),
    op("=", _("bikes"), None),
    op("=", {"property": 3}, 3),
    op("t_after", _("at"), 3),
    op("t_after", _("at"), {"interval": [1, 2]}),
    op("t_after", _("at"), {"interval": [".."]}),
    op("s_intersects", _("geometry"), {"bbox": "x"}),
    op("s_intersects", _("geometry"), {"bbox": [True, 1, 2, 3]}),
    op("s_intersects", _("geometry"), {"type": "Point"}),
    op("s_intersects", _("geometry"), 3),
    op("s_intersects", 3, 3),
    op("=", _("station"), "\0"),
    op("=", _("station"), {"date": "\0"}),
]


@pytest.mark.slow(15)
async def test_every_operator_selects_what_sql_selects_in_both_writings(callers: Callers):
    await publish_bikes(callers, minutes=25)
    for text, content, condition in FILTERS:
        wanted = await counted(callers, condition)
        for language, written in (("cql2-text", text), ("cql2-json", json.dumps(content))):
            page = await got(callers.stranger, ITEMS, filter=written, filter_lang=language, limit=1)
            assert page["numberMatched"] == wanted, written
    wrong = [("cql2-text", text) for text in WRONG_TEXT] + [("cql2-json", json.dumps(one)) for one in WRONG_JSON]
    for language, written in wrong:
        sent = {"filter": written.replace("\ud800", "?"), "filter-lang": language}
        answer = await callers.stranger.get(ITEMS, params=sent)
        assert answer.status_code == 400, written
        assert answer.json()["errors"], written


@pytest.mark.parametrize("written", WRONG_TEXT)
def test_a_text_that_is_no_filter_is_refused(written: str):
    with pytest.raises(InputError):
        read_filter(written, "cql2-text", TYPES, has_geometry=True)


@pytest.mark.parametrize("content", [*map(json.dumps, WRONG_JSON), "{", "[" * 5000, '"\\ud800"', "NaN"])
def test_json_that_is_no_filter_is_refused(content: str):
    with pytest.raises(InputError):
        read_filter(content, "cql2-json", TYPES, has_geometry=True)


def test_where_there_is_no_geometry_none_is_asked_for():
    for written in ("geometry IS NULL", "S_INTERSECTS(geometry, POINT(3 50))"):
        with pytest.raises(InputError, match="filter_invalid"):
            read_filter(written, "cql2-text", TYPES, has_geometry=False)
    with pytest.raises(InputError, match="filter_language"):
        read_filter("TRUE", "sql", TYPES, has_geometry=False)


_WORDS = st.sampled_from(
    [
        *[*TYPES, "geometry", "AND", "OR", "NOT", "IS", "NULL", "LIKE", "IN", "BETWEEN", "(", ")", ",", "=", "<>", "<"],
        *["3", "-1.5", "'x'", "'%'", "'it''s'", "TRUE", "DATE('2026-01-01')", "TIMESTAMP('2026-01-01T00:00:00Z')"],
        *["S_INTERSECTS", "T_AFTER", "POINT(3 50)", "BBOX(1,2,3,4)", "INTERVAL('..', '2026-01-01')", '"open"'],
        *[";", "--", "'", "\\", "\0"],
    ]
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_OPS = ["and", "or", "not", "=", "<", "like", "in", "between", "isNull", "s_intersects", "t_after", "x"]
_OBJECTS = st.recursive(
    _SCALARS | st.sampled_from([*map(_, TYPES), {"bbox": [1, 2, 3, 4]}, {"date": "2026-01-01"}]),
    lambda inner: st.builds(
        lambda name, args: {"op": name, "args": args}, st.sampled_from(_OPS), st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


def _is_read_or_refused(written: str, language: str) -> None:
    try:
        condition = read_filter(written, language, TYPES, has_geometry=True)
    except InputError:
        return
    said = condition_sql(condition).as_string()
    outside = "".join(part for place, part in enumerate(said.split("'")) if place % 2 == 0)
    assert ";" not in outside
    assert "--" not in outside


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_WORDS, max_size=12).map(" ".join) | st.text(max_size=60), st.sampled_from([*LANGUAGES]))
def test_whatever_is_written_is_read_or_refused_and_its_words_stay_within_quotes(written: str, language: str):
    _is_read_or_refused(written, language)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_OBJECTS)
def test_whatever_object_is_sent_is_read_or_refused(content: object):
    _is_read_or_refused(json.dumps(content), "cql2-json")
