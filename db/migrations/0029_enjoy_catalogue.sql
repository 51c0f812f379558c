-- Organisations publish datasets under contracts. Rows of others are out of reach by row-level security, not by the care of
-- whoever writes a query: a transaction says for whom it acts (setting somel.organisations), and policies do the rest.

CREATE FUNCTION catalogue.acting() RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('somel.organisations', true), ''), '{}')::integer[]
$$;
COMMENT ON FUNCTION catalogue.acting() IS 'Organisations that this transaction acts for; none for a stranger';

CREATE TABLE catalogue.organisation (
    organisation_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{1,47}$'),
    title text NOT NULL CHECK (title <> ''),
    kind text NOT NULL CHECK (kind IN ('metropolis', 'commune', 'partner')),
    insee_code text REFERENCES somel.commune (insee_code),
    homepage text,
    contact text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE catalogue.organisation IS 'Who publishes: services of the metropolis, communes, partners; each a tenant';
COMMENT ON COLUMN catalogue.organisation.organisation_id IS 'Key';
COMMENT ON COLUMN catalogue.organisation.name IS 'Permanent name, part of addresses';
COMMENT ON COLUMN catalogue.organisation.title IS 'Name for people';
COMMENT ON COLUMN catalogue.organisation.kind IS 'metropolis, commune or partner';
COMMENT ON COLUMN catalogue.organisation.insee_code IS 'Of a commune';
COMMENT ON COLUMN catalogue.organisation.homepage IS 'Its own site';
COMMENT ON COLUMN catalogue.organisation.contact IS 'Where questions about its data go: an address of the organisation, not of a person';
COMMENT ON COLUMN catalogue.organisation.created_at IS 'When it joined';

CREATE TABLE catalogue.api_key (
    api_key_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    name text NOT NULL CHECK (name <> ''),
    secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    is_sandbox boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE catalogue.api_key IS 'Keys of the Enjoy API, by the SHA-256 of a 256-bit random secret';
COMMENT ON COLUMN catalogue.api_key.api_key_id IS 'Key';
COMMENT ON COLUMN catalogue.api_key.organisation_id IS 'Organisation that it acts for';
COMMENT ON COLUMN catalogue.api_key.name IS 'What it is for';
COMMENT ON COLUMN catalogue.api_key.secret_sha256 IS 'SHA-256 of the secret; the secret itself is shown once and not kept';
COMMENT ON COLUMN catalogue.api_key.scopes IS 'What it may do';
COMMENT ON COLUMN catalogue.api_key.is_sandbox IS 'Whether what it writes is only tried, and never stored';
COMMENT ON COLUMN catalogue.api_key.created_at IS 'When it was made';
COMMENT ON COLUMN catalogue.api_key.expires_at IS 'After this it is not accepted; null for never';
COMMENT ON COLUMN catalogue.api_key.revoked_at IS 'When it was revoked';
CREATE INDEX api_key_organisation_idx ON catalogue.api_key (organisation_id);

CREATE TABLE catalogue.dataset (
    dataset_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{1,47}$'),
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL CHECK (description <> ''),
    licence text NOT NULL,
    theme text NOT NULL,
    keywords text[] NOT NULL DEFAULT '{}',
    openness text NOT NULL CHECK (openness IN ('open', 'partners', 'private')),
    update_period_s integer CHECK (update_period_s > 0),
    retention_s bigint CHECK (retention_s > 0),
    geometry_type text CHECK (
        geometry_type IN ('Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon', 'Geometry')
    ),
    key_fields text[] NOT NULL CHECK (cardinality(key_fields) > 0),
    time_field text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    records_changed_at timestamptz,
    withdrawn_at timestamptz
);
COMMENT ON TABLE catalogue.dataset IS 'What is published, under a name that never changes';
COMMENT ON COLUMN catalogue.dataset.dataset_id IS 'Key; its records are in record.d<dataset_id>';
COMMENT ON COLUMN catalogue.dataset.organisation_id IS 'Publisher';
COMMENT ON COLUMN catalogue.dataset.name IS 'Permanent name, part of addresses, unique among all';
COMMENT ON COLUMN catalogue.dataset.title IS 'Name for people';
COMMENT ON COLUMN catalogue.dataset.description IS 'What it holds, where it comes from, what it is not good for';
COMMENT ON COLUMN catalogue.dataset.licence IS 'Key of core.datasets.LICENCES';
COMMENT ON COLUMN catalogue.dataset.theme IS 'Key of core.datasets.THEMES, the data themes of the EU';
COMMENT ON COLUMN catalogue.dataset.keywords IS 'Words to be found by';
COMMENT ON COLUMN catalogue.dataset.openness IS 'open: everybody; partners: every organisation; private: the publisher and those it is shared with';
COMMENT ON COLUMN catalogue.dataset.update_period_s IS 'Promise: records are never older; null: none [s]';
COMMENT ON COLUMN catalogue.dataset.retention_s IS 'Age at which records are deleted; null: never [s]';
COMMENT ON COLUMN catalogue.dataset.geometry_type IS 'Of every record, in WGS 84; null: there is none';
COMMENT ON COLUMN catalogue.dataset.key_fields IS 'Fields that name what a record is about; of all versions';
COMMENT ON COLUMN catalogue.dataset.time_field IS 'Field that says when; with it history is kept, a record for each key and time; null: one for each key';
COMMENT ON COLUMN catalogue.dataset.created_at IS 'When it was declared';
COMMENT ON COLUMN catalogue.dataset.changed_at IS 'When its description or contract last changed';
COMMENT ON COLUMN catalogue.dataset.records_changed_at IS 'When a record was last written or deleted; null: never';
COMMENT ON COLUMN catalogue.dataset.withdrawn_at IS 'When it was withdrawn; its name is not given again';
CREATE INDEX dataset_organisation_idx ON catalogue.dataset (organisation_id);

CREATE TABLE catalogue.dataset_version (
    dataset_id integer NOT NULL REFERENCES catalogue.dataset (dataset_id),
    version integer NOT NULL CHECK (version > 0),
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deprecated_at timestamptz,
    sunset_at timestamptz,
    PRIMARY KEY (dataset_id, version),
    CHECK ((deprecated_at IS NULL) = (sunset_at IS NULL) AND sunset_at >= deprecated_at + INTERVAL '365 days')
);
COMMENT ON TABLE catalogue.dataset_version IS 'Shapes that a dataset has: the newest, and older ones until their sunset';
COMMENT ON COLUMN catalogue.dataset_version.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.dataset_version.version IS 'From 1 on';
COMMENT ON COLUMN catalogue.dataset_version.opened_at IS 'When it was opened';
COMMENT ON COLUMN catalogue.dataset_version.deprecated_at IS 'When a newer one was opened; null: it is the newest';
COMMENT ON COLUMN catalogue.dataset_version.sunset_at IS 'Until when it answers at least; a year or more after that';

CREATE TABLE catalogue.field (
    dataset_id integer NOT NULL,
    version integer NOT NULL,
    position integer NOT NULL CHECK (position > 0),
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,47}$'),
    type text NOT NULL CHECK (type IN ('text', 'integer', 'number', 'boolean', 'date', 'timestamp')),
    unit text,
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    is_required boolean NOT NULL,
    column_name text CHECK (column_name ~ '^[a-z][a-z0-9_]{0,60}$'),
    PRIMARY KEY (dataset_id, version, name),
    UNIQUE (dataset_id, version, position),
    FOREIGN KEY (dataset_id, version) REFERENCES catalogue.dataset_version (dataset_id, version)
);
COMMENT ON TABLE catalogue.field IS 'What a record of a version has';
COMMENT ON COLUMN catalogue.field.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.field.version IS 'Version';
COMMENT ON COLUMN catalogue.field.position IS 'Place among the fields, from 1 on';
COMMENT ON COLUMN catalogue.field.name IS 'Name in records';
COMMENT ON COLUMN catalogue.field.type IS 'text, integer (64 bits), number (double), boolean, date, or timestamp (aware)';
COMMENT ON COLUMN catalogue.field.unit IS 'Unit, as UCUM writes it; null: it has none';
COMMENT ON COLUMN catalogue.field.title IS 'Name for people';
COMMENT ON COLUMN catalogue.field.description IS 'What it means';
COMMENT ON COLUMN catalogue.field.is_required IS 'Whether every record has it';
COMMENT ON COLUMN catalogue.field.column_name IS 'Column that it is in; null: none any more, it is always null';

CREATE TABLE catalogue.share (
    dataset_id integer NOT NULL REFERENCES catalogue.dataset (dataset_id),
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (dataset_id, organisation_id)
);
COMMENT ON TABLE catalogue.share IS 'Who may read a private dataset beside its publisher';
COMMENT ON COLUMN catalogue.share.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.share.organisation_id IS 'Organisation that may read it';
COMMENT ON COLUMN catalogue.share.since IS 'When it was shared';
CREATE INDEX share_organisation_idx ON catalogue.share (organisation_id);

CREATE TABLE catalogue.refused_record (
    refused_record_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id integer NOT NULL REFERENCES catalogue.dataset (dataset_id),
    refused_at timestamptz NOT NULL,
    source text NOT NULL CHECK (source <> ''),
    row_number integer NOT NULL CHECK (row_number > 0),
    field text,
    code text NOT NULL,
    reason text NOT NULL,
    content text NOT NULL
);
COMMENT ON TABLE catalogue.refused_record IS 'Records that do not keep the contract, for their publisher to find';
COMMENT ON COLUMN catalogue.refused_record.refused_record_id IS 'Key; grows with time';
COMMENT ON COLUMN catalogue.refused_record.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.refused_record.refused_at IS 'When';
COMMENT ON COLUMN catalogue.refused_record.source IS 'How it came: api, upload/<name>, mqtt, pull/<name>';
COMMENT ON COLUMN catalogue.refused_record.row_number IS 'Place in what it came with, from 1 on';
COMMENT ON COLUMN catalogue.refused_record.field IS 'Field that is wrong; null: the record as a whole';
COMMENT ON COLUMN catalogue.refused_record.code IS 'Reason, for programs';
COMMENT ON COLUMN catalogue.refused_record.reason IS 'Reason, for people';
COMMENT ON COLUMN catalogue.refused_record.content IS 'The record as it came, its first 2,000 characters';
CREATE INDEX refused_record_dataset_idx ON catalogue.refused_record (dataset_id, refused_record_id);

-- Who may ---------------------------------------------------------------------------------------------------------------
CREATE FUNCTION catalogue.may_read(asked integer) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_or(
        dataset.withdrawn_at IS NULL AND (
            dataset.openness = 'open'
            OR dataset.organisation_id = ANY (catalogue.acting())
            OR (dataset.openness = 'partners' AND cardinality(catalogue.acting()) > 0)
            OR EXISTS (
                SELECT FROM catalogue.share
                WHERE share.dataset_id = asked AND share.organisation_id = ANY (catalogue.acting())
            )
        )
    ), false)
    FROM catalogue.dataset
    WHERE dataset.dataset_id = asked
