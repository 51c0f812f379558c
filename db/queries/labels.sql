-- What is older than what is known changes nothing. An unchanged text is written again every five minutes at most.

-- name: store_labels
-- row: db.labels.LabelKey
WITH said AS (
    SELECT *
    FROM unnest(
        %(end_device_ids)s::integer [],
        %(labels)s::text [],
        %(texts)s::text [],
        %(first_said_at)s::timestamptz [],
        %(last_said_at)s::timestamptz []
    ) AS said (end_device_id, label, text, first_said_at, last_said_at)
),
kept AS (
    INSERT INTO somel.device_label_change (end_device_id, label, text, first_said_at, last_said_at)
    SELECT known.end_device_id, known.label, known.text, known.first_said_at, known.last_said_at
    FROM somel.device_label AS known
    JOIN said USING (end_device_id, label)
    WHERE said.last_said_at > known.last_said_at AND said.text <> known.text
    ORDER BY known.end_device_id, known.label
)
INSERT INTO somel.device_label AS known (end_device_id, label, text, first_said_at, last_said_at)
SELECT end_device_id, label, text, first_said_at, last_said_at
FROM said
ORDER BY end_device_id, label
ON CONFLICT (end_device_id, label) DO UPDATE
SET
    text = excluded.text,
    first_said_at = CASE WHEN known.text = excluded.text THEN known.first_said_at ELSE excluded.first_said_at END,
    last_said_at = excluded.last_said_at
WHERE
    excluded.last_said_at > known.last_said_at
    AND (known.text <> excluded.text OR excluded.last_said_at >= known.last_said_at + INTERVAL '5 minutes')
RETURNING end_device_id, label

-- name: trim_label_changes
DELETE FROM somel.device_label_change
WHERE device_label_change_id IN (
    SELECT device_label_change_id
    FROM (
        SELECT
            change.device_label_change_id,
            row_number() OVER (
                PARTITION BY change.end_device_id, change.label
                ORDER BY change.device_label_change_id DESC
            ) AS place
        FROM unnest(%(end_device_ids)s::integer [], %(labels)s::text []) AS touched (end_device_id, label)
        JOIN somel.device_label_change AS change USING (end_device_id, label)
    ) AS ranked
    WHERE place > %(kept)s::integer
)

-- name: usage_point_labels
-- row: db.labels.SaidLabel
SELECT end_device.name AS device, said.label, said.text, said.first_said_at, said.last_said_at, said.is_latest
FROM somel.end_device
JOIN (
    SELECT end_device_id, label, text, first_said_at, last_said_at, true AS is_latest
    FROM somel.device_label
    UNION ALL
    SELECT end_device_id, label, text, first_said_at, last_said_at, false
    FROM somel.device_label_change
) AS said USING (end_device_id)
WHERE end_device.usage_point_id = %(usage_point_id)s::integer
ORDER BY end_device.name, said.label, said.is_latest DESC, said.last_said_at DESC
