"""Passes: how long a reader takes for one, and how much it has to be told of those that are revoked.

Expected before it was first run: two signatures of Ed25519 are verified (the issuer's and the phone's), which takes
0.1 ms each; the rest, base 45 and CBOR in Python, half as long. Ten thousand places of a million are gaps of a hundred,
in a byte each, some in two: 14 kB.

Figures on the last line with ``--json``:

``verify_ms``, ``verify_p99_ms``
    What a reader without connection does with a phone's presentation: text to verdict, with a status list of a million
    tokens of which one in a thousand is revoked; median and slowest hundredth over distinct tokens. [ms]
``delta_10k_kb``
    The signed changes that revoke 10,000 tokens of a million. [kB]
``validations_per_s``, ``validation_p99_ms``, ``validation_stolen_ms``
    Validations with a connection, as `benchmarks._passes_validations` says.
``oversold``
    Orders beyond what there was, as `benchmarks._passes_orders` says.

Whatever is measured is judged as well: presentations that were tampered with, copied or revoked have to be refused, and
the list after the changes has to be the one that was meant.
"""

import argparse
import base64
import hashlib
import importlib
import importlib.util
import json
import random
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from core.signature import Signer, make_key
from enjoy.passes.published import PackedList, PublishedList
from enjoy.reader import cose
from enjoy.reader.presenting import (
    Presented,
    plain_text,
    proof_message,
    read_presented,
    shown_text,
    step_of,
)
from enjoy.reader.reasons import Reason
from enjoy.reader.status import REVOKED, StatusList, digest_of, set_status
from enjoy.reader.status_changes import CHANGES_TYP, Changes
from enjoy.reader.status_changes import claims_of as changes_claims
from enjoy.reader.tokens import Right, Token, claims_of

