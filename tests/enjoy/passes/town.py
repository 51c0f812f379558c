"""A town with a pool and a library, and people who hold passes for them; any test may begin from it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.db.village import ask

#: A Wednesday, noon in Lille.
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
TODAY = NOON.date()
#: Once a day for residents (right 1), at the reduced price for those with right 2.
RULE: dict[str, Any] = {
    "rights": [1],
    "venues": [],
    "windows": [],
    "closed_on": [],
    "start_on": None,
    "end_on": None,
    "uses": [{"most": 1, "per": "day", "each_venue": False}],
    "pause_s": 0,
    "lasts_s": None,
    "proof": None,
    "price_class": "full",
}
#: What every service gives: number, code, and on what condition.
RIGHTS: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (1, "resident", {"residence": ["59350"]}),
    (2, "child", {"age_below": 12}),
)


@dataclass
class Town:
    """Hold the keys of what was made, by name."""

    url: str
    organisations: dict[str, int] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    venues: dict[str, int] = field(default_factory=dict)


def add_organisation(town: Town, name: str, kind: str = "commune") -> int:
    """Make an organisation, once."""
    if name not in town.organisations:
        [(made,)] = ask(
            town.url,
            "INSERT INTO catalogue.organisation (name, title, kind) VALUES (%s, %s, %s) RETURNING organisation_id",
            name,
            name.title(),
            kind,
        )
        town.organisations[name] = made
    return town.organisations[name]


def add_service(
    town: Town,
    name: str,
    *,
    organisation: str = "lille",
    proof: str = "token",
    kind: str = "public",
    rules: tuple[dict[str, Any], ...] = (RULE,),
    venues: tuple[str, ...] = ("door",),
) -> int:
    """Make a service with its venues, two rights (1: resident, 2: child) and its rules."""
    owner = add_organisation(town, organisation)
    made: int
    [(made,)] = ask(
        town.url,
        "INSERT INTO pass.service (organisation_id, name, title, kind, proof, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING service_id",
        owner,
        name,
        name.title(),
        kind,
        proof,
        NOON - timedelta(days=30),
    )
    town.services[name] = made
    for venue in venues:
        town.venues[f"{name}/{venue}"] = _add_venue(town.url, made, owner, venue)
    for number, code, condition in RIGHTS:
        _add_right(town.url, made, number, code, condition)
    for rule in rules:
        _add_rule(town.url, made, rule)
    return made


def _add_venue(url: str, service_id: int, organisation_id: int, name: str) -> int:
    made: int
    [(made,)] = ask(
        url,
        "INSERT INTO pass.venue (service_id, organisation_id, name, title, insee_code)"
        " VALUES (%s, %s, %s, %s, '59350') RETURNING venue_id",
        service_id,
        organisation_id,
        name,
        name.title(),
    )
    return made


def _add_right(url: str, service_id: int, number: int, code: str, condition: dict[str, Any]) -> None:
    ask(
        url,
        "INSERT INTO pass.entitlement_kind (service_id, number, code, title, condition) VALUES (%s, %s, %s, %s, %s)",
        service_id,
        number,
        code,
        code.title(),
        json.dumps(condition),
    )


def _add_rule(url: str, service_id: int, content: dict[str, Any]) -> None:
    ask(
        url,
        "INSERT INTO pass.rule (service_id, content, created_at) VALUES (%s, %s, %s)",
        service_id,
        json.dumps(content),
        NOON - timedelta(days=30),
    )


def add_holder(town: Town, *, label: str = "") -> UUID:
    """Make an anonymous holder."""
    [(made,)] = ask(
        town.url,
        "INSERT INTO pass.holder (kind, label, created_on) VALUES ('anonymous', %s, %s) RETURNING holder_id",
        label,
        TODAY,
    )
    return UUID(str(made))


def add_medium(town: Town, holder_id: UUID, kind: str = "phone") -> UUID:
    """Link a medium."""
    [(made,)] = ask(
        town.url,
        "INSERT INTO pass.medium (holder_id, kind, created_on) VALUES (%s, %s, %s) RETURNING medium_id",
        holder_id,
        kind,
        TODAY,
    )
    return UUID(str(made))


def add_subject(town: Town, holder_id: UUID, service: str, rights: tuple[int, ...] = (1,), days: int = 30) -> UUID:
    """Let a holder join a service, with rights that hold from yesterday on."""
    [(made,)] = ask(
        town.url,
        "INSERT INTO pass.subject (holder_id, service_id, joined_on) VALUES (%s, %s, %s) RETURNING subject_id",
        holder_id,
        town.services[service],
        TODAY,
    )
    for number in rights:
        ask(
            town.url,
            "INSERT INTO pass.entitlement (subject_id, number, valid_from, valid_until, derived_on)"
            " VALUES (%s, %s, %s, %s, %s)",
            made,
            number,
            NOON - timedelta(days=1),
            NOON + timedelta(days=days),
            TODAY,
        )
    return UUID(str(made))
