-- name: recent_flags
-- row: db.pass_figures.RecentFlag
SELECT double_use.kind, venue.name AS venue, double_use.at, double_use.subject_id AS subject
FROM pass.double_use
JOIN pass.venue USING (venue_id)
WHERE double_use.service_id = %(service_id)s AND double_use.subject_id IS NOT NULL AND double_use.at > %(since)s
ORDER BY double_use.at DESC, double_use.double_use_id DESC
LIMIT %(limit)s

-- name: flag_counts
-- row: db.pass_figures.FlagCountRow
SELECT
    double_use.kind, venue.name AS venue, (double_use.at AT TIME ZONE 'Europe/Paris')::date AS day, count(*) AS count
FROM pass.double_use
JOIN pass.venue USING (venue_id)
WHERE double_use.service_id = %(service_id)s
GROUP BY 1, 2, 3
ORDER BY 3 DESC, 2, 1
LIMIT %(limit)s

-- name: own_service
SELECT service_id FROM pass.service WHERE name = %(service)s AND organisation_id = %(organisation_id)s

-- name: statistics
-- row: db.pass_figures.StatisticRow
SELECT venue.name AS venue, statistic.day, statistic.price_class, statistic.admission_count, statistic.hidden
FROM pass.statistic
JOIN pass.venue USING (venue_id)
WHERE venue.service_id = %(service_id)s AND statistic.day >= %(since)s AND statistic.day < %(until)s
ORDER BY statistic.day, venue.name, statistic.price_class
LIMIT %(limit)s

-- name: uncounted_days
-- row: db.pass_figures.DayRow
-- Days that are over for half a day at least, and whose admissions still say whose they are.
SELECT DISTINCT (validation.at AT TIME ZONE 'Europe/Paris')::date AS day
FROM pass.validation
WHERE
    validation.subject_id IS NOT NULL AND validation.at < %(before)s
    AND NOT EXISTS (
        SELECT FROM pass.statistic_day
        WHERE statistic_day.day = (validation.at AT TIME ZONE 'Europe/Paris')::date
    )
ORDER BY 1

-- name: day_cells
-- row: db.pass_figures.CellRow
-- By venue and price class, and by venue.
SELECT
    validation.venue_id,
    coalesce(validation.price_class, '') AS price_class,
    grouping(validation.price_class) = 1 AS is_total,
    count(*) AS admission_count,
    count(DISTINCT validation.subject_id) AS holder_count
FROM pass.validation
WHERE
    validation.is_admitted AND validation.subject_id IS NOT NULL
    AND validation.at >= %(since)s AND validation.at < %(until)s
GROUP BY GROUPING SETS ((validation.venue_id, validation.price_class), (validation.venue_id))

-- name: insert_day
INSERT INTO pass.statistic_day (day) VALUES (%(day)s) ON CONFLICT DO NOTHING RETURNING 1

-- name: insert_statistics
INSERT INTO pass.statistic (venue_id, day, price_class, admission_count, hidden)
SELECT venue_id, %(day)s, price_class, admission_count, hidden
FROM unnest(
    %(venue_ids)s::integer [], %(price_classes)s::text [], %(counts)s::integer [], %(hidden)s::text []
) AS new (venue_id, price_class, admission_count, hidden)

-- name: forget_holders
UPDATE pass.validation SET subject_id = NULL, token_id = NULL, serial_hmac = NULL, step = NULL
WHERE
    at <= %(before)s
    AND (subject_id IS NOT NULL OR token_id IS NOT NULL OR serial_hmac IS NOT NULL OR step IS NOT NULL)

-- name: forget_flagged
UPDATE pass.double_use SET subject_id = NULL WHERE subject_id IS NOT NULL AND at <= %(before)s

-- name: forget_uses
-- A period that is over counts for nothing; a day more for readers that tell late.
DELETE FROM pass.use
WHERE
    (per = 'day' AND start_on < %(today)s::date - 1)
    OR (per = 'week' AND start_on < %(today)s::date - 8)
    OR (per = 'month' AND start_on + interval '1 month 1 day' < %(today)s::date)
    OR subject_id IN (SELECT subject_id FROM pass.subject WHERE left_on IS NOT NULL)

-- name: round_first_uses
-- Once whatever lasted from it is over, the day is enough to know that.
UPDATE pass.first_use SET at = date_trunc('day', first_use.at)
WHERE
    first_use.at <> date_trunc('day', first_use.at) AND first_use.at <= %(before)s
    AND first_use.at + make_interval(secs => (
        SELECT coalesce(max((rule.content ->> 'lasts_s')::integer), 0)
        FROM pass.subject
        JOIN pass.rule USING (service_id)
        WHERE subject.subject_id = first_use.subject_id
    )) < %(now)s