_NOW: Final = datetime(2026, 11, 25, 11, tzinfo=UTC)
_URI: Final = "https://data.example.org/enjoy/v1/passes/status"
_PLACES: Final = 2**20
_REVOKED: Final = _PLACES // 1000
_CHANGED: Final = 10_000
#: What others measure, and the module that does.
_OTHERS: Final = (
    ("benchmarks._passes_validations", "measure_validations"),
    ("benchmarks._passes_orders", "measure_oversold"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold a presentation, and what a reader has to make of it."""

    text: str
    expected: Reason | None


def presentations(issuer: Signer, statuses: StatusList, count: int, drawn: random.Random) -> list[Shown]:
    """Return presentations of distinct tokens on distinct phones; of revoked ones as many as come."""
    return [_shown(issuer, statuses, drawn) for _ in range(count)]


def _shown(issuer: Signer, statuses: StatusList, drawn: random.Random) -> Shown:
    phone = Signer(make_key())
    message, index = _token(issuer, base64.b64decode(phone.public_key), drawn)
    proof = phone.sign(proof_message(hashlib.sha256(message).digest(), step_of(_NOW)))
    refused = Reason.REVOKED if statuses.status_of(index) else None
    return Shown(shown_text(message, step_of(_NOW), proof), refused)


def _token(issuer: Signer, device_key: bytes, drawn: random.Random) -> tuple[bytes, int]:
    token = Token(
        token_id=UUID(int=drawn.getrandbits(128)),
        issuer="data.example.org",
        service="swimming-pools",
        not_before=_NOW - timedelta(days=2),
        expires_at=_NOW + timedelta(days=14),
        status_index=drawn.randrange(_PLACES),
        status_uri=_URI,
        device_key=device_key,
        rights=(Right(1, _NOW + timedelta(days=14)), Right(2, _NOW + timedelta(days=14))),
        kid=bytes.fromhex(issuer.key_id),
    )
    return cose.seal(issuer, claims_of(token)), token.status_index


def judged(text: str, keys: dict[bytes, str], statuses: StatusList) -> Reason | None:
    """Return why a reader refuses what is shown, or None."""
    seen = read_presented(text, keys, _NOW)
    return statuses.refusal(seen.token) if isinstance(seen, Presented) else seen


def measure_verify(count: int) -> dict[str, float]:
    """Time a reader's verdicts.

    Raises
    ------
    SystemExit
        One of them was wrong.
    """
    drawn, issuer = random.Random(7), Signer(make_key())  # noqa: S311 - no secret
    keys = {bytes.fromhex(issuer.key_id): issuer.public_key}
    packed = bytearray(_PLACES // 4)
    for index in drawn.sample(range(_PLACES), _REVOKED):
        set_status(packed, index, REVOKED)
    current = PackedList(1, _PLACES, bytes(packed), frozenset())
    statuses = StatusList.read(PublishedList().list_cwt(current, issuer, uri=_URI, now=_NOW).content, keys, _NOW)
    shown = presentations(issuer, statuses, count, drawn)
    took_ms = []
    for one in shown:
        began = time.perf_counter()
        verdict = judged(one.text, keys, statuses)
        took_ms.append((time.perf_counter() - began) * 1000)
        _require(verdict is one.expected, f"{verdict} in place of {one.expected}")
    _refuse_others(issuer, keys, statuses, drawn)
    cuts = statistics.quantiles(took_ms, n=100)
    return {"verify_ms": round(statistics.median(took_ms), 4), "verify_p99_ms": round(cuts[-1], 4)}


def _refuse_others(issuer: Signer, keys: dict[bytes, str], statuses: StatusList, drawn: random.Random) -> None:
    """Require that what is revoked, copied, or changed in one bit is refused."""
    phone, stranger = Signer(make_key()), Signer(make_key())
    message, _ = _token(issuer, base64.b64decode(phone.public_key), drawn)
    digest, step = hashlib.sha256(message).digest(), step_of(_NOW)
    proof = phone.sign(proof_message(digest, step))
    for _ in range(500):
        turned = bytearray(message)
        turned[drawn.randrange(len(turned))] ^= 1 << drawn.randrange(8)
        _require(judged(shown_text(bytes(turned), step, proof), keys, statuses) is not None, "a turned bit is admitted")
    copied = shown_text(message, step, stranger.sign(proof_message(digest, step)))
    _require(judged(copied, keys, statuses) is Reason.PROOF_INVALID, "a copy is admitted")
    _require(judged(plain_text(message), keys, statuses) is Reason.PROOF_MISSING, "a screenshot is admitted")
    everything = StatusList(2, _NOW, _URI, b"\x55" * (_PLACES // 4))
    _require(judged(shown_text(message, step, proof), keys, everything) is Reason.REVOKED, "a revoked one is admitted")


def measure_changes() -> dict[str, float]:
    """Weigh the changes that revoke 10,000 tokens of a million.

    Raises
    ------
    SystemExit
        The list afterwards is not the one that was meant.
    """
    drawn, issuer = random.Random(11), Signer(make_key())  # noqa: S311 - no secret
    keys = {bytes.fromhex(issuer.key_id): issuer.public_key}
    revoked = tuple(sorted(drawn.sample(range(_PLACES), _CHANGED)))
    packed = bytearray(_PLACES // 4)
    for index in revoked:
        set_status(packed, index, REVOKED)
    digest = digest_of(bytes(packed), frozenset())
    changes = Changes(_URI, _NOW, 1, 2, _PLACES, digest, ((), revoked, ()), frozenset())
    message = cose.seal(issuer, changes_claims(changes), typ=CHANGES_TYP)
    after = StatusList(1, _NOW, _URI, bytes(_PLACES // 4)).updated(message, keys, _NOW)
    _require(after.packed == bytes(packed), "the list after the changes is another")
    return {"delta_10k_kb": round(len(message) / 1000, 3)}


def measure_others() -> dict[str, float]:
    """Return what the other modules measure, where they are there."""
    found: dict[str, float] = {}
    for module, name in _OTHERS:
        if importlib.util.find_spec(module) is not None:
            found |= getattr(importlib.import_module(module), name)()
    return found


def _require(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise SystemExit(f"wrong: {otherwise}")


def main() -> None:
    """Measure, and print what was found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    options.add_argument("--tokens", type=int, default=2_000, help="distinct tokens that are shown")
    options.add_argument("--only-reader", action="store_true", help="no server: verify_ms and delta_10k_kb alone")
    chosen = options.parse_args()
    figures = measure_verify(chosen.tokens) | measure_changes()
    if not chosen.only_reader:
        figures |= measure_others()
    for name, value in figures.items():
        print(f"{name:<20} {value:>12,.3f}")
    if chosen.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
