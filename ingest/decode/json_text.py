"""JSON payloads into typed contents."""

from typing import TypeVar

import msgspec

from core.errors import InputError

T = TypeVar("T")


def read_json(decoder: msgspec.json.Decoder[T], payload: bytes) -> T:
    """Decode a payload strictly.

    Raises
    ------
    InputError
        ``payload_malformed`` when it is not JSON in UTF-8, ``payload_invalid`` when it has not the decoder's shape.
    """
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise InputError("payload_invalid", f"The payload has the wrong shape: {_ascii(error)}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("payload_malformed", f"The payload is not JSON: {_ascii(error)}.") from error


def _ascii(error: Exception) -> str:
    """Return the message of an error, which may quote the sender, bounded and in printable ASCII."""
    return ascii(str(error))[1:-1][:200]
