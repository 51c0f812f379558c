"""A contract promises what can be kept, and keeps what was promised."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.datasets import Contract, Field, FieldType
from core.errors import ConflictError, InputError
from enjoy.contract import breaks, check_contract, require_kept, require_notice
from tests.enjoy.stations import BIKES


def with_field(which: str, **changes: Any) -> Contract:
    """Return the contract with one of its fields changed."""
    return replace(BIKES, fields=tuple(replace(one, **changes) if one.name == which else one for one in BIKES.fields))


def without(name: str) -> Contract:
    return replace(BIKES, fields=tuple(one for one in BIKES.fields if one.name != name))


def test_a_contract_that_can_be_kept_is_taken():
    check_contract(BIKES)


@pytest.mark.parametrize(
    ("contract", "field"),
    [
        (with_field("bikes", name="Bikes"), "Bikes"),
        (with_field("bikes", name="bbox"), "bbox"),
        (with_field("bikes", name="charge"), "charge"),
        (with_field("open", unit="m"), "open"),
        (replace(BIKES, key_fields=()), "key_fields"),
        (replace(BIKES, key_fields=("nothing",)), "nothing"),
        (replace(BIKES, key_fields=("charge",)), "charge"),
        (replace(BIKES, key_fields=("station", "station")), "key_fields"),
        (replace(BIKES, time_field="bikes"), "bikes"),
        (replace(BIKES, key_fields=("at",)), "at"),
        (replace(BIKES, fields=()), "fields"),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused_by_the_name_of_what_is_wrong(contract, field):
    with pytest.raises(InputError, match="contract_invalid") as refused:
        check_contract(contract)
    problems = refused.value.context["problems"]
    assert isinstance(problems, dict)
    assert field in problems


def test_fields_may_come_and_nothing_else_may_change_in_place():
    grown = replace(BIKES, fields=(*BIKES.fields, Field("docks", FieldType.INTEGER, "Docks")))
    assert breaks(BIKES, grown) == []
    for broken in (
        with_field("charge", name="charge_ratio"),
        with_field("charge", unit="1"),
        with_field("bikes", type=FieldType.NUMBER),
        with_field("bikes", is_required=False),
        without("charge"),
        replace(BIKES, time_field=None),
        replace(BIKES, geometry_type=None),
        replace(BIKES, key_fields=("station", "open")),
    ):
        assert breaks(BIKES, broken)
        with pytest.raises(ConflictError, match="contract_broken"):
            require_kept(BIKES, broken)


def test_a_new_version_may_rename_and_drop_what_was_not_promised_in_every_record():
    assert breaks(BIKES, with_field("bikes", name="bikes_available"), {"bikes": "bikes_available"}) == []
    renamed = replace(with_field("station", name="name"), key_fields=("name",))
    assert breaks(BIKES, renamed, {"station": "name"}) == []
    assert breaks(BIKES, without("charge"), {}) == []
    assert [one.field for one in breaks(BIKES, without("bikes"), {})] == ["bikes"]


def test_an_old_shape_lives_for_a_year_at_least():
    now = datetime(2026, 11, 27, tzinfo=UTC)
    require_notice(now + timedelta(days=365), now)
    with pytest.raises(InputError, match="sunset_too_soon"):
        require_notice(now + timedelta(days=364), now)
