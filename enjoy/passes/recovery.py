"""Codes that people write down: recovery codes of anonymous holders, and codes that are handed on in families.

Signs are Crockford's 32, which leave out what is read wrongly; the last one is a check, so that a slip is told from a
wrong code before anything is looked up.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from core.errors import InputError

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: 40 bits to find the holder by, 80 bits that only they know.
_HANDLE, _SECRET = 8, 16
#: 120 bits of a code that is handed on.
_HANDED: Final = 24
_GROUP: Final = 5
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
#: The field of 32 elements, by x⁵ + x² + 1.
_MODULUS, _SIGN_BITS = 0b100101, 5


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """Hold a recovery code.

    Attributes
    ----------
    handle : str
        What the holder is found by; not secret.
    secret : str
        What shows that it is them; only its hash is kept.
    """

    handle: str
    secret: str

    @property
    def text(self) -> str:
        """Return it as it is written down.

        Examples
        --------
        >>> RecoveryCode("01234567", "89ABCDEFGHJKMNPQ").text
        '01234-56789-ABCDE-FGHJK-MNPQF'
        """
        return _written(self.handle + self.secret)


def make_recovery_code() -> RecoveryCode:
    """Make a code at random."""
    signs = _random(_HANDLE + _SECRET)
    return RecoveryCode(signs[:_HANDLE], signs[_HANDLE:])


def read_recovery_code(text: str) -> RecoveryCode:
    """Read a code as somebody typed it: in small letters, with or without hyphens, O for 0.

    Raises
    ------
    InputError
        ``code_mistyped``.
    """
    signs = _read(text, _HANDLE + _SECRET)
    return RecoveryCode(signs[:_HANDLE], signs[_HANDLE:])


def make_handed_code() -> str:
    """Make a code that is handed on once, as it is written down."""
    return _written(_random(_HANDED))


def read_handed_code(text: str) -> str:
    """Read such a code as somebody typed it, and return it as it was made.

    Raises
    ------
    InputError
        ``code_mistyped``.
    """
    return _written(_read(text, _HANDED))


def check_sign(signs: str) -> str:
    """Return the check of some signs: no single wrong sign and no two that changed places give the same.

    Examples
    --------
    >>> check_sign("0123"), check_sign("0132")
    ('6', '0')
    """
    rest = 0
    for sign in signs:
        rest ^= ALPHABET.index(sign)
        rest <<= 1
        if rest >> _SIGN_BITS:
            rest ^= _MODULUS
    return ALPHABET[rest]


def _random(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def _written(signs: str) -> str:
    whole = signs + check_sign(signs)
    return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))


def _read(text: str, count: int) -> str:
    signs = "".join(text.upper().translate(_MISREAD).replace("-", " ").split())
    if len(signs) != count + 1 or not set(signs) <= set(ALPHABET) or check_sign(signs[:-1]) != signs[-1]:
        message = f"A code has {count + 1} signs, in groups of {_GROUP}; one of these is wrong or missing: look again."
        raise InputError("code_mistyped", message, field="code")
    return signs[:-1]
