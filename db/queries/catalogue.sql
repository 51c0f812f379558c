-- name: names
-- row: db.catalogue.Name
-- Of all that the transaction may read, for pages that know their first and last.
SELECT dataset.name
FROM catalogue.dataset
JOIN catalogue.organisation USING (organisation_id)
WHERE
    (%(organisation)s::text IS NULL OR organisation.name = %(organisation)s)
    AND catalogue.may_read(dataset.dataset_id)
ORDER BY dataset.name;

-- name: summaries
-- row: db.catalogue.Summary
SELECT
    told.dataset_id, told.subject_count, told.west, told.south, told.east, told.north, told.first_at, told.last_at,
    told.in_time_ratio
FROM unnest(%(dataset_ids)s::integer[]) AS asked (dataset_id)
CROSS JOIN LATERAL catalogue.summary_of(asked.dataset_id) AS told;

-- name: search
-- row: db.catalogue.Found
-- What has no place is everywhere, and what has no time is always, as OGC API has it.
-- Every word is somewhere in what is said of the dataset, and one of the phrases; best are those with all words in the title.
WITH said AS (
    SELECT
        dataset.dataset_id,
        dataset.name,
        dataset.theme,
        dataset.keywords,
        organisation.name AS organisation,
        catalogue.folded(dataset.title) AS title,
        catalogue.folded(concat_ws(
            ' ', dataset.title, dataset.name, dataset.description, array_to_string(dataset.keywords, ' '),
            organisation.title, organisation.name
        )) AS words
    FROM catalogue.dataset
    JOIN catalogue.organisation USING (organisation_id)
    WHERE catalogue.may_read(dataset.dataset_id)
),
found AS (
    SELECT
        said.name,
        said.title,
        (SELECT bool_and(strpos(said.title, catalogue.folded(word)) > 0) FROM unnest(%(words)s::text[]) AS word) AS in_title
    FROM said
    WHERE
        (%(organisation)s::text IS NULL OR said.organisation = %(organisation)s)
        AND (%(theme)s::text IS NULL OR said.theme = %(theme)s)
        AND (%(keyword)s::text IS NULL OR catalogue.folded(%(keyword)s::text) = ANY (
            SELECT catalogue.folded(keyword) FROM unnest(said.keywords) AS keyword
        ))
        AND (%(names)s::text[] IS NULL OR said.name = ANY (%(names)s::text[]))
        AND NOT EXISTS (
            SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(said.words, catalogue.folded(word)) = 0
        )
        AND (cardinality(%(phrases)s::text[]) = 0 OR EXISTS (
            SELECT FROM unnest(%(phrases)s::text[]) AS phrase WHERE strpos(said.words, catalogue.folded(phrase)) > 0
        ))
        AND (%(west)s::float8 IS NULL AND %(since)s::timestamptz IS NULL AND %(until)s::timestamptz IS NULL OR EXISTS (
            SELECT FROM catalogue.summary_of(said.dataset_id) AS told
            WHERE
                (%(west)s::float8 IS NULL OR told.north IS NULL OR (
                    told.north >= %(south)s::float8 AND told.south <= %(north)s::float8
                    AND CASE WHEN %(west)s::float8 <= %(east)s::float8
                        THEN told.east >= %(west)s::float8 AND told.west <= %(east)s::float8
                        ELSE told.east >= %(west)s::float8 OR told.west <= %(east)s::float8
                    END
                ))
                AND (%(since)s::timestamptz IS NULL OR told.last_at IS NULL OR told.last_at >= %(since)s::timestamptz)
                AND (%(until)s::timestamptz IS NULL OR told.first_at IS NULL OR told.first_at <= %(until)s::timestamptz)
        ))
)
SELECT counted.name, counted.total
FROM (SELECT *, count(*) OVER () AS total FROM found) AS counted
WHERE counted.name > %(after)s
ORDER BY counted.in_title DESC NULLS LAST, CASE WHEN counted.in_title IS NULL THEN '' ELSE counted.title END, counted.name
OFFSET %(skip)s LIMIT %(limit)s;

-- name: facets
-- row: db.catalogue.Facet
-- By what datasets can be narrowed down, and how many of those that may be read there are of each.
-- Who may read is asked once a dataset.
WITH readable AS MATERIALIZED (
    SELECT organisation.name, organisation.title, dataset.theme, dataset.keywords
    FROM catalogue.dataset
    JOIN catalogue.organisation USING (organisation_id)
    WHERE catalogue.may_read(dataset.dataset_id)
)
SELECT 'organisation' AS facet, name AS value, title, count(*) AS total FROM readable GROUP BY name, title
UNION ALL
SELECT 'theme', theme, theme, count(*) FROM readable GROUP BY theme
UNION ALL
SELECT 'keyword', keyword, keyword, count(*) FROM readable CROSS JOIN LATERAL unnest(keywords) AS keyword GROUP BY keyword
ORDER BY 1, 4 DESC, 2;

-- name: communes
-- row: db.catalogue.Outline
-- As small as a background needs it: a tenth of a thousandth of a degree is 10 m.
SELECT
    insee_code,
    name,
    ST_AsGeoJSON(ST_SimplifyPreserveTopology(coalesce(boundary, centroid::geometry), 0.0005), 4) AS geometry
FROM enjoy.commune
ORDER BY insee_code;
