"""Take the network behind a transformer from a file into the store, with the places of its usage points in it."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import InputError, NotFoundError
from db.audit import record
from db.connection import Connection
from db.network import (
    PointConnection,
    SuppliedPoint,
    TransformerPlace,
    meters_of_places,
    replace_network,
    supplied_points_of,
    transformer_by_code,
)
from grid.network.comparison import PHASE_OF
from grid.network.model import Network
from grid.network.pandapower_file import Injection, read_network
from grid.network.stored import rows_of

#: Up to here a French usage point is connected to one phase as a rule. [VA]
SINGLE_PHASE_VA: Final = 12_000
_PHASES: Final = ("a", "b", "c")
_SUFFIXES: Final = (".json", ".json.gz")


@dataclass(frozen=True, slots=True)
class Imported:
    """Tell what an import stored; `single_phase` counts usage points."""

    nodes: int
    lines: int
    usage_points: int
    single_phase: int


async def import_network(
    connection: Connection,
    file: Path,
    code: str,
    *,
    now: datetime,
    points: Path | None = None,
    single_phase_va: int = SINGLE_PHASE_VA,
) -> Imported:
    """Store the network of a file as that of a transformer, instead of the one it may have had.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    file : Path
        Saved by pandapower as JSON.
    code : str
        Of the transformer.
    now : datetime
        Time.
    points : Path, optional
        CSV with the columns usage_point (pseudonym) or meter (name), bus (name in the file) and phase (a, b, c or abc).
        Without it,
        usage points are spread over the file's loads one after the other, and those of small subscribed power over the
        phases: that is a likely network of the right kind, not the real place of anybody.
    single_phase_va : int
        Largest subscribed power of a point that is put on one phase without such a file. [VA]

    Raises
    ------
    NotFoundError
        ``transformer_unknown``.
    InputError
        What `read_network` and `rows_of` raise; ``network_points``: the CSV file cannot be used; ``network_loads``: the
        network has no load that a usage point could take the place of.
    """
    network, injections = read_network(file)
    return await store_network(
        connection, network, injections, code, now=now, points=points, single_phase_va=single_phase_va
    )


async def store_network(
    connection: Connection,
    network: Network,
    injections: Sequence[Injection],
    code: str,
    *,
    now: datetime,
    points: Path | None = None,
    single_phase_va: int = SINGLE_PHASE_VA,
) -> Imported:
    """Store a network as that of a transformer; see `import_network`."""
    async with connection.transaction():
        transformer = await _transformer(connection, code)
        (nodes, lines, impedance), node_of = rows_of(network, transformer.place_id)
        supplied = await supplied_points_of(connection, [transformer.place_id])
        if points is None:
            connections = _spread(supplied, _load_nodes(injections, node_of), single_phase_va)
        else:
            known = await _known_points(connection, transformer.place_id, supplied)
            connections = _read_points(points, known, dict(zip(network.bus, node_of, strict=True)))
        await replace_network(connection, transformer.place_id, nodes, lines, impedance, connections)
        single = sum(one.phase in _PHASES for one in connections)
        found = Imported(len(nodes), len(lines), len(connections), single)
        facts = {"nodes": found.nodes, "lines": found.lines, "usage_points": found.usage_points}
        subject = f"power_transformer/{code}"
        await record(connection, at=now, actor="operator", action="network.imported", subject=subject, facts=facts)
        return found


def networks_in(folder: Path) -> Iterator[tuple[str, Path, Path | None]]:
    """Yield the networks of a folder: transformer, file and CSV of its usage points, by their names.

    A file is named as its transformer, with the suffix .json or .json.gz; a CSV of the same name may lie beside it.

    Raises
    ------
    InputError
        ``network_file``: there is none.
    """
    found = sorted(path for path in folder.iterdir() if path.name.endswith(_SUFFIXES))
    if not found:
        raise InputError("network_file", f"{folder.name} holds no network: no file ends in .json or .json.gz.")
    for file in found:
        code = file.name.removesuffix(".gz").removesuffix(".json")
        points = folder / f"{code}.csv"
        yield code, file, points if points.is_file() else None


async def _transformer(connection: Connection, code: str) -> TransformerPlace:
    found = await transformer_by_code(connection, code)
    if found is None:
        raise NotFoundError("transformer_unknown", f"There is no transformer {code}.", power_transformer=code)
    return found


def _load_nodes(injections: Sequence[Injection], node_of: Sequence[str]) -> list[str]:
    """Return the nodes of a file's loads, in its order."""
    found = [
        node_of[int(bus)]
        for one in injections
        if one.table in {"load", "asymmetric_load"}
        for bus in one.bus
        if bus >= 0
    ]
    nodes = [node for node in found if node]
    if not nodes:
        raise InputError("network_loads", "The network has no load, so that no usage point finds a place in it.")
    return nodes


def _spread(supplied: Sequence[SuppliedPoint], nodes: Sequence[str], single_phase_va: int) -> list[PointConnection]:
    """Put usage points on nodes one after the other, and small ones on phases one after the other."""
    found, single = [], 0
    for number, point in enumerate(supplied):
        phase = "abc"
        if point.subscribed_va <= single_phase_va:
            phase, single = _PHASES[single % 3], single + 1
        found.append(PointConnection(point.usage_point_id, nodes[number % len(nodes)], phase))
    return found


async def _known_points(
    connection: Connection, place_id: int, supplied: Sequence[SuppliedPoint]
) -> dict[str, dict[str, int]]:
    """Return the usage points behind a transformer by the names that a file may call them by, column by column."""
    return {
        "usage_point": {str(point.usage_point_key): point.usage_point_id for point in supplied},
        "meter": await meters_of_places(connection, [place_id]),
    }


def _read_points(
    file: Path, known: Mapping[str, Mapping[str, int]], node_of: Mapping[str, str]
) -> list[PointConnection]:
    """Return connections by a CSV file."""
    found = []
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            column = "meter" if "meter" in (rows.fieldnames or ()) else "usage_point"
            for row in rows:
                point, node = known[column].get(row[column].strip()), node_of.get(row["bus"].strip())
                if point is None or not node or row["phase"].strip() not in PHASE_OF:
                    message = f"A row of {file.name} names a usage point, bus or phase that is not there: {row}."
                    raise InputError("network_points", message, file=file.name)
                found.append(PointConnection(point, node, row["phase"].strip()))
    except (OSError, UnicodeDecodeError, KeyError, AttributeError, csv.Error) as error:
        message = f"{file.name} cannot be read as CSV with the columns usage_point or meter, bus, phase."
        raise InputError("network_points", message, file=file.name) from error
    if len({one.usage_point_id for one in found}) != len(found):
        raise InputError("network_points", f"{file.name} names a usage point twice.", file=file.name)
    return found
