"""The codes that open passes: what a buyer is given, on a link or on a voucher.

A code is derived from the secret of passes, the sale and the place in it. The database keeps its hash alone, so who
reads the database can open no pass; and the same request is answered the same, without the codes being kept for it.
"""

from hashlib import sha256
from typing import Final
from uuid import UUID

from enjoy.passes.secret import PassSecret

#: Crockford's base 32: no I, L, O or U, which people confuse.
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Of 5 bits each: 100 bits, which nobody guesses.
SIGNS_OF_CLAIM: Final = 20
_MEANT: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def claim_of(secret: PassSecret, sale_id: UUID, number: int) -> str:
    """Return the code of a pass: 20 letters and digits in groups of five."""
    drawn = int.from_bytes(secret.claim(sale_id, number)[:13], "big")
    signs = "".join(_SIGNS[drawn >> 5 * place & 31] for place in range(SIGNS_OF_CLAIM))
    return "-".join(signs[at : at + 5] for at in range(0, SIGNS_OF_CLAIM, 5))


def hash_of_claim(claim: str) -> bytes:
    """Return the hash of a code as it is kept, however it was typed: in small letters, without its hyphens.

    Examples
    --------
    >>> hash_of_claim("0AB1-O") == hash_of_claim("oabl 0")
    True
    """
    return sha256(b"claim " + claim.upper().translate(_MEANT).encode()).digest()
