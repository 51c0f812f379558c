"""Services that passes open, for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.clock import WALL_CLOCK
from db import pass_services as store
from db.connection import Connection, Role, borrow, connect, open_pool
from db.pass_services import EntitlementKind, PassService, Venue
from enjoy.passes.conditions import read_condition, words_of
from enjoy.passes.deriving import derive_due
from enjoy.passes.services import service_named

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Whole:
    """Hold a service with all that it has."""

    service: PassService
    venues: list[Venue]
    kinds: list[EntitlementKind]
    rule_count: int
    communes: dict[str, str]

    def lines(self) -> Iterator[str]:
        """Tell it line by line."""
        one = self.service
        state = "closed for good" if one.closed_at else "open" if one.is_open else "nobody joins"
        yield f"{one.name}  {one.title}"
        yield f"  {one.organisation}, {one.kind}, {state}; takes {one.proof} or better"
        yield f"  {self.rule_count} rules hold" if self.rule_count else "  no rule holds: nobody is admitted"
        for venue in self.venues:
            yield f"  venue {venue.name:<20} {venue.title}, {venue.commune or 'elsewhere'}"
        for kind in self.kinds:
            words = words_of(read_condition(kind.condition), self.communes).en
            yield f"  right {kind.number:>5} {kind.code:<14} {kind.title}: {words}"


async def read_services(database_url: str, organisation: str | None) -> list[PassService]:
    """Return services by name, of an organisation or all."""
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        return await store.list_services(connection, limit=_MOST, organisation=organisation)


async def read_service(database_url: str, name: str) -> Whole:
    """Return a service with all that it has.

    Raises
    ------
    NotFoundError
        ``service_unknown``.
    """
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        return await _whole(connection, name)


async def _whole(connection: Connection, name: str) -> Whole:
    found = await service_named(connection, name)
    kinds = [one for one in await store.kinds_of(connection, [found.service_id]) if one.ended_on is None]
    rules = await store.rules_of(connection, [found.service_id])
    venues = await store.venues_of(connection, [found.service_id])
    return Whole(found, venues, kinds, len(rules), await store.communes(connection))


async def derive_now(database_url: str) -> int:
    """Derive the rights that are due, as the Enjoy process does; return of how many holders at services."""
    async with open_pool(database_url, Role.ENJOY_PASS, min_size=0, max_size=1) as pool:
        return await derive_due(lambda _: borrow(pool), now=WALL_CLOCK.now())
