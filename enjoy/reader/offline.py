"""A reader that judges alone: its bundle, its status list, its journal, and a clock that it does not believe blindly.

It fails closed: without a bundle that holds, with an old status list or a wrong clock, nobody is admitted.
"""

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from core.errors import ConfigurationError, InputError
from enjoy.reader.bundle import Bundle, read_bundle
from enjoy.reader.journal import FILE, Entry, Journal
from enjoy.reader.presenting import PLAIN, SHOWN, Presented, read_presented
from enjoy.reader.reasons import Reason
from enjoy.reader.rules import Asked, Rule, Verdict, judge, used
from enjoy.reader.status import StatusList

#: How far the clock may be from the server's, and how far it may be set back.
CLOCK_OFF: Final = timedelta(seconds=120)
#: Uses are remembered for as long as rules may count; those that the server has and that are older are forgotten.
_REMEMBERED: Final = timedelta(days=400)
_BUNDLE, _LIST, _LIST_BITS, _SYNC = "bundle", "list", "list-bits", "sync"


class _Listed(msgspec.Struct, frozen=True):
    version: int
    issued_at: datetime
    uri: str
    revoked_keys: tuple[str, ...]


class Sync(msgspec.Struct, frozen=True):
    """Tell how the last meeting with the server went.

    Attributes
    ----------
    at : datetime
        When, by the clock of the reader.
    ahead_s : float
        How far that clock was ahead of the server's. [s]
    place : int
        Last scan before; what the clock said until then counts no more.
    """

    at: datetime
    ahead_s: float
    place: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Tell what came of a scan; its entry is on disk.

    Attributes
    ----------
    entry : Entry
        What was noted.
    is_admitted : bool
        Whether to open.
    """

    entry: Entry

    @property
    def is_admitted(self) -> bool:
        """Return whether to open."""
        return self.entry.reason is Reason.ADMITTED


def not_paired() -> ConfigurationError:
    """Return the error that says that a folder is no reader's yet."""
    return ConfigurationError("reader_not_paired", "The reader is not paired: `somel reader pair` does it.")


