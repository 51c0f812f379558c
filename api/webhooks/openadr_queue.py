"""The queue of notifications to OpenADR's subscribers, as a courier takes from it."""

from collections.abc import Sequence
from typing import Final

from api.webhooks.parcels import Due, Parcel
from db import notifications as store
from db.connection import Connection

_UNWANTED: Final = "Given up: the subscription no longer names this callback, or its client is revoked."


class OpenadrQueue:
    """Take from the tables of OpenADR.

    Parameters
    ----------
    connection : Connection
        Autocommit, in the role `Role.COMPUTE`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[int, store.Delivery] = {}

    async def due(self, *, busy: Sequence[int], per_owner: int, limit: int) -> list[Due]:
        """Return callbacks that may be called."""
        found = await store.due_callbacks(self._connection, busy=busy, per_client=per_owner, limit=limit)
        return [Due(one.openadr_callback_id, one.client_id, one.failure_count) for one in found]

    async def next_of(self, callback_id: int) -> Parcel | None:
        """Return what a callback is to be told next."""
        found = await store.next_delivery(self._connection, callback_id)
        if found is None:
            return None
        self._known[found.openadr_delivery_id] = found
        token = found.bearer_token
        return Parcel(
            found.openadr_delivery_id,
            f"delivery-{found.openadr_delivery_id}",
            found.callback_url,
            found.notification,
            found.attempt_count,
            found.age_s,
            found.failure_count,
            found.is_wanted,
            secrets=() if token is None else (token.encode(),),
            bearer_token=token,
        )

    async def withdraw(self, parcel: Parcel) -> None:
        """Give up what is no longer wanted."""
        await store.withdraw_delivery(self._connection, self._known.pop(parcel.number), _UNWANTED)

    async def delivered(self, parcel: Parcel, answer: str) -> None:
        """Note that it was taken."""
        await store.mark_delivered(self._connection, self._known.pop(parcel.number), answer)

    async def failed(self, parcel: Parcel, answer: str, *, wait_s: float, is_last: bool, is_gone: bool) -> None:
        """Note that it was not taken."""
        del is_gone  # a subscription ends when its client says so
        known = self._known[parcel.number]
        await store.mark_attempt_failed(self._connection, known, answer, wait_s=wait_s, is_last=is_last)

    async def give_up(self, parcel: Parcel, *, give_up_s: float) -> None:
        """Give up what has waited too long."""
        await store.give_up(self._connection, self._known.pop(parcel.number), give_up_s=give_up_s)
