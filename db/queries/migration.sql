-- name: wait_for_turn
SELECT pg_advisory_lock(%(lock)s);

-- name: has_ledger
SELECT to_regclass('migration.applied') IS NOT NULL AS has_ledger;

-- name: applied
SELECT name, sha256 FROM migration.applied ORDER BY name;

-- name: act_as_owner
SET LOCAL ROLE somel_owner;

-- name: act_as_login
SET LOCAL ROLE NONE;

-- name: record
INSERT INTO migration.applied (name, sha256) VALUES (%(name)s, %(sha256)s);

-- name: fill_register
INSERT INTO somel.register (register_id, name, obis, unit, kind, lowest, highest)
VALUES (%(register_id)s, %(name)s, %(obis)s, %(unit)s, %(kind)s, %(lowest)s, %(highest)s)
ON CONFLICT (register_id) DO UPDATE SET
    name = excluded.name,
    obis = excluded.obis,
    unit = excluded.unit,
    kind = excluded.kind,
    lowest = excluded.lowest,
    highest = excluded.highest;

-- name: timescaledb_license
SELECT current_setting('timescaledb.license', true) AS timescaledb_license;
