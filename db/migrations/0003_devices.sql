CREATE TABLE somel.register (
    register_id smallint PRIMARY KEY,
    name text NOT NULL UNIQUE,
    obis text NOT NULL UNIQUE,
    unit text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('interval', 'index', 'instant')),
    lowest double precision NOT NULL,
    highest double precision NOT NULL CHECK (highest > lowest)
);
COMMENT ON TABLE somel.register IS 'What meters measure; filled from core/registers.py by every migrate';
COMMENT ON COLUMN somel.register.register_id IS 'Number in CBOR payloads; never reused';
COMMENT ON COLUMN somel.register.name IS 'Name in JSON, ending in its unit';
COMMENT ON COLUMN somel.register.obis IS 'OBIS code (IEC 62056-6-1)';
COMMENT ON COLUMN somel.register.unit IS 'Unit of a value: Wh, varh, W, VA, V, A, Hz';
COMMENT ON COLUMN somel.register.kind IS 'interval, index or instant';
COMMENT ON COLUMN somel.register.lowest IS 'Lowest plausible value [unit]; of an interval, as mean power';
COMMENT ON COLUMN somel.register.highest IS 'Highest plausible value [unit]; of an interval, as mean power';

CREATE TABLE somel.gateway (
    gateway_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$'),
    shard smallint NOT NULL CHECK (shard >= 0),
    status text NOT NULL DEFAULT 'unknown' CHECK (status IN ('unknown', 'online', 'offline')),
    status_at timestamptz,
    firmware_version text,
    registered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE somel.gateway IS 'Data concentrator that publishes for the devices attached to it';
COMMENT ON COLUMN somel.gateway.gateway_id IS 'Key inside this database';
COMMENT ON COLUMN somel.gateway.name IS 'Its identity: MQTT client id, certificate subject and topic level';
COMMENT ON COLUMN somel.gateway.shard IS 'Shard of the topic tree that it publishes under';
COMMENT ON COLUMN somel.gateway.status IS 'Last state it, or its last will, published';
COMMENT ON COLUMN somel.gateway.status_at IS 'When that state was received';
COMMENT ON COLUMN somel.gateway.firmware_version IS 'Firmware it reports';
COMMENT ON COLUMN somel.gateway.registered_at IS 'When it was registered';

CREATE TABLE somel.end_device (
    end_device_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$'),
    kind text NOT NULL CHECK (kind IN ('meter', 'sensor', 'water_heater', 'ev_charger', 'battery', 'heat_pump')),
    gateway_id integer NOT NULL REFERENCES somel.gateway (gateway_id),
    usage_point_id integer NOT NULL REFERENCES somel.usage_point (usage_point_id)
);
COMMENT ON TABLE somel.end_device IS 'A meter, sensor or flexible device behind a gateway';
COMMENT ON COLUMN somel.end_device.end_device_id IS 'Key inside this database';
COMMENT ON COLUMN somel.end_device.name IS 'Identifier in payloads; never the PRM';
COMMENT ON COLUMN somel.end_device.kind IS 'meter, sensor, water_heater, ev_charger, battery or heat_pump';
COMMENT ON COLUMN somel.end_device.gateway_id IS 'Gateway that speaks for it';
COMMENT ON COLUMN somel.end_device.usage_point_id IS 'Usage point that it measures or draws from';
CREATE INDEX end_device_gateway_idx ON somel.end_device (gateway_id);
CREATE INDEX end_device_usage_point_idx ON somel.end_device (usage_point_id);

CREATE TABLE somel.resource (
    end_device_id integer PRIMARY KEY REFERENCES somel.end_device (end_device_id),
    rated_power_w integer NOT NULL CHECK (rated_power_w > 0),
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz CHECK (withdrawn_at >= enrolled_at)
);
COMMENT ON TABLE somel.resource IS 'An end device that takes part in demand response, with its owner''s agreement';
COMMENT ON COLUMN somel.resource.end_device_id IS 'Device';
COMMENT ON COLUMN somel.resource.rated_power_w IS 'Highest power it draws [W]';
COMMENT ON COLUMN somel.resource.enrolled_at IS 'When its owner agreed';
COMMENT ON COLUMN somel.resource.withdrawn_at IS 'When the agreement was withdrawn; null while it holds';

GRANT SELECT ON somel.register, somel.gateway, somel.end_device, somel.resource
TO somel_ingest, somel_compute, somel_read;
GRANT UPDATE (status, status_at, firmware_version) ON somel.gateway TO somel_ingest;
