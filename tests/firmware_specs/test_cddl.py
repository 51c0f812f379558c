"""The CDDL accepts what the vectors say it does, and names the registers of the table."""

import re

import pycddl
import pytest

from core.registers import REGISTERS
from tests.firmware_specs.vectors import SPECIFICATION, Vector, load_vectors

TEXT = (SPECIFICATION / "somel.cddl").read_text()
ROOT = "somel-message = batch / live"
SCHEMAS = {kind: pycddl.Schema(TEXT.replace(ROOT, f"somel-message = {kind}")) for kind in ("batch", "live")}
CBOR_VECTORS = [v for v in load_vectors() if v.content_type == "application/cbor" and v.kind in SCHEMAS]

#: No CDDL can say these: it describes one item, not the bytes behind it, a key's second coming or a multiple of 4.
NOT_A_MATTER_OF_CDDL = {"cbor-trailing", "shape-cbor-duplicate-key", "shape-cbor-broken-typed-array"}
#: pycddl 0.6.4 lets everything pass in a map whose values have type choices with arrays in them.
PYCDDL_CANNOT_SEE = {
    "quality-unknown-cbor",
    "shape-cbor-text-value",
    "shape-cbor-name-for-register",
    "shape-cbor-unknown-key",
}


def _accepts(vector: Vector) -> bool:
    try:
        SCHEMAS[vector.kind].validate_cbor(vector.payload)
    except pycddl.ValidationError:
        return False
    return True


@pytest.mark.parametrize("vector", CBOR_VECTORS, ids=str)
def test_the_cddl_accepts_what_the_vector_says_it_does(vector: Vector) -> None:
    lenient = vector.name in NOT_A_MATTER_OF_CDDL | PYCDDL_CANNOT_SEE
    assert _accepts(vector) == (vector.conforms or lenient)


def test_the_root_stands_in_the_file_as_the_tests_expect() -> None:
    assert TEXT.count(ROOT) == 1


def test_the_registers_of_the_cddl_are_those_of_the_table() -> None:
    named = re.findall(r"\? (\d+) => values,\s+; (\w+)", TEXT)
    assert named == [(str(register.register_id), register.name) for register in REGISTERS]
