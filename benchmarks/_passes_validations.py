"""How many presentations a second the API judges online, and how long the slowest hundredth of them takes.

A real API process and a real PostgreSQL, with the load, a third process, beside them on the same processors. Nearly
every presentation is of another token and is admitted, which is what costs most; some tokens are shown twice, some are
forged. First as fast as answers come, then at a pace that does not wait for answers; times count from when a
request was due. What was answered is compared with what is stored.

The host of a virtual machine may give its processors to others meanwhile: that time is told, for then the slowest
answers say more of the host. Not measured: the network between readers and the server, and TLS.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import psycopg

from benchmarks._enjoy_server import api
from benchmarks._passes_load import Answer, Load, Outcome
from benchmarks._processes import ROOT
from core.signature import Signer
from db.connection import Connection, Role, connect
from db.migrate import migrate
from enjoy.passes.doors import PREFIX, hash_of
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import signer_now
from enjoy.reader import base45, cose
from enjoy.reader.presenting import PLAIN, plain_text
from enjoy.reader.tokens import Right, Token, claims_of
from somel.embedded.places import Places
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import ClusterTuning

_SECRET: Final = "a secret of benchmarks that is long enough"  # noqa: S105 - of a database that is thrown away
_READERS: Final = 50
_TOKENS: Final = 16_000
_WARM: Final = 1_000
#: Pace of the second load, and of how many presentations it is. [1/s]
PACE_PER_S: Final = 500.0
_PACED: Final = 7_500
#: One in so many tokens is shown again, so many places later; one in so many is forged.
_AGAIN_EVERY: Final = 20
_AGAIN_AFTER: Final = 200
_FORGED_EVERY: Final = 50
_ADDRESS: Final = "http://127.0.0.1/enjoy"
_RULE: Final = {"rights": [1], "uses": [{"most": 1, "per": "day"}], "price_class": "full"}


@dataclass(frozen=True, slots=True)
class _Scan:
    nonce: UUID
    text: str
    is_forged: bool = False


def measure_validations() -> dict[str, float]:
    """Return ``validations_per_s``, ``validation_p99_ms``, and what the host took of the paced load.

    Raises
    ------
    SystemExit
        An answer was wrong, or what is stored is not what was answered.
    """
    os.environ["SOMEL_PASS_SECRET"] = _SECRET
    with throwaway_services(Places.from_environment(), cluster=ClusterTuning.kept()) as services:
        return asyncio.run(_measured(services.database_url))


async def _measured(url: str) -> dict[str, float]:
    await migrate(url)
    scans, secrets = await _filled(url)
    with api(url) as (_, address):
        port = urlsplit(address).port or 0
        _shown(port, secrets, scans[:_WARM])
        measured = scans[_WARM:-_PACED]
        unpaced = _shown(port, secrets, measured)
        stolen_ms = _stolen_ms()
        paced = _shown(port, secrets, scans[-_PACED:], per_s=PACE_PER_S)
        stolen_ms = _stolen_ms() - stolen_ms
    _require_right(url, scans[_WARM:], unpaced.answers + paced.answers)
    times_ms = sorted(answer.took_s * 1e3 for answer in paced.answers)
    return {
        "validations_per_s": len(measured) / unpaced.took_s,
        "validation_p50_ms": times_ms[len(times_ms) // 2],
        "validation_p99_ms": times_ms[int(len(times_ms) * 0.99)],
        "validation_stolen_ms": stolen_ms,
    }


def _stolen_ms() -> float:
    """Return how long the host of this machine gave its processors to others, since it was started (proc_stat(5))."""
    steal = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[8]
    return int(steal) * 1e3 / os.sysconf("SC_CLK_TCK")


def _shown(port: int, secrets: Sequence[str], scans: Sequence[_Scan], *, per_s: float | None = None) -> Outcome:
    """Show scans from another process, over a connection for each reader, and return what came of it."""
    lines = [
        f"POST /enjoy/v1/reader/validations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
        for secret in secrets
    ]
    bodies = [json.dumps({"nonce": str(scan.nonce), "text": scan.text}).encode() for scan in scans]
    load = Load(port, [line.encode() for line in lines], bodies, per_s)
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks._passes_load"],
        cwd=ROOT,
        input=msgspec.msgpack.encode(load),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.msgpack.decode(ran.stdout, type=Outcome)


def _require_right(url: str, scans: Sequence[_Scan], answers: Sequence[Answer]) -> None:
    """Require that every token was admitted once, none that is forged, and that what was answered is what is stored."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT nonce, is_admitted FROM pass.validation").fetchall()
    stored: dict[UUID, bool] = dict(rows)
    admitted: Counter[str] = Counter()
    different = 0
    for scan, answer in zip(scans, answers, strict=True):
        told = json.loads(answer.content) if answer.status == HTTPStatus.OK else {}
        different += told.get("nonce") != str(scan.nonce) or told["admitted"] is not stored.get(scan.nonce)
        admitted[scan.text] += told.get("admitted", False)
    wrong = {scan.text for scan in scans if admitted[scan.text] != (not scan.is_forged)}
    if different or wrong:
        raise SystemExit(f"{different} were not answered, or not as stored; {len(wrong)} not admitted once as due.")


