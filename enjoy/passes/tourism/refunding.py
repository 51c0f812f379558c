"""Providers are told what they have to give back, at least once, under the same number at each attempt."""

import json
import random
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, Literal

import structlog

from core.clock import WALL_CLOCK, Clock
from core.errors import InputError, RetryableError
from core.settings import Settings
from db.connection import Connection, Role
from db.tourism_payments import Refund, next_refund, note_told
from enjoy.acting import Connect
from outward.callbacks import Callbacks, callbacks
from outward.signing import signed_headers

_IN_A_ROW: Final = 100
_LONGEST_WAIT_S: Final = 3_600.0
_log = structlog.get_logger()


class Refunding:
    """Tell the refunds that are due; a job of the Enjoy process.

    Parameters
    ----------
    settings : Settings
        How long what is not taken is tried again.
    door : Callbacks, optional
        Calls providers.
    wall : Clock, optional
        What time it is.
    """

    def __init__(self, settings: Settings, *, door: Callbacks | None = None, wall: Clock = WALL_CLOCK) -> None:
        self._door = door or callbacks(is_development=settings.enjoy_development)
        self._settings, self._wall = settings, wall

    async def __call__(self, lend: Connect, _clock: Clock) -> None:
        """Tell what is due."""
        for _ in range(_IN_A_ROW):
            async with lend(Role.ENJOY_PASS) as connection:
                refund = await next_refund(connection, now=self._wall.now())
                if refund is None:
                    return
                await self._tell(connection, refund)

    async def _tell(self, connection: Connection, refund: Refund) -> None:
        now = self._wall.now()
        try:
            answer = await self._post(refund)
        except (InputError, RetryableError) as error:
            is_last = isinstance(error, InputError) or self._is_spent(refund, now)
            limit_s = min(_LONGEST_WAIT_S, self._settings.enjoy_webhook_wait_s * 2.0 ** min(refund.attempt_count, 20))
            wait = timedelta(seconds=limit_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            _log.warning("refund_not_told", refund=str(refund.refund_id), code=error.code, is_last=is_last)
            status: Literal["dead", "pending"] = "dead" if is_last else "pending"
            await note_told(connection, refund.refund_id, status, error.message, due_from=now + wait)
            return
        await note_told(connection, refund.refund_id, "sent", answer, due_from=now)

    def _is_spent(self, refund: Refund, now: datetime) -> bool:
        is_old = (now - refund.made_at).total_seconds() >= self._settings.enjoy_webhook_give_up_s
        return is_old or refund.attempt_count + 1 >= self._settings.enjoy_webhook_attempts

    async def _post(self, refund: Refund) -> str:
        if refund.url is None or refund.secret is None:
            raise InputError("webhook_gone", "Given up: the tourist office names no address any more.")
        said = {
            "type": "somel.enjoy.payment.refund_due",
            "reference": str(refund.sale_id),
            "amount_eur_cent": refund.amount_eur_cent,
            "currency": "EUR",
            "reason": refund.reason,
        }
        body = json.dumps(said).encode()
        headers = signed_headers([refund.secret], str(refund.refund_id), body, datetime.now(UTC))
        status = await self._door.post(refund.url, headers, body, content_type="application/json")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise RetryableError("webhook_not_taken", f"status {status}")
        return f"status {status}"
