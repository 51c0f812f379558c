"""Attacks on readers, each with its outcome; docs/passes.md tells them. Readers are on disk, tokens are real."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from core.signature import Signer, make_key
from db.connection import Role, connect
from enjoy.passes.listing import publish_due
from enjoy.passes.media import lose
from enjoy.passes.revoking import REVOKED, set_status_of_token
from enjoy.reader.presenting import plain_text
from enjoy.reader.reasons import Reason
from tests.db.village import ask
from tests.enjoy.passes.gates import gates
from tests.enjoy.passes.town import NOON, RULE, Town, add_service

DOORS = ("pool/front", "pool/back")
OFTEN = {**RULE, "uses": []}
SECOND = timedelta(seconds=1)


def pool(url: str, **rule: object) -> Town:
    town = Town(url)
    add_service(town, "pool", venues=("front", "back"), rules=({**RULE, **rule},))
    return town


async def test_a_screenshot_is_refused_as_a_replay_at_once_and_as_stale_a_minute_later(
    database_url: str, tmp_path: Path
) -> None:
    async with gates(pool(database_url, uses=[]), tmp_path, *DOORS) as town:
        phone = await town.phone()
        shot = phone.shows(NOON)
        assert (await town.online("pool/front", text=shot))["reason"] == "admitted"
        assert (await town.online("pool/front", text=shot))["reason"] == "proof_replayed"
        assert (await town.online("pool/back", text=shot))["reason"] == "proof_replayed"
        town.at(NOON + timedelta(minutes=2))
        assert (await town.online("pool/back", text=shot))["reason"] == "proof_stale"
        later = NOON + timedelta(minutes=5)
        town.at(later)
        front, back = await town.reader("pool/front", later), await town.reader("pool/back", later)
        shot = phone.shows(later)
        assert front.check(shot, later).entry.reason is Reason.ADMITTED
        assert front.check(shot, later).entry.reason is Reason.PROOF_REPLAYED
        assert back.check(shot, later + 20 * SECOND).is_admitted  # it cannot know
        assert back.check(shot, later + timedelta(minutes=1, seconds=10)).entry.reason is Reason.PROOF_STALE
        assert (await town.upload("pool/front", front))["flagged"] == 0
        assert (await town.upload("pool/back", back))["flagged"] == 1
        assert town.flags() == [("proof", "back")]


async def test_a_cloned_serial_opens_what_is_worth_little_and_two_venues_too_fast_are_flagged(
    database_url: str, tmp_path: Path
) -> None:
    town = Town(database_url)
    add_service(town, "library", venues=("north", "south"), proof="serial", rules=(OFTEN,))
    add_service(town, "pool", venues=("front",), rules=(OFTEN,))
    async with gates(town, tmp_path, "library/north", "library/south", "pool/front") as doors:
        doors.card("library", "12345678")
        doors.card("pool", "12345678")
        await doors.paper("library")  # the first token makes the key that bundles are signed with
        assert (await doors.online("library/north", serial="12345678"))["admitted"]
        assert doors.flags() == []
        doors.at(NOON + 30 * SECOND)
        assert (await doors.online("library/south", serial="1234 5678"))["admitted"]
        assert doors.flags() == [("serial", "south")]
        doors.at(NOON + timedelta(minutes=10))
        assert (await doors.online("library/north", serial="12345678"))["admitted"]
        assert len(doors.flags()) == 1
        assert (await doors.online("pool/front", serial="12345678"))["reason"] == "proof_missing"
        assert (await doors.online("library/north", serial="87654321"))["reason"] == "serial_unknown"
        reader = await doors.reader("library/north", NOON + timedelta(minutes=10))
        assert reader.check("12345678", NOON + timedelta(minutes=10)).entry.reason is Reason.ONLINE_NEEDED


async def test_a_token_that_was_copied_to_another_phone_is_worth_nothing_there(
    database_url: str, tmp_path: Path
) -> None:
    async with gates(pool(database_url), tmp_path, *DOORS) as town:
        phone = await town.phone()
        copied = replace(phone, signer=Signer(make_key()))
        reader = await town.reader("pool/front", NOON)
        assert reader.check(copied.shows(NOON), NOON).entry.reason is Reason.PROOF_INVALID
        assert (await town.online("pool/back", text=copied.shows(NOON)))["reason"] == "proof_invalid"
        bare = plain_text(phone.token)
        assert reader.check(bare, NOON).entry.reason is Reason.PROOF_MISSING
        assert (await town.online("pool/back", text=bare))["reason"] == "proof_missing"
        assert reader.check(phone.shows(NOON), NOON).is_admitted


async def test_a_reader_whose_list_is_stale_admits_nobody_and_one_that_is_fresh_knows_who_is_revoked(
    database_url: str, tmp_path: Path
) -> None:
    async with gates(pool(database_url), tmp_path, *DOORS) as town:
        phone, lost = await town.phone(), await town.phone()
        front = await town.reader("pool/front", NOON)
        async with await connect(database_url, Role.ENJOY_PASS) as connection:
            await set_status_of_token(connection, lost.token_id, REVOKED, now=NOON)
        assert (await town.online("pool/back", text=lost.shows(NOON)))["reason"] == "revoked"
        back = await town.reader("pool/back", NOON)
        assert back.check(lost.shows(NOON), NOON).entry.reason is Reason.REVOKED
        just = NOON + timedelta(hours=23, minutes=59)
        assert front.check(phone.shows(just), just).is_admitted
        late = NOON + timedelta(hours=24, seconds=1)
        assert front.check(phone.shows(late), late).entry.reason is Reason.LIST_STALE
        assert front.check("SMP1:NONSENSE", late).entry.reason is Reason.LIST_STALE


async def test_whoever_finds_a_lost_phone_is_refused_with_a_connection_at_once_and_elsewhere_from_the_night_on(
    database_url: str, tmp_path: Path
) -> None:
    async with gates(pool(database_url, uses=[]), tmp_path, *DOORS) as town:
        phone = await town.phone()
        query = "SELECT holder_id, medium_id FROM pass.medium JOIN pass.token USING (medium_id) WHERE token_id = %s"
        ((holder_id, medium_id),) = ask(database_url, query, phone.token_id)
        async with await connect(database_url, Role.ENJOY_PASS) as connection:
            await lose(connection, holder_id, medium_id, now=NOON)
        assert (await town.online("pool/back", text=phone.shows(NOON)))["reason"] == "blocked"
        front = await town.reader("pool/front", NOON)
        assert front.check(phone.shows(NOON), NOON).is_admitted  # it cannot know
        assert (await town.upload("pool/front", front))["flagged"] == 1
        assert town.flags() == [("not_valid", "front")]
        morning = NOON + timedelta(hours=16)
        async with await connect(database_url, Role.ENJOY_PASS) as connection:
            await publish_due(connection, now=morning)
        town.at(morning)
        back = await town.reader("pool/back", morning)
        assert back.check(phone.shows(morning), morning).entry.reason is Reason.BLOCKED


async def test_two_readers_that_are_alone_admit_one_entry_twice_and_it_is_flagged_with_nobody_turned_out(
    database_url: str, tmp_path: Path
) -> None:
    async with gates(pool(database_url, uses=[{"most": 1, "per": "ever"}]), tmp_path, *DOORS) as town:
        phone = await town.phone()
        front, back = await town.reader("pool/front", NOON), await town.reader("pool/back", NOON)
        later = NOON + timedelta(minutes=10)
        town.at(later)
        assert front.check(phone.shows(NOON), NOON).is_admitted
        assert front.check(phone.shows(later), later).entry.reason is Reason.USED_UP
        assert back.check(phone.shows(later), later).is_admitted  # it cannot know
        first, second = await town.upload("pool/front", front), await town.upload("pool/back", back)
        assert (first["stored"], first["flagged"], second["stored"], second["flagged"]) == (2, 0, 1, 1)
        assert town.flags() == [("uses", "back")]
        admitted = ask(database_url, "SELECT count(*) FROM pass.validation WHERE is_admitted")
        assert admitted == [(2,)]
        again = await town.upload("pool/back", back)
        assert (again["stored"], again["known"], again["flagged"]) == (0, 1, 0)
        assert (await town.online("pool/front", text=phone.shows(later)))["reason"] == "proof_replayed"
        told = (await town.operator.get("/v1/services/pool/flags")).json()
        assert [(one["kind"], one["venue"]) for one in told["recent"]] == [("uses", "back")]


async def test_two_readers_online_at_the_same_moment_admit_one_entry_once(database_url: str, tmp_path: Path) -> None:
    async with gates(pool(database_url), tmp_path, *DOORS) as town, gates(town.town, tmp_path, *DOORS) as other:
        for _ in range(5):
            code = await town.paper()
            asked = [each.online(door, text=code) for each in (town, other) for door in DOORS for _ in range(5)]
            reasons = [told["reason"] for told in await asyncio.gather(*asked)]
            assert sorted(reasons) == ["admitted"] + ["used_up"] * 19


async def test_a_phone_may_be_a_step_off_and_no_more(database_url: str, tmp_path: Path) -> None:
    start = NOON + 15 * SECOND
    async with gates(pool(database_url, uses=[]), tmp_path, *DOORS) as town:
        phone = await town.phone()
        reader = await town.reader("pool/front", start)
        town.at(start)
        for off_s, expected in ((-50, "proof_stale"), (-30, "admitted"), (30, "admitted"), (50, "proof_stale")):
            code = phone.shows(start + off_s * SECOND)
            assert reader.check(code, start).entry.reason == expected
            assert (await town.online("pool/back", text=code))["reason"] == expected


async def test_a_reader_with_a_wrong_clock_admits_nobody(database_url: str, tmp_path: Path) -> None:
    async with gates(pool(database_url, uses=[]), tmp_path, *DOORS) as town:
        phone = await town.phone()
        reader = await town.reader("pool/front", NOON)
        later = NOON + timedelta(hours=1)
        assert reader.check(phone.shows(later), later).is_admitted
        back = later - timedelta(seconds=100)
        assert reader.check(phone.shows(back), back).is_admitted
        back = later - timedelta(seconds=130)
        assert reader.check(phone.shows(back), back).entry.reason is Reason.CLOCK_WRONG
        reader.synced(now=later, server_now=later - timedelta(seconds=121))
        assert reader.check(phone.shows(later), later).entry.reason is Reason.CLOCK_WRONG
        reader.synced(now=later, server_now=later - timedelta(seconds=119))
        assert reader.check(phone.shows(later + 30 * SECOND), later).is_admitted
        told = await town.online("pool/back", text=phone.shows(NOON), at=(NOON + 121 * SECOND).isoformat())
        assert told["reason"] == "clock_wrong"
        told = await town.online("pool/back", text=phone.shows(NOON), at=(NOON - 119 * SECOND).isoformat())
        assert told["reason"] == "admitted"


async def test_the_log_of_a_reader_that_was_revoked_is_kept_and_flagged_and_it_learns_nothing_more(
    database_url: str, tmp_path: Path
) -> None:
    async with gates(pool(database_url), tmp_path, *DOORS) as town:
        phone = await town.phone()
        reader = await town.reader("pool/front", NOON)
        assert reader.check(phone.shows(NOON), NOON).is_admitted
        listed = (await town.operator.get("/v1/readers")).json()["items"]
        number = next(one["reader"] for one in listed if one["venue"] == "front")
        assert (await town.operator.delete(f"/v1/readers/{number}")).status_code == 204
        told = await town.upload("pool/front", reader)
        assert (told["stored"], told["flagged"]) == (1, 1)
        assert town.flags() == [("reader_revoked", "front")]
        refused = await town.calls("pool/front").get("/v1/reader/bundle")
        assert (refused.status_code, refused.json()["code"]) == (401, "reader_revoked")
        body = {"nonce": str(uuid4()), "text": phone.shows(NOON)}
        refused = await town.calls("pool/front").post("/v1/reader/validations", json=body)
        assert (refused.status_code, refused.json()["code"]) == (401, "reader_revoked")


async def test_what_is_asked_again_is_answered_as_before(database_url: str, tmp_path: Path) -> None:
    async with gates(pool(database_url), tmp_path, *DOORS) as town:
        code, nonce = await town.paper(), str(uuid4())
        first = await town.online("pool/front", text=code, nonce=nonce)
        assert first == {"admitted": True, "reason": "admitted", "price_class": "full", "nonce": nonce}
        assert await town.online("pool/front", text=code, nonce=nonce) == first
        assert (await town.online("pool/front", text=code))["reason"] == "used_up"
        taken = await town.calls("pool/back").post("/v1/reader/validations", json={"nonce": nonce, "text": code})
        assert (taken.status_code, taken.json()["code"]) == (409, "nonce_taken")
