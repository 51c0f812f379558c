"""Read a network, and what hangs on it, from a file saved by pandapower."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from grid.network.model import ZERO_SEQUENCE_RATIO, Bool, Complex, Float, Int, Lines, Network, Transformers
from grid.network.pandapower_tables import INJECTIONS, Tables, flags, numbers, texts

_KILO, _MEGA, _PERCENT, _NANO, _MICRO = 1e3, 1e6, 1e-2, 1e-9, 1e-6
#: What the model leaves constant power: shares of a load that follow the voltage are refused.
_VOLTAGE_DEPENDENT: Final = (
    *("const_z_p_percent", "const_i_p_percent", "const_z_q_percent", "const_i_q_percent"),
    *("const_z_percent", "const_i_percent"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Injection:
    """Hold one table of loads or generators; arrays have shape (row,).

    Attributes
    ----------
    table : str
        Its name in the file, such as load or sgen.
    index : tuple of str
        Index of each row, as profiles name their columns.
    name : tuple of str
        Of each row.
    bus : ndarray, int64
        Bus; -1 where the row is out of service.
    factor : ndarray, float64
        Power drawn for 1 MW or 1 Mvar in the table: scaling, and -1 for generators. [W/MW]
    load_w, load_var : ndarray, float64
        What is drawn by the table's own values. [W], [var]
    """

    table: str
    index: tuple[str, ...]
    name: tuple[str, ...]
    bus: Int
    factor: Float
    load_w: Float
    load_var: Float


def read_network(file: Path) -> tuple[Network, list[Injection]]:
    """Return the network of a file, and its loads and generators, tables in the order of `INJECTIONS`.

    Raises
    ------
    InputError
        ``network_file``, ``network_value``, ``network_unsupported``; ``network_source``: no source, or more than one.
    """
    tables = Tables(file)
    buses = tables.table("bus")
    at = {index: position for position, index in enumerate(buses.index)}
    live = flags(buses, "in_service", default=True)
    switches = tables.table("switch")
    lines, transformers = _lines(tables, at, live), _transformers(tables, at, live)
    sources = tables.in_service("ext_grid")
    if len(sources) != 1:
        message = f"The network has {len(sources)} sources in service; it has to have one."
        raise InputError("network_source", message, sources=len(sources))
    shunt_va = np.zeros(len(buses), dtype=np.complex128)
    nominal_v = numbers(buses, "vn_kv") * _KILO
    _add_shunts(tables.in_service("shunt"), at, live, nominal_v, shunt_va)
    network = Network(
        tuple(name or str(index) for name, index in zip(texts(buses, "name"), buses.index, strict=True)),
        nominal_v,
        _links(switches, at, live),
        shunt_va,
        lines,
        transformers,
        int(_positions(sources, "bus", at)[0]),
        float(numbers(sources, "vm_pu", 1.0)[0]),
        float(numbers(sources, "va_degree", 0.0)[0]),
    )
    return network, [_injection(tables.table(name), name, at, live) for name in INJECTIONS]


def _positions(table: pd.DataFrame, column: str, at: dict[object, int]) -> Int:
    try:
        return np.array([at[bus] for bus in table[column]] if len(table) else [], dtype=np.int64)
    except KeyError as error:
        raise InputError("network_value", f"{column} names a bus that is not there: {error}.", column=column) from error


def _closed(
    tables: Tables, kind: str, rows: pd.DataFrame, ends: Sequence[str], live: Bool, at: dict[object, int]
) -> Bool:
    """Return which ends of lines or transformers are connected, by their buses and their switches."""
    buses = np.stack([_positions(rows, end, at) for end in ends], axis=1).reshape(-1, 2)
    closed: Bool = live[buses]
    switches = tables.table("switch")
    if not len(switches):
        return closed
    opened = switches[(switches["et"] == kind) & ~switches["closed"].astype(bool)]
    row_of = {index: row for row, index in enumerate(rows.index)}
    for bus, element in zip(opened["bus"], opened["element"], strict=True):
        if element in row_of:
            closed[row_of[element]] &= buses[row_of[element]] != at[bus]
    return closed


def _lines(tables: Tables, at: dict[object, int], live: Bool) -> Lines:
    rows = tables.in_service("line")
    if not len(rows):
        pairs, none, empty = np.zeros((0, 2)), np.zeros(0), np.zeros(0, dtype=np.complex128)
        return Lines((), pairs.astype(np.int64), pairs.astype(np.bool_), empty, empty, empty, none)
    parallel, length_km = numbers(rows, "parallel", 1.0), numbers(rows, "length_km")
    r, x = numbers(rows, "r_ohm_per_km"), numbers(rows, "x_ohm_per_km")
    zero = [
        np.where(np.isfinite(known), known, ZERO_SEQUENCE_RATIO * own)
        for known, own in ((_optional(rows, "r0_ohm_per_km"), r), (_optional(rows, "x0_ohm_per_km"), x))
    ]
    omega = 2 * np.pi * tables.frequency_hz
    conductance, capacitance = numbers(rows, "g_us_per_km", 0.0), numbers(rows, "c_nf_per_km", 0.0)
    shunt = _complex(conductance * _MICRO, omega * capacitance * _NANO)
    return Lines(
        _names(rows, "line"),
        np.stack([_positions(rows, "from_bus", at), _positions(rows, "to_bus", at)], axis=1),
        _closed(tables, "l", rows, ("from_bus", "to_bus"), live, at),
        _complex(r, x) * length_km / parallel,
        _complex(zero[0], zero[1]) * length_km / parallel,
        shunt * length_km * parallel,
        numbers(rows, "max_i_ka", 0.0) * _KILO * numbers(rows, "df", 1.0) * parallel,
    )


def _transformers(tables: Tables, at: dict[object, int], live: Bool) -> Transformers:
    rows = tables.in_service("trafo")
    if not len(rows):
        rows = pd.DataFrame(columns=["hv_bus", "lv_bus"])
    if flags(rows, "tap_dependency_table").any() or flags(rows, "tap_dependent_impedance").any():
        message = "A transformer's impedance depends on its tap by a table, which is not modelled."
        raise InputError("network_unsupported", message, table="trafo")
    parallel, derating = numbers(rows, "parallel", 1.0), numbers(rows, "df", 1.0)
    rated_v = np.stack([numbers(rows, "vn_hv_kv"), numbers(rows, "vn_lv_kv")], axis=1) * _KILO
    at_tap_v, shift = _at_tap(rows, rated_v)
    return Transformers(
        _names(rows, "trafo"),
        np.stack([_positions(rows, "hv_bus", at), _positions(rows, "lv_bus", at)], axis=1).reshape(-1, 2),
        _closed(tables, "t", rows, ("hv_bus", "lv_bus"), live, at),
        numbers(rows, "sn_mva") * _MEGA * parallel * derating,
        rated_v,
        at_tap_v,
        shift,
        numbers(rows, "vk_percent") * _PERCENT * derating,
        numbers(rows, "vkr_percent") * _PERCENT * derating,
        numbers(rows, "pfe_kw", 0.0) * _KILO * parallel,
        numbers(rows, "i0_percent", 0.0) * _PERCENT / derating,
        tuple(texts(rows, "vector_group")),
    )


def _at_tap(rows: pd.DataFrame, rated_v: Float) -> tuple[Float, Float]:
    """Return voltages of both sides at the present taps, and the phase shift with them. [V], [°]."""
    at_tap_v, shift = rated_v.copy(), numbers(rows, "shift_degree", 0.0)
    for tap in ("tap", "tap2"):
        if f"{tap}_pos" not in rows:
            continue
        steps = numbers(rows, f"{tap}_pos", 0.0) - numbers(rows, f"{tap}_neutral", 0.0)
        step_ratio = numbers(rows, f"{tap}_step_percent", 0.0) * _PERCENT
        degree = numbers(rows, f"{tap}_step_degree", 0.0)
        kind = _tap_kinds(rows, tap)
        for row, side in enumerate(texts(rows, f"{tap}_side")):
            if side not in {"hv", "lv"} or not kind[row]:
                continue
            column, direction = (0, 1.0) if side == "hv" else (1, -1.0)
            if kind[row] == "Ideal":
                ratio = steps[row] * step_ratio[row] / 2.0
                shift[row] += direction * (
                    steps[row] * degree[row] if degree[row] else 2 * np.rad2deg(np.arcsin(ratio))
                )
                continue
            moved = 1.0 + steps[row] * step_ratio[row] * np.exp(1j * np.deg2rad(degree[row]))
            at_tap_v[row, column] *= abs(moved)
            shift[row] += direction * np.rad2deg(np.angle(moved))
    return at_tap_v, shift


def _tap_kinds(rows: pd.DataFrame, tap: str) -> list[str]:
    """Return what the tap changer of each transformer moves: Ratio, Symmetrical, Ideal, or nothing.

    Files of pandapower 3 name it, and name none where the tap is not to be read. Older files have a flag.
    """
    if f"{tap}_changer_type" in rows:
        return ["" if kind == "None" else kind for kind in texts(rows, f"{tap}_changer_type")]
    return ["Ideal" if ideal else "Ratio" for ideal in flags(rows, f"{tap}_phase_shifter")]


def _links(switches: pd.DataFrame, at: dict[object, int], live: Bool) -> Int:
    if not len(switches):
        return np.zeros((0, 2), dtype=np.int64)
    joining = switches[(switches["et"] == "b") & switches["closed"].astype(bool)]
    if (numbers(joining, "z_ohm", 0.0) > 0).any():
        raise InputError("network_unsupported", "A switch between buses has an impedance.", table="switch")
    links = np.stack([_positions(joining, "bus", at), _positions(joining, "element", at)], axis=1).reshape(-1, 2)
    return links[live[links].all(axis=1)]


def _add_shunts(rows: pd.DataFrame, at: dict[object, int], live: Bool, nominal_v: Float, shunt_va: Complex) -> None:
    if not len(rows):
        return
    buses = _positions(rows, "bus", at)
    va = (numbers(rows, "p_mw") + 1j * numbers(rows, "q_mvar")) * _MEGA * numbers(rows, "step", 1.0)
    va = va * (nominal_v[buses] / (numbers(rows, "vn_kv") * _KILO)) ** 2
    np.add.at(shunt_va, buses, np.where(live[buses], va, 0.0))


def _injection(rows: pd.DataFrame, name: str, at: dict[object, int], live: Bool) -> Injection:
    if not len(rows):
        none = np.zeros(0)
        return Injection(name, (), (), none.astype(np.int64), none, none, none)
    serving = flags(rows, "in_service", default=True)
    for column in _VOLTAGE_DEPENDENT:
        if (numbers(rows, column, 0.0)[serving] != 0).any():
            message = "Part of a load follows the voltage, which is not modelled."
            raise InputError("network_unsupported", message, table=name, column=column)
    buses = _positions(rows, "bus", at)
    factor = numbers(rows, "scaling", 1.0) * _MEGA * (-1.0 if name.endswith("sgen") else 1.0)
    suffixes = ("_a", "_b", "_c") if name.startswith("asymmetric") else ("",)
    p, q = (
        sum((numbers(rows, first + suffix + unit, 0.0) for suffix in suffixes), np.zeros(len(rows)))
        for first, unit in (("p", "_mw"), ("q", "_mvar"))
    )
    return Injection(
        name,
        tuple(str(index) for index in rows.index),
        _names(rows, name),
        np.where(serving & live[buses], buses, -1),
        factor,
        p * factor,
        q * factor,
    )


def _complex(real: Float, imaginary: Float) -> Complex:
    return (real + 1j * imaginary).astype(np.complex128)


def _names(rows: pd.DataFrame, kind: str) -> tuple[str, ...]:
    return tuple(name or f"{kind} {index}" for name, index in zip(texts(rows, "name"), rows.index, strict=True))


def _optional(rows: pd.DataFrame, column: str) -> Float:
    return numbers(rows, column, np.inf) if column in rows else np.full(len(rows), np.inf)
