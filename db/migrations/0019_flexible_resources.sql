-- What is known of flexible resources, what their owners agreed to and how often they may be called; tariffs; capacity
-- limits; and how probable overload is.

-- Parameters, a table for each kind -----------------------------------------------------------------------------------
CREATE TABLE somel.hot_water_tank (
    end_device_id integer PRIMARY KEY REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    volume_m3 double precision NOT NULL CHECK (volume_m3 > 0),
    floor_degc double precision NOT NULL,
    set_degc double precision NOT NULL CHECK (set_degc >= floor_degc),
    ceiling_degc double precision NOT NULL CHECK (ceiling_degc >= set_degc AND ceiling_degc <= 100),
    loss_w_per_k double precision NOT NULL CHECK (loss_w_per_k >= 0),
    is_off_peak_switched boolean NOT NULL
);
COMMENT ON TABLE somel.hot_water_tank IS 'Hot-water tanks: what a plan must know of them; one well-mixed body of water';
COMMENT ON COLUMN somel.hot_water_tank.end_device_id IS 'Resource of the kind water_heater';
COMMENT ON COLUMN somel.hot_water_tank.volume_m3 IS 'Volume of water [m3]';
COMMENT ON COLUMN somel.hot_water_tank.floor_degc IS 'Water is never colder than this because of a plan [degC]';
COMMENT ON COLUMN somel.hot_water_tank.set_degc IS 'Temperature that its thermostat holds [degC]';
COMMENT ON COLUMN somel.hot_water_tank.ceiling_degc IS 'Highest temperature that a plan may heat it to [degC]';
COMMENT ON COLUMN somel.hot_water_tank.loss_w_per_k IS 'Heat lost for each kelvin above the room [W/K]';
COMMENT ON COLUMN somel.hot_water_tank.is_off_peak_switched IS 'Whether it is fed through the meter''s dry contact, which closes off-peak only';

CREATE TABLE somel.ev_charger (
    end_device_id integer PRIMARY KEY REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    battery_capacity_wh integer NOT NULL CHECK (battery_capacity_wh > 0),
    min_energy_wh integer NOT NULL DEFAULT 0 CHECK (min_energy_wh BETWEEN 0 AND battery_capacity_wh),
    departure_energy_wh integer NOT NULL CHECK (departure_energy_wh BETWEEN min_energy_wh AND battery_capacity_wh),
    efficiency_ratio double precision NOT NULL CHECK (efficiency_ratio > 0 AND efficiency_ratio <= 1),
    discharge_power_w integer NOT NULL DEFAULT 0 CHECK (discharge_power_w >= 0)
);
COMMENT ON TABLE somel.ev_charger IS 'Chargers of electric vehicles: what a plan must know of them';
COMMENT ON COLUMN somel.ev_charger.end_device_id IS 'Resource of the kind ev_charger';
COMMENT ON COLUMN somel.ev_charger.battery_capacity_wh IS 'Usable energy of the vehicle''s battery [Wh]';
COMMENT ON COLUMN somel.ev_charger.min_energy_wh IS 'A plan never leaves less in the battery [Wh]';
COMMENT ON COLUMN somel.ev_charger.departure_energy_wh IS 'Energy that must be in the battery at departure [Wh]';
COMMENT ON COLUMN somel.ev_charger.efficiency_ratio IS 'Energy that comes back out for energy put in, both ways together [ratio]';
COMMENT ON COLUMN somel.ev_charger.discharge_power_w IS 'Highest power back to the grid; 0: it only charges [W]';

