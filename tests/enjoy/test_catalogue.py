"""What catalogues say of records: made from them, made anew when they changed, and told to those alone who may know."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvariantError
from db import datasets as store
from db.catalogue import Summary, summaries
from db.connection import Connection, Role, connect, translated_errors
from db.dataset_rows import Dataset, Organisation, Published, Version
from enjoy.catalogue import vocabulary as eu
from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.dcat import dataset_document
from enjoy.catalogue.described import Described, mailbox_of
from enjoy.catalogue.freshness import Freshness, measure
from enjoy.catalogue.record import record_of
from enjoy.publishing import declare, receive
from tests.enjoy.stations import BIKES, CAR_PARKS, bike, described, point
from tests.enjoy.test_publishing import ADA, NOW, acting, organisations

AT = datetime(2026, 11, 27, 10, tzinfo=UTC)


async def summed_up(connection: Connection, published: Published) -> Summary | None:
    return (await summaries(connection, [published])).get(published.dataset.dataset_id)


def minutes(*which: int, station: str = "A") -> list[dict[str, object]]:
    return [bike(station, (AT + timedelta(minutes=n)).isoformat(), n) for n in which]


async def test_a_summary_tells_where_when_and_how_punctual_the_records_are(database_url: str):
    ilevia, _ = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        velo = await declare(connection, ilevia, "velo", described(), BIKES, actor=ADA, now=NOW)
        east = bike("B", (AT + timedelta(minutes=1)).isoformat(), 1) | {"geometry": point(3.2, 50.7)}
        await receive(connection, velo, [*minutes(0, 1, 2, 12, 13), east], source="api", now=NOW)
    async with acting(database_url, role=Role.ENJOY_READ) as reader:
        summary = await summed_up(reader, velo)
    assert summary is not None
    assert (summary.subject_count, summary.box) == (2, (3.07, 50.63, 3.2, 50.7))
    assert (summary.first_at, summary.last_at) == (AT, AT + timedelta(minutes=13))
    assert summary.in_time_ratio == pytest.approx(4 / 13)  # of 13 minutes; of the ten without a record, the first


async def test_a_dataset_without_time_place_or_records_has_a_summary_too(database_url: str):
    ilevia, _ = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        parks = await declare(connection, ilevia, "parks", described(), CAR_PARKS, actor=ADA, now=NOW)
        velo = await declare(connection, ilevia, "velo", described(), BIKES, actor=ADA, now=NOW)
        for dataset in (parks, velo):
            summary = await summed_up(connection, dataset)
            assert summary == Summary(dataset.dataset.dataset_id, 0, None, None, None, None, None, None, None)


async def test_a_summary_is_made_anew_once_records_changed_and_at_most_once_a_minute(database_url: str):
    ilevia, _ = await organisations(database_url)
    last = "SELECT extract(epoch FROM summarised_at) FROM catalogue.dataset_summary"
    async with acting(database_url, ilevia) as connection:
        velo = await declare(connection, ilevia, "velo", described(), BIKES, actor=ADA, now=NOW)
        await receive(connection, velo, minutes(0), source="api", now=NOW)
        first = await summed_up(connection, velo)
        await receive(connection, velo, minutes(1, station="B"), source="api", now=NOW + timedelta(seconds=1))
        assert await summed_up(connection, velo) == first
    async with await connect(database_url, Role.OWNER) as owner:
        await owner.execute("UPDATE catalogue.dataset_summary SET summarised_at = summarised_at - INTERVAL '2 minutes'")
        before = await (await owner.execute(last)).fetchone()
    async with await connect(database_url, Role.ENJOY_READ) as replica:
        await replica.execute("SET TRANSACTION READ ONLY")
        told = await summed_up(replica, velo)
        assert told is not None
        assert told.subject_count == 2  # a replica tells what is so, and keeps nothing
    async with await connect(database_url, Role.OWNER) as owner:
        assert await (await owner.execute(last)).fetchone() == before
    async with acting(database_url, role=Role.ENJOY_READ) as reader:
        anew = await summed_up(reader, velo)
        assert anew is not None
        assert (anew.subject_count, anew.last_at) == (2, AT + timedelta(minutes=1))
    async with await connect(database_url, Role.OWNER) as owner:
        await owner.execute("UPDATE catalogue.dataset_summary SET summarised_at = summarised_at - INTERVAL '2 minutes'")
        before = await (await owner.execute(last)).fetchone()
    async with acting(database_url, role=Role.ENJOY_READ) as reader:
        assert await summed_up(reader, velo) == anew
    async with await connect(database_url, Role.OWNER) as owner:
        assert await (await owner.execute(last)).fetchone() == before  # nothing changed, so nothing was read again


async def test_a_summary_is_told_to_those_alone_who_may_read_the_dataset(database_url: str):
    ilevia, lille = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        secret = await declare(connection, ilevia, "secret", described("private"), BIKES, actor=ADA, now=NOW)
        await receive(connection, secret, minutes(0), source="api", now=NOW)
        assert await summed_up(connection, secret) is not None
        for statement in (
            "SELECT * FROM catalogue.dataset_summary",
            "SELECT catalogue.summarise(dataset) FROM catalogue.dataset",
            "SELECT catalogue.in_time(dataset, now()) FROM catalogue.dataset",
        ):
            with pytest.raises(InvariantError, match="role_not_allowed"):
                async with connection.transaction(), translated_errors():
                    await connection.execute(statement)
    for whom in ((), (lille,)):
        async with acting(database_url, *whom, role=Role.ENJOY_READ) as other:
            assert await summed_up(other, secret) is None
    async with acting(database_url, ilevia) as connection:
        await store.withdraw_dataset(connection, secret.dataset.dataset_id, now=NOW)
        assert await summed_up(connection, secret) is None


def a_dataset(
    *, period_s: int | None = 60, time_field: str | None = "at", newest: datetime | None = NOW, written: bool = True
) -> Described:
    changed = NOW if written else None
    dataset = Dataset(
        1, 1, "lille", "Lille", "velo", "V'lille", "Vélos", "etalab-2.0", "TRAN", [], "open", period_s, None, "Point",
        ["station"], time_field, NOW, NOW, changed,
    )  # fmt: skip
    publisher = Organisation(1, "lille", "Lille", "commune", None, None, "https://lille.test/<é>", NOW)
    summary = Summary(1, int(written), 3.0, 50.0, 3.0, 50.0, newest, newest, None)
    return Described(Published(dataset, (Version(1, 1, NOW, None, None),), {1: ()}), publisher, summary)


@pytest.mark.parametrize(
    ("one", "later_s", "state", "age_s"),
    [
        (a_dataset(), 60, Freshness.IN_TIME, 60),
        (a_dataset(), 61, Freshness.LATE, 61),
        (a_dataset(), -500, Freshness.IN_TIME, 0),  # a record of a time to come
        (a_dataset(period_s=None), 10**9, Freshness.UNPROMISED, 10**9),
        (a_dataset(newest=None), 0, Freshness.EMPTY, None),
        (a_dataset(time_field=None, newest=None), 30, Freshness.IN_TIME, 30),
        (a_dataset(time_field=None, newest=None, written=False), 30, Freshness.EMPTY, None),
    ],
)
def test_freshness_is_the_age_of_the_newest_record_beside_what_was_promised(one, later_s, state, age_s):
    measured = measure(one, NOW + timedelta(seconds=later_s))
    assert (measured.state, measured.age_s) == (state, age_s)


@given(st.integers(1, 10**9))
def test_the_frequency_that_is_named_is_never_more_often_than_what_is_promised_by_half(period_s: int):
    longest = {code: most for most, code in eu._FREQUENCIES}
    code = eu.frequency_of(period_s).rpartition("/")[2]
    assert code == "OTHER" or period_s <= longest[code]
    assert (code == "OTHER") == (period_s > max(longest.values()))


@pytest.mark.parametrize(
    ("contact", "mail"),
    [("a@b.fr", "a@b.fr"), ("mailto:a@b.fr", "a@b.fr"), ("https://x@b.fr", None), ("the desk", None), (None, None)],
)
def test_a_contact_is_a_mailbox_where_it_is_one(contact, mail):
    assert mailbox_of(contact) == mail


def test_what_is_no_mailbox_is_a_page_and_a_single_place_is_a_point():
    addresses = Addresses("http://somel.test/enjoy")
    (told,) = [one for one in dataset_document(addresses, a_dataset())["@graph"] if one["@type"] == "dcat:Dataset"]
    assert told["dcat:contactPoint"]["vcard:hasURL"]["@id"] == "https://lille.test/%3C%C3%A9%3E"
    assert record_of(addresses, a_dataset())["geometry"] == {"type": "Point", "coordinates": [3.0, 50.0]}
