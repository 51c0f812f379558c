"""Tables of a network that pandapower saved as JSON, read without it; whatever is not modelled is refused by name."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import InputError
from grid.network.model import Bool, Float

INJECTIONS: Final = ("load", "sgen", "storage", "asymmetric_load", "asymmetric_sgen")
#: Tables that would change the answer if they were passed over.
_REFUSED: Final = (
    *(
        "gen",
        "trafo3w",
        "impedance",
        "dcline",
        "ward",
        "xward",
        "motor",
        "svc",
        "ssc",
        "vsc",
        "tcsc",
        "line_dc",
        "bus_dc",
    ),
    *("load_dc", "source_dc", "vsc_stacked", "vsc_bipolar"),
)


class Tables:
    """Give the tables of a file by name, empty where it has none.

    Parameters
    ----------
    file : Path
        JSON, or JSON packed by gzip.

    Raises
    ------
    InputError
        ``network_file``: it cannot be read as such; ``network_unsupported``: it has elements that are not modelled.
    """

    def __init__(self, file: Path) -> None:
        self._found = _read(file)
        self.frequency_hz = float(self._found.get("f_hz") or 50.0)
        for name in _REFUSED:
            if len(self.in_service(name)):
                message = f"The network has elements of the kind {name!r}, which are not modelled."
                raise InputError("network_unsupported", message, table=name)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table with the file's own index; without rows where there is none."""
        packed = self._found.get(name)
        if not isinstance(packed, dict) or "_object" not in packed:
            return pd.DataFrame()
        parts = packed["_object"]
        try:
            split = json.loads(parts) if isinstance(parts, str) else parts
            return pd.DataFrame(split["data"], index=split["index"], columns=split["columns"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                "network_file", f"The table {name!r} of the network cannot be read.", table=name
            ) from error

    def in_service(self, name: str) -> pd.DataFrame:
        """Return the rows of a table that are in service."""
        found = self.table(name)
        return found[found["in_service"].astype(bool)] if "in_service" in found else found


def numbers(table: pd.DataFrame, column: str, default: float | None = None) -> Float:
    """Return a column as numbers; the default where it, or a value, is missing.

    Raises
    ------
    InputError
        ``network_value``: a value is missing that has no default, or is none.
    """
    if column not in table:
        values = np.full(len(table), np.nan)
    else:
        try:
            values = pd.to_numeric(table[column]).to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            message = f"A value of {column} in the network is no number."
            raise InputError("network_value", message, column=column) from error
    filled: Float = values if default is None else np.where(np.isfinite(values), values, default)
    if not np.isfinite(filled).all():
        raise InputError("network_value", f"A value of {column} is missing in the network.", column=column)
    return filled


def texts(table: pd.DataFrame, column: str, default: str = "") -> list[str]:
    """Return a column as texts; the default where it, or a value, is missing."""
    if column not in table:
        return [default] * len(table)
    return [default if value is None or value != value else str(value) for value in table[column]]  # noqa: PLR0124 - NaN


def flags(table: pd.DataFrame, column: str, *, default: bool = False) -> Bool:
    """Return a column as flags; the default where it, or a value, is missing."""
    if column not in table:
        return np.full(len(table), default)
    return np.array([default if value is None else bool(value) for value in table[column]], dtype=np.bool_)


def _read(file: Path) -> dict[str, Any]:
    try:
        packed = file.read_bytes()
        plain = gzip.decompress(packed) if packed.startswith(b"\x1f\x8b") else packed
        whole = json.loads(plain)
        found = whole["_object"] if isinstance(whole.get("_object"), dict) else whole
    except (OSError, EOFError, ValueError, zlib.error, AttributeError) as error:
        message = f"{file.name} cannot be read as a network saved by pandapower: {error}"
        raise InputError("network_file", message, file=file.name) from error
    if not isinstance(found, dict) or "bus" not in found:
        raise InputError("network_file", f"{file.name} holds no network: it has no table of buses.", file=file.name)
    return found
