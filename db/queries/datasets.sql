-- name: act_for
SELECT set_config('somel.organisations', %(organisations)s, true) AS organisations;

-- name: insert_organisation
INSERT INTO catalogue.organisation (name, title, kind, insee_code, homepage, contact)
VALUES (%(name)s, %(title)s, %(kind)s, %(insee_code)s, %(homepage)s, %(contact)s)
RETURNING organisation_id;

-- name: list_organisations
-- row: db.dataset_rows.Organisation
SELECT organisation_id, name, title, kind, insee_code, homepage, contact, created_at
FROM catalogue.organisation
WHERE name > %(after)s AND (%(only)s::text IS NULL OR name = %(only)s)
ORDER BY name
LIMIT %(limit)s;

-- name: insert_dataset
INSERT INTO catalogue.dataset (
    organisation_id, name, title, description, licence, theme, keywords, openness, update_period_s, retention_s,
    geometry_type, key_fields, time_field
)
VALUES (
    %(organisation_id)s, %(name)s, %(title)s, %(description)s, %(licence)s, %(theme)s, %(keywords)s, %(openness)s,
    %(update_period_s)s, %(retention_s)s, %(geometry_type)s, %(key_fields)s, %(time_field)s
)
RETURNING dataset_id;

-- name: insert_version
INSERT INTO catalogue.dataset_version (dataset_id, version, opened_at) VALUES (%(dataset_id)s, %(version)s, %(now)s);

-- name: deprecate_version
UPDATE catalogue.dataset_version SET deprecated_at = %(now)s, sunset_at = %(sunset_at)s
WHERE dataset_id = %(dataset_id)s AND version = %(version)s AND deprecated_at IS NULL;

-- name: insert_field
INSERT INTO catalogue.field (
    dataset_id, version, position, name, type, unit, title, description, is_required, column_name
)
VALUES (
    %(dataset_id)s, %(version)s, %(position)s, %(name)s, %(type)s, %(unit)s, %(title)s, %(description)s,
    %(is_required)s, %(column_name)s
);

-- name: publish_version
SELECT catalogue.publish_version(%(dataset_id)s, %(version)s);

-- name: touch_dataset
UPDATE catalogue.dataset SET changed_at = %(now)s WHERE dataset_id = %(dataset_id)s;

-- name: records_changed
UPDATE catalogue.dataset SET records_changed_at = greatest(records_changed_at, %(now)s)
WHERE dataset_id = %(dataset_id)s;

-- name: describe_dataset
UPDATE catalogue.dataset SET
    title = %(title)s,
    description = %(description)s,
    licence = %(licence)s,
    theme = %(theme)s,
    keywords = %(keywords)s,
    openness = %(openness)s,
    update_period_s = %(update_period_s)s,
    retention_s = %(retention_s)s,
    changed_at = %(now)s
WHERE dataset_id = %(dataset_id)s;

-- name: withdraw_dataset
UPDATE catalogue.dataset SET withdrawn_at = %(now)s, changed_at = %(now)s
WHERE dataset_id = %(dataset_id)s AND withdrawn_at IS NULL;

-- name: list_datasets
-- row: db.dataset_rows.Dataset
-- Those that the transaction may read, by name.
SELECT
    dataset.dataset_id,
    dataset.organisation_id,
    organisation.name AS organisation_name,
    organisation.title AS organisation_title,
    dataset.name,
    dataset.title,
    dataset.description,
    dataset.licence,
    dataset.theme,
    dataset.keywords,
    dataset.openness,
    dataset.update_period_s,
    dataset.retention_s,
    dataset.geometry_type,
    dataset.key_fields,
    dataset.time_field,
    dataset.created_at,
    dataset.changed_at,
    dataset.records_changed_at
FROM catalogue.dataset
JOIN catalogue.organisation USING (organisation_id)
WHERE
    dataset.name > %(after)s
    AND (%(only)s::text IS NULL OR dataset.name = %(only)s)
    AND (%(organisation)s::text IS NULL OR organisation.name = %(organisation)s)
    AND (%(among)s::text[] IS NULL OR dataset.name = ANY (%(among)s))
    AND catalogue.may_read(dataset.dataset_id)
ORDER BY dataset.name
LIMIT %(limit)s;

-- name: versions_of
-- row: db.dataset_rows.Version
SELECT dataset_id, version, opened_at, deprecated_at, sunset_at
FROM catalogue.dataset_version
WHERE dataset_id = ANY(%(dataset_ids)s)
ORDER BY dataset_id, version;

-- name: fields_of
-- row: db.dataset_rows.FieldRow
SELECT dataset_id, version, name, type, unit, title, description, is_required, column_name
FROM catalogue.field
WHERE dataset_id = ANY(%(dataset_ids)s)
ORDER BY dataset_id, version, position;

-- name: share_dataset
INSERT INTO catalogue.share (dataset_id, organisation_id) VALUES (%(dataset_id)s, %(organisation_id)s)
ON CONFLICT DO NOTHING;

-- name: unshare_dataset
DELETE FROM catalogue.share WHERE dataset_id = %(dataset_id)s AND organisation_id = %(organisation_id)s;

-- name: shares_of
-- row: db.dataset_rows.Organisation
SELECT
    organisation.organisation_id,
    organisation.name,
    organisation.title,
    organisation.kind,
    organisation.insee_code,
    organisation.homepage,
    organisation.contact,
    organisation.created_at
FROM catalogue.share
JOIN catalogue.organisation USING (organisation_id)
WHERE share.dataset_id = %(dataset_id)s
ORDER BY organisation.name;

-- name: insert_refused
INSERT INTO catalogue.refused_record (dataset_id, refused_at, source, row_number, field, code, reason, content)
VALUES (
    %(dataset_id)s, %(refused_at)s, %(source)s, %(row_number)s, %(field)s, %(code)s, %(reason)s, %(content)s
);

-- name: refused_of
-- row: db.dataset_rows.RefusedRecord
SELECT refused_record_id, refused_at, source, row_number, field, code, reason, content
FROM catalogue.refused_record
WHERE dataset_id = %(dataset_id)s AND refused_record_id < %(before)s
ORDER BY refused_record_id DESC
LIMIT %(limit)s;
