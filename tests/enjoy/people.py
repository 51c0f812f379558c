"""A town of homes and businesses for tests of what is published of them, with readings written as one statement."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from db.connection import Role, connect
from db.consents import NewUsagePointConsent, insert_consents
from db.dataset_rows import NewOrganisation
from db.datasets import insert_organisation
from tests.db.village import ask

#: Everything begins in the month after this.
AGREED = datetime(2025, 12, 10, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=1)  # local midnight


async def build_people(url: str, homes: tuple[int, ...] = (30, 12), businesses: tuple[int, ...] = (24, 3)) -> None:
    """Make communes with homes, behind a transformer each, and feeders with businesses, on a transformer each."""
    ask(url, "INSERT INTO place (level, code, name) VALUES ('substation', 'S', 'Poste')")
    ask(url, "INSERT INTO substation (place_id) SELECT place_id FROM place WHERE code = 'S'")
    for number, (home_count, business_count) in enumerate(zip(homes, businesses, strict=True), start=1):
        ask(
            url,
            "WITH made AS (INSERT INTO place (level, code, name) VALUES ('commune', %s, %s), ('feeder', %s, 'Départ'),"
            " ('power_transformer', %s, 'Poste') RETURNING place_id, level),"
            " c AS (INSERT INTO commune (place_id, insee_code, population, centroid) SELECT place_id, %s, 1000,"
            " ST_SetSRID(ST_Point(3.06, 50.6), 4326) FROM made WHERE level = 'commune' RETURNING place_id),"
            " f AS (INSERT INTO feeder (place_id, substation_place_id, nominal_voltage_v) SELECT made.place_id,"
            " substation.place_id, 20000 FROM made, substation WHERE made.level = 'feeder' RETURNING place_id)"
            " INSERT INTO power_transformer (place_id, feeder_place_id, commune_place_id, rated_va)"
            " SELECT made.place_id, f.place_id, c.place_id, 400000 FROM made, c, f WHERE level = 'power_transformer'",
            f"5900{number}",
            f"Commune {number}",
            f"F-{number}",
            f"T-{number}",
            f"5900{number}",
        )
        for category, count in (("residential", home_count), ("business", business_count)):
            ask(
                url,
                "INSERT INTO usage_point (power_transformer_place_id, subscribed_va, category)"
                " SELECT place_id, 6000, %s FROM place, generate_series(1, %s) WHERE code = %s",
                category,
                count,
                f"T-{number}",
            )
    async with await connect(url, Role.OWNER) as connection:
        await insert_organisation(connection, NewOrganisation("mel", "Métropole Européenne de Lille", "metropolis"))


def keys(url: str, condition: str = "true") -> list[UUID]:
    """Return pseudonyms in the order of registration; the condition is a test's own SQL."""
    query = f"SELECT usage_point_key FROM usage_point WHERE {condition} ORDER BY usage_point_id"  # noqa: S608
    return [row[0] for row in ask(url, query)]


async def agree(url: str, who: list[UUID], *, at: datetime = AGREED) -> None:
    async with await connect(url, Role.COMPUTE) as connection:
        consents = [NewUsagePointConsent(one, "enjoy", "2025-1", at, "paper", "file 1") for one in who]
        await insert_consents(connection, consents, actor="operator", now=at)


def draw(url: str, start: datetime, days: float, value: str, *, step_s: int = 1800) -> None:
    """Let every usage point draw what an SQL expression of `usage_point_id` and `start_at` says."""
    ask(
        url,
        "INSERT INTO interval_reading (usage_point_id, register_id, quality, step_s, start_at, known_at, value)"  # noqa: S608
        f" SELECT usage_point_id, 1, 0, {step_s}, start_at, start_at + interval '1 day', {value}"
        f" FROM usage_point, generate_series(%s::timestamptz, %s, interval '{step_s} seconds') AS start_at",
        start,
        start + timedelta(days=days) - timedelta(seconds=step_s),
    )
    ask(
        url,
        "INSERT INTO place_interval (place_id, usage_point_count, start_at, computed_at, import_wh, export_wh)"
        " SELECT place_id, 1, %s, %s, 0, 0 FROM place LIMIT 1 ON CONFLICT DO NOTHING",
        start,
        start,
    )
