"""Codes that people write down are read as they meant them, and slips are noticed."""

from datetime import UTC, date, datetime

import pytest

from core.errors import InputError
from enjoy.passes.ages import MAJORITY, birthday, has_reached
from enjoy.passes.recovery import (
    ALPHABET,
    make_handed_code,
    make_recovery_code,
    read_handed_code,
    read_recovery_code,
)
from enjoy.passes.serials import serial_of


def test_every_single_slip_and_every_exchange_of_neighbours_is_noticed() -> None:
    signs = make_recovery_code().text.replace("-", "")
    slips = {
        signs[:at] + sign + signs[at + 1 :] for at in range(len(signs)) for sign in ALPHABET if sign != signs[at]
    } | {
        signs[:at] + signs[at + 1] + signs[at] + signs[at + 2 :]
        for at in range(len(signs) - 1)
        if signs[at] != signs[at + 1]
    }
    assert len(slips) >= 25 * 31
    for slip in slips:
        with pytest.raises(InputError, match="code_mistyped"):
            read_recovery_code(slip)


def test_codes_are_read_as_people_write_them_and_no_two_are_the_same() -> None:
    made = [make_recovery_code() for _ in range(500)]
    assert len({one.text for one in made}) == 500
    for one in made:
        typed = f" {one.text.lower().replace('0', 'o').replace('1', 'i')} "
        assert read_recovery_code(typed) == one
        assert (len(one.handle), len(one.secret)) == (8, 16)
    handed = make_handed_code()
    assert read_handed_code(handed.replace("-", "")) == handed
    for wrong in ("", "01234", "U" * 25, made[0].text + "0"):
        with pytest.raises(InputError, match="code_mistyped"):
            read_handed_code(wrong)


def test_somebody_is_of_age_from_midnight_in_lille_on_and_a_leap_day_child_a_day_later() -> None:
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 4) == date(2012, 2, 29)
    born_on = date(2008, 7, 14)
    assert not has_reached(born_on, MAJORITY, datetime(2026, 7, 13, 21, 59, 59, tzinfo=UTC))
    assert has_reached(born_on, MAJORITY, datetime(2026, 7, 13, 22, tzinfo=UTC))
    assert not has_reached(None, MAJORITY, datetime(2026, 7, 13, 22, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0025 0000 1234567890", b"1234567890"),
        ("1234567890", b"1234567890"),
        ("12.34.56.78", b"0012345678"),
        ("0x0000000000BC614E", b"0012345678"),
    ],
)
def test_a_serial_is_the_same_printed_and_read(text: str, number: bytes) -> None:
    assert serial_of(text) == number


@pytest.mark.parametrize("text", ["", "123456789", "1" * 20, "0x12", "١٢٣٤٥٦٧٨٩٠", "0" * 10, "12345678x"])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="serial_malformed"):
        serial_of(text)
