"""A small territory for tests of ingest, written as plain SQL so that it owes nothing to the code under test."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

_PLACES = """
INSERT INTO somel.place (level, code, name) VALUES
('commune', '59350', 'Lille'), ('substation', 'S1', 'S1'), ('feeder', 'F1', 'F1'), ('power_transformer', 'T1', 'T1');
INSERT INTO somel.commune (place_id, insee_code, population, centroid)
SELECT place_id, '59350', 1, 'SRID=4326;POINT(3 50)' FROM somel.place WHERE code = '59350';
INSERT INTO somel.substation (place_id) SELECT place_id FROM somel.place WHERE code = 'S1';
INSERT INTO somel.feeder (place_id, substation_place_id, nominal_voltage_v)
SELECT f.place_id, s.place_id, 20000 FROM somel.place f, somel.place s WHERE f.code = 'F1' AND s.code = 'S1';
INSERT INTO somel.power_transformer (place_id, feeder_place_id, commune_place_id, rated_va)
SELECT t.place_id, f.place_id, c.place_id, 400000 FROM somel.place t, somel.place f, somel.place c
WHERE t.code = 'T1' AND f.code = 'F1' AND c.code = '59350';
"""
_USAGE_POINT = """
INSERT INTO somel.usage_point (power_transformer_place_id, subscribed_va)
SELECT place_id, 250000 FROM somel.place WHERE code = 'T1' RETURNING usage_point_id
"""
_GATEWAY = "INSERT INTO somel.gateway (name, shard) VALUES (%s, %s) RETURNING gateway_id"
_DEVICE = """
INSERT INTO somel.end_device (name, kind, gateway_id, usage_point_id)
SELECT %s, %s, gateway_id, %s FROM somel.gateway WHERE name = %s RETURNING end_device_id
"""
_RESOURCE = "INSERT INTO somel.resource (end_device_id, rated_power_w) VALUES (%s, 7400)"
_EVENT = """
INSERT INTO somel.event (name, place_id, starts_at, ends_at, created_at, status_at)
SELECT 'Evening', place_id, now(), now() + INTERVAL '1 hour', now(), now() FROM somel.place WHERE code = 'T1'
RETURNING event_id
"""


@dataclass
class Territory:
    """What was registered: gateways by name, meters by name, resources by name."""

    url: str
    usage_point_ids: dict[str, int] = field(default_factory=dict)
    end_device_ids: dict[str, int] = field(default_factory=dict)
    _connection: psycopg.Connection[Any] | None = None

    def add_gateway(
        self, name: str, shard: int, meters: Sequence[str] = (), resources: Mapping[str, str] | None = None
    ) -> None:
        """Register a gateway with its meters, each at a usage point of its own, and resources (name to kind)."""
        with psycopg.connect(self.url) as connection:
            connection.execute(_GATEWAY, [name, shard])
            for device, kind in [*((meter, "meter") for meter in meters), *(resources or {}).items()]:
                self._add_device(connection, name, device, kind)

    def _add_device(self, connection: psycopg.Connection[Any], gateway: str, device: str, kind: str) -> None:
        row = connection.execute(_USAGE_POINT).fetchone()
        assert row is not None
        self.usage_point_ids[device] = row[0]
        row = connection.execute(_DEVICE, [device, kind, row[0], gateway]).fetchone()
        assert row is not None
        self.end_device_ids[device] = row[0]
        if kind != "meter":
            connection.execute(_RESOURCE, [row[0]])

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a query or statement and return its rows."""
        if self._connection is None or self._connection.closed:
            options = "-c search_path=somel,public"
            self._connection = psycopg.connect(self.url, autocommit=True, options=options)
        cursor = self._connection.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []

    def hang_up(self) -> None:
        """Close the connection; the next query opens another."""
        if self._connection is not None:
            self._connection.close()

    def value(self, query: str, parameters: Sequence[object] = ()) -> Any:
        """Return the only value of a query."""
        return self.rows(query, parameters)[0][0]

    def add_command(self, resource: str, expires_in_s: float = 3_600.0) -> str:
        """Write a pending command in an event of its own and return its identifier."""
        event_id = self.value(_EVENT)
        return str(
            self.value(
                "INSERT INTO command (event_id, end_device_id, issued_at, expires_at, start_at, dispatch_setpoint_w) "
                "VALUES (%s, %s, now() - INTERVAL '1 day', now() + make_interval(secs => %s), "
                "'2026-01-01 00:00+00', '{0, 3700}') RETURNING command_id",
                [event_id, self.end_device_ids[resource], expires_in_s],
            )
        )

    def add_offer(self, gateway: str, offer: str) -> None:
        """Offer a release to a gateway, in a roll-out of its own that is paused."""
        sha256 = "0" * 64
        self.rows("INSERT INTO firmware_image (sha256, size_bytes) VALUES (%s, 1)", [sha256])
        self.rows(
            "INSERT INTO firmware_release (serial, version, hardware, sha256, manifest, key_ids, signatures, "
            "released_at, expires_at) VALUES (1, '1.0.0', '{m}', %s, '{}', '{k}', '{s}', now(), 'infinity')",
            [sha256],
        )
        rollout = self.value(
            "INSERT INTO firmware_rollout (firmware_release_id, status, cohort_ratios, soak_s, success_ratio, "
            "failure_ratio, started_at, status_at, failures_from) SELECT firmware_release_id, 'paused', '{1}', 0, 1, "
            "0, now(), now(), now() FROM firmware_release RETURNING firmware_rollout_id"
        )
        self.rows(
            "INSERT INTO firmware_offer (firmware_offer_id, firmware_rollout_id, gateway_id, stage, status_at) "
            "SELECT %s, %s, gateway_id, 0, now() FROM gateway WHERE name = %s",
            [offer, rollout, gateway],
        )


@contextmanager
def register(url: str) -> Iterator[Territory]:
    """Write one commune, substation, feeder and transformer."""
    territory = Territory(url)
    territory.rows(_PLACES)
    yield territory
    territory.hang_up()
