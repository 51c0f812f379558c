-- name: copy_intervals
COPY somel.interval_reading (usage_point_id, register_id, quality, step_s, start_at, known_at, value)
FROM STDIN (FORMAT binary);

-- name: copy_readings
COPY somel.reading (usage_point_id, register_id, quality, read_at, known_at, value)
FROM STDIN (FORMAT binary);

-- name: make_staged_intervals
CREATE TEMP TABLE IF NOT EXISTS staged_intervals (
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    quality smallint NOT NULL,
    step_s integer NOT NULL,
    start_at timestamptz NOT NULL,
    value real NOT NULL,
    occurrence integer NOT NULL
) ON COMMIT DELETE ROWS;

-- name: make_staged_readings
CREATE TEMP TABLE IF NOT EXISTS staged_readings (
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    quality smallint NOT NULL,
    read_at timestamptz NOT NULL,
    value double precision NOT NULL,
    occurrence integer NOT NULL
) ON COMMIT DELETE ROWS;

-- name: stage_intervals
COPY pg_temp.staged_intervals (usage_point_id, register_id, quality, step_s, start_at, value, occurrence)
FROM STDIN (FORMAT binary);

-- name: stage_readings
COPY pg_temp.staged_readings (usage_point_id, register_id, quality, read_at, value, occurrence)
FROM STDIN (FORMAT binary);

-- name: stored_intervals
SELECT known.usage_point_id, known.register_id, known.quality, known.step_s, known.start_at, known.value
FROM unnest(%(usage_point_id)s::integer [], %(register_id)s::smallint [], %(first_s)s::bigint [], %(end_s)s::bigint [])
    AS run (usage_point_id, register_id, first_s, end_s)
JOIN somel.interval_reading AS known
    ON
        known.usage_point_id = run.usage_point_id
        AND known.register_id = run.register_id
        AND known.start_at >= to_timestamp(run.first_s)
        AND known.start_at < to_timestamp(run.end_s)
WHERE known.start_at BETWEEN %(first_at)s AND %(last_at)s;

-- name: stored_readings
SELECT known.usage_point_id, known.register_id, known.quality, known.read_at, known.value
FROM unnest(%(usage_point_id)s::integer [], %(register_id)s::smallint [], %(first_s)s::bigint [], %(end_s)s::bigint [])
    AS run (usage_point_id, register_id, first_s, end_s)
JOIN somel.reading AS known
    ON
        known.usage_point_id = run.usage_point_id
        AND known.register_id = run.register_id
        AND known.read_at >= to_timestamp(run.first_s)
        AND known.read_at < to_timestamp(run.end_s)
WHERE known.read_at BETWEEN %(first_at)s AND %(last_at)s;

-- name: store_intervals
INSERT INTO somel.interval_reading (usage_point_id, register_id, quality, step_s, start_at, known_at, value)
SELECT usage_point_id, register_id, quality, step_s, start_at, %(known_at)s, value
FROM pg_temp.staged_intervals
WHERE occurrence = 0
ON CONFLICT (usage_point_id, register_id, start_at) DO NOTHING;

-- name: store_readings
INSERT INTO somel.reading (usage_point_id, register_id, quality, read_at, known_at, value)
SELECT usage_point_id, register_id, quality, read_at, %(known_at)s, value
FROM pg_temp.staged_readings
WHERE occurrence = 0
ON CONFLICT (usage_point_id, register_id, read_at) DO NOTHING;

-- The row lock makes what is kept and what is replaced the same row, also when another worker corrects it meanwhile.
-- A clock that went back must not stop the way in: a value is never known before the one that it replaces.

-- name: revise_intervals
WITH changed AS MATERIALIZED (
    SELECT
        known.*,
        greatest(known.known_at, %(known_at)s) AS replaced_at,
        staged.quality AS new_quality,
        staged.step_s AS new_step_s,
        staged.value AS new_value
    FROM pg_temp.staged_intervals AS staged
    JOIN somel.interval_reading AS known USING (usage_point_id, register_id, start_at)
    WHERE
        staged.occurrence = 0
        AND known.start_at BETWEEN %(first_at)s AND %(last_at)s
        AND (known.value, known.quality, known.step_s) IS DISTINCT FROM (staged.value, staged.quality, staged.step_s)
    FOR UPDATE OF known
),
kept AS (
    INSERT INTO somel.interval_reading_revision
    (usage_point_id, register_id, quality, step_s, start_at, known_at, replaced_at, value)
    SELECT usage_point_id, register_id, quality, step_s, start_at, known_at, replaced_at, value
    FROM changed
)
UPDATE somel.interval_reading AS known
SET quality = new_quality, step_s = new_step_s, value = new_value, known_at = replaced_at
FROM changed
WHERE
    known.usage_point_id = changed.usage_point_id
    AND known.register_id = changed.register_id
    AND known.start_at = changed.start_at
    AND known.start_at BETWEEN %(first_at)s AND %(last_at)s;

