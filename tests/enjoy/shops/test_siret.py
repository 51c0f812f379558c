"""A SIRET is one whose digits fit: of companies, and of La Poste, which has a rule of its own."""

import pytest

from core.errors import InputError
from enjoy.shops.siret import read_siret


@pytest.mark.parametrize("text", ["73282932000074", "732 829 320 00074", "356 000 000 00048", "35600000049837"])
def test_a_siret_is_taken(text: str):
    assert read_siret(text) == text.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "73282932000075", "7328293200007", "732829320000744", "73282932100074", "00000000000000", "73282932000000",
        "35600000049838", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "7328293200007x", "",
    ],
)  # fmt: skip
def test_what_is_none_is_refused(text: str):
    with pytest.raises(InputError, match="siret_invalid"):
        read_siret(text)
