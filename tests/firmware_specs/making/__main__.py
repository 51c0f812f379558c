"""Write the golden vectors and their index into ``firmware_specs/vectors``, those of passes beside it."""

import json
import re
import sys
from pathlib import Path

from core.identifiers import DOWN_KINDS
from tests.firmware_specs.making import (
    batch_invalid,
    batch_valid,
    firmware,
    live_invalid,
    live_valid,
    low_rate,
    passes,
    senml,
    shelly,
    sparkplug,
    stored,
    tic,
    transport,
)
from tests.firmware_specs.making.vector import CBOR, CONTEXT, GATEWAY, SENML_CBOR, TIC, Made

FOLDER = Path(__file__).resolve().parents[3] / "firmware_specs" / "vectors"
PASSES = FOLDER.parent / "passes"


#: How files end that are not JSON.
_ENDINGS = {CBOR: "cbor", SENML_CBOR: "cbor", TIC: "tic"}


def all_vectors() -> list[Made]:
    """Return all vectors in the order of the index."""
    return [
        *batch_valid.JSON_BATCHES,
        *batch_valid.CBOR_BATCHES,
        *live_valid.JSON_LIVES,
        *live_valid.CBOR_LIVES,
        *low_rate.VALID,
        *low_rate.COMMANDS,
        *stored.WORDS,
        *transport.topics(),
        *transport.content_types(),
        *transport.sizes(),
        *transport.bytes_(),
        *batch_invalid.PARTS,
        *batch_invalid.JUDGED,
        *batch_invalid.SHAPES,
        *live_invalid.LIVES,
        *low_rate.INVALID,
        *firmware.VALID,
        *firmware.OFFERS,
        *firmware.INVALID,
        *sparkplug.VALID,
        *sparkplug.INVALID,
        *shelly.VALID,
        *shelly.INVALID,
        *tic.VALID,
        *tic.INVALID,
        *senml.VALID,
        *senml.INVALID,
    ]


def file_of(made: Made) -> str:
    """Return the payload's path below the folder of vectors."""
    folder = "invalid" if made.refusals else "valid"
    ending = "bin" if made.topic.startswith("spBv1.0/") else _ENDINGS.get(made.content_type or "", "json")
    return f"{folder}/{made.name}.{ending}"


def entry(made: Made) -> dict[str, object]:
    """Return a vector's entry in the index."""
    expected: dict[str, object] = {}
    if made.kind == "batch":
        expected["intervals"] = made.intervals
    elif made.kind == "live":
        expected["readings"] = made.readings
        expected |= {"intervals": made.intervals} if made.intervals else {}
        expected |= {"labels": made.labels} if made.labels else {}
    elif made.is_foreign:
        expected |= {"readings": made.readings, "content": made.content}
    elif made.kind not in DOWN_KINDS:
        expected["content"] = made.content
    expected |= made.device or {"refusals": [{"code": code, "count": n} for code, n in made.refusals.items()]}
    return {
        "name": made.name,
        "description": made.description,
        "direction": "down" if made.kind in DOWN_KINDS else "up",
        "topic": made.topic or f"somel/v1/1/{GATEWAY}/{made.kind}",
        "content_type": made.content_type,
        **({"generate": made.generate} if made.generate else {"file": file_of(made)}),
        **({"after": made.after} if made.after else {}),
        **({"conforms": made.conforms} if made.is_described else {}),
        "expected": expected,
    }


def index_text() -> str:
    """Return the index, one row of numbers a line."""
    index = {
        "specification": "1.1",
        "interval_columns": ["meter", "register", "quality", "step_s", "start", "value"],
        "reading_columns": ["meter", "register", "quality", "at", "value"],
        "label_columns": ["meter", "label", "text", "at"],
        "context": CONTEXT | {"firmware": firmware.CONTEXT},
        "vectors": [entry(made) for made in all_vectors()],
    }
    text = json.dumps(index, indent=2, ensure_ascii=False)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", _on_one_line, text) + "\n"


def _on_one_line(found: re.Match[str]) -> str:
    return "[" + re.sub(r",\s+", ", ", found[1]) + "]"


def files() -> dict[Path, bytes]:
    """Return every file of the vectors with what it holds."""
    stored = {FOLDER / file_of(made): made.payload for made in all_vectors() if made.generate is None}
    image = {FOLDER / firmware.IMAGE_FILE: firmware.IMAGE}
    return stored | image | {FOLDER / "index.json": index_text().encode()}


def main() -> int:
    """Write the files."""
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (PASSES / passes.FILE).write_text(passes.passes_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