CREATE TABLE somel.battery (
    end_device_id integer PRIMARY KEY REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    capacity_wh integer NOT NULL CHECK (capacity_wh > 0),
    min_energy_wh integer NOT NULL CHECK (min_energy_wh >= 0),
    max_energy_wh integer NOT NULL CHECK (max_energy_wh BETWEEN min_energy_wh AND capacity_wh),
    charge_power_w integer NOT NULL CHECK (charge_power_w > 0),
    discharge_power_w integer NOT NULL CHECK (discharge_power_w >= 0),
    efficiency_ratio double precision NOT NULL CHECK (efficiency_ratio > 0 AND efficiency_ratio <= 1)
);
COMMENT ON TABLE somel.battery IS 'Stationary batteries: what a plan must know of them';
COMMENT ON COLUMN somel.battery.end_device_id IS 'Resource of the kind battery';
COMMENT ON COLUMN somel.battery.capacity_wh IS 'Usable energy [Wh]';
COMMENT ON COLUMN somel.battery.min_energy_wh IS 'Least that a plan leaves in it [Wh]';
COMMENT ON COLUMN somel.battery.max_energy_wh IS 'Most that a plan puts into it [Wh]';
COMMENT ON COLUMN somel.battery.charge_power_w IS 'Highest power into it [W]';
COMMENT ON COLUMN somel.battery.discharge_power_w IS 'Highest power out of it [W]';
COMMENT ON COLUMN somel.battery.efficiency_ratio IS 'Energy that comes back out for energy put in, both ways together [ratio]';

CREATE TABLE somel.heat_pump (
    end_device_id integer PRIMARY KEY REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    thermal_capacity_wh_per_k double precision NOT NULL CHECK (thermal_capacity_wh_per_k > 0),
    loss_w_per_k double precision NOT NULL CHECK (loss_w_per_k >= 0),
    comfort_min_degc double precision NOT NULL,
    comfort_max_degc double precision NOT NULL CHECK (comfort_max_degc > comfort_min_degc),
    cop_ratio double precision NOT NULL CHECK (cop_ratio > 0)
);
COMMENT ON TABLE somel.heat_pump IS 'Heat pumps with the building that they heat: one body of one temperature';
COMMENT ON COLUMN somel.heat_pump.end_device_id IS 'Resource of the kind heat_pump';
COMMENT ON COLUMN somel.heat_pump.thermal_capacity_wh_per_k IS 'Heat that warms the building by a kelvin [Wh/K]';
COMMENT ON COLUMN somel.heat_pump.loss_w_per_k IS 'Heat lost for each kelvin above the outside [W/K]';
COMMENT ON COLUMN somel.heat_pump.comfort_min_degc IS 'A plan never lets the building be colder [degC]';
COMMENT ON COLUMN somel.heat_pump.comfort_max_degc IS 'A plan never lets the building be warmer [degC]';
COMMENT ON COLUMN somel.heat_pump.cop_ratio IS 'Heat given for electric energy drawn [ratio]';

CREATE TABLE somel.resource_state (
    end_device_id integer PRIMARY KEY REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    reported_at timestamptz NOT NULL,
    energy_wh integer CHECK (energy_wh >= 0),
    temperature_degc double precision CHECK (temperature_degc BETWEEN -60 AND 120),
    CHECK (energy_wh IS NOT NULL OR temperature_degc IS NOT NULL)
);
COMMENT ON TABLE somel.resource_state IS 'How a resource stood when it, or an application that speaks for it, last said so';
COMMENT ON COLUMN somel.resource_state.end_device_id IS 'Resource';
COMMENT ON COLUMN somel.resource_state.reported_at IS 'When it stood so';
COMMENT ON COLUMN somel.resource_state.energy_wh IS 'Energy in the battery; null where it has none [Wh]';
COMMENT ON COLUMN somel.resource_state.temperature_degc IS 'Of the water or of the building; null where there is neither [degC]';

