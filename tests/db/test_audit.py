"""The audit log holds what was done, and shows what somebody with every right did to it afterwards."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from core.errors import ConfigurationError, InputError, InvariantError
from db.audit import AuditHead, WantedEntries, audit_head, newest_entries, record
from db.audit_chain import Verdict, read_anchor, verify_chain
from db.connection import Connection, Role, connect, translated_errors
from tests.db.village import ask

AT = datetime(2026, 1, 15, 17, tzinfo=UTC)
WRITERS, EACH = 8, 12


async def note(connection: Connection, number: int, *, action: str = "event.approved", **facts: Any) -> None:
    subject = f"event/{number}"
    await record(
        connection, at=AT, actor="token/test", action=action, subject=subject, facts={"number": number, **facts}
    )


async def fill(url: str, count: int = 6) -> None:
    async with await connect(url, Role.COMPUTE, autocommit=True) as connection:
        for number in range(1, count + 1):
            await note(connection, number)


async def verdict_on(url: str, **anchors: bytes) -> Verdict:
    async with await connect(url, Role.READ) as connection:
        return await verify_chain(connection, anchors={int(name[1:]): value for name, value in anchors.items()})


_REWRITE = "UPDATE audit_entry SET number = %s, previous_hash = %s, hash = %s WHERE number = %s"


def tamper(url: str, *statements: str | tuple[str, list[object]]) -> None:
    """Change the log as a superuser who switches triggers off."""
    with psycopg.connect(url, options="-c search_path=somel,public") as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(*([statement] if isinstance(statement, str) else statement))


def chain_anew(url: str) -> None:
    """Make numbers, links, hashes and the head fit what the entries say, as a forger who has read the form would."""
    rows = ask(url, "SELECT number, recorded_at, content FROM audit_entry ORDER BY number")
    previous = bytes(32)
    for place, (number, recorded_at, content) in enumerate(rows, 1):
        epoch_us = round(recorded_at.timestamp() * 1_000_000)
        digest = hashlib.sha256(previous + place.to_bytes(8) + epoch_us.to_bytes(8) + content.encode()).digest()
        tamper(url, (_REWRITE, [place, previous, digest, number]))
        previous = digest
    tamper(url, ("UPDATE audit_head SET number = %s, hash = %s", [len(rows), previous]))


async def test_writers_at_once_make_one_chain_without_gaps_and_without_what_was_rolled_back(database_url: str) -> None:
    async def write(writer: int) -> None:
        async with await connect(database_url, Role.INGEST if writer % 2 else Role.COMPUTE) as connection:
            for number in range(EACH):
                async with connection.transaction():
                    await note(connection, writer * 100 + number)
                    await note(connection, writer * 100 + number, action="event.told")
                    await asyncio.sleep(0)
                async with connection.transaction(force_rollback=True):
                    await note(connection, -1)

    await asyncio.wait_for(asyncio.gather(*(write(writer) for writer in range(WRITERS))), 60)
    found = await verdict_on(database_url)
    assert found == Verdict(WRITERS * EACH * 2, found.head, None)
    told = ask(database_url, "SELECT subject, action FROM audit_entry ORDER BY number")
    assert len(set(told)) == len(told) == WRITERS * EACH * 2
    assert [subject for subject, _ in told[::2]] == [subject for subject, _ in told[1::2]]  # transactions stay together
    assert ask(database_url, "SELECT count(*) FROM audit_pending") == [(0,)]


async def test_a_transaction_that_waits_does_not_keep_others_from_recording(database_url: str) -> None:
    async with (
        await connect(database_url, Role.COMPUTE) as slow,
        await connect(database_url, Role.COMPUTE) as quick,
    ):
        await note(slow, 1)
        await note(quick, 2)
        await asyncio.wait_for(quick.commit(), 5)
        await slow.commit()
        entries = await newest_entries(quick, WantedEntries(), limit=9)
    assert [entry.subject for entry in entries] == ["event/1", "event/2"]
    assert (await verdict_on(database_url)).fault is None


async def test_entries_are_found_by_what_they_say(database_url: str) -> None:
    async with await connect(database_url, Role.OWNER, autocommit=True) as connection:
        await note(connection, 1)
        await note(connection, 2, action="command.sent", setpoint_w=[1.5, None], until=AT)
        for wanted, numbers in (
            (WantedEntries(), [2, 1]),
            (WantedEntries(action="event"), [1]),
            (WantedEntries(action="command.sent", actor="token/test", since=AT), [2]),
            (WantedEntries(subject="event/1"), [1]),
            (WantedEntries(until=AT), []),
            (WantedEntries(action="even_"), []),
        ):
            assert [entry.number for entry in await newest_entries(connection, wanted, limit=9)] == numbers
        entry = (await newest_entries(connection, WantedEntries(), limit=1))[0]
        assert entry.content.endswith('"until":"2026-01-15T17:00:00.000000Z"},"form":1,"subject":"event/2"}')
        with pytest.raises(InputError, match="value_not_storable"):
            await note(connection, 3, action="Approved!")


@pytest.mark.parametrize("role", [Role.OWNER, Role.INGEST, Role.COMPUTE])
@pytest.mark.parametrize(
    "change", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
async def test_nobody_changes_the_log(database_url: str, role: Role, change: str) -> None:
    await fill(database_url, 1)
    async with await connect(database_url, role) as connection:
        with pytest.raises(InvariantError, match="role_not_allowed"):
            async with translated_errors():
                await connection.execute(change)


_KEEP = "CREATE TEMP TABLE kept AS SELECT * FROM audit_entry WHERE number IN (3, 4)"
_SWAP = (
    "UPDATE audit_entry AS entry SET content = kept.content, subject = kept.subject, recorded_at = kept.recorded_at "
    "FROM kept WHERE kept.number = 7 - entry.number"
)
TAMPERINGS = {
    "content": (
        ["UPDATE audit_entry SET content = replace(content, ':3', ':9') WHERE number = 3"],
        3,
        "content_altered",
    ),
    "column": (["UPDATE audit_entry SET actor = 'token/other' WHERE number = 3"], 3, "content_altered"),
    "time": (
        ["UPDATE audit_entry SET recorded_at = recorded_at - interval '1 us' WHERE number = 3"],
        3,
        "content_altered",
    ),
    "order": ([_KEEP, _SWAP], 3, "content_altered"),
    "deletion": (["DELETE FROM audit_entry WHERE number = 3"], 3, "entry_missing"),
    "first": (["DELETE FROM audit_entry WHERE number = 1"], 1, "entry_missing"),
    "renumbered": (
        ["DELETE FROM audit_entry WHERE number = 3", "UPDATE audit_entry SET number = number - 1 WHERE number = 4"],
        3,
        "link_broken",
    ),
    "form": (["UPDATE audit_entry SET form = 2 WHERE number = 3"], 3, "form_unknown"),
    "end": (["DELETE FROM audit_entry WHERE number > 4"], 5, "end_missing"),
    "all": (["DELETE FROM audit_entry"], 1, "end_missing"),
    "head": (["UPDATE audit_head SET hash = decode(repeat('ab', 32), 'hex')"], 6, "head_differs"),
}


@pytest.mark.parametrize(("changes", "number", "kind"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_as_superuser_is_found_where_it_begins(
    database_url: str, changes: list[str], number: int, kind: str
) -> None:
    await fill(database_url)
    tamper(database_url, *changes)
    found = await verdict_on(database_url)
    assert found.fault is not None
    assert (found.fault.number, found.fault.kind) == (number, kind)
    assert found.verified == number - (kind != "head_differs")


async def test_a_chain_written_anew_is_found_by_an_anchor_kept_elsewhere(database_url: str) -> None:
    await fill(database_url)
    async with await connect(database_url, Role.READ) as connection:
        anchor = await audit_head(connection)
    assert (await verdict_on(database_url, n6=anchor.hash)).fault is None
    tamper(
        database_url,
        "UPDATE audit_entry SET content = replace(content, '\"number\":3', '\"number\":9') WHERE number = 3",
    )
    chain_anew(database_url)
    assert (await verdict_on(database_url)).fault is None  # nothing inside the database can show it
    found = await verdict_on(database_url, n6=anchor.hash)
    assert found.fault is not None
    assert (found.fault.number, found.fault.kind) == (6, "anchor_differs")
    tamper(database_url, "DELETE FROM audit_entry WHERE number = 6")
    chain_anew(database_url)
    assert (await verdict_on(database_url)).fault is None
    found = await verdict_on(database_url, n6=anchor.hash)
    assert found.fault is not None
    assert (found.fault.number, found.fault.kind) == (6, "end_missing")


async def test_content_that_is_not_canonical_is_found(database_url: str) -> None:
    for content in ("{}", "[]", '{"x": NaN}', "not json"):
        await fill(database_url, 1)
        tamper(database_url, ("UPDATE audit_entry SET content = %s", [content]))
        chain_anew(database_url)
        found = await verdict_on(database_url)
        assert found.fault is not None
        assert found.fault.kind == "content_altered"
        tamper(
            database_url,
            "DELETE FROM audit_entry",
            "UPDATE audit_head SET number = 0, hash = decode(repeat('00', 32), 'hex')",
        )


def test_an_anchor_is_a_number_and_a_hash() -> None:
    assert read_anchor("7:" + "ab" * 32) == (7, b"\xab" * 32)
    for text in ("", "7", "7:ab", "0:" + "ab" * 32, "x:" + "ab" * 32, "7:" + "xy" * 32):
        with pytest.raises(InputError, match="anchor_not_readable"):
            read_anchor(text)


async def test_an_empty_log_is_whole(shared_url: str) -> None:
    assert await verdict_on(shared_url) == Verdict(0, AuditHead(0, bytes(32)), None)


async def test_a_database_of_an_older_version_has_no_log(services: Any) -> None:
    async with await connect(services.database_url, None) as connection:
        with pytest.raises(ConfigurationError, match="database_not_migrated"):
            await audit_head(connection)
