"""Tokens are issued, replaced, revoked, blocked and free again, and readers that have no connection learn of it."""

from datetime import timedelta
from uuid import UUID

from core.signature import Signer, make_key
from db.connection import Connection, Role, connect
from enjoy.passes.issuing import Issued, issue
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import published_keys
from enjoy.reader.presenting import Presented, proof_message, read_presented, shown_text, step_of
from enjoy.reader.reasons import Proof, Reason
from tests.enjoy.passes.town import NOON, Town, add_holder, add_medium, add_service, add_subject

SECRET = PassSecret(b"a secret of thirty-two characters")
ADDRESS = "https://data.lille.test/enjoy"


def town_at(url: str) -> Town:
    town = Town(url)
    add_service(town, "pool")
    add_service(town, "library", organisation="roubaix")
    return town


async def made(connection: Connection, subject: UUID, medium: UUID, device_key: bytes | None = None) -> Issued:
    return await issue(connection, SECRET, subject, medium, device_key, address=ADDRESS, now=NOON)


async def read(connection: Connection, text: str, *, later: timedelta = timedelta(0)) -> Presented | Reason:
    return read_presented(text, await published_keys(connection, NOON), NOON + later)


async def test_a_token_is_read_with_the_published_keys_until_it_expires(database_url: str) -> None:
    town = town_at(database_url)
    holder = add_holder(town)
    paper, phone = add_medium(town, holder, "paper"), add_medium(town, holder)
    subject = add_subject(town, holder, "pool", rights=(1, 2), days=200)
    device = Signer(make_key())
    device_key = __import__("base64").b64decode(device.public_key)
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        still = await made(connection, subject, paper)
        shown = await read(connection, still.text)
        assert isinstance(shown, Presented)
        assert (shown.proof, shown.step, shown.token.service) == (Proof.TOKEN, None, "pool")
        assert [right.number for right in shown.token.rights] == [1, 2]
        assert still.expires_at == NOON + timedelta(days=200)
        assert await read(connection, still.text, later=timedelta(days=200)) is Reason.EXPIRED
        assert await read(connection, still.text, later=timedelta(days=-3)) is Reason.NOT_YET_VALID
        bound = await made(connection, subject, phone, device_key)
        assert await read(connection, bound.text) is Reason.PROOF_MISSING
        assert timedelta(days=14) < bound.expires_at - NOON < timedelta(days=21)
        step = step_of(NOON)
        digest = __import__("hashlib").sha256(bound.token).digest()
        code = shown_text(bound.token, step, device.sign(proof_message(digest, step)))
        seen = await read(connection, code)
        assert isinstance(seen, Presented)
        assert (seen.proof, seen.step, seen.digest) == (Proof.DEVICE, step, digest)
        assert await read(connection, code, later=timedelta(minutes=2)) is Reason.PROOF_STALE