-- name: revise_readings
WITH changed AS MATERIALIZED (
    SELECT
        known.*,
        greatest(known.known_at, %(known_at)s) AS replaced_at,
        staged.quality AS new_quality,
        staged.value AS new_value
    FROM pg_temp.staged_readings AS staged
    JOIN somel.reading AS known USING (usage_point_id, register_id, read_at)
    WHERE
        staged.occurrence = 0
        AND known.read_at BETWEEN %(first_at)s AND %(last_at)s
        AND (known.value, known.quality) IS DISTINCT FROM (staged.value, staged.quality)
    FOR UPDATE OF known
),
kept AS (
    INSERT INTO somel.reading_revision
    (usage_point_id, register_id, quality, read_at, known_at, replaced_at, value)
    SELECT usage_point_id, register_id, quality, read_at, known_at, replaced_at, value
    FROM changed
)
UPDATE somel.reading AS known
SET quality = new_quality, value = new_value, known_at = replaced_at
FROM changed
WHERE
    known.usage_point_id = changed.usage_point_id
    AND known.register_id = changed.register_id
    AND known.read_at = changed.read_at
    AND known.read_at BETWEEN %(first_at)s AND %(last_at)s;

-- The same key again in one batch: each occurrence replaces the one before it, the first of them what is stored.

-- name: replay_intervals
WITH later AS (
    SELECT
        *,
        lag(quality) OVER chain AS old_quality,
        lag(step_s) OVER chain AS old_step_s,
        lag(value) OVER chain AS old_value,
        lead(occurrence) OVER chain IS NULL AS is_last
    FROM pg_temp.staged_intervals
    WHERE occurrence > 0
    WINDOW chain AS (PARTITION BY usage_point_id, register_id, start_at ORDER BY occurrence)
),
stored AS MATERIALIZED (
    SELECT known.*, greatest(known.known_at, %(known_at)s) AS replaced_at
    FROM later
    JOIN somel.interval_reading AS known USING (usage_point_id, register_id, start_at)
    WHERE later.is_last AND known.start_at BETWEEN %(first_at)s AND %(last_at)s
    FOR UPDATE OF known
),
kept AS (
    INSERT INTO somel.interval_reading_revision
    (usage_point_id, register_id, quality, step_s, start_at, known_at, replaced_at, value)
    SELECT
        usage_point_id,
        register_id,
        coalesce(later.old_quality, stored.quality),
        coalesce(later.old_step_s, stored.step_s),
        start_at,
        CASE WHEN later.old_value IS NULL THEN stored.known_at ELSE stored.replaced_at END,
        stored.replaced_at,
        coalesce(later.old_value, stored.value)
    FROM later
    JOIN stored USING (usage_point_id, register_id, start_at)
    ORDER BY usage_point_id, register_id, start_at, later.occurrence
)
UPDATE somel.interval_reading AS known
SET quality = later.quality, step_s = later.step_s, value = later.value, known_at = stored.replaced_at
FROM later
JOIN stored USING (usage_point_id, register_id, start_at)
WHERE
    later.is_last
    AND known.usage_point_id = later.usage_point_id
    AND known.register_id = later.register_id
    AND known.start_at = later.start_at
    AND known.start_at BETWEEN %(first_at)s AND %(last_at)s;

