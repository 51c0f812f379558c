-- What catalogues say of a dataset's records: how many, where, from when to when, and how punctual. Reading it off the
-- records takes milliseconds, and a catalogue names hundreds of datasets: it is kept, and made anew at most once a minute
-- while records go on changing.

CREATE TABLE catalogue.dataset_summary (
    dataset_id integer PRIMARY KEY REFERENCES catalogue.dataset (dataset_id),
    summarised_at timestamptz NOT NULL,
    records_changed_at timestamptz,
    subject_count bigint NOT NULL CHECK (subject_count >= 0),
    west double precision,
    south double precision,
    east double precision,
    north double precision,
    first_at timestamptz,
    last_at timestamptz,
    in_time_ratio double precision CHECK (in_time_ratio BETWEEN 0 AND 1)
);
COMMENT ON TABLE catalogue.dataset_summary IS 'What the records of a dataset are, as catalogues say it; made from them, and made anew when they changed';
COMMENT ON COLUMN catalogue.dataset_summary.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.dataset_summary.summarised_at IS 'When it was made, by the clock of the database';
COMMENT ON COLUMN catalogue.dataset_summary.records_changed_at IS 'That of the dataset when it was made; another one there: it is to be made anew';
COMMENT ON COLUMN catalogue.dataset_summary.subject_count IS 'Keys that have a record; of those beyond 100,000 it is not counted how many';
COMMENT ON COLUMN catalogue.dataset_summary.west IS 'Least longitude of the latest records, now and each time before; null: they have no geometry [degrees]';
COMMENT ON COLUMN catalogue.dataset_summary.south IS 'Least latitude [degrees]';
COMMENT ON COLUMN catalogue.dataset_summary.east IS 'Greatest longitude [degrees]';
COMMENT ON COLUMN catalogue.dataset_summary.north IS 'Greatest latitude [degrees]';
COMMENT ON COLUMN catalogue.dataset_summary.first_at IS 'Time of the oldest record; null: records have no time';
COMMENT ON COLUMN catalogue.dataset_summary.last_at IS 'Time of the newest record; null: records have no time';
COMMENT ON COLUMN catalogue.dataset_summary.in_time_ratio IS 'Part of the recent time in which the newest record was no older than promised; null: nothing is promised, or too little known [ratio]';

-- Nobody reads the table itself: it knows of private datasets too.
ALTER TABLE catalogue.dataset_summary ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION catalogue.in_time(asked catalogue.dataset, newest timestamptz) RETURNS double precision LANGUAGE plpgsql
STABLE AS $$
DECLARE
    ratio double precision;
BEGIN
    IF asked.update_period_s IS NULL OR newest IS NULL THEN
        RETURN NULL;
    END IF;
    -- The first instant has no gap before it, and least() would take the period for that.
    -- A hundred periods, or a day, back from the newest record; of many records, the 50,000 newest.
    EXECUTE format(
        'SELECT sum(least(gap, $1)) / nullif(sum(gap), 0) FROM ('
        '    SELECT extract(epoch FROM at - lag(at) OVER (ORDER BY at))::double precision AS gap FROM ('
        '        SELECT DISTINCT at FROM ('
        '            SELECT %1$I AS at FROM record.%2$I WHERE %1$I >= $2 AND %1$I <= $3 ORDER BY %1$I DESC LIMIT 50000'
        '        ) AS recent'
        '    ) AS instants'
        ') AS gaps WHERE gap IS NOT NULL',
        asked.time_field, 'd' || asked.dataset_id
    )
    INTO ratio USING asked.update_period_s::double precision,
        newest - greatest(INTERVAL '1 day', 100 * make_interval(secs => asked.update_period_s)), newest;
    RETURN ratio;
END $$;
COMMENT ON FUNCTION catalogue.in_time(catalogue.dataset, timestamptz) IS 'Part of the time before its newest record in which a dataset was as fresh as promised';

CREATE FUNCTION catalogue.summarise(asked catalogue.dataset) RETURNS catalogue.dataset_summary LANGUAGE plpgsql
STABLE AS $$
DECLARE
    own text := 'd' || asked.dataset_id;
    made catalogue.dataset_summary;
    box public.box2d;
