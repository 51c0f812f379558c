"""Base45 (RFC 9285): bytes as text that QR codes hold in their alphanumeric mode, three signs for two bytes."""

import struct
from typing import Final

_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_NO_SIGN: Final = 255
#: Values of signs by their code.
_TABLE: Final = bytes(max(_SIGNS.find(chr(code)), -1) % 256 for code in range(256))
_BASE: Final = 45
_PAIR: Final = 65_536
_BYTE: Final = 256


def encode(content: bytes) -> str:
    """Return bytes as text.

    Examples
    --------
    >>> encode(b"Hello!!"), encode(b"ietf!")
    ('%69 VD92EX0', 'QED8WEX0')
    """
    signs = []
    for at in range(0, len(content) - 1, 2):
        rest, first = divmod(content[at] * _BYTE + content[at + 1], _BASE)
        third, second = divmod(rest, _BASE)
        signs.append(_SIGNS[first] + _SIGNS[second] + _SIGNS[third])
    if len(content) % 2:
        second, first = divmod(content[-1], _BASE)
        signs.append(_SIGNS[first] + _SIGNS[second])
    return "".join(signs)


def decode(text: str) -> bytes | None:
    """Return the bytes of a text, or None where it is not the text of any.

    Examples
    --------
    >>> decode("QED8WEX0")
    b'ietf!'
    >>> decode("GGW") is None  # 65 536
    True
    """
    values = text.encode("ascii", "replace").translate(_TABLE)
    whole, rest = divmod(len(values), 3)
    signs = (values[place : whole * 3 : 3] for place in range(3))
    pairs = [first + second * _BASE + third * _BASE * _BASE for first, second, third in zip(*signs, strict=True)]
    if _NO_SIGN in values or rest == 1 or max(pairs, default=0) >= _PAIR:
        return None
    content = struct.pack(f">{whole}H", *pairs)
    if rest:
        last = values[-2] + values[-1] * _BASE
        return None if last >= _BYTE else content + bytes([last])
    return content
