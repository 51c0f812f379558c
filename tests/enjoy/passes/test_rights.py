"""Rights follow from what desks saw, end at bounds that many share, and are derived again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, NotFoundError
from db.connection import Connection, Role, connect
from db.pass_rights import attestations_of
from enjoy.accounts import Operator
from enjoy.passes import deriving, desks
from enjoy.passes.conditions import read_condition, words_of
from enjoy.passes.deriving import Derived, derive_due, derive_holder, derive_subject
from enjoy.passes.desks import Seen
from enjoy.passes.issuing import issue
from enjoy.passes.rights import Evidence, holds_until, month_after
from enjoy.passes.secret import PassSecret
from tests.db.village import ask, build_village
from tests.enjoy.lending import lending
from tests.enjoy.passes.town import NOON, TODAY, Town, add_holder, add_medium, add_service

LILLE = Evidence(insee_code="59350", residence_until=date(2027, 3, 20))
METROPOLIS = frozenset({"59350", "59512"})


def until(content: dict[str, Any], evidence: Evidence, today: date = TODAY) -> date | None:
    return holds_until(read_condition(content), evidence, metropolis=METROPOLIS, today=today)


@pytest.mark.parametrize(
    ("content", "evidence", "expected"),
    [
        ({"everybody": True}, Evidence(), date(2027, 12, 1)),
        ({"residence": ["59350"]}, LILLE, date(2027, 5, 1)),  # two weeks of grace, then the end of that month
        ({"residence": ["59512"]}, LILLE, None),
        ({"residence": "metropolis"}, LILLE, date(2027, 5, 1)),
        ({"residence": "metropolis"}, Evidence(insee_code="75056", residence_until=date(2027, 1, 1)), None),
        ({"residence": ["59350"]}, Evidence(insee_code="59350", residence_until=date(2026, 10, 1)), None),
        ({"residence": ["59350"]}, Evidence(insee_code="59350", residence_until=date(2026, 11, 2)), date(2026, 12, 1)),
        ({"age_below": 12}, Evidence(born_on=date(2015, 2, 17)), date(2027, 3, 1)),
        ({"age_below": 12}, Evidence(born_on=date(2014, 11, 1)), date(2026, 12, 1)),  # the month of the birthday
        ({"age_below": 12}, Evidence(born_on=date(2014, 10, 31)), None),
        ({"age_below": 12}, Evidence(), None),
        ({"age_from": 65}, Evidence(born_on=date(1961, 11, 30)), date(2027, 12, 1)),
        ({"age_from": 65}, Evidence(born_on=date(1961, 12, 1)), None),
        (
            {"social_tariff": 700},
            Evidence(quotient_below_eur=700, quotient_until=date(2026, 12, 31)),
            date(2027, 2, 1),
        ),
        ({"social_tariff": 700}, Evidence(quotient_below_eur=701, quotient_until=date(2026, 12, 31)), None),
        ({"all": [{"residence": ["59350"]}, {"everybody": True}]}, LILLE, date(2027, 5, 1)),
        ({"all": [{"residence": ["59350"]}, {"age_below": 12}]}, LILLE, None),
        ({"any": [{"residence": ["59350"]}, {"age_below": 12}]}, LILLE, date(2027, 5, 1)),
        ({"any": [{"residence": ["59512"]}, {"age_below": 12}]}, LILLE, None),
    ],
)
def test_a_right_holds_until_a_bound_that_many_share(content: Any, evidence: Evidence, expected: date | None):
    assert until(content, evidence) == expected


@given(
    born=st.dates(date(1920, 1, 1), date(2026, 11, 1)),
    years=st.integers(1, 100),
    name=st.sampled_from(["age_below", "age_from"]),
)
def test_whoever_was_born_in_the_same_month_has_the_same_rights(born: date, years: int, name: str):
    first = month_after(born, 0)
    found = until({name: years}, Evidence(born_on=born))
    assert found == until({name: years}, Evidence(born_on=first))
    assert found is None or (found.day == 1 and found > TODAY)


@given(born=st.dates(date(1930, 1, 1), date(2026, 1, 1)), years=st.integers(1, 90), days=st.integers(0, 4_000))
def test_one_is_of_an_age_or_below_it_and_both_only_in_the_month_of_the_birthday(born: date, years: int, days: int):
    day = date(2026, 1, 1) + timedelta(days=days)
    below = until({"age_below": years}, Evidence(born_on=born), day)
    of_age = until({"age_from": years}, Evidence(born_on=born), day)
    is_birthday_month = month_after(born, 12 * years) == month_after(day, 0)
    assert (below is not None) + (of_age is not None) == (2 if is_birthday_month else 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "object with one of the names"),
        ({}, "object with one of the names"),
        ({"residence": ["59350"], "age_below": 12}, "object with one of the names"),
        ({"income": 1}, "names 'income'"),
        ({"everybody": 1}, "has to be true"),
        ({"residence": []}, "INSEE codes"),
        ({"residence": "lille"}, "INSEE codes"),
        ({"residence": ["Lille"]}, "'Lille'"),
        ({"residence": [59350]}, "59350"),
        ({"age_below": 0}, "from 1 to 120"),
        ({"age_below": True}, "from 1 to 120"),
        ({"age_from": 65.5}, "from 1 to 120"),
        ({"social_tariff": "700"}, "from 1 to 100000"),
        ({"all": []}, "list of 1 to 40"),
        ({"all": {"everybody": True}}, "list of 1 to 40"),
        ({"any": [{"everybody": True}, {"age_below": -1}]}, r"condition\.any\[1\]\.age_below"),
        ({"any": [{"all": [{"any": [{"all": [{"everybody": True}]}]}]}]}, "more than 4 deep"),
        ({"any": [{"any": [{"everybody": True}] * 21}, {"any": [{"everybody": True}] * 21}]}, "more than 40 parts"),
    ],
)
def test_a_condition_that_is_none_is_refused_and_says_where(content: Any, said: str):
    with pytest.raises(InputError, match=said) as refused:
        read_condition(content)
    assert refused.value.code == "condition_invalid"


def test_a_condition_is_told_in_words():
    either = {"any": [{"age_below": 12}, {"all": [{"residence": ["59350", "59512"]}, {"social_tariff": 700}]}]}
    told = words_of(read_condition(either), {"59350": "Lille", "59512": "Roubaix"})
    assert told.en == "is under 12, or (lives in Lille or Roubaix, and has a family quotient below 700 €)"
    assert told.fr == "a moins de 12 ans, ou (habite à Lille ou Roubaix, et a un quotient familial de moins de 700 €)"
    assert words_of(read_condition({"residence": "metropolis"})).fr == "habite la métropole"
    assert words_of(read_condition({"residence": ["75056"]})).en == "lives in 75056"
    assert (
        words_of(read_condition({"any": [{"everybody": True}, {"age_from": 65}]})).en == "everybody, or is 65 or older"
    )


def rights(url: str) -> list[tuple[Any, ...]]:
    return ask(url, "SELECT number, valid_until FROM pass.entitlement ORDER BY subject_id, number")


def join(town: Town, holder: UUID, service: str) -> UUID:
    [(made,)] = ask(
        town.url,
        "INSERT INTO pass.subject (holder_id, service_id, joined_on) VALUES (%s, %s, %s) RETURNING subject_id",
        holder,
        town.services[service],
        TODAY,
    )
    return UUID(str(made))


def midnight(year: int, month: int) -> datetime:
    """The first of a month in Lille, in winter."""
    return datetime(year, month, 1, tzinfo=UTC) - timedelta(hours=1)


async def _attest(connection: Connection, town: Town, holder: UUID, seen: Seen, now: datetime = NOON) -> None:
    await desks.attest(connection, Operator(town.organisations["lille"], "lille", "account/1"), holder, seen, now=now)


async def test_rights_come_with_evidence_end_with_it_and_go_when_it_is_withdrawn(database_url: str):
    await build_village(database_url)
    town = Town(database_url)
    add_service(town, "pool")
    holder = add_holder(town)
    phone, subject = add_medium(town, holder), join(town, holder, "pool")
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        assert await derive_subject(connection, subject, now=NOON) == Derived(1, ())
        assert rights(database_url) == []
        await _attest(connection, town, holder, Seen("residence", "tax_notice", "59350", valid_until=date(2027, 1, 5)))
        await _attest(connection, town, holder, Seen("birth", "passport", born_on=date(2015, 1, 31)))
        await connection.commit()
        assert rights(database_url) == [(1, midnight(2027, 2)), (2, midnight(2027, 2))]
        issued = await issue(connection, PassSecret(b"x" * 32), subject, phone, b"k" * 32, address="http://x", now=NOON)
        [residence] = [one for one in await attestations_of(connection, [holder]) if one.kind == "residence"]
        assert (residence.commune, residence.organisation) == ("Lille", "lille")
        with pytest.raises(NotFoundError, match="attestation_unknown"):
            await deriving.withdraw(connection, add_holder(town), residence.attestation_id, now=NOON)
        await deriving.withdraw(connection, holder, residence.attestation_id, now=NOON)
    assert rights(database_url) == [(2, midnight(2027, 2))]
    revoked = ask(database_url, "SELECT token_id, status FROM pass.token")
    assert revoked == [(issued.token_id, 1)], "what was promised in the token and is lost is revoked"
    assert ask(database_url, "SELECT subject, purpose FROM pass.access ORDER BY access_id") == [
        ("attestation", "residence recorded"),
        ("attestation", "birth recorded"),
    ]


async def test_every_month_rights_are_derived_again_and_what_counts_no_more_is_forgotten(database_url: str):
    await build_village(database_url)
    town = Town(database_url)
    add_service(town, "pool")
    add_service(town, "museum", kind="tourism")
    holder = add_holder(town)
    join(town, holder, "pool")
    sold = join(town, holder, "museum")
    ask(
        database_url,
        "INSERT INTO pass.entitlement VALUES (%s, 1, %s, %s, %s) RETURNING number",
        sold,
        NOON,
        NOON + timedelta(days=2),
        TODAY,
    )
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        await _attest(
            connection, town, holder, Seen("residence", "tax_notice", "59350", valid_until=date(2026, 12, 31))
        )
        await _attest(connection, town, holder, Seen("birth", "passport", born_on=date(2015, 1, 31)))
    lend = lending(database_url)
    assert await derive_due(lend, now=NOON) == 0, "derived in this month already"
    january = NOON + timedelta(days=40)
    assert await derive_due(lend, now=january) == 1
    assert await derive_due(lend, now=january) == 0
    [pool] = ask(database_url, "SELECT subject_id FROM pass.subject WHERE service_id = %s", town.services["pool"])
    held = "SELECT number FROM pass.entitlement WHERE subject_id = %s ORDER BY number"
    assert ask(database_url, held, *pool) == [(1,), (2,)], "in its two weeks of grace"
    assert await derive_due(lend, now=NOON + timedelta(days=75)) == 1
    assert ask(database_url, held, *pool) == [], "the residence has ended, and the child is twelve"
    assert ask(database_url, held, sold) == [(1,)], "what was bought is not derived"
    assert ask(database_url, "SELECT kind FROM pass.attestation") == [("birth",)], "evidence that ended is forgotten"


async def test_a_new_commune_takes_the_rights_of_the_one_before(database_url: str):
    await build_village(database_url)
    town = Town(database_url)
    add_service(town, "pool")
    holder = add_holder(town)
    join(town, holder, "pool")
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        await _attest(connection, town, holder, Seen("residence", "tax_notice", "59350"))
        assert len(await attestations_of(connection, [holder])) == 1
        await connection.commit()
        assert len(rights(database_url)) == 1
        await _attest(connection, town, holder, Seen("residence", "utility_bill", "59512"))
        assert (await derive_holder(connection, holder, now=NOON)).subjects == 1
    assert rights(database_url) == []
