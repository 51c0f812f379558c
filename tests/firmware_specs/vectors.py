"""Read the golden vectors, for whoever is tested against them: decoders, ingest and simulators."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.identifiers import SHELLY_KINDS
from ingest.decode.many import SENML_CBOR, SENML_JSON, TIC

SPECIFICATION = Path(__file__).resolve().parents[2] / "firmware_specs"
FOLDER = SPECIFICATION / "vectors"


@dataclass(frozen=True, slots=True)
class Vector:
    """One message and what has to come of it.

    Attributes
    ----------
    name, description, topic : str
        Of the message; `direction` is ``up`` or ``down``.
    content_type : str or None
        MQTT 5 content type.
    payload : bytes
        Payload, read or generated.
    conforms : bool
        Whether the JSON Schema (or the CDDL) of its kind accepts the payload.
    expected : dict
        ``intervals`` or ``readings`` (rows of the columns named in the index), ``content`` of low-rate kinds (null:
        nothing is kept), ``refusals``; for commands ``answer`` and ``limits_w``.
    after : tuple of str
        Names of the vectors that have to be published before.
    """

    name: str
    description: str
    direction: str
    topic: str
    content_type: str | None
    payload: bytes
    conforms: bool
    expected: dict[str, Any]
    after: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return the level of the topic that says what the message is."""
        levels = self.topic.split("/")
        return levels[2] if self.is_sparkplug else levels[4] if len(levels) > 4 else levels[-1]

    @property
    def is_sparkplug(self) -> bool:
        """Return whether the topic is one of Sparkplug's."""
        return self.topic.startswith("spBv1.0/")

    @property
    def is_foreign(self) -> bool:
        """Return whether it is of another maker's format."""
        return self.is_sparkplug or self.kind in SHELLY_KINDS

    @property
    def is_described(self) -> bool:
        """Return whether a schema or the CDDL of this specification describes it."""
        return not self.is_foreign and self.content_type not in (TIC, SENML_JSON, SENML_CBOR)

    @property
    def refusals(self) -> dict[str, int]:
        """Return the values refused by code."""
        return {refusal["code"]: refusal["count"] for refusal in self.expected.get("refusals", ())}

    def __str__(self) -> str:
        return self.name


def _payload(entry: dict[str, Any]) -> bytes:
    generate = entry.get("generate", {})
    path: Path = FOLDER / (entry.get("file") or generate["file"])
    content = path.read_bytes()
    return content.ljust(generate["bytes"], generate["fill"].encode()) if generate else content


def index() -> dict[str, Any]:
    """Return the index as it is written, with its ``context``: clock, gateways, meters, resources, commands."""
    content: dict[str, Any] = json.loads((FOLDER / "index.json").read_text())
    return content


def load_vectors(direction: str = "up") -> list[Vector]:
    """Return the vectors of one direction in the order of the index."""
    return [
        Vector(
            entry["name"],
            entry["description"],
            entry["direction"],
            entry["topic"],
            entry["content_type"],
            _payload(entry),
            entry.get("conforms", True),
            entry["expected"],
            tuple(entry.get("after", ())),
        )
        for entry in index()["vectors"]
        if entry["direction"] == direction
    ]
