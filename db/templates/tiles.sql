-- name: tile
-- Lines and areas lose what is smaller than a tenth of what a screen shows of a tile; points stay as they are.
WITH asked AS MATERIALIZED (
    SELECT
        ST_TileEnvelope({z}, {x}, {y}) AS square,
        ST_Transform(ST_TileEnvelope({z}, {x}, {y}, margin => {margin}), 4326) AS searched
),
drawn AS (
    SELECT ST_AsMVTGeom({shape}, square, {extent}, {buffer}) AS geometry, {columns}
    FROM {view} CROSS JOIN asked
    WHERE _geometry && searched
    LIMIT {most}
)
SELECT ST_AsMVT(drawn, {layer}, {extent}, 'geometry') FROM drawn WHERE geometry IS NOT NULL;
