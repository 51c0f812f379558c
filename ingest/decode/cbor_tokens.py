"""One CBOR payload as tokens, and what may be read at each."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.quality import Quality
from core.registers import REGISTERS
from ingest.decode import kernels
from ingest.decode.gathering import Values
from ingest.decode.shapes import MAX_LIVE_METERS

#: RFC 8746 typed arrays that are understood, all little-endian.
TYPED_ARRAYS: Final[dict[int, np.dtype[np.uint32 | np.int32 | np.float32 | np.float64]]] = {
    70: np.dtype("<u4"),
    78: np.dtype("<i4"),
    85: np.dtype("<f4"),
    86: np.dtype("<f8"),
}
REGISTER_NAMES: Final = {register.register_id: register.name for register in REGISTERS}
_LABELS: Final = {int(quality): quality.label for quality in Quality}
_FAULTS: Final = {
    kernels.TRUNCATED: "it ends too early",
    kernels.RESERVED: "it has an indefinite length or a reserved code",
    kernels.TOO_DEEP: f"it is nested deeper than {kernels.MAX_DEPTH}",
    kernels.TRAILING: "something follows it",
}


def invalid(what: str) -> InputError:
    """Return the error for a well-formed payload of the wrong shape."""
    return InputError("payload_invalid", f"The payload has the wrong shape: {what}.")


class Tokenised(NamedTuple):
    """A payload of well-formed CBOR with its tokens, shape (3, token), and its numbers; see `kernels.tokenise`."""

    payload: bytes
    tokens: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float64]


def tokenise(payload: bytes) -> Tokenised:
    """Read a payload into tokens.

    Raises
    ------
    InputError
        ``payload_malformed`` when it is not CBOR of definite lengths and bounded depth, or more than that.
    """
    tokens = np.empty((3, len(payload) + 1), np.int64)
    numbers = np.empty(len(payload) + 1)
    count = kernels.tokenise(np.frombuffer(payload, np.uint8), tokens, numbers)
    if count < 0:
        raise InputError("payload_malformed", f"The payload is not CBOR as specified: {_FAULTS[count]}.")
    return Tokenised(payload, tokens[:, :count], numbers)


class CborTokens:
    """A payload as tokens; every method takes the position of one and raises ``payload_invalid`` if it is not such."""

    __slots__ = ("_first", "_kind", "_numbers", "_payload", "_second")

    def __init__(self, tokenised: Tokenised) -> None:
        self._payload, tokens, self._numbers = tokenised
        self._kind: list[int]
        self._first: list[int]
        self._second: list[int]
        self._kind, self._first, self._second = tokens.tolist()

    def _after(self, token: int) -> int:
        return self._second[token] if self._kind[token] >= kernels.ARRAY else token + 1

    def entries(self, token: int, what: str) -> dict[int, int]:
        """Return the keys of a map, all unsigned, with the positions of their values."""
        if self._kind[token] != kernels.MAP:
            raise invalid(f"{what} is not a map")
        found: dict[int, int] = {}
        at = token + 1
        for _ in range(self._first[token]):
            key = self._first[at]
            if self._kind[at] != kernels.INTEGER or key < 0 or key in found:
                raise invalid(f"a key of {what} is not an unsigned integer, or occurs twice")
            found[key] = at + 1
            at = self._after(at + 1)
        return found

    def fields(self, token: int, what: str, required: frozenset[int], optional: frozenset[int]) -> dict[int, int]:
        """Return the entries of a map that has all the required keys and none but the optional ones besides."""
        found = self.entries(token, what)
        if found.keys() - optional != required:
            raise invalid(f"{what} has not the keys it must have")
        return found

    def items(self, token: int, what: str, limit: int) -> Iterator[int]:
        """Yield the positions of the items of an array of 1 to `limit` items."""
        if self._kind[token] != kernels.ARRAY or not 1 <= self._first[token] <= limit:
            raise invalid(f"{what} is not a list of 1 to {limit} items")
        at = token + 1
        for _ in range(self._first[token]):
            yield at
            at = self._after(at)

    def integer(self, token: int, what: str, lowest: int, highest: int) -> int:
        """Return an integer within limits."""
        value = self._first[token]
        if self._kind[token] != kernels.INTEGER or not lowest <= value <= highest:
            raise invalid(f"{what} is not an integer from {lowest} to {highest}")
        return value

    def name(self, token: int, what: str) -> str:
        """Return a text of 3 to 64 characters."""
        kind, first, after = self._kind[token], self._first[token], self._second[token]
        if kind != kernels.TEXT:
            raise invalid(f"{what} is not a text")
        try:
            text = self._payload[first:after].decode()
        except UnicodeDecodeError as error:
            raise InputError(
                "payload_malformed", "The payload is not CBOR as specified: a text is not UTF-8."
            ) from error
        if not 3 <= len(text) <= 64:  # noqa: PLR2004 - core.identifiers.DEVICE_ID
            raise invalid(f"{what} has not 3 to 64 characters")
        return text

    def run(self, token: int, what: str, limit: int) -> Values:
        """Return an array of numbers and nulls, or a typed array, of 1 to `limit` values."""
        kind, first, after = self._kind[token], self._first[token], self._second[token]
        values: Values
        if kind in (kernels.INTEGERS, kernels.NUMBERS):
            values = self._numbers[first:after]
        elif kind == kernels.TAG and first in TYPED_ARRAYS and self._kind[token + 1] == kernels.BYTES:
            dtype = TYPED_ARRAYS[first]
            first, after = self._first[token + 1], self._second[token + 1]
            if (after - first) % dtype.itemsize:
                raise invalid(f"{what} is a typed array of broken length")
            values = np.frombuffer(self._payload, dtype, (after - first) // dtype.itemsize, first)
        else:
            raise invalid(f"{what} is not an array of numbers")
        if not 1 <= len(values) <= limit:
            raise invalid(f"{what} has not 1 to {limit} values")
        return values

    def runs(self, token: int, what: str, limit: int) -> dict[str, Values]:
        """Return the arrays of a map by register; a register that there is not keeps its number as its name."""
        found = {
            REGISTER_NAMES.get(key, str(key)): self.run(at, what, limit)
            for key, at in self.entries(token, what).items()
        }
        if not found:
            raise invalid(f"{what} is empty")
        return found

    def marks(self, fields: dict[int, int], key: int) -> dict[str, list[int]]:
        """Return the quality marks of a block by label; a quality that there is not keeps its number as its label."""
        if key not in fields:
            return {}
        entries = self.entries(fields[key], "quality")
        return {_LABELS.get(code, str(code)): self._indexes(at) for code, at in entries.items()}

    def _indexes(self, token: int) -> list[int]:
        kind, first, after = self._kind[token], self._first[token], self._second[token]
        if kind == kernels.ARRAY and first == 0:
            return []
        if kind != kernels.INTEGERS or after - first > MAX_LIVE_METERS:
            raise invalid("a quality mark is not an array of indexes")
        indexes = self._numbers[first:after]
        if indexes.min() < 0 or indexes.max() >= MAX_LIVE_METERS:
            raise invalid("a quality mark is not an array of indexes")
        return [int(index) for index in indexes]
