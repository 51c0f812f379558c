-- What of energy is published. Usage points with consent are put into cohorts of k fresh ones or more, and every published sum
-- is one over whole cohorts: decision 50 says why nothing about fewer than k can then be computed from them.
CREATE TABLE somel.cohort (
    cohort_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    population text NOT NULL CHECK (population IN ('residential', 'other')),
    place_id integer NOT NULL REFERENCES somel.place (place_id),
    since timestamptz NOT NULL,
    formed_at timestamptz NOT NULL,
    dissolved_at timestamptz CHECK (dissolved_at >= formed_at),
    fresh_count integer NOT NULL CHECK (fresh_count > 0),
    usage_point_count integer NOT NULL CHECK (usage_point_count >= fresh_count)
);
COMMENT ON TABLE somel.cohort IS 'Usage points that are counted together in what is published, or not at all';
COMMENT ON COLUMN somel.cohort.cohort_id IS 'Key';
COMMENT ON COLUMN somel.cohort.population IS 'residential; other: businesses and public buildings';
COMMENT ON COLUMN somel.cohort.place_id IS 'Smallest place of the lattice that all of them lie in: commune, transformer or feeder';
COMMENT ON COLUMN somel.cohort.since IS 'Start of the local month that it is counted from';
COMMENT ON COLUMN somel.cohort.formed_at IS 'When it was formed';
COMMENT ON COLUMN somel.cohort.dissolved_at IS 'When consent of one of them ended, or one moved: from then on nothing is published with it; null: it stands';
COMMENT ON COLUMN somel.cohort.fresh_count IS 'How many of them had never been in a cohort before: k or more';
COMMENT ON COLUMN somel.cohort.usage_point_count IS 'How many there are';
CREATE INDEX cohort_place_idx ON somel.cohort (place_id);

CREATE TABLE somel.cohort_member (
    usage_point_id integer NOT NULL REFERENCES somel.usage_point (usage_point_id),
    cohort_id integer NOT NULL REFERENCES somel.cohort (cohort_id),
    PRIMARY KEY (usage_point_id, cohort_id)
);
COMMENT ON TABLE somel.cohort_member IS 'Who is, or was, in which cohort; kept for good, for who was in one is never fresh again';
COMMENT ON COLUMN somel.cohort_member.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.cohort_member.cohort_id IS 'Cohort';
CREATE INDEX cohort_member_cohort_idx ON somel.cohort_member (cohort_id);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON somel.cohort_member
FOR EACH STATEMENT EXECUTE FUNCTION somel.refuse_change();

CREATE TABLE somel.cohort_month (
    population text NOT NULL CHECK (population IN ('residential', 'other')),
    since timestamptz NOT NULL,
    formed_at timestamptz NOT NULL,
    PRIMARY KEY (population, since)
);
COMMENT ON TABLE somel.cohort_month IS 'Local months whose cohorts are formed: once, and never again';
COMMENT ON COLUMN somel.cohort_month.population IS 'As in cohort';
COMMENT ON COLUMN somel.cohort_month.since IS 'Start of the local month';
COMMENT ON COLUMN somel.cohort_month.formed_at IS 'When';

INSERT INTO somel.personal_table (name, reached_by, time_column, on_erasure, reason) VALUES
('somel.cohort_member', 'usage_point_id', NULL, 'kept', 'With whom it was counted in what is published: forgotten, it would count as fresh again, and the others'' data could be computed');

GRANT SELECT ON somel.cohort, somel.cohort_member, somel.cohort_month TO somel_ingest, somel_compute, somel_read;
GRANT INSERT ON somel.cohort, somel.cohort_member, somel.cohort_month TO somel_compute;
GRANT UPDATE (dissolved_at) ON somel.cohort TO somel_compute;

-- How far a dataset is published; moved by the transaction that writes its records.
CREATE TABLE catalogue.energy_progress (
    dataset_id integer PRIMARY KEY REFERENCES catalogue.dataset (dataset_id),
    published_until timestamptz NOT NULL
);
COMMENT ON TABLE catalogue.energy_progress IS 'How far energy is published: what lies before is never computed again';
COMMENT ON COLUMN catalogue.energy_progress.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.energy_progress.published_until IS 'Everything that starts before this is published, or hidden for good';
ALTER TABLE catalogue.energy_progress ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.energy_progress TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
GRANT SELECT, INSERT, UPDATE ON catalogue.energy_progress TO somel_enjoy_write;
