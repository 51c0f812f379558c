-- name: buckets
-- The index of records has the time first: the span decides what is read.
SELECT {columns} FROM {view}
WHERE {time} >= {since} AND {time} < {until} AND {condition}
GROUP BY {groups}
{having}
ORDER BY {groups}
LIMIT {limit};

-- name: patience
SELECT set_config('statement_timeout', {patience}, true);
