"""Two doors of a pool with a reader each, on disk, and the server behind them; tests attack them."""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from api.app import create_app
from core.clock import Clock
from core.signature import Signer, make_key
from db.connection import Role, connect
from db.keys import SCOPES, create_key
from enjoy.passes.issuing import issue
from enjoy.passes.secret import PassSecret
from enjoy.passes.serials import serial_of
from enjoy.reader.offline import Reader
from enjoy.reader.presenting import proof_message, shown_text, step_of
from enjoy.reader.status import StatusList
from tests.api.conftest import PASS_SECRET, settings_at
from tests.db.village import ask
from tests.enjoy.passes.town import NOON, Town, add_holder, add_medium, add_subject

SECRET = PassSecret(PASS_SECRET.encode())
ADDRESS = "http://somel.test/enjoy"


class Wound(Clock):
    """A clock that tests set."""

    times: list[datetime] = [NOON]  # noqa: RUF012 - one hand for all: tests run one after the other

    def now(self) -> datetime:
        """Return what it was set to."""
        return self.times[-1]


@dataclass
class Phone:
    """Hold a token that is bound to a key, and the key."""

    token: bytes
    token_id: UUID
    signer: Signer

    def shows(self, at: datetime) -> str:
        """Return the code of a moment."""
        step = step_of(at)
        digest = hashlib.sha256(self.token).digest()
        return shown_text(self.token, step, self.signer.sign(proof_message(digest, step)))


@dataclass
class Gates:
    """Hold the town, the server, its operator and readers by their secrets."""

    town: Town
    app: FastAPI
    operator: httpx.AsyncClient
    clock: Wound
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)

    def at(self, now: datetime) -> None:
        """Set the clock of the server."""
        self.clock.times[:] = [now]

    def calls(self, venue: str) -> httpx.AsyncClient:
        """Return a client with the secret of the reader at a venue."""
        headers = {"Authorization": f"Bearer {self.secrets[venue]}"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers)

    async def online(self, venue: str, **shown: Any) -> dict[str, Any]:
        """Return what the server says of a presentation."""
        body = {"nonce": str(uuid4()), **shown}
        answer = await self.calls(venue).post("/v1/reader/validations", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def reader(self, venue: str, now: datetime) -> Reader:
        """Return the reader at a venue, up to date."""
        reader = Reader(self.folder / venue.replace("/", "-"))
        keys = {
            bytes.fromhex(key["kid"]): base64.b64encode(base64.urlsafe_b64decode(key["x"] + "=")).decode()
            for key in (await self.operator.get("/v1/passes/keys")).json()["keys"]
        }
        bundle = await self.calls(venue).get("/v1/reader/bundle")
        assert bundle.status_code == 200, bundle.text
        reader.pair(bundle.content, keys)
        listed = await self.operator.get("/v1/passes/status")
        reader.keep_list(StatusList.read(listed.content, keys, now))
        reader.synced(now=now, server_now=now)
        return reader

    async def upload(self, venue: str, reader: Reader) -> dict[str, Any]:
        """Tell the server what a reader did alone."""
        entries = [
            {
                "nonce": str(one.nonce),
                "at": one.at.isoformat(),
                "token_id": None if one.token_id is None else str(one.token_id),
                "step": one.step,
                "proof": one.proof,
                "reason": one.reason,
                "rule_id": one.rule_id,
                "price_class": one.price_class,
            }
            for one in reader.journal.untold(1_000)
        ]
        answer = await self.calls(venue).post("/v1/reader/log", json=entries)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def phone(self, service: str = "pool", rights: tuple[int, ...] = (1,)) -> Phone:
        """Return the phone of somebody new."""
        holder = add_holder(self.town)
        subject, medium = add_subject(self.town, holder, service, rights), add_medium(self.town, holder)
        signer = Signer(make_key())
        async with await connect(self.town.url, Role.ENJOY_PASS) as connection:
            key = base64.b64decode(signer.public_key)
            made = await issue(connection, SECRET, subject, medium, key, address=ADDRESS, now=NOON)
        return Phone(made.token, made.token_id, signer)

    async def paper(self, service: str = "pool") -> str:
        """Return the code on paper of somebody new."""
        holder = add_holder(self.town)
        subject, medium = add_subject(self.town, holder, service), add_medium(self.town, holder, "paper")
        async with await connect(self.town.url, Role.ENJOY_PASS) as connection:
            return (await issue(connection, SECRET, subject, medium, None, address=ADDRESS, now=NOON)).text

    def card(self, service: str, serial: str) -> None:
        """Link a transport card of somebody new to a service."""
        holder = add_holder(self.town)
        subject, medium = add_subject(self.town, holder, service), add_medium(self.town, holder, "card")
        service_id = self.town.services[service]
        ask(
            self.town.url,
            "INSERT INTO pass.card_serial (service_id, serial_hmac, medium_id, subject_id) VALUES (%s, %s, %s, %s)",
            service_id,
            SECRET.serial_hmac(service_id, serial_of(serial)),
            medium,
            subject,
        )

    def flags(self) -> list[tuple[Any, ...]]:
        """Return the kinds of flags, sorted, with the place of each."""
        return ask(
            self.town.url,
            "SELECT double_use.kind, venue.name FROM pass.double_use JOIN pass.venue USING (venue_id) ORDER BY 1, 2",
        )


@asynccontextmanager
async def gates(town: Town, folder: Path, *venues: str) -> AsyncIterator[Gates]:
    """Serve a town whose services exist, with a reader at each venue, named ``service/venue``."""
    clock = Wound()
    clock.times[:] = [NOON]
    async with await connect(town.url, Role.OWNER) as connection:
        _, key = await create_key(connection, "ada", SCOPES, organisation_id=town.organisations["lille"])
    app = create_app(settings_at(NOON), database_url=town.url, wall=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as operator,
    ):
        made = Gates(town, app, operator, clock, folder)
        for venue in venues:
            service, _, name = venue.partition("/")
            body = {"service": service, "venue": name, "title": f"At the {name}"}
            answer = await operator.post("/v1/readers", json=body)
            assert answer.status_code == 201, answer.text
            made.secrets[venue] = answer.json()["secret"]
        yield made
