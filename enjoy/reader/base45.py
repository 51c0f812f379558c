"""Base45 (RFC 9285): bytes as text that QR codes hold in their alphanumeric mode, three signs for two bytes."""

from typing import Final

_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES: Final = {sign: value for value, sign in enumerate(_SIGNS)}
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
    try:
        values = [_VALUES[sign] for sign in text]
    except KeyError:
        return None
    whole, rest = divmod(len(values), 3)
    pairs = [values[at] + values[at + 1] * _BASE + values[at + 2] * _BASE * _BASE for at in range(0, whole * 3, 3)]
    if rest == 1 or any(pair >= _PAIR for pair in pairs):
        return None
    content = b"".join(pair.to_bytes(2, "big") for pair in pairs)
    if rest:
        last = values[-2] + values[-1] * _BASE
        return None if last >= _BYTE else content + bytes([last])
    return content
