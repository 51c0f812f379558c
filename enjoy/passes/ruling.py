"""Rules of a service: added, replaced and ended, never changed, so that what was judged can be explained.

They are tried in their order and the first that admits decides, so whoever wants another order says all of them anew;
those at the beginning that stay as they are keep their keys, and what was used under them goes on to count.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from core.errors import ConflictError, InputError, NotFoundError
from db import pass_services as store
from db.connection import Connection
from db.pass_services import PassService, RuleRow
from enjoy.passes.services import begin_change, note
from enjoy.reader.rule_content import read_rule

_MOST: Final = 200
#: What a rule says where it is silent.
_SILENT: Final[Mapping[str, Any]] = {
    "rights": [],
    "venues": [],
    "windows": [],
    "closed_on": [],
    "start_on": None,
    "end_on": None,
    "uses": [],
    "pause_s": 0,
    "lasts_s": None,
    "proof": None,
    "price_class": "full",
}


async def add_rule(
    connection: Connection,
    service: PassService,
    content: Mapping[str, Any],
    *,
    seen: int | None,
    actor: str,
    now: datetime,
) -> RuleRow:
    """Add a rule after all others; readers go by it from their next bundle on.

    Raises
    ------
    InputError
        ``rule_invalid``: says what.
    ConflictError
        ``rules_spent``, ``service_changed`` or ``service_closed``.
    """
    await begin_change(connection, service, seen)
    before = await store.rules_of(connection, [service.service_id])
    if len(before) >= _MOST:
        raise ConflictError("rules_spent", f"A service has {_MOST} rules at most.")
    (read,) = await _read_all(connection, service, [content])
    made = await store.insert_rule(connection, service.service_id, read, now=now)
    await note(connection, service, "service.rule_added", actor, now, rule=made)
    return RuleRow(made, service.service_id, read, now, None)


async def replace_rules(
    connection: Connection,
    service: PassService,
    contents: Sequence[Mapping[str, Any]],
    *,
    seen: int | None,
    actor: str,
    now: datetime,
) -> list[RuleRow]:
    """Say all rules anew, in their order; return those that hold then.

    Raises
    ------
    InputError
        ``rule_invalid``: says which and what.
    ConflictError
        ``service_changed`` or ``service_closed``.
    """
    await begin_change(connection, service, seen)
    wanted = await _read_all(connection, service, contents)
    before = await store.rules_of(connection, [service.service_id])
    kept = 0
    while kept < min(len(before), len(wanted)) and before[kept].content == wanted[kept]:
        kept += 1
    await store.end_rules(connection, service.service_id, [one.rule_id for one in before[kept:]], now=now)
    made = [await store.insert_rule(connection, service.service_id, one, now=now) for one in wanted[kept:]]
    ended = [one.rule_id for one in before[kept:]]
    await note(connection, service, "service.rules_replaced", actor, now, added=made, ended=ended)
    return await store.rules_of(connection, [service.service_id])


async def end_rule(
    connection: Connection, service: PassService, rule_id: int, *, seen: int | None, actor: str, now: datetime
) -> None:
    """End a rule; it stays, so that what was judged by it can be explained.

    Raises
    ------
    NotFoundError
        ``service_rule_unknown``: there is none that holds.
    ConflictError
        ``service_changed`` or ``service_closed``.
    """
    await begin_change(connection, service, seen)
    if rule_id not in {one.rule_id for one in await store.rules_of(connection, [service.service_id])}:
        raise NotFoundError("service_rule_unknown", f"No rule {rule_id} of the service holds.", rule_id=rule_id)
    await store.end_rules(connection, service.service_id, [rule_id], now=now)
    await note(connection, service, "service.rule_ended", actor, now, rule=rule_id)


async def _read_all(
    connection: Connection, service: PassService, contents: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return rules as they are stored: complete, with rights by number, naming what the service knows."""
    kinds = [one for one in await store.kinds_of(connection, [service.service_id]) if one.ended_on is None]
    numbers = {one.code: one.number for one in kinds}
    venues = {one.name for one in await store.venues_of(connection, [service.service_id])}
    return [_read(content, place, numbers, venues) for place, content in enumerate(contents, 1)]


def _read(content: Mapping[str, Any], place: int, numbers: Mapping[str, int], venues: set[str]) -> dict[str, Any]:
    said = {**_SILENT, **content}
    if isinstance(said["rights"], list):
        said["rights"] = [numbers.get(one, one) if isinstance(one, str) else one for one in said["rights"]]
        unknown = [one for one in said["rights"] if one not in numbers.values()]
        if unknown:
            raise _invalid(place, f"the service knows no right {unknown[0]!r} - at `$.rights`")
    strange = sorted(read_rule(said).venues - venues)
    if strange:
        raise _invalid(place, f"the service has no venue {strange[0]!r} - at `$.venues`")
    return said


def _invalid(place: int, why: str) -> InputError:
    return InputError("rule_invalid", f"Rule {place} cannot be taken: {why}.", rule=place)
