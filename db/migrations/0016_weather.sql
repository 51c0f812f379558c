-- Weather has two times: the hour that it is valid for, and the moment from which somebody could know it.

CREATE TABLE somel.weather_point (
    weather_point_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    location geometry (Point, 4326) NOT NULL
);
COMMENT ON TABLE somel.weather_point IS 'A point that weather is known for; places take that of the nearest one';
COMMENT ON COLUMN somel.weather_point.weather_point_id IS 'Key inside this database';
COMMENT ON COLUMN somel.weather_point.name IS 'Name for people, unique';
COMMENT ON COLUMN somel.weather_point.location IS 'WGS 84 [degrees]';

CREATE TABLE somel.weather_forecast (
    weather_point_id integer NOT NULL REFERENCES somel.weather_point (weather_point_id),
    valid_at timestamptz NOT NULL CHECK (mod(extract(EPOCH FROM valid_at), 3600) = 0),
    known_at timestamptz NOT NULL,
    source text NOT NULL CHECK (source <> '' AND source <> 'none'),
    temperature_degc real CHECK (temperature_degc BETWEEN -60 AND 60),
    wind_speed_m_s real CHECK (wind_speed_m_s BETWEEN 0 AND 100),
    irradiance_w_m2 real CHECK (irradiance_w_m2 BETWEEN 0 AND 1500),
    cloud_cover_ratio real CHECK (cloud_cover_ratio BETWEEN 0 AND 1),
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (weather_point_id, valid_at, known_at, source),
    CHECK (num_nonnulls(temperature_degc, wind_speed_m_s, irradiance_w_m2, cloud_cover_ratio) > 0)
);
COMMENT ON TABLE somel.weather_forecast IS 'Weather of an hour as it was known from a moment on; nobody changes or deletes a row, a correction is a row known later';
COMMENT ON COLUMN somel.weather_forecast.weather_point_id IS 'Point';
COMMENT ON COLUMN somel.weather_forecast.valid_at IS 'Start of the hour that it is about';
COMMENT ON COLUMN somel.weather_forecast.known_at IS 'From then on it may be used; after valid_at for what was measured';
COMMENT ON COLUMN somel.weather_forecast.source IS 'Who said so: the provider, or the name of a file';
COMMENT ON COLUMN somel.weather_forecast.temperature_degc IS 'Air temperature 2 m above ground at the start of the hour [degC]';
COMMENT ON COLUMN somel.weather_forecast.wind_speed_m_s IS 'Wind speed 10 m above ground at the start of the hour [m/s]';
COMMENT ON COLUMN somel.weather_forecast.irradiance_w_m2 IS 'Global horizontal irradiance, mean over the hour [W/m2]';
COMMENT ON COLUMN somel.weather_forecast.cloud_cover_ratio IS 'Cloud cover at the start of the hour [ratio]';
COMMENT ON COLUMN somel.weather_forecast.stored_at IS 'Wall time at which it was stored: tells what was loaded with a known_at that had passed';
CREATE INDEX weather_forecast_known_idx ON somel.weather_forecast (weather_point_id, source, known_at);

CREATE TABLE somel.forecast_weather (
    forecast_run_id bigint NOT NULL REFERENCES somel.forecast_run (forecast_run_id),
    place_id integer NOT NULL REFERENCES somel.place (place_id),
    weather_point_id integer NOT NULL REFERENCES somel.weather_point (weather_point_id),
    source text NOT NULL,
    known_at timestamptz NOT NULL,
    known_then_ratio real NOT NULL CHECK (known_then_ratio BETWEEN 0 AND 1),
    PRIMARY KEY (forecast_run_id, place_id)
);
COMMENT ON TABLE somel.forecast_weather IS 'The weather that the forecast of a place was made with; no row: it was made without';
COMMENT ON COLUMN somel.forecast_weather.forecast_run_id IS 'Issue';
COMMENT ON COLUMN somel.forecast_weather.place_id IS 'Place';
COMMENT ON COLUMN somel.forecast_weather.weather_point_id IS 'Point whose weather was used';
COMMENT ON COLUMN somel.forecast_weather.source IS 'Who said how the weather of the hours forecast would be';
COMMENT ON COLUMN somel.forecast_weather.known_at IS 'When the newest of it became known';
COMMENT ON COLUMN somel.forecast_weather.known_then_ratio IS 'Share of the past hours learned from whose weather was known when they were still to come; of the rest it was known later [ratio]';

GRANT SELECT ON somel.weather_point, somel.weather_forecast, somel.forecast_weather
TO somel_ingest, somel_compute, somel_read;
GRANT INSERT ON somel.weather_point, somel.weather_forecast, somel.forecast_weather TO somel_compute;
GRANT DELETE ON somel.forecast_weather TO somel_compute;
