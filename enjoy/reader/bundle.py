"""What a reader needs to judge alone: where it stands, the rules, the keys; signed, for some days."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from core.errors import InputError
from core.signature import Signer
from enjoy.reader import cbor, cose
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.rules import Rule, read_rule

BUNDLE_TYP: Final = "application/vnd.somel.reader-bundle+cwt"
#: A bundle holds so long; what a reader can do without its server ends with it, whatever its service says of lists.
HOLDS: Final = timedelta(days=8)
MOST_BYTES: Final = 2**21
_EXP, _IAT, _CONTENT = 4, 6, -65550
_CLAIMS: Final = frozenset({_EXP, _IAT, _CONTENT})


class DeclaredRule(msgspec.Struct, frozen=True):
    """Hold a rule as it was declared."""

    rule_id: int
    content: dict[str, object]


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """Hold what a reader judges by.

    Attributes
    ----------
    reader, service, service_title, venue, venue_title : str
        Names.
    is_open : bool
        Whether the venue takes passes.
    proof : Proof
        Least proof that the service takes.
    stale_after_s : int
        The reader refuses everybody when its status list is older. [s]
    status_uri : str
        Address of the status list.
    keys : dict
        Public keys in base64 by identifier in hexadecimal digits.
    rules : tuple of DeclaredRule
        In the order in which they are tried.
    price_classes : tuple of str
        All that rules name.
    issued_at, valid_until : datetime
        When it holds.
    """

    reader: str
    service: str
    service_title: str
    venue: str
    venue_title: str
    is_open: bool
    proof: Proof
    stale_after_s: int
    status_uri: str
    keys: dict[str, str]
    rules: tuple[DeclaredRule, ...]
    price_classes: tuple[str, ...]
    issued_at: datetime
    valid_until: datetime

    def read_rules(self) -> tuple[Rule, ...]:
        """Return the rules.

        Raises
        ------
        InputError
            ``rule_invalid``: the server is of a version that this reader does not understand.
        """
        return tuple(read_rule(one.content, one.rule_id) for one in self.rules)

    def key_bytes(self) -> dict[bytes, str]:
        """Return the keys by the bytes of their identifiers."""
        return {bytes.fromhex(kid): key for kid, key in self.keys.items()}


def seal_bundle(signer: Signer, bundle: Bundle) -> bytes:
    """Return a bundle as a signed message."""
    claims: dict[int, object] = {
        _EXP: int(bundle.valid_until.timestamp()),
        _IAT: int(bundle.issued_at.timestamp()),
        _CONTENT: msgspec.json.encode(bundle),
    }
    return cose.seal(signer, claims, typ=BUNDLE_TYP)


def read_bundle(message: bytes, keys: Mapping[bytes, str]) -> Bundle:
    """Return the bundle that a signed message holds; whether it still holds is for the reader to look at.

    Raises
    ------
    InputError
        ``bundle_unreadable`` or ``bundle_not_believed``.
    """
    sealed = cose.unseal(message, keys, most=MOST_BYTES, typ=BUNDLE_TYP)
    if sealed is Reason.UNREADABLE:
        raise _unreadable("it is no signed message of this kind")
    if isinstance(sealed, Reason):
        message_text = "The bundle is signed by a key that is not known; pair the reader again."
        raise InputError("bundle_not_believed", message_text, reason=sealed)
    content = sealed.claims.get(_CONTENT)
    if not cbor.is_map(sealed.claims, _CLAIMS) or type(content) is not bytes:
        raise _unreadable("it lacks claims")
    try:
        bundle = msgspec.json.decode(content, type=Bundle)
    except msgspec.DecodeError as error:
        raise _unreadable(str(error)) from None
    bundle.read_rules()
    return bundle


def _unreadable(why: str) -> InputError:
    return InputError("bundle_unreadable", f"The bundle cannot be read: {why}.")
