"""Offers of firmware from the database to the gateways, repeated until a gateway has said its last word."""

import asyncio
import math
from typing import Final

import msgspec

from core.clock import Clock
from core.identifiers import Topic
from db.connection import Connection
from db.firmware import due_offers, mark_offers_sent
from db.firmware_rows import DueOffer
from ingest.downward import Downward
from ingest.rollout import advance_rollouts

_AT_ONCE: Final = 200


class Offers:
    """Move roll-outs on, and publish the offers that are due.

    Parameters
    ----------
    downward : Downward
        Publishes.
    clock : Clock
        Time of roll-outs, and of expiry.
    images_url : str
        Address below which gateways find images by their SHA-256.
    answer_s : float
        How long the first report is waited for before an offer is sent again. [s]
    """

    def __init__(self, downward: Downward, clock: Clock, *, images_url: str, answer_s: float) -> None:
        self._downward, self._clock = downward, clock
        self._images_url, self._answer_s = images_url.rstrip("/"), answer_s

    async def work_off(self, connection: Connection) -> bool:
        """Do what is due; tell whether there is more of it."""
        await advance_rollouts(connection, now=self._clock.now())
        due = await due_offers(connection, self._downward.shards, now=self._clock.now(), limit=_AT_ONCE)
        taken = await asyncio.gather(*(self._publish(offer) for offer in due))
        sent = [offer.firmware_offer_id for offer, heard in zip(due, taken, strict=True) if heard is not None]
        if sent:
            await mark_offers_sent(connection, sent, at=self._clock.now(), answer_s=self._answer_s)
        return len(sent) == _AT_ONCE

    async def _publish(self, offer: DueOffer) -> bool | None:
        return await self._downward.publish(
            Topic(offer.shard, offer.gateway_name, "firmware"),
            self.encode(offer),
            answer_kind="update",
            correlation=str(offer.firmware_offer_id),
            expiry_s=math.ceil(self._clock.wall_s_until(offer.expires_at)),
        )

    def encode(self, offer: DueOffer) -> bytes:
        """Return the payload of an offer."""
        return msgspec.json.encode(
            {
                "offer": str(offer.firmware_offer_id),
                "manifest": offer.manifest,
                "signatures": [
                    {"key": key, "signature": signature}
                    for key, signature in zip(offer.key_ids, offer.signatures, strict=True)
                ],
                "url": f"{self._images_url}/{offer.sha256}",
            }
        )
