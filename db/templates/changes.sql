-- name: records_now
SELECT to_jsonb(shown) FROM (
    SELECT {shown} FROM {view} AS kept
    JOIN jsonb_to_recordset(%(keys)s::jsonb) AS wanted ({wanted}) ON {same}
) AS shown;
