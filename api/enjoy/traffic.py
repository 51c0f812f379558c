"""What is known of the traffic of one process: keys shown lately, what is left of quotas, counts of use."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Final

import structlog

from api.enjoy.buckets import Buckets, Policy, Verdict
from api.enjoy.counting import UsageCounts
from api.enjoy.keyring import Keyring
from api.enjoy.streaming import Streams
from api.news import News
from core.errors import PlatformError
from core.settings import Settings
from core.tasks import end
from db.connection import Pool, borrow
from db.keys import ApiKey
from db.usage import Taken, add_usage, forget_usage, settle

#: Processes settle their quotas so often: what each allows meanwhile, the others do not know of. [s]
_SETTLE_S: Final = 1.0
#: Counts are stored so often; those of a process that is killed are lost for so long. [settlements]
_STORE_EVERY: Final = 10
_FORGET_EVERY: Final = 3_600
_KEPT_DAYS: Final = 400
#: Attempts to sign in or up, and whatever else could be guessed, by method and path.
_SIGN_IN: Final = frozenset(
    {
        ("POST", "/v1/session"),
        ("POST", "/v1/account"),
        ("POST", "/v1/card"),
        ("POST", "/v1/card/session"),
        ("PUT", "/v1/card/sign-in"),
        ("POST", "/v1/card/claims"),
        ("POST", "/v1/card/erasure"),
        ("POST", "/v1/card/family/join"),
        ("POST", "/v1/card/serials"),
    }
)
#: What lies below is opened by secrets of its own, which are no keys; wrong ones are counted alone.
READERS: Final = ("/v1/reader/",)
#: Below it serials of cards are given, which could be tried one after the other.
_MEDIA: Final = "/v1/card/media"
_log = structlog.get_logger()


def _could_guess(method: str, path: str) -> bool:
    return (method, path) in _SIGN_IN or (method == "POST" and path.startswith(_MEDIA))


class Traffic:
    """Watch over requests.

    Parameters
    ----------
    settings : Settings
        Quotas.
    readers, accounts : Pool
        Connections that may read keys, and those that keep accounts.
    news : News
        Tells that a key has changed.
    """

    def __init__(self, settings: Settings, readers: Pool, accounts: Pool, news: News) -> None:
        self._accounts, self._news = accounts, news
        self._key_quota = settings.enjoy_key_quota
        self._stranger = Policy("address", settings.enjoy_stranger_quota)
        self._sign_in = Policy("sign-in", settings.enjoy_sign_in_quota)
        self._keyed, self._others = Buckets(time.monotonic), Buckets(time.monotonic)
        self.keyring, self.usage, self.streams = Keyring(readers), UsageCounts(), Streams()

    def judge(self, key: ApiKey | None, address: str, method: str, path: str) -> list[Verdict]:
        """Return by which quotas a request is measured, and whether it may pass each; none where none is set."""
        verdicts = []
        if key is not None:
            quota = self._key_quota if key.quota_per_minute is None else key.quota_per_minute
            if quota:
                verdicts.append(self._keyed.take(key.api_key_id, Policy("key", quota)))
        elif self._stranger.quota and not path.startswith(READERS):
            verdicts.append(self._others.take(address, self._stranger))
        if self._sign_in.quota and _could_guess(method, path):
            verdicts.append(self._others.take(("sign-in", address), self._sign_in))
        return verdicts

    def may_guess(self, address: str) -> bool:
        """Tell whether an address may try another secret that is no key; each wrong one counts."""
        return not self._stranger.quota or self._others.take(("guess", address), self._stranger).is_allowed

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Settle and store for as long as the block runs, and once more at its end."""
        with self._news.calling("api_key", self.keyring.forget):
            task = asyncio.create_task(self._run(), name="traffic")
            try:
                yield
            finally:
                await end(task)
                await self._try("store")

    async def settle(self) -> None:
        """Take what this process has allowed from what is left to keys in all processes."""
        taken = [
            Taken(key, count, policy.quota, policy.per_s)
            for key, (policy, count) in self._keyed.taken().items()
            if isinstance(key, int)
        ]
        if not taken:
            return
        async with borrow(self._accounts) as connection:
            left = await settle(connection, taken)
        for one in taken:
            self._keyed.settle(one.api_key_id, taken=one.taken, remaining=left.get(one.api_key_id, one.capacity))

    async def store(self) -> None:
        """Store what was counted; what cannot be stored is kept for the next time."""
        used = self.usage.take()
        if not used:
            return
        try:
            async with borrow(self._accounts) as connection:
                await add_usage(connection, used)
        except PlatformError:
            self.usage.put_back(used)
            raise

    async def forget(self) -> None:
        """Forget counts of long ago."""
        async with borrow(self._accounts) as connection:
            await forget_usage(connection, days=_KEPT_DAYS)

    async def _run(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(_SETTLE_S)
            turn += 1
            await self._try("settle")
            if turn % _STORE_EVERY == 0:
                await self._try("store")
            if turn % _FORGET_EVERY == 0:
                await self._try("forget")

    async def _try(self, what: str) -> None:
        """Do one of the above; without a database each process counts for itself until there is one."""
        try:
            await getattr(self, what)()
        except PlatformError as error:
            _log.warning("traffic not accounted for", what=what, code=error.code)
