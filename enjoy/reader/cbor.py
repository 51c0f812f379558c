"""The one door to CBOR (RFC 8949) for passes: deterministic, bounded, and what is not so is no value at all."""

from typing import Any, Final

import cbor2

#: Containers and tags within each other; a signed message needs four.
_DEPTH: Final = 6


class NotCbor:
    """Stand for bytes that are no deterministic CBOR."""


#: The one of its kind; no bytes decode to it.
NOT_CBOR: Final = NotCbor()


def encode(content: object) -> bytes:
    """Return content as deterministic CBOR.

    Notes
    -----
    cbor2 sorts the keys of a map by length first (RFC 7049), RFC 8949 by their bytes. The keys that passes use have
    the same place in both orders: small ones are never negative where longer ones are positive.
    """
    return cbor2.dumps(content, canonical=True)


def decode(message: bytes, *, most: int) -> Any:
    """Return what deterministic CBOR holds, or `NOT_CBOR`.

    Parameters
    ----------
    message : bytes
        One item and nothing behind it.
    most : int
        Longer ones are not read. [bytes]

    Notes
    -----
    There is one way to write a value: what is written otherwise (longer numbers, another order of keys, a key twice, no
    definite length, something behind the end) does not give the same bytes when it is written again.
    """
    if len(message) > most:
        return NOT_CBOR
    try:
        content = cbor2.loads(message, max_depth=_DEPTH, allow_indefinite=False, allow_duplicate_keys=False)
        again = encode(content)
    except cbor2.CBORError:
        return NOT_CBOR
    return content if again == message else NOT_CBOR


def is_number(content: object, *, most: int) -> bool:
    """Tell whether content is a whole number from 0 on, within a bound; true and false are none."""
    return type(content) is int and 0 <= content <= most


def is_map(content: object, keys: frozenset[Any], optional: frozenset[Any] = frozenset()) -> bool:
    """Tell whether content is a map with these keys, perhaps some of the optional ones, and no others."""
    if type(content) is not dict or any(type(key) is bool for key in content):
        return False
    return keys <= content.keys() <= keys | optional