class Reader:
    """Judge what is shown with no connection.

    Parameters
    ----------
    folder : Path
        Where bundle, list and journal are kept; other processes may use it at the same time.
    """

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder)
        self._read: tuple[bytes, Bundle, tuple[Rule, ...]] | None = None
        self._listed: tuple[bytes, StatusList] | None = None

    @classmethod
    def paired(cls, folder: Path) -> Self:
        """Return the reader of a folder; where that is no reader's, nothing is made.

        Raises
        ------
        ConfigurationError
            ``reader_not_paired``.
        """
        if not (folder / FILE).is_file():
            raise not_paired()
        reader = cls(folder)
        if reader.journal.fact(_BUNDLE) is None:
            reader.journal.close()
            raise not_paired()
        return reader

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the folder."""
        self.journal.close()

    @property
    def bundle(self) -> Bundle:
        """Return the bundle.

        Raises
        ------
        ConfigurationError
            ``reader_not_paired``.
        """
        return self._bundle()[0]

    @property
    def status_list(self) -> StatusList | None:
        """Return the status list, or None where there was none yet."""
        head = self.journal.fact(_LIST)
        if head is None:
            return None
        if self._listed is None or self._listed[0] != head:
            listed = msgspec.json.decode(head, type=_Listed)
            revoked = frozenset(bytes.fromhex(kid) for kid in listed.revoked_keys)
            packed = self.journal.fact(_LIST_BITS) or b""
            self._listed = (head, StatusList(listed.version, listed.issued_at, listed.uri, packed, revoked))
        return self._listed[1]

    @property
    def last_sync(self) -> Sync | None:
        """Return how the last meeting with the server went."""
        content = self.journal.fact(_SYNC)
        return None if content is None else msgspec.json.decode(content, type=Sync)

    def pair(self, message: bytes, keys: dict[bytes, str]) -> Bundle:
        """Take the first bundle, signed by keys that came from the server over a line that is trusted.

        Raises
        ------
        InputError
            ``bundle_unreadable`` or ``bundle_not_believed``.
        """
        bundle = read_bundle(message, keys)
        self.journal.keep(_BUNDLE, msgspec.json.encode(bundle))
        return bundle

    def renew(self, message: bytes) -> Bundle:
        """Take the next bundle, signed by a key that the last one named.

        Raises
        ------
        InputError
            ``bundle_unreadable`` or ``bundle_not_believed``; ``bundle_rolled_back`` where it is older.
        """
        before = self.bundle
        bundle = read_bundle(message, before.key_bytes())
        if bundle.issued_at < before.issued_at:
            raise InputError("bundle_rolled_back", "The bundle is older than the one that is known.")
        self.journal.keep(_BUNDLE, msgspec.json.encode(bundle))
        return bundle

    def keep_list(self, listed: StatusList) -> None:
        """Keep a status list that was read or brought up to date."""
        head = _Listed(
            listed.version, listed.issued_at, listed.uri, tuple(sorted(kid.hex() for kid in listed.revoked_keys))
        )
        with self.journal.deciding():
            self.journal.keep(_LIST_BITS, listed.packed)
            self.journal.keep(_LIST, msgspec.json.encode(head))

    def synced(self, *, now: datetime, server_now: datetime) -> Sync:
        """Note a meeting with the server, and by how much the clocks differ; forget what is no longer needed."""
        sync = Sync(now, (now - server_now).total_seconds(), self.journal.last_place())
        self.journal.keep(_SYNC, msgspec.json.encode(sync))
        self.journal.forget(now - _REMEMBERED)
        return sync

    def check(self, text: str, now: datetime) -> Answer:
        """Judge what was read from a code, note it, and answer.

        Parameters
        ----------
        text : str
            Of the code.
        now : datetime
            What the clock of the reader says.
        """
        bundle, rules = self._bundle()
        with self.journal.deciding():
            entry = self._entry(text.strip(), bundle, rules, now)
            self.journal.append(entry)
        return Answer(entry)

    def trouble(self, now: datetime) -> Reason | None:
        """Return why nobody is admitted, or None where all is well."""
        bundle, listed, sync = self.bundle, self.status_list, self.last_sync
        if sync is None or abs(sync.ahead_s) > CLOCK_OFF.total_seconds():
            return Reason.CLOCK_WRONG
        last = max(filter(None, (self.journal.last_at(sync.place), sync.at)))
        if now < last - CLOCK_OFF or now < bundle.issued_at - CLOCK_OFF:
            return Reason.CLOCK_WRONG
        is_stale = listed is None or listed.age(now) > timedelta(seconds=bundle.stale_after_s)
        return Reason.LIST_STALE if is_stale or now >= bundle.valid_until else None

    def _bundle(self) -> tuple[Bundle, tuple[Rule, ...]]:
        content = self.journal.fact(_BUNDLE)
        if content is None:
            raise not_paired()
        if self._read is None or self._read[0] != content:
            bundle = msgspec.json.decode(content, type=Bundle)
            self._read = (content, bundle, bundle.read_rules())
        return self._read[1:]

    def _entry(self, text: str, bundle: Bundle, rules: tuple[Rule, ...], now: datetime) -> Entry:
        entry = Entry(uuid.uuid4(), now, None, None, None, None, bundle.venue, Reason.UNREADABLE, None, None)
        trouble = self.trouble(now)
        if trouble is not None:
            return replace(entry, reason=trouble)
        if not text.startswith((PLAIN, SHOWN)):
            return replace(entry, reason=Reason.ONLINE_NEEDED if _is_serial(text) else Reason.UNREADABLE)
        shown = read_presented(text, bundle.key_bytes(), now)
        if isinstance(shown, Reason):
            return replace(entry, reason=shown)
        token = shown.token
        if token.service != bundle.service:
            return replace(entry, reason=Reason.SERVICE_OTHER)
        holder = hashlib.sha256(token.device_key or token.token_id.bytes).digest()
        known = replace(entry, holder=holder, token_id=token.token_id, step=shown.step, proof=shown.proof)
        verdict = self._verdict(shown, holder, bundle, rules, now)
        return replace(known, reason=verdict.reason, rule_id=verdict.rule_id, price_class=verdict.price_class)

    def _verdict(
        self, shown: Presented, holder: bytes, bundle: Bundle, rules: tuple[Rule, ...], now: datetime
    ) -> Verdict:
        """Return whether to admit a token that is believed: not revoked, not replayed, and as the rules say."""
        listed = self.status_list
        refusal = Reason.LIST_STALE if listed is None else listed.refusal(shown.token)
        if refusal is None and not bundle.is_open:
            refusal = Reason.VENUE_OTHER
        if refusal is None and shown.step is not None and self.journal.is_taken(holder, shown.step):
            refusal = Reason.PROOF_REPLAYED
        if refusal is not None:
            return Verdict(False, refusal)
        asked = Asked(
            rights=frozenset(right.number for right in shown.token.rights if right.until > now),
            venue=bundle.venue,
            at=now,
            proof=shown.proof,
            uses=used(rules, self.journal.admissions(holder)),
        )
        return judge(rules, asked, proof=bundle.proof)


def _is_serial(text: str) -> bool:
    """Tell whether a text looks like the serial of a card."""
    signs = text.replace(" ", "").removeprefix("0x")
    return len(signs) in range(8, 20) and all(sign in "0123456789abcdefABCDEF" for sign in signs)
