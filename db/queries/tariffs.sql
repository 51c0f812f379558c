-- name: usage_point_tariffs
-- row: db.tariffs.UsagePointTariff
SELECT
    usage_point.usage_point_id,
    usage_point.tariff,
    coalesce(array_agg(off_peak_window.starts_at::text ORDER BY off_peak_window.starts_at)
        FILTER (WHERE off_peak_window.starts_at IS NOT NULL), '{}') AS window_starts,
    coalesce(array_agg(off_peak_window.ends_at::text ORDER BY off_peak_window.starts_at)
        FILTER (WHERE off_peak_window.starts_at IS NOT NULL), '{}') AS window_ends
FROM somel.usage_point
LEFT JOIN somel.off_peak_window USING (usage_point_id)
WHERE usage_point.usage_point_id = ANY(%(usage_point_ids)s::integer [])
GROUP BY usage_point.usage_point_id, usage_point.tariff
ORDER BY usage_point.usage_point_id

-- name: delete_windows
DELETE FROM somel.off_peak_window
WHERE usage_point_id = %(usage_point_id)s

-- name: insert_windows
INSERT INTO somel.off_peak_window (usage_point_id, starts_at, ends_at)
SELECT
    %(usage_point_id)s,
    given.starts_at,
    given.ends_at
FROM unnest(%(starts_at)s::time [], %(ends_at)s::time []) AS given (starts_at, ends_at)

-- name: tariff_days
-- row: db.tariffs.TariffDay
SELECT
    tariff,
    day,
    color,
    source
FROM somel.tariff_day
WHERE day >= %(first)s AND day < %(end)s AND (%(tariff)s::text IS NULL OR tariff = %(tariff)s::text)
ORDER BY tariff, day

-- name: put_days
-- A colour that was announced may be mended; what is stored already as it is given stays as it is.
INSERT INTO somel.tariff_day AS kept (tariff, day, color, source, stored_at)
SELECT
    given.tariff,
    given.day,
    given.color,
    given.source,
    %(now)s
FROM unnest(%(tariffs)s::text [], %(days)s::date [], %(colors)s::text [], %(sources)s::text [])
    AS given (tariff, day, color, source)
ON CONFLICT (tariff, day) DO UPDATE SET
    color = excluded.color,
    source = excluded.source,
    stored_at = excluded.stored_at
WHERE kept.color <> excluded.color

-- name: tariff_prices
-- row: db.tariffs.TariffPrice
SELECT
    tariff,
    period,
    valid_from,
    price_eur_per_mwh,
    source
FROM somel.tariff_price
ORDER BY tariff, period, valid_from

-- name: put_prices
INSERT INTO somel.tariff_price AS kept (tariff, period, valid_from, price_eur_per_mwh, source)
SELECT given.*
FROM
    unnest(
        %(tariffs)s::text [], %(periods)s::text [], %(valid_from)s::date [], %(prices)s::double precision [],
        %(sources)s::text []
    ) AS given (tariff, period, valid_from, price_eur_per_mwh, source)
ON CONFLICT (tariff, period, valid_from) DO UPDATE SET
    price_eur_per_mwh = excluded.price_eur_per_mwh,
    source = excluded.source
