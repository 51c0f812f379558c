"""How many presentations a second the API judges online, and how long the slowest hundredth of them takes.

A real API process and a real PostgreSQL, with the load beside them on the same processors. Every presentation is of
another token; some are shown twice, some are wrong. What was answered is compared with what is stored.
"""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg

from benchmarks._enjoy_server import api
from core.signature import Signer
from db.connection import Connection, Role, connect
from db.migrate import migrate
from enjoy.passes.doors import PREFIX, hash_of
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import signer_now
from enjoy.reader import cose
from enjoy.reader.presenting import plain_text
from enjoy.reader.tokens import Right, Token, claims_of
from somel.embedded.places import Places
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import ClusterTuning

_SECRET: Final = "a secret of benchmarks that is long enough"  # noqa: S105 - of a database that is thrown away
_READERS: Final = 50
_TOKENS: Final = 12_000
_WARM: Final = 1_000
#: Of a hundred presentations so many are of a token that was shown before.
_AGAIN_EVERY: Final = 20
_ADDRESS: Final = "http://127.0.0.1/enjoy"
_RULE: Final = {"rights": [1], "uses": [{"most": 1, "per": "day"}], "price_class": "full"}


@dataclass(frozen=True, slots=True)
class _Scan:
    nonce: UUID
    text: str
    is_first: bool


@dataclass(slots=True)
class _Answered:
    admitted: dict[UUID, bool]
    took_s: list[float]


def measure_validations() -> dict[str, float]:
    """Return ``validations_per_s`` and ``validation_p99_ms``.

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
        parts = urlsplit(address)
        port = parts.port or 0
        await _loaded(port, secrets, scans[:_WARM], connections=_READERS)
        measured = scans[_WARM:]
        began_s = time.perf_counter()
        answered = await _loaded(port, secrets, measured, connections=16)
        took_s = time.perf_counter() - began_s
        paced = await _paced(port, secrets, [_Scan(uuid4(), scan.text, False) for scan in measured[:5_000]], per_s=500)
    _require_right(url, measured, answered)
    return {"validations_per_s": len(measured) / took_s, "validation_p99_ms": _p99_ms(paced)}


def _require_right(url: str, scans: Sequence[_Scan], answered: _Answered) -> None:
    firsts = sum(scan.is_first for scan in scans)
    admitted = sum(answered.admitted.values())
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT nonce, is_admitted FROM pass.validation").fetchall()
    stored: dict[UUID, bool] = dict(rows)
    different = [nonce for nonce, said in answered.admitted.items() if stored.get(nonce) is not said]
    if admitted != firsts or len(answered.admitted) != len(scans) or different:
        raise SystemExit(
            f"{admitted} of {firsts} were admitted, {len(answered.admitted)} of {len(scans)} answered,"
            f" {len(different)} not stored as answered."
        )


async def _loaded(port: int, secrets: Sequence[str], scans: Sequence[_Scan], *, connections: int) -> _Answered:
    """Show scans as fast as answers come, over some connections."""
    answered, queue = _Answered({}, []), iter(scans)

    async def reader(secret: str) -> None:
        line = await _Line.opened(port, secret)
        for scan in queue:
            await line.ask(scan, answered)
        line.close()

    await asyncio.gather(*(reader(secrets[place % len(secrets)]) for place in range(connections)))
    return answered


async def _paced(port: int, secrets: Sequence[str], scans: Sequence[_Scan], *, per_s: float) -> _Answered:
    """Show scans at a pace, whether or not the one before is answered; waiting counts as time taken."""
    answered = _Answered({}, [])
    free: asyncio.Queue[_Line] = asyncio.Queue()
    for secret in secrets:
        free.put_nowait(await _Line.opened(port, secret))
    began_s = time.perf_counter()

    async def show(scan: _Scan, due_s: float) -> None:
        line = await free.get()
        await line.ask(scan, answered, since_s=due_s)
        free.put_nowait(line)

    async with asyncio.TaskGroup() as tasks:
        for place, scan in enumerate(scans):
            due_s = began_s + place / per_s
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            tasks.create_task(show(scan, due_s))
    while not free.empty():
        free.get_nowait().close()
    return answered


class _Line:
    """A connection of a reader, kept open."""

    def __init__(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, secret: str) -> None:
        self._source, self._sink = source, sink
        self._head = (
            f"POST /enjoy/v1/reader/validations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    @staticmethod
    async def opened(port: int, secret: str) -> "_Line":
        return _Line(*await asyncio.open_connection("127.0.0.1", port), secret)

    async def ask(self, scan: _Scan, answered: _Answered, *, since_s: float | None = None) -> None:
        body = json.dumps({"nonce": str(scan.nonce), "text": scan.text})
        began_s = time.perf_counter() if since_s is None else since_s
        self._sink.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())
        head = await self._source.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        content = await self._source.readexactly(int(length.split(b":")[1]))
        answered.took_s.append(time.perf_counter() - began_s)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"It was answered {head!r} {content!r}.")
        told = json.loads(content)
        answered.admitted[UUID(told["nonce"])] = told["admitted"]

    def close(self) -> None:
        self._sink.close()


def _p99_ms(answered: _Answered) -> float:
    return sorted(answered.took_s)[int(len(answered.took_s) * 0.99)] * 1e3


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
    scans = []
    for place, text in enumerate(texts):
        scans.append(_Scan(uuid4(), text, is_first=True))
        if place % _AGAIN_EVERY == _AGAIN_EVERY - 1 and place > _WARM:
            scans.append(_Scan(uuid4(), texts[place - 10], is_first=False))
    return scans, secrets


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