-- name: replay_readings
WITH later AS (
    SELECT
        *,
        lag(quality) OVER chain AS old_quality,
        lag(value) OVER chain AS old_value,
        lead(occurrence) OVER chain IS NULL AS is_last
    FROM pg_temp.staged_readings
    WHERE occurrence > 0
    WINDOW chain AS (PARTITION BY usage_point_id, register_id, read_at ORDER BY occurrence)
),
stored AS MATERIALIZED (
    SELECT known.*, greatest(known.known_at, %(known_at)s) AS replaced_at
    FROM later
    JOIN somel.reading AS known USING (usage_point_id, register_id, read_at)
    WHERE later.is_last AND known.read_at BETWEEN %(first_at)s AND %(last_at)s
    FOR UPDATE OF known
),
kept AS (
    INSERT INTO somel.reading_revision
    (usage_point_id, register_id, quality, read_at, known_at, replaced_at, value)
    SELECT
        usage_point_id,
        register_id,
        coalesce(later.old_quality, stored.quality),
        read_at,
        CASE WHEN later.old_value IS NULL THEN stored.known_at ELSE stored.replaced_at END,
        stored.replaced_at,
        coalesce(later.old_value, stored.value)
    FROM later
    JOIN stored USING (usage_point_id, register_id, read_at)
    ORDER BY usage_point_id, register_id, read_at, later.occurrence
)
UPDATE somel.reading AS known
SET quality = later.quality, value = later.value, known_at = stored.replaced_at
FROM later
JOIN stored USING (usage_point_id, register_id, read_at)
WHERE
    later.is_last
    AND known.usage_point_id = later.usage_point_id
    AND known.register_id = later.register_id
    AND known.read_at = later.read_at
    AND known.read_at BETWEEN %(first_at)s AND %(last_at)s;

-- name: record_refusals
INSERT INTO somel.refused_message (topic, content_type, code, reason, refused_count, payload_bytes, payload)
SELECT *
FROM unnest(
    %(topic)s::text [],
    %(content_type)s::text [],
    %(code)s::text [],
    %(reason)s::text [],
    %(refused_count)s::integer [],
    %(payload_bytes)s::integer [],
    %(payload)s::bytea []
);

-- Validation is told of the same spans, 2,000 to a row.

-- name: mark_pending
WITH touched AS MATERIALIZED (
    SELECT *
    FROM unnest(%(usage_point_id)s::integer [], %(start_s)s::bigint [], %(end_s)s::bigint [])
    WITH ORDINALITY AS span (usage_point_id, start_s, end_s, number)
),
to_validate AS (
    INSERT INTO somel.vee_pending (usage_point_id, start_s, end_s)
    SELECT array_agg(usage_point_id), array_agg(start_s), array_agg(end_s)
    FROM touched
    GROUP BY (number - 1) / 2000
)
INSERT INTO somel.rollup_pending (power_transformer_place_id, start_at, end_at)
SELECT power_transformer_place_id, lower(span), upper(span)
FROM (
    SELECT
        usage_point.power_transformer_place_id,
        unnest(range_agg(tstzrange(to_timestamp(touched.start_s), to_timestamp(touched.end_s + %(beyond_s)s)))) AS span
    FROM touched
    JOIN somel.usage_point USING (usage_point_id)
    GROUP BY usage_point.power_transformer_place_id
) AS spans;

-- name: record_batch
INSERT INTO somel.ingest_batch (worker, message_count, received, stored, duplicate, revised, refused)
VALUES (
    %(worker)s, %(message_count)s, %(received)s, %(stored)s, %(duplicate)s, %(revised)s, %(refused)s
)
RETURNING ingest_batch_id;

-- What was written for a shard that has moved on meanwhile would come after what its new owner writes.

-- name: hold_shards
SELECT count(*) AS held
FROM (
    SELECT
    FROM somel.ingest_shard
    WHERE shard = ANY(%(shards)s::integer []) AND worker = %(worker)s
    FOR SHARE
) AS held;

-- name: record_deliveries
WITH heard AS (
    SELECT
        run.gateway_id,
        coalesce(range_agg(int8range(run.first, run.after)) FILTER (WHERE run.first >= 0), '{}') AS numbers
    FROM unnest(%(gateway_id)s::integer [], %(first)s::bigint [], %(after)s::bigint [])
        AS run (gateway_id, first, after)
    GROUP BY run.gateway_id
)
INSERT INTO somel.gateway_delivery AS kept (gateway_id, heard_at, numbers)
SELECT gateway_id, clock_timestamp(), numbers FROM heard ORDER BY gateway_id
ON CONFLICT (gateway_id) DO UPDATE SET
    heard_at = excluded.heard_at,
    numbers = somel.joined_numbers(kept.numbers, excluded.numbers)
RETURNING gateway_id, numbers::text;
