-- name: transformer_paths
-- row: db.hierarchy.TransformerPath
-- Transformers without usage points are never part of a sum, and so are left out.
SELECT
    power_transformer.place_id AS power_transformer_place_id,
    power_transformer.feeder_place_id,
    feeder.substation_place_id,
    power_transformer.commune_place_id,
    territory.place_id AS territory_place_id
FROM somel.power_transformer
JOIN somel.feeder ON feeder.place_id = power_transformer.feeder_place_id
LEFT JOIN somel.place AS territory ON territory.level = 'territory'
WHERE
    EXISTS (
        SELECT FROM somel.usage_point
        WHERE usage_point.power_transformer_place_id = power_transformer.place_id
    )
ORDER BY power_transformer.place_id
