from core.quality import QUALITY_BY_LABEL, Quality
from core.registers import REGISTER_BY_ID, REGISTER_BY_NAME, REGISTERS, RegisterKind


def test_ids_names_and_obis_codes_are_unique():
    assert len(REGISTER_BY_ID) == len(REGISTER_BY_NAME) == len({register.obis for register in REGISTERS})


def test_a_name_ends_in_its_unit():
    for register in REGISTERS:
        assert register.name.endswith("_" + register.unit.lower())


def test_the_kind_follows_from_the_obis_code():
    instants = dict.fromkeys(("5", "6", "7"), RegisterKind.INSTANT)
    value_group = {"29": RegisterKind.INTERVAL, "8": RegisterKind.INDEX} | instants
    for register in REGISTERS:
        assert register.kind is value_group[register.obis.split(".")[1]]


def test_energy_registers_are_never_negative():
    assert all(register.lowest >= 0 for register in REGISTERS if register.unit in {"Wh", "varh"})


def test_quality_labels_read_back():
    assert {QUALITY_BY_LABEL[quality.label] for quality in Quality} == set(Quality)