$$;
COMMENT ON FUNCTION catalogue.may_read(integer) IS 'Whether this transaction may read a dataset';

CREATE FUNCTION catalogue.may_write(asked integer) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_or(dataset.withdrawn_at IS NULL AND dataset.organisation_id = ANY (catalogue.acting())), false)
    FROM catalogue.dataset
    WHERE dataset.dataset_id = asked
$$;
COMMENT ON FUNCTION catalogue.may_write(integer) IS 'Whether this transaction may write a dataset';

ALTER TABLE catalogue.dataset ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.dataset_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.field ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.share ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.refused_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.dataset TO somel_enjoy_write USING (organisation_id = ANY (catalogue.acting()));
CREATE POLICY readable ON catalogue.dataset FOR SELECT TO somel_enjoy_write, somel_enjoy_read
USING (catalogue.may_read(dataset_id));
CREATE POLICY own ON catalogue.dataset_version TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
CREATE POLICY readable ON catalogue.dataset_version FOR SELECT TO somel_enjoy_write, somel_enjoy_read
USING (catalogue.may_read(dataset_id));
CREATE POLICY own ON catalogue.field TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
CREATE POLICY readable ON catalogue.field FOR SELECT TO somel_enjoy_write, somel_enjoy_read
USING (catalogue.may_read(dataset_id));
CREATE POLICY own ON catalogue.share TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
CREATE POLICY own ON catalogue.refused_record TO somel_enjoy_write USING (catalogue.may_write(dataset_id));