BEGIN
    made.dataset_id := asked.dataset_id;
    made.summarised_at := clock_timestamp();
    made.records_changed_at := asked.records_changed_at;
    EXECUTE format(
        'SELECT count(*), %s FROM (SELECT * FROM record.%I LIMIT 100000) AS latest',
        CASE WHEN asked.geometry_type IS NULL THEN 'NULL::public.box2d' ELSE 'public.ST_Extent(_geometry)' END,
        own || CASE WHEN asked.time_field IS NULL THEN '' ELSE '_latest' END
    )
    INTO made.subject_count, box;
    made.west := public.ST_XMin(box);
    made.south := public.ST_YMin(box);
    made.east := public.ST_XMax(box);
    made.north := public.ST_YMax(box);
    IF asked.time_field IS NOT NULL THEN
        EXECUTE format('SELECT min(%1$I), max(%1$I) FROM record.%2$I', asked.time_field, own)
        INTO made.first_at, made.last_at;
        made.in_time_ratio := catalogue.in_time(asked, made.last_at);
    END IF;
    RETURN made;
END $$;
COMMENT ON FUNCTION catalogue.summarise(catalogue.dataset) IS 'Read off the records of a dataset what catalogues say of them';

CREATE FUNCTION catalogue.summary_of(asked_dataset_id integer) RETURNS SETOF catalogue.dataset_summary LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked catalogue.dataset;
    kept catalogue.dataset_summary;
    before catalogue.dataset_summary;
BEGIN
    SELECT * INTO asked FROM catalogue.dataset WHERE dataset_id = asked_dataset_id AND catalogue.may_read(dataset_id);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO kept FROM catalogue.dataset_summary WHERE dataset_id = asked_dataset_id;
    IF kept.dataset_id IS NULL OR (
        kept.records_changed_at IS DISTINCT FROM asked.records_changed_at
        AND kept.summarised_at < clock_timestamp() - INTERVAL '1 minute'
    ) THEN
        before := kept;
        kept := catalogue.summarise(asked);
        -- What moves has been elsewhere: of records with a time the older ones are not looked at again.
        IF asked.time_field IS NOT NULL AND kept.west IS NOT NULL THEN
            kept.west := least(kept.west, before.west);
            kept.south := least(kept.south, before.south);
            kept.east := greatest(kept.east, before.east);
            kept.north := greatest(kept.north, before.north);
        END IF;
        -- On a replica, or where somebody else is at it, it is only told.
        IF current_setting('transaction_read_only')::boolean
        OR NOT pg_try_advisory_xact_lock(hashtext('catalogue.dataset_summary'), asked_dataset_id) THEN
            RETURN NEXT kept;
            RETURN;
        END IF;
        INSERT INTO catalogue.dataset_summary SELECT kept.*
        ON CONFLICT (dataset_id) DO UPDATE SET
            summarised_at = excluded.summarised_at,
            records_changed_at = excluded.records_changed_at,
            subject_count = excluded.subject_count,
            west = excluded.west,
            south = excluded.south,
            east = excluded.east,
            north = excluded.north,
            first_at = excluded.first_at,
            last_at = excluded.last_at,
            in_time_ratio = excluded.in_time_ratio;
    END IF;
    RETURN NEXT kept;
END $$;
COMMENT ON FUNCTION catalogue.summary_of(integer) IS 'What is known of the records of a dataset, for those who may read it; no row for others';

CREATE FUNCTION catalogue.folded(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT translate(
        replace(replace(lower(words), 'œ', 'oe'), 'æ', 'ae'), 'àâäáãçéèêëíìîïñóòôöõúùûüýÿ’', 'aaaaaceeeeiiiinooooouuuuyy'''
    )
$$;
COMMENT ON FUNCTION catalogue.folded(text) IS 'Words as they are searched for: small letters without accents';

REVOKE ALL ON FUNCTION catalogue.in_time(catalogue.dataset, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION catalogue.summarise(catalogue.dataset) FROM PUBLIC;
REVOKE ALL ON FUNCTION catalogue.summary_of(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalogue.summary_of(integer) TO somel_enjoy_read, somel_enjoy_write;
