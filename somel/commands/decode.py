"""``somel decode``: what a payload means, at a bench, without database or broker."""

import json
import string
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from core.errors import InputError
from core.slots import require_aware

Format = Literal[
    "batch-json", "live-json", "senml-json", "batch-cbor", "live-cbor", "senml-cbor", "shelly", "sparkplug", "tic"
]

_LARGEST_BYTES = 64 << 20
_VALUES = ("device", "register", "OBIS", "value", "unit", "UTC", "Europe/Paris", "step [s]", "quality")
_LABELS = ("device", "label", "text", "UTC")
_REFUSALS = ("refused", "values", "why")


def decode(
    file: Annotated[str, typer.Argument(help="Payload, or capture of a serial line; - reads standard input")],
    form: Annotated[
        Format | None, typer.Option("--format", help="How it is written; left out, it is found out")
    ] = None,
    received_at: Annotated[
        str | None,
        typer.Option(help="Time of receipt, with its zone, for forms without a time of their own; default: now"),
    ] = None,
    *,
    is_hex: Annotated[bool, typer.Option("--hex", help="The file holds hexadecimal digits")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False,
) -> None:
    """Show what a payload means: values, labels, and what would be refused and why.

    It is read as the platform reads it, but registers, meters and gateways are not looked up, nor is it stored. Values
    marked with ! lie outside the limits of their register. Exit codes: 0 all is well, 3 something would be refused.
    """
    from ingest.decode.meaning import as_document
    from ingest.decode.payloads import read_payload

    payload = from_hex(read_bytes(file)) if is_hex else read_bytes(file)
    name, decoded = read_payload(payload, form, _instant_s(received_at))
    document = as_document(name, decoded)
    typer.echo(json.dumps(document, indent=2) if as_json else as_text(document))
    if document["refusals"] or not all(value["is_plausible"] for value in document["values"]):
        raise typer.Exit(InputError.exit_code)


def read_bytes(file: str) -> bytes:
    """Return what a file, or standard input, holds.

    Raises
    ------
    InputError
        ``file_unreadable``.
    """
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_LARGEST_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError("file_unreadable", f"{file} cannot be read: {error.strerror}.") from error
    if len(content) > _LARGEST_BYTES:
        raise InputError("file_unreadable", f"{file} is longer than {_LARGEST_BYTES >> 20} MiB.")
    return content


def from_hex(text: bytes) -> bytes:
    """Return the bytes that hexadecimal digits stand for; blanks, ``0x``, commas and colons between them are passed by.

    Raises
    ------
    InputError
        ``hex_invalid``.
    """
    digits = text.lower().replace(b"0x", b"").translate(None, string.whitespace.encode() + b",:")
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError as error:
        raise InputError("hex_invalid", "The file does not hold pairs of hexadecimal digits.") from error


def _instant_s(text: str | None) -> int:
    if text is None:
        return int(datetime.now(UTC).timestamp())
    try:
        return int(require_aware(datetime.fromisoformat(text)).timestamp())
    except ValueError as error:
        reason = f"{text!r} is no time such as 2026-01-15T12:00:00Z."
        raise InputError("time_unreadable", reason) from error


def as_text(document: dict[str, Any]) -> str:
    """Return tables of what a payload means."""
    values = [_value_row(of) for of in document["values"]]
    labels = [(of["device"], of["label"], of["text"], of["time_utc"]) for of in document["labels"]]
    refusals = [(of["code"], str(of["count"]), of["reason"]) for of in document["refusals"]]
    tables = ((_VALUES, values), (_LABELS, labels), (_REFUSALS, refusals))
    refused = sum(of["count"] for of in document["refusals"])
    end = f"{document['format']}: {len(values)} values, {len(labels)} labels, {refused} refused"
    return "\n\n".join([*(_table(head, rows) for head, rows in tables if rows), end])


def _value_row(of: dict[str, Any]) -> tuple[str, ...]:
    value = f"{of['value']:.10g}" + ("" if of["is_plausible"] else " !")
    when = (of["time_utc"], of["time_local"], str(of["step_s"] or ""))
    return (of["device"], of["register"], of["obis"], value, of["unit"], *when, of["quality"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rows = [[cell if cell.isprintable() else ascii(cell) for cell in row] for row in rows]  # it goes to a terminal
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = (head, ["-" * width for width in widths], *rows)
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
