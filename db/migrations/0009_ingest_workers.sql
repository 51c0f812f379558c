-- Who writes which shard, what all of them have written so far, and what of each gateway's messages is stored.

CREATE TABLE somel.ingest_worker (
    worker text PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    in_flight bigint NOT NULL DEFAULT 0,
    is_sound boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE somel.ingest_worker IS 'Workers of ingest, running or gone; who runs holds the advisory lock of its name';
COMMENT ON COLUMN somel.ingest_worker.worker IS 'Name: host and number';
COMMENT ON COLUMN somel.ingest_worker.host IS 'Machine that it runs on';
COMMENT ON COLUMN somel.ingest_worker.pid IS 'Its process on that machine';
COMMENT ON COLUMN somel.ingest_worker.started_at IS 'When it started';
COMMENT ON COLUMN somel.ingest_worker.seen_at IS 'When it last said that it is there';
COMMENT ON COLUMN somel.ingest_worker.in_flight IS 'Values received and not committed when it said so';
COMMENT ON COLUMN somel.ingest_worker.is_sound IS 'Whether its counts added up: received = stored + duplicate + revised + refused + in flight';

CREATE TABLE somel.ingest_shard (
    shard integer PRIMARY KEY CHECK (shard >= -1),
    worker text NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE somel.ingest_shard IS 'Who took a shard last. A batch locks the rows of its shards, so that nothing is written for a shard that has moved on';
COMMENT ON COLUMN somel.ingest_shard.shard IS 'Shard; -1 stands for what there is once in an installation: strays, sums';
COMMENT ON COLUMN somel.ingest_shard.worker IS 'Worker';
COMMENT ON COLUMN somel.ingest_shard.taken_at IS 'Since when';

CREATE TABLE somel.ingest_total (
    worker text PRIMARY KEY,
    batch_count bigint NOT NULL,
    message_count bigint NOT NULL,
    received bigint NOT NULL,
    stored bigint NOT NULL,
    duplicate bigint NOT NULL,
    revised bigint NOT NULL,
    refused bigint NOT NULL,
    last_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE somel.ingest_total IS 'Sums of ingest_batch by worker since the installation began, kept with each batch in its transaction';
COMMENT ON COLUMN somel.ingest_total.worker IS 'Worker';
COMMENT ON COLUMN somel.ingest_total.batch_count IS 'Batches';
COMMENT ON COLUMN somel.ingest_total.message_count IS 'MQTT messages acknowledged';
COMMENT ON COLUMN somel.ingest_total.received IS 'Values received: the four below added up';
COMMENT ON COLUMN somel.ingest_total.stored IS 'Values stored for the first time';
COMMENT ON COLUMN somel.ingest_total.duplicate IS 'Values already stored with the same content';
COMMENT ON COLUMN somel.ingest_total.revised IS 'Values that replaced a different one';
COMMENT ON COLUMN somel.ingest_total.refused IS 'Values refused';
COMMENT ON COLUMN somel.ingest_total.last_at IS 'When the last batch was written';

CREATE TABLE somel.refusal_total (
    code text PRIMARY KEY,
    message_count bigint NOT NULL,
    refused_count bigint NOT NULL,
    last_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE somel.refusal_total IS 'Sums of refused_message by code since the installation began';
COMMENT ON COLUMN somel.refusal_total.code IS 'Why, as a stable code';
COMMENT ON COLUMN somel.refusal_total.message_count IS 'Messages concerned';
COMMENT ON COLUMN somel.refusal_total.refused_count IS 'Values refused';
COMMENT ON COLUMN somel.refusal_total.last_at IS 'When it last happened';

CREATE TABLE somel.gateway_delivery (
    gateway_id integer PRIMARY KEY,
    heard_at timestamptz NOT NULL,
    numbers int8multirange NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
COMMENT ON TABLE somel.gateway_delivery IS 'What has arrived from each gateway, kept with each batch in its transaction';
COMMENT ON COLUMN somel.gateway_delivery.gateway_id IS 'Gateway; no foreign key, for a gateway that was removed a moment ago must not stop a batch';
COMMENT ON COLUMN somel.gateway_delivery.heard_at IS 'When a message of it was last stored or refused';
COMMENT ON COLUMN somel.gateway_delivery.numbers IS 'Sequence numbers stored of its present numbering, the newest 64 ranges; empty where it sends none';

-- 1,048,576 numbers away begins a new numbering: a gateway that has forgotten its counter.
CREATE FUNCTION somel.joined_numbers(kept int8multirange, heard int8multirange) RETURNS int8multirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN isempty(heard) THEN kept
    WHEN lower(heard) - upper(kept) >= 1048576 OR lower(kept) - upper(heard) >= 1048576 THEN heard
    ELSE (
        SELECT range_agg(newest.numbers)
        FROM (
            SELECT every.numbers FROM unnest(kept + heard) AS every (numbers) ORDER BY every.numbers DESC LIMIT 64
        ) AS newest
    )
END;
COMMENT ON FUNCTION somel.joined_numbers(int8multirange, int8multirange) IS 'Sequence numbers stored after those heard have joined those kept';

CREATE FUNCTION somel.add_to_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO somel.ingest_total AS kept
        (worker, batch_count, message_count, received, stored, duplicate, revised, refused, last_at)
    VALUES (
        new.worker, 1, new.message_count, new.received, new.stored, new.duplicate, new.revised, new.refused,
        new.committed_at
    )
    ON CONFLICT (worker) DO UPDATE SET
        batch_count = kept.batch_count + 1,
        message_count = kept.message_count + excluded.message_count,
        received = kept.received + excluded.received,
        stored = kept.stored + excluded.stored,
        duplicate = kept.duplicate + excluded.duplicate,
        revised = kept.revised + excluded.revised,
        refused = kept.refused + excluded.refused,
        last_at = excluded.last_at;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION somel.add_to_total() IS 'Add a batch to the totals of its worker';
CREATE TRIGGER add_to_total AFTER INSERT ON somel.ingest_batch FOR EACH ROW EXECUTE FUNCTION somel.add_to_total();

CREATE FUNCTION somel.add_to_refusal_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO somel.refusal_total AS kept (code, message_count, refused_count, last_at)
    SELECT code, count(*), sum(refused_count), max(received_at) FROM refused GROUP BY code ORDER BY code
    ON CONFLICT (code) DO UPDATE SET
        message_count = kept.message_count + excluded.message_count,
        refused_count = kept.refused_count + excluded.refused_count,
        last_at = greatest(kept.last_at, excluded.last_at);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION somel.add_to_refusal_total() IS 'Add refusals to the totals of their codes';
CREATE TRIGGER add_to_refusal_total AFTER INSERT ON somel.refused_message
REFERENCING NEW TABLE AS refused FOR EACH STATEMENT EXECUTE FUNCTION somel.add_to_refusal_total();

INSERT INTO somel.ingest_total
SELECT
    worker, count(*), sum(message_count), sum(received), sum(stored), sum(duplicate), sum(revised), sum(refused),
    max(committed_at)
FROM somel.ingest_batch
GROUP BY worker;
INSERT INTO somel.refusal_total
SELECT code, count(*), sum(refused_count), max(received_at) FROM somel.refused_message GROUP BY code;

CREATE INDEX ingest_batch_committed_idx ON somel.ingest_batch (committed_at);

GRANT SELECT, INSERT, UPDATE ON
somel.ingest_worker, somel.ingest_shard, somel.ingest_total, somel.refusal_total, somel.gateway_delivery
TO somel_ingest;
GRANT SELECT ON
somel.ingest_worker, somel.ingest_shard, somel.ingest_total, somel.refusal_total, somel.gateway_delivery
TO somel_read, somel_compute;

-- A usage point that is moved to another transformer takes its whole past along: both transformers' sums are made anew.
CREATE FUNCTION somel.mark_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, somel AS $$
BEGIN
    INSERT INTO somel.rollup_pending (power_transformer_place_id, start_at, end_at)
    SELECT
        moved.place_id,
        date_bin('30 minutes', span.first_at, 'epoch'::timestamptz),
        date_bin('30 minutes', span.last_at, 'epoch'::timestamptz) + INTERVAL '60 minutes'
    FROM (
        SELECT min(start_at) AS first_at, max(start_at) AS last_at
        FROM somel.interval_reading
        WHERE usage_point_id = new.usage_point_id AND register_id IN (1, 2)
    ) AS span
    CROSS JOIN (VALUES (old.power_transformer_place_id), (new.power_transformer_place_id)) AS moved (place_id)
    WHERE span.first_at IS NOT NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION somel.mark_moved() IS 'Have the sums of a usage point''s former and present transformer made anew';
CREATE TRIGGER mark_moved AFTER UPDATE OF power_transformer_place_id ON somel.usage_point
FOR EACH ROW WHEN (old.power_transformer_place_id IS DISTINCT FROM new.power_transformer_place_id)
EXECUTE FUNCTION somel.mark_moved();

-- The same one level up. A place that has lost its last transformer has no sums any more.
CREATE FUNCTION somel.mark_rewired() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, somel AS $$
DECLARE
    former integer [] := array[
        old.feeder_place_id,
        old.commune_place_id,
        (SELECT substation_place_id FROM somel.feeder WHERE place_id = old.feeder_place_id)
    ];
BEGIN
    INSERT INTO somel.rollup_pending (power_transformer_place_id, start_at, end_at)
    SELECT other.place_id, span.first_at, span.last_at + INTERVAL '30 minutes'
    FROM (
        SELECT min(start_at) AS first_at, max(start_at) AS last_at
        FROM somel.place_interval
        WHERE place_id = new.place_id
    ) AS span
    CROSS JOIN somel.power_transformer AS other
    JOIN somel.feeder ON feeder.place_id = other.feeder_place_id
    WHERE
        span.first_at IS NOT NULL
        AND (
            other.place_id = new.place_id
            OR other.feeder_place_id = ANY(former)
            OR other.commune_place_id = ANY(former)
            OR feeder.substation_place_id = ANY(former)
        );
    DELETE FROM somel.place_interval
    WHERE
        place_id = ANY(former)
        AND NOT EXISTS (
            SELECT
            FROM somel.power_transformer AS other
            JOIN somel.feeder ON feeder.place_id = other.feeder_place_id
            WHERE
                place_interval.place_id
                IN (other.feeder_place_id, other.commune_place_id, feeder.substation_place_id)
        );
    RETURN NULL;
END $$;
COMMENT ON FUNCTION somel.mark_rewired() IS 'Have the sums above a transformer''s former and present feeder and commune made anew';
CREATE TRIGGER mark_rewired AFTER UPDATE OF feeder_place_id, commune_place_id ON somel.power_transformer
FOR EACH ROW WHEN (
    old.feeder_place_id IS DISTINCT FROM new.feeder_place_id OR old.commune_place_id IS DISTINCT FROM new.commune_place_id
)
EXECUTE FUNCTION somel.mark_rewired();
