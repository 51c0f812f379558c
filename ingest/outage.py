"""One outage, said once: however many connections notice it, and however often they try."""

import asyncio
from typing import Final

import structlog

_log = structlog.get_logger()

#: How often a lasting outage is mentioned again. [s]
_REMIND_S: Final = 300.0


class Outage:
    """Tell the operator when a server goes away and when it is back.

    Parameters
    ----------
    server : str
        What is away, one lower-case word; events are named by it.
    address : str
        Where it should be, without credentials.
    note : str
        One sentence on what that means.
    """

    def __init__(self, server: str, *, address: str, note: str) -> None:
        self._server = server
        self._note = note
        self._log = _log.bind(address=address)
        self._without: set[str] = set()  # who has no connection now
        self._began_s = self._said_s = 0.0

    def notice(self, who: str, reason: str) -> None:
        """Note that `who` has lost the server, or has still not found it."""
        now_s = asyncio.get_running_loop().time()
        if not self._without:
            self._began_s = now_s
        if not self._without or now_s - self._said_s >= _REMIND_S:
            away_s = round(now_s - self._began_s)
            self._log.warning(f"{self._server}_away", reason=reason, away_s=away_s, note=self._note)
            self._said_s = now_s
        self._without.add(who)

    def end(self, who: str) -> None:
        """Note that `who` has the server; when everybody has it again, say so."""
        if who not in self._without:
            return
        self._without.remove(who)
        if not self._without:
            away_s = round(asyncio.get_running_loop().time() - self._began_s, 1)
            self._log.info(f"{self._server}_back", away_s=away_s)
