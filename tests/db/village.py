"""A small network for tests of the store, and columns of readings for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg

from core.network import Commune, EndDevice, Feeder, Gateway, Network, PowerTransformer, Substation, UsagePoint
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Role, connect
from db.territory import load_communes, register_network

#: A slot's edge: 2026-01-15 00:00 UTC. [s]
DAY_S = 1_768_435_200
KNOWN_AT = datetime(2026, 2, 1, 6, tzinfo=UTC)

COMMUNES = [Commune("59350", "Lille", 236_234, 3.06, 50.63), Commune("59512", "Roubaix", 98_828, 3.18, 50.69)]
#: Transformer, its feeder and its commune; three usage points each, numbered from 1.
TRANSFORMERS = {"T1": ("F1", "59350"), "T2": ("F1", "59512"), "T3": ("F2", "59512")}


def prm(number: int) -> str:
    """Return the PRM of the usage point of this number."""
    return f"99{number:012d}"


def network() -> Network:
    """Return three transformers with three usage points and meters each, and one charger."""
    transformer_of = {number: f"T{(number + 2) // 3}" for number in range(1, 10)}
    return Network(
        substations=[Substation("S1", "Poste source", 3.1, 50.6)],
        feeders=[Feeder(code, f"Départ {code}", "S1", 20_000) for code in ("F1", "F2")],
        power_transformers=[
            PowerTransformer(code, f"Poste {code}", feeder, insee_code, 400_000, 3.1, 50.6)
            for code, (feeder, insee_code) in TRANSFORMERS.items()
        ],
        usage_points=[
            UsagePoint(prm(number), code, 6_000, "base", "residential", 1_800)
            for number, code in transformer_of.items()
        ],
        gateways=[Gateway("gw-0001", 0), Gateway("gw-0002", 1)],
        end_devices=[
            *(EndDevice(f"m-{number:06d}", "meter", "gw-0001", prm(number), None) for number in transformer_of),
            EndDevice("ev-000001", "ev_charger", "gw-0002", prm(1), 7_400),
        ],
    )


async def build_village(url: str) -> None:
    """Register the communes and the network."""
    async with await connect(url, Role.OWNER) as connection:
        await load_communes(connection, COMMUNES)
        await register_network(connection, network())


@dataclass(frozen=True, slots=True)
class Value:
    """One interval value of a usage point; `slot` counts half-hours after `DAY_S`."""

    usage_point_id: int
    slot: float
    value: float
    register_id: int = 1
    quality: int = 0
    step_s: int = 1_800


def intervals(values: Iterable[Value]) -> IntervalColumns:
    """Return values as columns."""
    rows = list(values)
    return IntervalColumns(
        np.array([row.usage_point_id for row in rows], np.int32),
        np.array([row.register_id for row in rows], np.int16),
        np.array([row.quality for row in rows], np.int16),
        np.array([row.step_s for row in rows], np.int32),
        np.array([DAY_S + round(row.slot * 1_800) for row in rows], np.int64),
        np.array([row.value for row in rows], np.float32),
    )


def readings(rows: Iterable[tuple[int, int, int, float]]) -> ReadingColumns:
    """Return (usage point, register, microseconds after `DAY_S`, value) as columns."""
    given = list(rows)
    return ReadingColumns(
        np.array([row[0] for row in given], np.int32),
        np.array([row[1] for row in given], np.int16),
        np.zeros(len(given), np.int16),
        np.array([DAY_S * 1_000_000 + row[2] for row in given], np.int64),
        np.array([row[3] for row in given], np.float64),
    )


def ask(url: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Run a statement as the superuser, by a connection that owes nothing to the code under test."""
    with psycopg.connect(url, autocommit=True, options="-c search_path=somel,public -c timezone=UTC") as connection:
        cursor = connection.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []
