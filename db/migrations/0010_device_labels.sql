-- What devices say in words: latest text of each label, and a bounded history of what it said before.

CREATE TABLE somel.device_label (
    end_device_id integer NOT NULL REFERENCES somel.end_device (end_device_id),
    label text NOT NULL CHECK (length(label) BETWEEN 1 AND 64),
    text text NOT NULL CHECK (length(text) <= 256),
    first_said_at timestamptz NOT NULL,
    last_said_at timestamptz NOT NULL CHECK (last_said_at >= first_said_at),
    PRIMARY KEY (end_device_id, label)
) WITH (fillfactor = 70);
COMMENT ON TABLE somel.device_label IS 'What a device says of itself and is no number, the latest: tariff names, states, messages';
COMMENT ON COLUMN somel.device_label.end_device_id IS 'Device';
COMMENT ON COLUMN somel.device_label.label IS 'Which label: its name in the device''s own language, or one with a field of it after a dot';
COMMENT ON COLUMN somel.device_label.text IS 'What it says';
COMMENT ON COLUMN somel.device_label.first_said_at IS 'Since when it says so without a break';
COMMENT ON COLUMN somel.device_label.last_said_at IS 'When it was last heard to say so; while nothing changes moved on every few minutes only';

CREATE TABLE somel.device_label_change (
    device_label_change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    end_device_id integer NOT NULL REFERENCES somel.end_device (end_device_id),
    label text NOT NULL,
    text text NOT NULL,
    first_said_at timestamptz NOT NULL,
    last_said_at timestamptz NOT NULL
);
COMMENT ON TABLE somel.device_label_change IS 'What labels said before, the newest 32 of each device and label';
COMMENT ON COLUMN somel.device_label_change.device_label_change_id IS 'Key, rising in the order of change';
COMMENT ON COLUMN somel.device_label_change.end_device_id IS 'Device';
COMMENT ON COLUMN somel.device_label_change.label IS 'Which label';
COMMENT ON COLUMN somel.device_label_change.text IS 'What it said';
COMMENT ON COLUMN somel.device_label_change.first_said_at IS 'Since when it said so';
COMMENT ON COLUMN somel.device_label_change.last_said_at IS 'Until when it was heard to say so';
CREATE INDEX device_label_change_key_idx
ON somel.device_label_change (end_device_id, label, device_label_change_id);

COMMENT ON COLUMN somel.register.unit IS 'Unit of a value: Wh, varh, W, var, VA, V, A, Hz';

GRANT SELECT ON somel.device_label, somel.device_label_change TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, UPDATE ON somel.device_label TO somel_ingest;
GRANT INSERT, DELETE ON somel.device_label_change TO somel_ingest;
