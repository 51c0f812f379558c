-- OpenADR 3.1: what clients of the VTN have made, who they are, and what changed.

-- Clients -------------------------------------------------------------------------------------------------------------
CREATE TABLE somel.openadr_client (
    client_id text PRIMARY KEY CHECK (client_id ~ '^[a-zA-Z0-9_-]{1,128}$'),
    name text NOT NULL,
    secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
    role text NOT NULL CHECK (role IN ('bl', 'ven')),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz
);
COMMENT ON TABLE somel.openadr_client IS 'Clients of the OpenADR VTN, by the SHA-256 of a 256-bit random secret';
COMMENT ON COLUMN somel.openadr_client.client_id IS 'Key; what objects name as their clientID';
COMMENT ON COLUMN somel.openadr_client.name IS 'Whose it is';
COMMENT ON COLUMN somel.openadr_client.secret_sha256 IS 'SHA-256 of the secret; the secret itself is shown once and not kept';
COMMENT ON COLUMN somel.openadr_client.role IS 'bl: business logic, sees everything; ven: sees what is its own or for it';
COMMENT ON COLUMN somel.openadr_client.scopes IS 'What its tokens may do, by the specification''s names';
COMMENT ON COLUMN somel.openadr_client.created_at IS 'When it was made';
COMMENT ON COLUMN somel.openadr_client.revoked_at IS 'When it was revoked; its tokens end with it';

