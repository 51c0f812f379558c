-- Everything load can be summed or forecast for is a place; its particulars stand in the table of its level.
CREATE TABLE somel.place (
    place_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    level text NOT NULL CHECK (level IN ('territory', 'substation', 'feeder', 'power_transformer', 'commune')),
    code text NOT NULL,
    name text NOT NULL,
    UNIQUE (level, code),
    UNIQUE (place_id, level)
);
COMMENT ON TABLE somel.place IS 'A part of the grid or of the territory that load is summed and forecast for';
COMMENT ON COLUMN somel.place.place_id IS 'Key inside this database';
COMMENT ON COLUMN somel.place.level IS 'territory, substation, feeder, power_transformer or commune';
COMMENT ON COLUMN somel.place.code IS 'Stable code within its level: INSEE code of a commune, operator''s code of equipment';
COMMENT ON COLUMN somel.place.name IS 'Name for people';

CREATE TABLE somel.commune (
    place_id integer PRIMARY KEY,
    level text NOT NULL DEFAULT 'commune' CHECK (level = 'commune'),
    insee_code text NOT NULL UNIQUE CHECK (insee_code ~ '^[0-9][0-9AB][0-9]{3}$'),
    population integer NOT NULL CHECK (population >= 0),
    centroid geometry (Point, 4326) NOT NULL,
    boundary geometry (MultiPolygon, 4326),
    FOREIGN KEY (place_id, level) REFERENCES somel.place (place_id, level)
);
COMMENT ON TABLE somel.commune IS 'A municipality';
COMMENT ON COLUMN somel.commune.place_id IS 'Place';
COMMENT ON COLUMN somel.commune.level IS 'Always commune';
COMMENT ON COLUMN somel.commune.insee_code IS 'INSEE code, five characters';
COMMENT ON COLUMN somel.commune.population IS 'Municipal population [inhabitants]';
COMMENT ON COLUMN somel.commune.centroid IS 'Point inside the commune, WGS 84 [degrees]';
COMMENT ON COLUMN somel.commune.boundary IS 'Boundary, WGS 84 [degrees]; null until loaded';
CREATE INDEX commune_boundary_idx ON somel.commune USING gist (boundary);

CREATE TABLE somel.substation (
    place_id integer PRIMARY KEY,
    level text NOT NULL DEFAULT 'substation' CHECK (level = 'substation'),
    location geometry (Point, 4326),
    FOREIGN KEY (place_id, level) REFERENCES somel.place (place_id, level)
);
COMMENT ON TABLE somel.substation IS 'High to medium voltage substation (poste source)';
COMMENT ON COLUMN somel.substation.place_id IS 'Place';
COMMENT ON COLUMN somel.substation.level IS 'Always substation';
COMMENT ON COLUMN somel.substation.location IS 'WGS 84 [degrees]';

CREATE TABLE somel.feeder (
    place_id integer PRIMARY KEY,
    level text NOT NULL DEFAULT 'feeder' CHECK (level = 'feeder'),
    substation_place_id integer NOT NULL REFERENCES somel.substation (place_id),
    nominal_voltage_v integer NOT NULL CHECK (nominal_voltage_v > 0),
    FOREIGN KEY (place_id, level) REFERENCES somel.place (place_id, level)
);
COMMENT ON TABLE somel.feeder IS 'Medium-voltage feeder (départ HTA)';
COMMENT ON COLUMN somel.feeder.place_id IS 'Place';
COMMENT ON COLUMN somel.feeder.level IS 'Always feeder';
COMMENT ON COLUMN somel.feeder.substation_place_id IS 'Substation that feeds it';
COMMENT ON COLUMN somel.feeder.nominal_voltage_v IS 'Nominal voltage between phases [V]';
CREATE INDEX feeder_substation_idx ON somel.feeder (substation_place_id);

