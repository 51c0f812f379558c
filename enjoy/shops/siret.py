"""SIRET numbers: nine digits of a company (SIREN) and five of its establishment (NIC), the last a check digit."""

from typing import Final

from core.errors import InputError

_LENGTH: Final = 14
#: La Poste has more establishments than check digits allow: the plain sum of digits of its numbers is a multiple of 5.
_LA_POSTE: Final = "356000000"


def read_siret(text: str) -> str:
    """Return a SIRET without the spaces that people write.

    Raises
    ------
    InputError
        ``siret_invalid``: it has not 14 digits, or a digit is wrong.

    Examples
    --------
    >>> read_siret("732 829 320 00074")
    '73282932000074'
    """
    siret = "".join(text.split())
    if len(siret) != _LENGTH or not (siret.isascii() and siret.isdigit()):
        raise _invalid("A SIRET has 14 digits: nine of the company (SIREN) and five of the establishment (NIC).")
    siren, nic = siret[:9], siret[9:]
    if not _luhn(siren) or nic == "00000" or siren == "000000000":
        raise _invalid("The first nine digits are no company's (SIREN): a digit is wrong.")
    is_right = sum(map(int, siret)) % 5 == 0 if siren == _LA_POSTE else _luhn(siret)
    if not (is_right or (siren == _LA_POSTE and _luhn(siret))):
        raise _invalid("A digit of the SIRET is wrong.")
    return siret


def _luhn(digits: str) -> bool:
    """Tell whether the check digit is right (ISO/IEC 7812-1, annex B).

    Examples
    --------
    >>> _luhn("732829320"), _luhn("732829321")
    (True, False)
    """
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0  # noqa: PLR2004 - the digits of 10 to 18


def _invalid(message: str) -> InputError:
    return InputError("siret_invalid", message, field="siret")