-- Agreement -----------------------------------------------------------------------------------------------------------
CREATE TABLE somel.consent (
    consent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    end_device_id integer NOT NULL REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('grid')),
    text_version text NOT NULL CHECK (text_version <> ''),
    given_at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    given_how text NOT NULL CHECK (given_how IN ('enrolment', 'online', 'paper', 'telephone')),
    proof text,
    withdrawn_at timestamptz CHECK (withdrawn_at >= given_at),
    withdrawn_by text,
    withdrawn_how text CHECK (withdrawn_how IN ('enrolment', 'online', 'paper', 'telephone')),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_how IS NULL))
);
COMMENT ON TABLE somel.consent IS 'What owners of resources agreed to, and until when; nothing is written over, for these rows are the proof';
COMMENT ON COLUMN somel.consent.consent_id IS 'Key; grows with time';
COMMENT ON COLUMN somel.consent.end_device_id IS 'Resource';
COMMENT ON COLUMN somel.consent.purpose IS 'What for; grid: demand response for the grid';
COMMENT ON COLUMN somel.consent.text_version IS 'Version of the text that was agreed to; enrolment: the one in force when it was registered';
COMMENT ON COLUMN somel.consent.given_at IS 'When it was given';
COMMENT ON COLUMN somel.consent.given_by IS 'Account that recorded it; no person''s name';
COMMENT ON COLUMN somel.consent.given_how IS 'enrolment (registered by the operator), online, paper or telephone';
COMMENT ON COLUMN somel.consent.proof IS 'Where its proof is kept, such as a file number';
COMMENT ON COLUMN somel.consent.withdrawn_at IS 'When it was withdrawn; null while it holds';
COMMENT ON COLUMN somel.consent.withdrawn_by IS 'Account that recorded the withdrawal';
COMMENT ON COLUMN somel.consent.withdrawn_how IS 'How it was withdrawn';
-- One consent holds at a time.
CREATE UNIQUE INDEX consent_open_idx ON somel.consent (end_device_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consent_end_device_idx ON somel.consent (end_device_id, consent_id);

-- An end device becomes a resource with its owner's agreement, whoever registers it: that agreement is recorded as one.
CREATE FUNCTION somel.record_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO somel.consent (
        end_device_id, purpose, text_version, given_at, given_by, given_how, withdrawn_at, withdrawn_by, withdrawn_how
    )
    VALUES (
        NEW.end_device_id, 'grid', 'enrolment', NEW.enrolled_at, current_user, 'enrolment', NEW.withdrawn_at,
        CASE WHEN NEW.withdrawn_at IS NOT NULL THEN current_user END,
        CASE WHEN NEW.withdrawn_at IS NOT NULL THEN 'enrolment' END
    );
    RETURN NULL;
END $$;
CREATE TRIGGER record_enrolment AFTER INSERT ON somel.resource
FOR EACH ROW EXECUTE FUNCTION somel.record_enrolment();
INSERT INTO somel.consent (
    end_device_id, purpose, text_version, given_at, given_by, given_how, withdrawn_at, withdrawn_by, withdrawn_how
)
SELECT
    end_device_id, 'grid', 'enrolment', enrolled_at, 'migration', 'enrolment', withdrawn_at,
    CASE WHEN withdrawn_at IS NOT NULL THEN 'migration' END, CASE WHEN withdrawn_at IS NOT NULL THEN 'enrolment' END
FROM somel.resource;
COMMENT ON COLUMN somel.resource.withdrawn_at IS 'When the agreement was withdrawn; null while it holds. Kept in step with the newest consent';

CREATE TABLE somel.call_limit (
    end_device_id integer PRIMARY KEY REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    calls_per_day smallint CHECK (calls_per_day >= 0),
    calls_per_week smallint CHECK (calls_per_week >= 0),
    calls_per_season smallint CHECK (calls_per_season >= 0),
    rest_s integer NOT NULL DEFAULT 0 CHECK (rest_s >= 0)
);
COMMENT ON TABLE somel.call_limit IS 'How often a resource may be called; one without a row may be called at any time. A call is an event that commanded it';
COMMENT ON COLUMN somel.call_limit.end_device_id IS 'Resource';
COMMENT ON COLUMN somel.call_limit.calls_per_day IS 'Most calls that start on one local day; null: no limit';
COMMENT ON COLUMN somel.call_limit.calls_per_week IS 'Most calls that start in one local week, Monday to Sunday; null: no limit';
COMMENT ON COLUMN somel.call_limit.calls_per_season IS 'Most calls that start in one season, 1 September to 31 August; null: no limit';
COMMENT ON COLUMN somel.call_limit.rest_s IS 'Least time between the end of a call and the start of the next [s]';

CREATE TABLE somel.opt_out (
    event_id uuid NOT NULL REFERENCES somel.event (event_id) ON DELETE CASCADE,
    end_device_id integer NOT NULL REFERENCES somel.resource (end_device_id) ON DELETE CASCADE,
    opted_out_at timestamptz NOT NULL,
    source text NOT NULL CHECK (source IN ('resident', 'operator', 'ven')),
    recorded_by text NOT NULL CHECK (recorded_by <> ''),
    reason text,
    PRIMARY KEY (event_id, end_device_id)
);
COMMENT ON TABLE somel.opt_out IS 'Resources that do not take part in one event, by word of people or of a VEN; what devices themselves say is in command.status';
COMMENT ON COLUMN somel.opt_out.event_id IS 'Event';
COMMENT ON COLUMN somel.opt_out.end_device_id IS 'Resource';
COMMENT ON COLUMN somel.opt_out.opted_out_at IS 'From when on';
COMMENT ON COLUMN somel.opt_out.source IS 'resident, operator or ven (OpenADR)';
COMMENT ON COLUMN somel.opt_out.recorded_by IS 'Account that recorded it';
COMMENT ON COLUMN somel.opt_out.reason IS 'Why, if they said so';
CREATE INDEX opt_out_end_device_idx ON somel.opt_out (end_device_id);

ALTER TABLE somel.command ADD COLUMN natural_w real [];
COMMENT ON COLUMN somel.command.natural_w IS 'What the plan expected it to draw by itself in each step; null where that is not known [W]';

-- Tariffs -------------------------------------------------------------------------------------------------------------
CREATE TABLE somel.off_peak_window (
    usage_point_id integer NOT NULL REFERENCES somel.usage_point (usage_point_id) ON DELETE CASCADE,
    starts_at time NOT NULL,
    ends_at time NOT NULL CHECK (ends_at <> starts_at),
    PRIMARY KEY (usage_point_id, starts_at)
);
COMMENT ON TABLE somel.off_peak_window IS 'Off-peak hours (heures creuses) of a usage point, every day';
COMMENT ON COLUMN somel.off_peak_window.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.off_peak_window.starts_at IS 'Start, local time (Europe/Paris)';
COMMENT ON COLUMN somel.off_peak_window.ends_at IS 'End, local time; before the start: on the next day';

CREATE TABLE somel.tariff_day (
    tariff text NOT NULL CHECK (tariff IN ('tempo', 'ejp')),
    day date NOT NULL,
    color text NOT NULL,
    source text NOT NULL CHECK (source <> ''),
    stored_at timestamptz NOT NULL,
    PRIMARY KEY (tariff, day),
    CHECK (color = ANY (CASE tariff WHEN 'tempo' THEN ARRAY['blue', 'white', 'red'] ELSE ARRAY['normal', 'peak'] END))
);
COMMENT ON TABLE somel.tariff_day IS 'Colours of days, as they were announced; a day without a row is not known yet';
COMMENT ON COLUMN somel.tariff_day.tariff IS 'tempo or ejp';
COMMENT ON COLUMN somel.tariff_day.day IS 'Local day on which it begins: Tempo''s at 06:00, EJP''s at 07:00';
COMMENT ON COLUMN somel.tariff_day.color IS 'Tempo: blue, white or red; EJP: normal or peak';
COMMENT ON COLUMN somel.tariff_day.source IS 'Who said so: the file, or the account';
COMMENT ON COLUMN somel.tariff_day.stored_at IS 'When it was stored';

CREATE TABLE somel.tariff_price (
    tariff text NOT NULL CHECK (tariff IN ('base', 'off_peak', 'tempo', 'ejp')),
    period text NOT NULL,
    valid_from date NOT NULL,
    price_eur_per_mwh double precision NOT NULL,
    source text NOT NULL CHECK (source <> ''),
    PRIMARY KEY (tariff, period, valid_from)
);
COMMENT ON TABLE somel.tariff_price IS 'What energy costs a resident, with all that is paid for each unit of energy; filled by operators';
COMMENT ON COLUMN somel.tariff_price.tariff IS 'base, off_peak, tempo or ejp';
COMMENT ON COLUMN somel.tariff_price.period IS 'Period of the tariff, as core/tariffs.py names them';
COMMENT ON COLUMN somel.tariff_price.valid_from IS 'First local day on which it holds, until a later row';
COMMENT ON COLUMN somel.tariff_price.price_eur_per_mwh IS 'Price [EUR/MWh]';
COMMENT ON COLUMN somel.tariff_price.source IS 'Where it was published';

-- Limits and overload -------------------------------------------------------------------------------------------------
CREATE TABLE somel.capacity_limit (
    capacity_limit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place_id integer NOT NULL REFERENCES somel.place (place_id) ON DELETE CASCADE,
    limit_w double precision NOT NULL CHECK (limit_w >= 0),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz CHECK (valid_until > valid_from),
    source text NOT NULL CHECK (source IN ('rating', 'operator', 'openadr')),
    reason text,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL CHECK (created_by <> ''),
    withdrawn_at timestamptz
);
COMMENT ON TABLE somel.capacity_limit IS 'Most power that may flow into a place, beside the ratings of transformers; of several that hold, the lowest counts';
COMMENT ON COLUMN somel.capacity_limit.capacity_limit_id IS 'Key; grows with time';
COMMENT ON COLUMN somel.capacity_limit.place_id IS 'Place, of any level';
COMMENT ON COLUMN somel.capacity_limit.limit_w IS 'Most net load, import positive [W]';
COMMENT ON COLUMN somel.capacity_limit.valid_from IS 'From when it holds';
COMMENT ON COLUMN somel.capacity_limit.valid_until IS 'Until when; null: until it is withdrawn';
COMMENT ON COLUMN somel.capacity_limit.source IS 'rating (of a feeder or substation), operator, or openadr (IMPORT_CAPACITY_LIMIT)';
COMMENT ON COLUMN somel.capacity_limit.reason IS 'Why, for people';
COMMENT ON COLUMN somel.capacity_limit.created_at IS 'When it was set';
COMMENT ON COLUMN somel.capacity_limit.created_by IS 'Account that set it';
COMMENT ON COLUMN somel.capacity_limit.withdrawn_at IS 'When it was taken back; null while it counts';
CREATE INDEX capacity_limit_place_idx ON somel.capacity_limit (place_id, valid_from) WHERE withdrawn_at IS NULL;

CREATE TABLE somel.overload_run (
    forecast_run_id bigint PRIMARY KEY REFERENCES somel.forecast_run (forecast_run_id) ON DELETE CASCADE,
    computed_at timestamptz NOT NULL,
    place_count integer NOT NULL CHECK (place_count >= 0)
);
COMMENT ON TABLE somel.overload_run IS 'Issues of forecasts that overload was reckoned from';
COMMENT ON COLUMN somel.overload_run.forecast_run_id IS 'Issue';
COMMENT ON COLUMN somel.overload_run.computed_at IS 'When';
COMMENT ON COLUMN somel.overload_run.place_count IS 'Places that have a limit and were forecast';

CREATE TABLE somel.overload_probability (
    forecast_run_id bigint NOT NULL REFERENCES somel.overload_run (forecast_run_id) ON DELETE CASCADE,
    place_id integer NOT NULL REFERENCES somel.place (place_id) ON DELETE CASCADE,
    valid_from timestamptz NOT NULL,
    limit_w double precision NOT NULL,
    probability real NOT NULL CHECK (probability BETWEEN 0 AND 1),
    PRIMARY KEY (place_id, valid_from, forecast_run_id)
);
COMMENT ON TABLE somel.overload_probability IS 'How probable it is that a place exceeds its limit in a slot; only rows of 1 % and more are kept';
COMMENT ON COLUMN somel.overload_probability.forecast_run_id IS 'Issue of forecasts that it follows from';
COMMENT ON COLUMN somel.overload_probability.place_id IS 'Place';
COMMENT ON COLUMN somel.overload_probability.valid_from IS 'Start of the slot';
COMMENT ON COLUMN somel.overload_probability.limit_w IS 'Limit that held then [W]';
COMMENT ON COLUMN somel.overload_probability.probability IS 'Probability that the mean load of the slot exceeds it [ratio]';
CREATE INDEX overload_probability_run_idx ON somel.overload_probability (forecast_run_id);

CREATE TABLE somel.overload_rule (
    overload_rule_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    place_id integer REFERENCES somel.place (place_id) ON DELETE CASCADE,
    level text CHECK (level IN ('territory', 'substation', 'feeder', 'power_transformer', 'commune')),
    probability_threshold double precision NOT NULL CHECK (probability_threshold BETWEEN 0.01 AND 0.99),
    notice_s integer NOT NULL CHECK (notice_s >= 0),
    min_duration_s integer NOT NULL CHECK (min_duration_s >= 0),
    is_enabled boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL CHECK (changed_by <> ''),
    CHECK ((place_id IS NULL) <> (level IS NULL))
);
COMMENT ON TABLE somel.overload_rule IS 'When an event is to be drafted for an overload to come';
COMMENT ON COLUMN somel.overload_rule.overload_rule_id IS 'Key';
COMMENT ON COLUMN somel.overload_rule.name IS 'Name for people';
COMMENT ON COLUMN somel.overload_rule.place_id IS 'Place that it is about; null: all of a level';
COMMENT ON COLUMN somel.overload_rule.level IS 'Level that it is about; null: one place';
COMMENT ON COLUMN somel.overload_rule.probability_threshold IS 'Slots whose overload is at least so probable [ratio]';
COMMENT ON COLUMN somel.overload_rule.notice_s IS 'An event starts no sooner than so long after it is drafted [s]';
COMMENT ON COLUMN somel.overload_rule.min_duration_s IS 'Overloads that are over sooner are left alone [s]';
COMMENT ON COLUMN somel.overload_rule.is_enabled IS 'Whether it is followed';
COMMENT ON COLUMN somel.overload_rule.changed_at IS 'When it was made or last changed';
COMMENT ON COLUMN somel.overload_rule.changed_by IS 'Account that did so';

CREATE TABLE somel.event_proposal (
    event_id uuid PRIMARY KEY REFERENCES somel.event (event_id) ON DELETE CASCADE,
    overload_rule_id integer REFERENCES somel.overload_rule (overload_rule_id) ON DELETE SET NULL,
    forecast_run_id bigint REFERENCES somel.forecast_run (forecast_run_id) ON DELETE SET NULL,
    proposed_at timestamptz NOT NULL,
    probability real NOT NULL CHECK (probability BETWEEN 0 AND 1),
    required_reduction_w real [] NOT NULL CHECK (cardinality(required_reduction_w) > 0)
);
COMMENT ON TABLE somel.event_proposal IS 'Events that a rule drafted, and why';
COMMENT ON COLUMN somel.event_proposal.event_id IS 'Event';
COMMENT ON COLUMN somel.event_proposal.overload_rule_id IS 'Rule; null once it is deleted';
COMMENT ON COLUMN somel.event_proposal.forecast_run_id IS 'Issue of forecasts; null once it is deleted';
COMMENT ON COLUMN somel.event_proposal.proposed_at IS 'When';
COMMENT ON COLUMN somel.event_proposal.probability IS 'Highest probability of overload in its slots [ratio]';
COMMENT ON COLUMN somel.event_proposal.required_reduction_w IS 'By how much load must fall in each slot for overload to be less probable than the rule''s threshold [W]';

GRANT SELECT ON somel.hot_water_tank, somel.ev_charger, somel.battery, somel.heat_pump, somel.resource_state,
somel.consent, somel.call_limit, somel.opt_out, somel.off_peak_window, somel.tariff_day, somel.tariff_price,
somel.capacity_limit, somel.overload_run, somel.overload_probability, somel.overload_rule, somel.event_proposal
TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, UPDATE, DELETE ON somel.hot_water_tank, somel.ev_charger, somel.battery, somel.heat_pump,
somel.resource_state, somel.call_limit, somel.off_peak_window, somel.tariff_day, somel.tariff_price,
somel.overload_run, somel.overload_probability, somel.overload_rule, somel.event_proposal TO somel_compute;
GRANT INSERT ON somel.consent, somel.opt_out, somel.capacity_limit TO somel_compute;
GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_how) ON somel.consent TO somel_compute;
GRANT UPDATE (withdrawn_at) ON somel.capacity_limit, somel.resource TO somel_compute;