CREATE TABLE somel.power_transformer (
    place_id integer PRIMARY KEY,
    level text NOT NULL DEFAULT 'power_transformer' CHECK (level = 'power_transformer'),
    feeder_place_id integer NOT NULL REFERENCES somel.feeder (place_id),
    commune_place_id integer NOT NULL REFERENCES somel.commune (place_id),
    rated_va integer NOT NULL CHECK (rated_va > 0),
    location geometry (Point, 4326),
    FOREIGN KEY (place_id, level) REFERENCES somel.place (place_id, level)
);
COMMENT ON TABLE somel.power_transformer IS 'Medium to low voltage transformer (poste de distribution); its usage points lie in one commune';
COMMENT ON COLUMN somel.power_transformer.place_id IS 'Place';
COMMENT ON COLUMN somel.power_transformer.level IS 'Always power_transformer';
COMMENT ON COLUMN somel.power_transformer.feeder_place_id IS 'Feeder that supplies it';
COMMENT ON COLUMN somel.power_transformer.commune_place_id IS 'Commune that it stands in';
COMMENT ON COLUMN somel.power_transformer.rated_va IS 'Rated apparent power [VA]';
COMMENT ON COLUMN somel.power_transformer.location IS 'WGS 84 [degrees]';
CREATE INDEX power_transformer_feeder_idx ON somel.power_transformer (feeder_place_id);
CREATE INDEX power_transformer_commune_idx ON somel.power_transformer (commune_place_id);

CREATE TABLE somel.usage_point (
    usage_point_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    power_transformer_place_id integer NOT NULL REFERENCES somel.power_transformer (place_id),
    subscribed_va integer NOT NULL CHECK (subscribed_va > 0),
    tariff text NOT NULL DEFAULT 'base' CHECK (tariff IN ('base', 'off_peak', 'tempo', 'ejp')),
    category text NOT NULL DEFAULT 'residential' CHECK (category IN ('residential', 'business', 'public')),
    interval_step_s integer NOT NULL DEFAULT 1800 CHECK (interval_step_s IN (300, 600, 900, 1800, 3600))
);
COMMENT ON TABLE somel.usage_point IS 'Place of supply (point de livraison), known here by a pseudonym only';
COMMENT ON COLUMN somel.usage_point.usage_point_id IS 'Key inside this database; never leaves it';
COMMENT ON COLUMN somel.usage_point.usage_point_key IS 'Pseudonymous key, the one that the API shows';
COMMENT ON COLUMN somel.usage_point.power_transformer_place_id IS 'Transformer that supplies it';
COMMENT ON COLUMN somel.usage_point.subscribed_va IS 'Subscribed apparent power [VA]';
COMMENT ON COLUMN somel.usage_point.tariff IS 'Tariff option: base, off_peak (heures creuses), tempo, ejp';
COMMENT ON COLUMN somel.usage_point.category IS 'residential, business or public';
COMMENT ON COLUMN somel.usage_point.interval_step_s IS 'Step of its load curve [s]';
CREATE INDEX usage_point_power_transformer_idx ON somel.usage_point (power_transformer_place_id);

CREATE TABLE personal.usage_point_identity (
    usage_point_id integer PRIMARY KEY REFERENCES somel.usage_point (usage_point_id),
    prm text NOT NULL UNIQUE CHECK (prm ~ '^[0-9]{14}$')
);
COMMENT ON TABLE personal.usage_point_identity IS 'Which supply contract point a pseudonym stands for: personal data';
COMMENT ON COLUMN personal.usage_point_identity.usage_point_id IS 'Usage point';
COMMENT ON COLUMN personal.usage_point_identity.prm IS 'Enedis'' point of delivery (PRM/PDL), fourteen digits, a string';

CREATE VIEW enjoy.commune AS
SELECT
    commune.insee_code,
    place.name,
    commune.population,
    commune.centroid,
    commune.boundary
FROM somel.commune
JOIN somel.place USING (place_id);
COMMENT ON VIEW enjoy.commune IS 'The communes, for everybody';

GRANT SELECT ON ALL TABLES IN SCHEMA somel TO somel_ingest, somel_compute, somel_read;
GRANT SELECT ON personal.usage_point_identity TO somel_personal;
GRANT SELECT ON enjoy.commune TO somel_enjoy_read, somel_read;
