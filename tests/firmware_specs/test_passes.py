"""The vectors of passes are what our reader makes of them, and the CDDL describes what is signed."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import cbor2
import pycddl
import pytest

from core.errors import InputError
from enjoy.reader import base45
from enjoy.reader.presenting import PLAIN, SHOWN, Presented, read_presented
from enjoy.reader.reasons import Reason
from enjoy.reader.status import StatusList
from tests.firmware_specs.making.__main__ import PASSES
from tests.firmware_specs.making.passes import FILE, NOON, passes_text

VECTORS: dict[str, Any] = json.loads((PASSES / FILE).read_text())
KEYS = {bytes.fromhex(kid): key for kid, key in VECTORS["keys"].items()}
TEXT = (PASSES / "passes.cddl").read_text()
ROOT = "somel-pass = token / presentation / list / changes"
SCHEMAS = {
    kind: pycddl.Schema(TEXT.replace(ROOT, f"somel-pass = {kind}"))
    for kind in (
        "token",
        "presentation",
        "token-claims",
        "list-claims",
        "changes-claims",
        "protected",
        "list-protected",
    )
}
#: Reasons of those that are written as the CDDL says.
WELL_WRITTEN = set(Reason) - {Reason.UNREADABLE}


def listed() -> StatusList:
    return StatusList.read(base64.b64decode(VECTORS["status_list"]), KEYS, NOON)


def test_the_file_is_the_one_that_is_made() -> None:
    assert (PASSES / FILE).read_text() == passes_text()


@pytest.mark.parametrize("case", VECTORS["presentations"], ids=lambda case: case["name"])
def test_our_reader_comes_to_the_verdict(case: dict[str, Any]) -> None:
    seen = read_presented(case["text"], KEYS, datetime.fromtimestamp(case["at"], UTC))
    verdict = listed().refusal(seen.token) if isinstance(seen, Presented) else seen
    assert (verdict or Reason.ADMITTED) == case["verdict"]


def test_every_verdict_of_a_code_and_a_list_has_a_vector() -> None:
    of_rules_and_readers = {
        Reason.SERIAL_UNKNOWN, Reason.SERVICE_OTHER, Reason.PROOF_REPLAYED, Reason.ONLINE_NEEDED, Reason.VENUE_OTHER,
        Reason.NOT_ENTITLED, Reason.OUTSIDE_HOURS, Reason.USED_UP, Reason.TOO_SOON, Reason.OVER, Reason.CLOCK_WRONG,
    }  # fmt: skip
    assert {case["verdict"] for case in VECTORS["presentations"]} == set(Reason) - of_rules_and_readers


@pytest.mark.parametrize("case", VECTORS["changes"], ids=lambda case: case["name"])
def test_our_reader_takes_the_changes_or_says_what_is_wrong(case: dict[str, Any]) -> None:
    message = base64.b64decode(case["message"])
    if "refused" in case:
        with pytest.raises(InputError) as error:
            listed().updated(message, KEYS, NOON)
        assert error.value.code == case["refused"]
    else:
        after = listed().updated(message, KEYS, NOON)
        assert {index: after.status_of(int(index)) for index in case["expected"]} == case["expected"]


@pytest.mark.parametrize(
    "case", [one for one in VECTORS["presentations"] if one["verdict"] in WELL_WRITTEN], ids=lambda case: case["name"]
)
def test_the_cddl_describes_what_is_shown(case: dict[str, Any]) -> None:
    content = base45.decode(case["text"][len(PLAIN) :])
    assert content is not None
    if case["text"].startswith(SHOWN):
        SCHEMAS["presentation"].validate_cbor(content)
        content = cbor2.loads(content)[0]
    SCHEMAS["token"].validate_cbor(content)
    protected, _, payload, _ = cbor2.loads(content).value
    SCHEMAS["protected"].validate_cbor(protected)
    SCHEMAS["token-claims"].validate_cbor(payload)


def test_the_cddl_describes_lists_and_changes_and_refuses_other_claims() -> None:
    changed = base64.b64decode(VECTORS["changes"][0]["message"])
    for kind, message in (("list", base64.b64decode(VECTORS["status_list"])), ("changes", changed)):
        SCHEMAS["token"].validate_cbor(message)
        protected, _, payload, _ = cbor2.loads(message).value
        SCHEMAS[f"{kind}-claims"].validate_cbor(payload)
        with pytest.raises(pycddl.ValidationError):
            SCHEMAS["token-claims"].validate_cbor(payload)
        if kind == "list":
            SCHEMAS["list-protected"].validate_cbor(protected)
    for name in ("claim-unknown", "claim-type", "short-number"):
        [case] = [one for one in VECTORS["presentations"] if one["name"] == name]
        payload = cbor2.loads(base45.decode(case["text"][5:]) or b"").value[2]
        with pytest.raises(pycddl.ValidationError):
            SCHEMAS["token-claims"].validate_cbor(payload)
