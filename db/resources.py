"""Flexible resources: what they are, how they stand, what their owners agreed to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.resources import PARAMETERS, Parameters
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer
from db.statements import statements

_SQL: Final = statements("resources")


@dataclass(frozen=True, slots=True)
class Resource:
    """Describe a resource: registration, newest consent, last statement, state, limits of calls and parameters.

    What nobody has said is None; units are in the names.
    """

    end_device_id: int
    name: str
    kind: str
    usage_point_key: UUID
    usage_point_id: int
    power_transformer_code: str
    rated_power_w: int
    enrolled_at: datetime
    consent_version: str | None
    consent_given_at: datetime | None
    consent_withdrawn_at: datetime | None
    reported_at: datetime | None
    energy_needed_wh: int | None
    max_power_w: int | None
    available_from: datetime | None
    ready_by: datetime | None
    state_at: datetime | None
    energy_wh: int | None
    temperature_degc: float | None
    calls_per_day: int | None
    calls_per_week: int | None
    calls_per_season: int | None
    rest_s: int | None
    parameters: dict[str, Any] | None

    @property
    def has_consent(self) -> bool:
        """Tell whether its owner's consent holds."""
        return self.consent_given_at is not None and self.consent_withdrawn_at is None


@dataclass(frozen=True, slots=True)
class NamedResource:
    """The key of a resource."""

    name: str
    end_device_id: int


@dataclass(frozen=True, slots=True)
class Consent:
    """What an owner agreed to, and until when; see the comments of the table."""

    consent_id: int
    purpose: str
    text_version: str
    given_at: datetime
    given_by: str
    given_how: str
    proof: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_how: str | None


@dataclass(frozen=True, slots=True)
class NewConsent:
    """A consent to be stored: version of the text, how it was given, and where its proof is kept."""

    text_version: str
    how: str
    proof: str | None


@dataclass(frozen=True, slots=True)
class State:
    """How a resource stood at a time; None where it has no battery, or nothing warm. [Wh], [degC]."""

    reported_at: datetime
    energy_wh: int | None
    temperature_degc: float | None


@dataclass(frozen=True, slots=True)
class StoredParameters:
    """Parameters as they are stored, with the state where one is known."""

    end_device_id: int
    kind: str
    parameters: dict[str, Any]
    reported_at: datetime | None
    energy_wh: int | None
    temperature_degc: float | None

    @property
    def known(self) -> Parameters:
        """Return the parameters in the form of their kind."""
        return PARAMETERS[self.kind](**self.parameters)


async def list_resources(
    connection: Connection,
    *,
    now: datetime,
    limit: int,
    after: str = "",
    place_id: int | None = None,
    kind: str | None = None,
) -> list[Resource]:
    """Return up to `limit` resources with names above `after`, with what they had said by `now`, by name."""
    values = {"now": now, "limit": limit, "after": after, "place_id": place_id, "kind": kind, "only_name": None}
    return await all_rows(connection, Resource, _SQL["list_resources"], values)


async def find_resource(connection: Connection, name: str, *, now: datetime) -> Resource | None:
    """Return a resource, or None when there is none of this name."""
    values = {"now": now, "limit": 1, "after": "", "place_id": None, "kind": None, "only_name": name}
    rows = await all_rows(connection, Resource, _SQL["list_resources"], values)
    return rows[0] if rows else None


async def parameters_of(connection: Connection, end_device_ids: Sequence[int]) -> dict[int, StoredParameters]:
    """Return the parameters and states of resources that have parameters, by key."""
    rows = await all_rows(connection, StoredParameters, _SQL["parameters_of"], {"end_device_ids": list(end_device_ids)})
    return {row.end_device_id: row for row in rows}


async def end_device_ids(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Return the keys of resources by their names; those that are not registered are left out."""
    rows = await all_rows(connection, NamedResource, _SQL["end_device_ids"], {"names": list(names)})
    return {row.name: row.end_device_id for row in rows}


async def resources_at(connection: Connection, usage_point_id: int) -> list[int]:
    """Return the keys of the resources of a usage point."""
    rows = await all_rows(connection, NamedResource, _SQL["resources_at"], {"usage_point_id": usage_point_id})
    return [row.end_device_id for row in rows]


async def put_parameters(connection: Connection, end_device_id: int, kind: str, parameters: Parameters) -> None:
    """Store the parameters of a resource of a kind, instead of what was stored."""
    async with translated_errors():
        await connection.execute(_SQL[f"put_{kind}"], asdict(parameters) | {"end_device_id": end_device_id})


async def put_state(connection: Connection, end_device_id: int, state: State) -> bool:
    """Store how a resource stands; False when something newer is known."""
    async with translated_errors():
        cursor = await connection.execute(_SQL["put_state"], asdict(state) | {"end_device_id": end_device_id})
    return cursor.rowcount > 0


async def consents_of(connection: Connection, end_device_id: int) -> list[Consent]:
    """Return all that an owner agreed to, the newest first."""
    return await all_rows(connection, Consent, _SQL["consents_of"], {"end_device_id": end_device_id})


async def insert_consent(
    connection: Connection, end_device_id: int, consent: NewConsent, *, actor: str, now: datetime
) -> int:
    """Store a consent and let the resource take part; the one before must have ended."""
    values = asdict(consent) | {"end_device_id": end_device_id, "actor": actor, "now": now}
    consent_id = await one_integer(connection, _SQL["insert_consent"], values)
    async with translated_errors():
        await connection.execute(_SQL["mark_taking_part"], {"end_device_id": end_device_id})
    return consent_id or 0


async def end_consent(connection: Connection, end_device_id: int, *, how: str, actor: str, now: datetime) -> int | None:
    """End the consent that holds and keep the resource from taking part; return its key, None when none held."""
    values = {"end_device_id": end_device_id, "how": how, "actor": actor, "now": now}
    consent_id = await one_integer(connection, _SQL["end_consent"], values)
    async with translated_errors():
        await connection.execute(_SQL["mark_withdrawn"], {"end_device_id": end_device_id, "withdrawn_at": now})
    return consent_id
