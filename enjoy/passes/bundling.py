"""The bundle of a reader, made and signed."""

from datetime import datetime

from core.signature import Signer
from db.connection import Connection
from db.pass_readers import rules_of
from enjoy.passes.doors import Judging
from enjoy.passes.signing import published_keys
from enjoy.reader.bundle import HOLDS, Bundle, DeclaredRule, seal_bundle
from enjoy.reader.reasons import Proof


async def make_bundle(
    connection: Connection, judging: Judging, signer: Signer, *, status_uri: str, now: datetime
) -> bytes:
    """Return what a reader judges by; the same bytes for an hour, unless something changes.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes.
    judging : Judging
        The reader.
    signer : Signer
        What signs now.
    status_uri : str
        Address of the status list.
    now : datetime
        Time.
    """
    door = judging.door
    rules = await rules_of(connection, door.service_id)
    issued_at = now.replace(minute=0, second=0, microsecond=0)
    bundle = Bundle(
        reader=door.title,
        service=door.service,
        service_title=door.service_title,
        venue=door.venue,
        venue_title=door.venue_title,
        is_open=door.is_open,
        proof=Proof(door.proof),
        stale_after_s=door.stale_after_s,
        status_uri=status_uri,
        keys={kid.hex(): key for kid, key in sorted((await published_keys(connection, now)).items())},
        rules=tuple(DeclaredRule(row.rule_id, row.content) for row in rules),
        price_classes=tuple(sorted({rule.price_class for rule in judging.rules})),
        issued_at=issued_at,
        valid_until=issued_at + HOLDS,
    )
    return seal_bundle(signer, bundle)
