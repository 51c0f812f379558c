"""Messages refused whole for their topic, their content type, their size or their bytes."""

from tests.firmware_specs.making.batch_valid import block
from tests.firmware_specs.making.vector import CBOR, GATEWAY, JSON, QUARANTINED, Made, as_cbor, as_json

GOOD = as_json({"blocks": [block()]})
GOOD_CBOR = as_cbor({1: [{0: "m-000001", 1: 1_767_225_600, 2: 1800, 3: {1: [120]}}]})


def topics() -> list[Made]:
    """Return good payloads under bad topics."""
    cases = [
        ("topic-version", f"somel/v2/1/{GATEWAY}/batch", "topic_unknown", "There is no version 2"),
        ("topic-kind", f"somel/v1/1/{GATEWAY}/readings", "topic_unknown", "There is no such kind"),
        ("topic-down", f"somel/v1/1/{GATEWAY}/command", "topic_unknown", "Commands go down, never up"),
        ("topic-too-deep", f"somel/v1/1/{GATEWAY}/batch/m-000001", "topic_unknown", "Meters stand in the payload"),
        ("topic-too-short", f"somel/v1/{GATEWAY}/batch", "topic_unknown", "The shard is missing"),
        ("topic-shard-text", f"somel/v1/one/{GATEWAY}/batch", "topic_unknown", "A shard is a number"),
        ("topic-gateway-name", "somel/v1/1/gw 0001/batch", "topic_unknown", "A name has no space"),
        ("gateway-unknown", "somel/v1/1/gw-9999/batch", "gateway_unknown", "No such gateway is registered"),
        ("gateway-quarantined", f"somel/v1/2/{QUARANTINED}/batch", "gateway_quarantined", "Nothing is taken from it"),
        ("shard-wrong", f"somel/v1/2/{GATEWAY}/batch", "shard_wrong", "The gateway is registered under shard 1"),
    ]
    return [Made(name, "batch", GOOD, text, topic=topic, refusals={code: 1}) for name, topic, code, text in cases]


def content_types() -> list[Made]:
    """Return good payloads under content types that are not known."""
    cases: list[tuple[str, str | None, str]] = [
        ("content-type-missing", None, "The content type must be said"),
        ("content-type-text", "text/plain", "Not one that is known"),
        ("content-type-parameter", "application/json; charset=utf-8", "JSON is UTF-8; the type has no parameter"),
    ]
    wrong = {"content_type_unknown": 1}
    return [Made(name, "batch", GOOD, text, content_type=of, refusals=wrong) for name, of, text in cases]


def sizes() -> list[Made]:
    """Return payloads that are too large; they are described, not kept."""
    file, wrong = "valid/batch-json-minimal.json", {"payload_too_large": 1}
    return [
        Made(name, "batch", b"", text, generate={"file": file, "fill": " ", "bytes": size}, refusals=wrong)
        for name, size, text in (
            ("payload-one-byte-too-large", 1_048_577, "One byte above the limit"),
            ("payload-5-mb", 5_242_880, "Five mebibytes; a broker may refuse such a packet before ingest sees it"),
        )
    ]


def bytes_() -> list[Made]:
    """Return payloads that are not JSON, or not CBOR within the limits."""
    wrong = {"payload_malformed": 1}
    cases: list[tuple[str, str, bytes, str]] = [
        ("json-empty", JSON, b"", "Nothing at all"),
        ("json-truncated", JSON, GOOD[:40], "The end is missing"),
        ("json-trailing", JSON, GOOD.strip() + b"}", "Something follows"),
        ("json-not-utf8", JSON, GOOD.replace(b"m-000001", b"m-\xff00001"), "A byte that UTF-8 does not have"),
        ("json-nan", JSON, GOOD.replace(b"120", b"NaN"), "JSON has no NaN; null is no value"),
        ("json-byte-order-mark", JSON, b"\xef\xbb\xbf" + GOOD, "JSON begins without a byte order mark"),
        ("json-is-cbor", JSON, GOOD_CBOR, "CBOR under JSON's content type"),
        ("cbor-is-json", CBOR, GOOD, "JSON under CBOR's content type"),
        ("cbor-truncated", CBOR, GOOD_CBOR[:-1], "The last byte is missing"),
        ("cbor-trailing", CBOR, GOOD_CBOR + b"\x00", "A byte follows"),
        ("cbor-indefinite", CBOR, b"\xbf\x01\x80\xff", "Indefinite lengths are not read"),
        ("cbor-huge-length", CBOR, b"\xa1\x01\x9b" + b"\x7f" + b"\xff" * 7, "An array of nine quintillion items"),
        ("cbor-too-deep", CBOR, b"\xa1\x01" + b"\x81" * 1000 + b"\x00", "A thousand arrays within each other"),
        ("cbor-not-utf8", CBOR, GOOD_CBOR.replace(b"m-000001", b"m-\xff00001"), "A text that is not UTF-8"),
    ]
    return [
        Made(name, "batch", payload, text, content_type=of, conforms=False, refusals=wrong)
        for name, of, payload, text in cases
    ]
