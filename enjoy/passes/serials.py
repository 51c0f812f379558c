"""Serials of Pass Pass cards, as people type them and as readers read them: one card has one serial, however it came.

A Calypso card tells eight bytes, of which the last four are the card's own number; on its back are eight digits, or
more of which the last ten are that number [1]_. What is hashed is the number in ten digits.

References
----------
.. [1] passpass.fr, questions and answers: "les 8 chiffres ou les 10 derniers chiffres inscrits au dos de votre carte".
"""

import re
from typing import Final

from core.errors import InputError

_PRINTED: Final = re.compile(r"[0-9]{8}|[0-9]{10,19}")
_READ: Final = re.compile(r"0X[0-9A-F]{16}")
_DIGITS: Final = 10
_NUMBER_MASK: Final = 0xFFFF_FFFF


def serial_of(text: str) -> bytes:
    """Return a card's serial as it is hashed.

    Parameters
    ----------
    text : str
        As printed: 8 digits, or 10 to 19, with spaces, points or hyphens between them; or as a reader gives it: ``0x``
        and the 16 hexadecimal digits of the eight bytes.

    Raises
    ------
    InputError
        ``serial_malformed``.

    Examples
    --------
    >>> serial_of("0025 0000 1234567890"), serial_of("0x00000000499602D2")
    (b'1234567890', b'1234567890')
    """
    signs = re.sub(r"[ .:\-]", "", text).upper()
    if _READ.fullmatch(signs):
        number = str(int(signs, 16) & _NUMBER_MASK)
    elif _PRINTED.fullmatch(signs):
        number = signs[-_DIGITS:]
    else:
        message = "A card has 8 digits on its back, or 10 to 19; a reader gives 0x and 16 hexadecimal digits."
        raise InputError("serial_malformed", message, field="serial")
    if int(number) == 0:
        raise InputError("serial_malformed", "No card has a number of zeros.", field="serial")
    return number.zfill(_DIGITS).encode()