CREATE TABLE somel.openadr_token (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    client_id text NOT NULL REFERENCES somel.openadr_client (client_id) ON DELETE CASCADE,
    scopes text[] NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE somel.openadr_token IS 'Access tokens of OpenADR clients, by their SHA-256; those that ended are removed as others are made';
COMMENT ON COLUMN somel.openadr_token.token_sha256 IS 'SHA-256 of the token; the token itself is told once and not kept';
COMMENT ON COLUMN somel.openadr_token.client_id IS 'Client';
COMMENT ON COLUMN somel.openadr_token.scopes IS 'What it may do: what was asked for, of what the client may';
COMMENT ON COLUMN somel.openadr_token.expires_at IS 'After this it is not accepted (wall clock)';
CREATE INDEX openadr_token_expires_idx ON somel.openadr_token (expires_at);

-- Objects -------------------------------------------------------------------------------------------------------------
-- The six kinds in one table: identity, times, owner, targets and references are columns, and what only clients
-- understand stays as they wrote it. A reference is to an object of the right kind, by the generated columns.
CREATE TABLE somel.openadr_object (
    object_id text PRIMARY KEY CHECK (object_id ~ '^[a-zA-Z0-9_-]{1,128}$'),
    object_type text NOT NULL
    CHECK (object_type IN ('PROGRAM', 'EVENT', 'REPORT', 'SUBSCRIPTION', 'VEN', 'RESOURCE')),
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    client_id text CHECK ((client_id IS NULL) = (object_type IN ('PROGRAM', 'EVENT'))),
    name text,
    program_id text CHECK (object_type <> 'EVENT' OR program_id IS NOT NULL),
    event_id text CHECK ((event_id IS NOT NULL) = (object_type = 'REPORT')),
    ven_id text CHECK ((ven_id IS NOT NULL) = (object_type = 'RESOURCE')),
    targets text[] NOT NULL DEFAULT '{}',
    ends_at timestamptz,
    content jsonb NOT NULL,
    end_device_id integer UNIQUE REFERENCES somel.end_device (end_device_id)
    CHECK (end_device_id IS NULL OR object_type = 'RESOURCE'),
    command_id uuid UNIQUE REFERENCES somel.command (command_id) ON DELETE SET NULL
    CHECK (command_id IS NULL OR object_type = 'EVENT'),
    program_type text GENERATED ALWAYS AS (CASE WHEN program_id IS NOT NULL THEN 'PROGRAM' END) STORED,
    event_type text GENERATED ALWAYS AS (CASE WHEN event_id IS NOT NULL THEN 'EVENT' END) STORED,
    ven_type text GENERATED ALWAYS AS (CASE WHEN ven_id IS NOT NULL THEN 'VEN' END) STORED,
    UNIQUE (object_id, object_type),
    FOREIGN KEY (program_id, program_type) REFERENCES somel.openadr_object (object_id, object_type) ON DELETE CASCADE,
    FOREIGN KEY (event_id, event_type) REFERENCES somel.openadr_object (object_id, object_type) ON DELETE CASCADE,
    FOREIGN KEY (ven_id, ven_type) REFERENCES somel.openadr_object (object_id, object_type) ON DELETE CASCADE
);
COMMENT ON TABLE somel.openadr_object IS 'Objects of the OpenADR VTN: programs, events, reports, subscriptions, VENs and resources';
COMMENT ON COLUMN somel.openadr_object.object_id IS 'Key, given by the VTN';
COMMENT ON COLUMN somel.openadr_object.object_type IS 'PROGRAM, EVENT, REPORT, SUBSCRIPTION, VEN or RESOURCE';
COMMENT ON COLUMN somel.openadr_object.created_at IS 'When it was created';
COMMENT ON COLUMN somel.openadr_object.modified_at IS 'When it was changed last';
COMMENT ON COLUMN somel.openadr_object.client_id IS 'Client whose it is; null for programs and events';
COMMENT ON COLUMN somel.openadr_object.name IS 'programName, eventName, clientName, venName or resourceName';
COMMENT ON COLUMN somel.openadr_object.program_id IS 'Program of an event or a subscription; a report has that of its event';
COMMENT ON COLUMN somel.openadr_object.event_id IS 'Event of a report';
COMMENT ON COLUMN somel.openadr_object.ven_id IS 'VEN of a resource';
COMMENT ON COLUMN somel.openadr_object.targets IS 'Targets; empty when it has none';
COMMENT ON COLUMN somel.openadr_object.ends_at IS 'End of an event; null when it does not end or nothing says when';
COMMENT ON COLUMN somel.openadr_object.content IS 'What its author sent, as the specification names it';
COMMENT ON COLUMN somel.openadr_object.end_device_id IS 'Device that a resource is, where business logic named it so';
COMMENT ON COLUMN somel.openadr_object.command_id IS 'Command of the platform that an event carries to a resource';
COMMENT ON COLUMN somel.openadr_object.program_type IS 'PROGRAM where there is a program, so that the reference is to one';
COMMENT ON COLUMN somel.openadr_object.event_type IS 'EVENT where there is an event, so that the reference is to one';
COMMENT ON COLUMN somel.openadr_object.ven_type IS 'VEN where there is a VEN, so that the reference is to one';
CREATE UNIQUE INDEX openadr_program_name_key ON somel.openadr_object (name) WHERE object_type = 'PROGRAM';
CREATE UNIQUE INDEX openadr_ven_name_key ON somel.openadr_object (name) WHERE object_type = 'VEN';
CREATE UNIQUE INDEX openadr_ven_client_key ON somel.openadr_object (client_id) WHERE object_type = 'VEN';
CREATE UNIQUE INDEX openadr_resource_name_key ON somel.openadr_object (ven_id, name) WHERE object_type = 'RESOURCE';
CREATE INDEX openadr_object_list_idx ON somel.openadr_object (object_type, created_at, object_id);
CREATE INDEX openadr_object_client_idx ON somel.openadr_object (client_id, object_type);
CREATE INDEX openadr_object_program_idx ON somel.openadr_object (program_id);
CREATE INDEX openadr_object_event_idx ON somel.openadr_object (event_id);
CREATE INDEX openadr_object_ven_idx ON somel.openadr_object (ven_id);

CREATE VIEW somel.openadr_seen AS
SELECT
    object.object_id,
    object.object_type,
    object.created_at,
    object.modified_at,
    object.client_id,
    object.name,
    CASE object.object_type
        WHEN 'PROGRAM' THEN object.object_id
        ELSE coalesce(object.program_id, event.program_id)
    END AS program_id,
    object.event_id,
    CASE object.object_type WHEN 'VEN' THEN object.object_id ELSE coalesce(object.ven_id, ven.object_id) END AS ven_id,
    object.targets,
    object.ends_at,
    object.content,
    coalesce(program.targets, '{}') AS program_targets
FROM somel.openadr_object AS object
LEFT JOIN somel.openadr_object AS event ON event.object_id = object.event_id
LEFT JOIN somel.openadr_object AS program ON program.object_id = object.program_id
LEFT JOIN somel.openadr_object AS ven
    ON ven.object_type = 'VEN' AND ven.client_id = object.client_id AND object.object_type IN ('REPORT', 'SUBSCRIPTION');
COMMENT ON VIEW somel.openadr_seen IS 'Objects with what decides who sees them: program, its targets, and the VEN they belong to';

-- Reports whose readings are still to be stored: written with the reports, removed by ingest when they are.
CREATE TABLE somel.openadr_report_pending (
    object_id text PRIMARY KEY REFERENCES somel.openadr_object (object_id) ON DELETE CASCADE,
    queued_at timestamptz NOT NULL
);
COMMENT ON TABLE somel.openadr_report_pending IS 'Reports of VENs that ingest has not read yet';
COMMENT ON COLUMN somel.openadr_report_pending.object_id IS 'Report';
COMMENT ON COLUMN somel.openadr_report_pending.queued_at IS 'When it was created or changed last';

-- Changes: written with the objects, in one transaction; whoever notifies reads them in the order of their keys --------
CREATE TABLE somel.openadr_change (
    openadr_change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at timestamptz NOT NULL,
    operation text NOT NULL CHECK (operation IN ('CREATE', 'UPDATE', 'DELETE')),
    object_type text NOT NULL,
    object_id text NOT NULL,
    object jsonb NOT NULL,
    client_id text,
    ven_id text,
    program_id text,
    targets text[] NOT NULL,
    program_targets text[] NOT NULL
);
COMMENT ON TABLE somel.openadr_change IS 'What was created, updated or deleted, as it is to be notified; the outbox of the notifiers';
COMMENT ON COLUMN somel.openadr_change.openadr_change_id IS 'Key, rising';
COMMENT ON COLUMN somel.openadr_change.changed_at IS 'When';
COMMENT ON COLUMN somel.openadr_change.operation IS 'CREATE, UPDATE or DELETE';
COMMENT ON COLUMN somel.openadr_change.object_type IS 'As in openadr_object';
COMMENT ON COLUMN somel.openadr_change.object_id IS 'Object, which may be gone';
COMMENT ON COLUMN somel.openadr_change.object IS 'The object as its readers get it: with all its targets, without a subscription''s bearer tokens';
COMMENT ON COLUMN somel.openadr_change.client_id IS 'Client whose it is; null for programs and events';
COMMENT ON COLUMN somel.openadr_change.ven_id IS 'VEN that it is, or that it belongs to by its client or its reference; null when there is none';
COMMENT ON COLUMN somel.openadr_change.program_id IS 'Program that it is, or that it belongs to';
COMMENT ON COLUMN somel.openadr_change.targets IS 'Targets of the object';
COMMENT ON COLUMN somel.openadr_change.program_targets IS 'Targets of the program it belongs to: an event is no more visible than its program';
CREATE INDEX openadr_change_changed_idx ON somel.openadr_change (changed_at);
CREATE TRIGGER announce AFTER INSERT ON somel.openadr_change FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();

GRANT SELECT ON somel.openadr_client, somel.openadr_token, somel.openadr_object, somel.openadr_seen, somel.openadr_change
TO somel_compute;
GRANT SELECT ON somel.openadr_client, somel.openadr_token, somel.openadr_object, somel.openadr_seen TO somel_read;
GRANT SELECT ON somel.openadr_client, somel.openadr_object, somel.openadr_seen, somel.openadr_change TO somel_ingest;
GRANT INSERT, DELETE ON somel.openadr_token TO somel_compute;
GRANT INSERT, UPDATE, DELETE ON somel.openadr_object TO somel_compute;
GRANT INSERT ON somel.openadr_change TO somel_compute;
GRANT SELECT, INSERT, UPDATE ON somel.openadr_report_pending TO somel_compute;
GRANT SELECT, DELETE ON somel.openadr_report_pending TO somel_ingest;
-- Old changes are removed by whoever has notified them.
GRANT DELETE ON somel.openadr_change TO somel_ingest;