GRANT SELECT ON catalogue.organisation, catalogue.dataset, catalogue.dataset_version, catalogue.field
TO somel_enjoy_read, somel_enjoy_write;
GRANT SELECT ON catalogue.share, catalogue.refused_record TO somel_enjoy_write;
GRANT INSERT, UPDATE ON catalogue.dataset, catalogue.dataset_version TO somel_enjoy_write;
GRANT INSERT ON catalogue.field, catalogue.refused_record TO somel_enjoy_write;
GRANT INSERT, DELETE ON catalogue.share TO somel_enjoy_write;

-- Tables of records -----------------------------------------------------------------------------------------------------
CREATE FUNCTION catalogue.column_type(field_type text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE field_type
        WHEN 'integer' THEN 'bigint' WHEN 'number' THEN 'double precision' WHEN 'timestamp' THEN 'timestamptz'
        ELSE field_type
    END
$$;
COMMENT ON FUNCTION catalogue.column_type(text) IS 'Type of a column for a type of field';

CREATE FUNCTION catalogue.make_table(asked catalogue.dataset) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own text := 'd' || asked.dataset_id;
    keys text := (SELECT string_agg(quote_ident(one), ', ') FROM unnest(asked.key_fields) AS one);
    tables text[] := ARRAY[own];
    made text;
BEGIN
    IF asked.time_field IS NOT NULL THEN
        tables := tables || (own || '_latest');
    END IF;
    FOREACH made IN ARRAY tables LOOP
        EXECUTE format('CREATE TABLE record.%I (_received_at timestamptz NOT NULL)', made);
        IF asked.geometry_type IS NOT NULL THEN
            EXECUTE format('ALTER TABLE record.%I ADD COLUMN _geometry public.geometry(%s, 4326)', made, asked.geometry_type);
            EXECUTE format('CREATE INDEX ON record.%I USING gist (_geometry)', made);
        END IF;
    END LOOP;
    PERFORM catalogue.add_columns(asked.dataset_id, 1);
    IF asked.time_field IS NULL THEN
        EXECUTE format('ALTER TABLE record.%I ADD PRIMARY KEY (%s)', own, keys);
    ELSE
        EXECUTE format('ALTER TABLE record.%I ADD PRIMARY KEY (%s)', own || '_latest', keys);
        PERFORM public.create_hypertable(
            format('record.%I', own)::regclass, asked.time_field::name,
            chunk_time_interval => INTERVAL '7 days', create_default_indexes => false
        );
        EXECUTE format('ALTER TABLE record.%I ADD PRIMARY KEY (%I, %s)', own, asked.time_field, keys);
        EXECUTE format('CREATE INDEX ON record.%I (%s, %I DESC)', own, keys, asked.time_field);
    END IF;
    FOREACH made IN ARRAY tables LOOP
        EXECUTE format('ALTER TABLE record.%I ENABLE ROW LEVEL SECURITY', made);
        EXECUTE format(
            'CREATE POLICY own ON record.%I TO somel_enjoy_write USING ((SELECT catalogue.may_write(%s)))',
            made, asked.dataset_id
        );
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON record.%I TO somel_enjoy_write', made);
    END LOOP;
END $$;
COMMENT ON FUNCTION catalogue.make_table(catalogue.dataset) IS 'Make the table of a new dataset, and that of the latest record of each key';

CREATE FUNCTION catalogue.add_columns(asked integer, since integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    new record;
    made text;
BEGIN
    FOR made IN SELECT tablename FROM pg_catalog.pg_tables
        WHERE schemaname = 'record' AND tablename IN ('d' || asked, 'd' || asked || '_latest') LOOP
        FOR new IN SELECT * FROM catalogue.field
            WHERE dataset_id = asked AND version = since AND column_name IS NOT NULL ORDER BY position LOOP
            EXECUTE format(
                'ALTER TABLE record.%I ADD COLUMN IF NOT EXISTS %I %s', made, new.column_name,
                catalogue.column_type(new.type)
            );
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION catalogue.add_columns(integer, integer) IS 'Add the columns that a version of a dataset is the first to have';

CREATE FUNCTION catalogue.make_view(asked catalogue.dataset, shape integer, of_latest boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    source text := 'd' || asked.dataset_id || CASE WHEN of_latest THEN '_latest' ELSE '' END;
    view text := 'd' || asked.dataset_id || '_v' || shape || CASE WHEN of_latest THEN '_latest' ELSE '' END;
    columns text := (
        SELECT string_agg(
            CASE WHEN column_name IS NULL THEN format('NULL::%s AS %I', catalogue.column_type(type), name)
            ELSE format('%I::%s AS %I', column_name, catalogue.column_type(type), name) END,
            ', ' ORDER BY position
        )
        FROM catalogue.field
        WHERE dataset_id = asked.dataset_id AND version = shape
    );
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE VIEW enjoy.%I AS SELECT %s, %s AS _geometry, _received_at FROM record.%I'
        ' WHERE (SELECT catalogue.may_read(%s))',
        view, columns, CASE WHEN asked.geometry_type IS NULL THEN 'NULL::public.geometry' ELSE '_geometry' END, source,
        asked.dataset_id
    );
    EXECUTE format('COMMENT ON VIEW enjoy.%I IS %L', view, asked.name || ', version ' || shape);
    EXECUTE format('GRANT SELECT ON enjoy.%I TO somel_enjoy_read, somel_enjoy_write', view);
END $$;
COMMENT ON FUNCTION catalogue.make_view(catalogue.dataset, integer, boolean) IS 'Publish a shape of a dataset: its records as the version has them, for those who may read it';

CREATE FUNCTION catalogue.publish_version(asked_dataset_id integer, asked_version integer) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked catalogue.dataset;
BEGIN
    SELECT * INTO asked FROM catalogue.dataset
    WHERE dataset_id = asked_dataset_id AND catalogue.may_write(dataset_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the dataset is not one of those that are acted for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF asked_version = 1 THEN
        PERFORM catalogue.make_table(asked);
    ELSE
        PERFORM catalogue.add_columns(asked_dataset_id, asked_version);
    END IF;
    PERFORM catalogue.make_view(asked, asked_version, false);
    IF asked.time_field IS NOT NULL THEN
        PERFORM catalogue.make_view(asked, asked_version, true);
    END IF;
END $$;
COMMENT ON FUNCTION catalogue.publish_version(integer, integer) IS 'Make tables and views of a version whose fields are stored; only for the publisher';
REVOKE ALL ON FUNCTION catalogue.publish_version(integer, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION catalogue.make_table(catalogue.dataset) FROM PUBLIC;
REVOKE ALL ON FUNCTION catalogue.add_columns(integer, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION catalogue.make_view(catalogue.dataset, integer, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalogue.publish_version(integer, integer) TO somel_enjoy_write;

CREATE TRIGGER announce AFTER UPDATE OF records_changed_at ON catalogue.dataset
FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
GRANT USAGE ON SCHEMA somel TO somel_enjoy_write;
GRANT INSERT ON somel.audit_pending TO somel_enjoy_write;
GRANT USAGE ON SCHEMA catalogue TO somel_read;
GRANT SELECT ON catalogue.api_key, catalogue.organisation TO somel_read;
