"""Simulated networks as files: each as pandapower would save it, with a table of where its meters are."""

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from simulators.cables import (
    C_NF_PER_KM,
    IDLE_RATIO,
    NO_LOAD_V,
    NOMINAL_V,
    SHIFT_DEGREE,
    TRANSFORMERS,
    VECTOR_GROUP,
    X_OHM_PER_KM,
)
from simulators.low_voltage import LowVoltageNetwork

_POINT_COLUMNS: Final = ("meter", "bus", "phase")
#: Of X, zero over positive sequence: as the importer takes it where a file says nothing. [ratio]
_ZERO_X_RATIO: Final = 4.0


def write_networks(networks: Iterable[LowVoltageNetwork], folder: Path) -> int:
    """Write each network as `<transformer>.json.gz` and its meters as `<transformer>.csv`; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for network in networks:
        code = network.transformer.code
        packed = gzip.compress(json.dumps(document_of(network)).encode(), compresslevel=1, mtime=0)
        (folder / f"{code}.json.gz").write_bytes(packed)
        with (folder / f"{code}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(_POINT_COLUMNS)
            writer.writerows((point.meter, network.bus[point.bus], point.phase) for point in network.points)
        count += 1
    return count


def document_of(network: LowVoltageNetwork) -> dict[str, Any]:
    """Return a network as pandapower saves it; its loads are the usage points, without power."""
    tables = {
        "bus": _buses(network),
        "ext_grid": [{"name": "HTA", "bus": 0, "vm_pu": network.source_ratio, "va_degree": 0.0, "in_service": True}],
        "trafo": [_transformer(network)],
        "line": _lines(network),
        "load": [
            {
                "name": point.meter,
                "bus": point.bus,
                "p_mw": 0.0,
                "q_mvar": 0.0,
                "const_z_percent": 0.0,
                "const_i_percent": 0.0,
                "scaling": 1.0,
                "in_service": True,
            }
            for point in network.points
        ],
    }
    frames = {name: _frame(rows) for name, rows in tables.items()}
    content = {**frames, "name": network.transformer.code, "f_hz": 50.0, "sn_mva": 1.0}
    return {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": content}


def _frame(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = list(rows[0]) if rows else []
    split = {"columns": columns, "index": list(range(len(rows))), "data": [list(row.values()) for row in rows]}
    return {"_module": "pandas.core.frame", "_class": "DataFrame", "_object": json.dumps(split), "orient": "split"}


def _buses(network: LowVoltageNetwork) -> list[dict[str, Any]]:
    return [
        {"name": name, "vn_kv": (network.nominal_high_v if bus == 0 else NOMINAL_V) / 1_000, "in_service": True}
        for bus, name in enumerate(network.bus)
    ]


def _transformer(network: LowVoltageNetwork) -> dict[str, Any]:
    rated_va = network.transformer.rated_va
    kind = TRANSFORMERS[rated_va]
    return {
        "name": network.transformer.code,
        "hv_bus": 0,
        "lv_bus": 1,
        "sn_mva": rated_va / 1e6,
        "vn_hv_kv": network.nominal_high_v / 1_000,
        "vn_lv_kv": NO_LOAD_V / 1_000,
        "vk_percent": 100 * kind.short_circuit_ratio,
        "vkr_percent": 100 * kind.copper_w / rated_va,
        "pfe_kw": kind.iron_w / 1_000,
        "i0_percent": 100 * IDLE_RATIO,
        "shift_degree": SHIFT_DEGREE,
        "vector_group": VECTOR_GROUP,
        "parallel": 1,
        "df": 1.0,
        "in_service": True,
    }


def _lines(network: LowVoltageNetwork) -> list[dict[str, Any]]:
    return [
        {
            "name": segment.name,
            "std_type": segment.cable.name,
            "from_bus": segment.from_bus,
            "to_bus": segment.to_bus,
            "length_km": segment.length_m / 1_000,
            "r_ohm_per_km": segment.cable.r_ohm_per_km,
            "x_ohm_per_km": X_OHM_PER_KM,
            "r0_ohm_per_km": segment.cable.zero_ohm_per_km,
            "x0_ohm_per_km": _ZERO_X_RATIO * X_OHM_PER_KM,
            "c_nf_per_km": C_NF_PER_KM,
            "g_us_per_km": 0.0,
            "max_i_ka": segment.cable.rated_a / 1_000,
            "df": 1.0,
            "parallel": 1,
            "in_service": True,
        }
        for segment in network.segments
    ]
