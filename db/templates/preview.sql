-- name: newest_rows
SELECT {columns}, ST_AsGeoJSON(_geometry, 5) AS _geometry FROM {view} ORDER BY {order} LIMIT %(limit)s;

-- name: shapes
-- Small enough for a background: what is smaller than a pixel of a map of the whole is left out.
SELECT {columns}, ST_AsGeoJSON(ST_SimplifyPreserveTopology(_geometry, %(tolerance)s), 5) AS _geometry
FROM {view}
WHERE _geometry IS NOT NULL
ORDER BY {order}
LIMIT %(limit)s;

-- name: series
SELECT {columns} FROM {view} WHERE {subject} ORDER BY {time} DESC LIMIT %(limit)s;