async def _filled(url: str) -> tuple[list[_Scan], list[str]]:
    """Store a service, its readers and tokens; return what is shown, and the secrets of the readers."""
    now = datetime.now(UTC)
    secrets = [f"{PREFIX}{place:040}" for place in range(_READERS)]
    async with await connect(url, Role.ENJOY_PASS) as connection:
        signer = await signer_now(connection, PassSecret(_SECRET.encode()), now, holds_until=now + timedelta(days=30))
    async with await connect(url, Role.OWNER) as connection:
        await _put_service(connection, secrets, now)
        texts = [plain_text(cose.seal(signer, claims_of(_token(signer, place, now)))) for place in range(_TOKENS)]
        await _put_tokens(connection, now)
        await connection.execute("ANALYZE pass.token, pass.subject, pass.medium, pass.entitlement")
    return _scans(texts), secrets


def _scans(texts: Sequence[str]) -> list[_Scan]:
    scans = []
    for place, text in enumerate(texts):
        scans.append(_Scan(uuid4(), text))
        if place % _AGAIN_EVERY == 0 and place >= _WARM + _AGAIN_AFTER:
            scans.append(_Scan(uuid4(), texts[place - _AGAIN_AFTER]))
        if place % _FORGED_EVERY == 0:
            scans.append(_Scan(uuid4(), _forged(text), is_forged=True))
    return scans


def _forged(text: str) -> str:
    """Return a token with another number in it, under the signature of the one that was signed."""
    token = bytearray(base45.decode(text.removeprefix(PLAIN)) or b"")
    at = token.index(bytes(2))  # of its number, which begins with zeros
    token[at] ^= 1
    return plain_text(bytes(token))


async def _put_service(connection: Connection, secrets: Sequence[str], now: datetime) -> None:
    await connection.execute(
        "INSERT INTO catalogue.organisation (name, title, kind) VALUES ('lille', 'Lille', 'commune')"
    )
    await connection.execute(
        "INSERT INTO pass.service (organisation_id, name, title, kind, proof, created_at)"
        " SELECT organisation_id, 'pool', 'Pool', 'public', 'token', %s FROM catalogue.organisation",
        (now,),
    )
    await connection.execute(
        "INSERT INTO pass.venue (service_id, organisation_id, name, title)"
        " SELECT service_id, organisation_id, 'door', 'Door' FROM pass.service"
    )
    await connection.execute(
        "INSERT INTO pass.rule (service_id, content, created_at) SELECT service_id, %s, %s FROM pass.service",
        (json.dumps(_RULE), now),
    )
    await connection.execute(
        "INSERT INTO pass.reader (venue_id, title, secret_sha256, created_at)"
        " SELECT venue_id, 'Gate', new.secret, %s FROM pass.venue, unnest(%s::bytea []) AS new (secret)",
        (now, [hash_of(secret) for secret in secrets]),
    )


async def _put_tokens(connection: Connection, now: datetime) -> None:
    holders = [UUID(int=1 << 100 | place) for place in range(_TOKENS)]
    await connection.execute(
        "INSERT INTO pass.holder (holder_id, kind, created_on)"
        " SELECT new.id, 'anonymous', %s FROM unnest(%s::uuid []) AS new (id)",
        (now.date(), holders),
    )
    await connection.execute(
        "INSERT INTO pass.medium (medium_id, holder_id, kind, created_on)"
        " SELECT holder_id, holder_id, 'paper', %s FROM pass.holder",
        (now.date(),),
    )
    await connection.execute(
        "INSERT INTO pass.subject (subject_id, holder_id, service_id, joined_on)"
        " SELECT holder_id, holder_id, service_id, %s FROM pass.holder, pass.service",
        (now.date(),),
    )
    await connection.execute(
        "INSERT INTO pass.entitlement (subject_id, number, valid_from, valid_until, derived_on)"
        " SELECT subject_id, 1, %s, %s, %s FROM pass.subject",
        (now - timedelta(days=1), now + timedelta(days=9), now.date()),
    )
    await connection.execute(
        "INSERT INTO pass.token (token_id, subject_id, medium_id, status_index, issued_on, expires_at)"
        " SELECT new.id, new.id, new.id, new.place, %s, %s"
        " FROM unnest(%s::uuid []) WITH ORDINALITY AS new (id, place)",
        (now.date(), now + timedelta(days=9), holders),
    )


def _token(signer: Signer, place: int, now: datetime) -> Token:
    return Token(
        token_id=UUID(int=1 << 100 | place),
        issuer="127.0.0.1",
        service="pool",
        not_before=now - timedelta(days=1),
        expires_at=now + timedelta(days=9),
        status_index=place + 1,
        status_uri=f"{_ADDRESS}/v1/passes/status",
        device_key=None,
        rights=(Right(1, now + timedelta(days=9)),),
        kid=bytes.fromhex(signer.key_id),
    )


if __name__ == "__main__":
    for name, figure in measure_validations().items():
        print(f"{name} {figure:.1f}")
