"""Consent is given for one purpose, with a proof, and is never written over."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from core.errors import ConflictError, InputError, NotFoundError
from db.audit import WantedEntries, newest_entries
from db.connection import Role, connect
from db.consents import NewUsagePointConsent, count_consents
from enjoy.privacy.consent import consents_of, give, import_consents, withdraw
from tests.db.village import ask
from tests.enjoy.people import AGREED, build_people, keys

LATER = AGREED + timedelta(days=40)


async def test_a_consent_is_given_once_withdrawn_and_given_again(database_url: str):
    await build_people(database_url)
    (key, *_) = keys(database_url)
    consent = NewUsagePointConsent(key, "enjoy", "2026-1", AGREED, "paper", "file 7", bytes(32))
    async with await connect(database_url, Role.COMPUTE) as connection:
        assert await give(connection, consent, actor="token/ada", now=AGREED)
        assert not await give(connection, consent, actor="token/ada", now=LATER)
        await withdraw(connection, key, "enjoy", how="online", actor="token/ada", now=LATER)
        with pytest.raises(ConflictError, match="consent_missing"):
            await withdraw(connection, key, "enjoy", how="online", actor="token/ada", now=LATER)
        assert await give(connection, consent, actor="token/ada", now=LATER)
        newest, first = await consents_of(connection, key)
        assert (newest.withdrawn_at, first.withdrawn_at, first.withdrawn_how) == (None, LATER, "online")
        assert (first.proof, first.proof_sha256, first.recorded_at) == ("file 7", bytes(32), AGREED)
        assert [(one.purpose, one.standing, one.withdrawn) for one in await count_consents(connection)] == [
            ("enjoy", 1, 1)
        ]
    async with await connect(database_url, Role.READ) as connection:
        entries = await newest_entries(connection, WantedEntries(action="consent"), limit=9)
        assert [entry.action for entry in entries] == ["consent.given", "consent.withdrawn", "consent.given"]
        assert "file 7" not in entries[0].content


async def test_what_is_no_consent_for_a_usage_point_is_refused(database_url: str):
    await build_people(database_url)
    (key, *_) = keys(database_url)
    good = NewUsagePointConsent(key, "enjoy", "1", AGREED, "paper", "file")
    bad = [
        replace(good, purpose="grid"),
        replace(good, purpose="sales"),
        replace(good, proof=""),
        replace(good, given_how="shouting"),
        replace(good, given_at=LATER),
    ]
    async with await connect(database_url, Role.COMPUTE) as connection:
        for wrong in bad:
            with pytest.raises(InputError, match="consent_invalid"):
                await give(connection, wrong, actor="x", now=AGREED)
        with pytest.raises(NotFoundError, match="usage_point_unknown"):
            await give(connection, replace(good, usage_point_key=uuid4()), actor="x", now=AGREED)


async def test_a_file_is_taken_line_by_line_and_again_without_change(database_url: str):
    await build_people(database_url)
    one, two, *_ = keys(database_url)
    line: dict[str, str | None] = {
        "purpose": "enjoy",
        "text_version": "1",
        "given_at": AGREED.isoformat(),
        "how": "paper",
        "proof": "f",
    }
    lines: list[dict[str, str | None]] = [
        line | {"usage_point_key": str(one), "proof_sha256": "ab" * 32},
        line | {"usage_point_key": "nobody"},
        line | {"usage_point_key": str(uuid4())},
        line | {"usage_point_key": str(two), "given_at": "2025-12-10T00:00:00"},
        line | {"usage_point_key": str(two), "proof_sha256": "ab"},
        line | {"usage_point_key": str(two), "given_at": "yesterday"},
        line | {"usage_point_key": str(two)},
    ]
    async with await connect(database_url, Role.COMPUTE) as connection:
        found = await import_consents(connection, lines, source="a.csv", actor="operator", now=AGREED)
        again = await import_consents(connection, lines, source="a.csv", actor="operator", now=LATER)
    assert (found.stored, found.known, [row[0] for row in found.refused]) == (2, 0, [2, 3, 4, 5, 6])
    assert {row[1] for row in found.refused} == {"consent_invalid", "usage_point_unknown"}
    assert (again.stored, again.known) == (0, 2)


async def test_nobody_can_change_or_delete_a_consent_not_even_the_owner(database_url: str):
    await build_people(database_url)
    (key, *_) = keys(database_url)
    consent = NewUsagePointConsent(key, "enjoy", "1", AGREED, "paper", "file 7")
    async with await connect(database_url, Role.COMPUTE) as connection:
        await give(connection, consent, actor="x", now=AGREED)
        await withdraw(connection, key, "enjoy", how="paper", actor="x", now=LATER)
    for change in (
        "UPDATE {} SET proof = 'other'",
        "UPDATE {} SET withdrawn_at = NULL",
        "DELETE FROM {}",
        "TRUNCATE {}",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(database_url, change.format("usage_point_consent"))
