-- name: begin_pass
-- row: db.tourism_uses.Begun
-- A pass begins at the first admission that is known: one that is told later may make it earlier, none makes it later.
-- Of one that is over and was forgotten no time is noted again.
UPDATE pass.sold_pass SET
    is_started = true,
    started_at = CASE
        WHEN product.starts_at_first_use AND sold_pass.ended_on IS NULL THEN least(sold_pass.started_at, %(at)s)
        ELSE sold_pass.started_at
    END,
    ends_at = CASE
        WHEN product.starts_at_first_use AND sold_pass.ended_on IS NULL
            THEN least(sold_pass.started_at, %(at)s) + make_interval(secs => product.duration_s)
        ELSE sold_pass.ends_at
    END
FROM pass.sale
JOIN pass.product USING (product_id)
WHERE sold_pass.subject_id = %(subject_id)s AND sale.sale_id = sold_pass.sale_id
RETURNING
    sold_pass.sale_id,
    sold_pass.number,
    product.product_id,
    product.number AS right_number,
    sold_pass.ends_at,
    sold_pass.cancelled_at IS NOT NULL OR coalesce(%(at)s > sold_pass.ends_at, false) AS is_late;

-- name: end_right
-- Never later than it did.
UPDATE pass.entitlement SET valid_until = greatest(%(until)s, valid_from + interval '1 microsecond')
WHERE subject_id = %(subject_id)s AND number = %(number)s AND valid_until > %(until)s;

-- name: end_rights
-- Of a pass that is over, or was taken back.
UPDATE pass.entitlement SET valid_until = greatest(%(until)s, valid_from + interval '1 microsecond')
WHERE subject_id = %(subject_id)s AND valid_until > %(until)s;

-- name: insert_entry
-- Under what was agreed at that time, else what was agreed last: who admitted is paid.
INSERT INTO pass.entry (agreement_id, day, is_offline, is_flagged)
SELECT
    agreement.agreement_id,
    %(day)s,
    %(is_offline)s,
    %(is_flagged)s OR agreement.accepted_at > %(at)s OR coalesce(agreement.ended_at <= %(at)s, false)
FROM pass.agreement
WHERE
    agreement.product_id = %(product_id)s AND agreement.venue_id = %(venue_id)s
    AND agreement.accepted_at IS NOT NULL
ORDER BY
    (agreement.accepted_at <= %(at)s AND (agreement.ended_at IS NULL OR agreement.ended_at > %(at)s)) DESC,
    agreement.accepted_at DESC
LIMIT 1
RETURNING entry_id;

-- name: over_passes
-- row: db.tourism_uses.OverPass
-- Opened ones that are over, were cancelled, or were not begun in time, and whose codes are not revoked yet.
SELECT
    sold_pass.sale_id,
    sold_pass.number,
    sold_pass.subject_id
FROM pass.sold_pass
JOIN pass.sale USING (sale_id)
JOIN pass.product USING (product_id)
WHERE
    sold_pass.ended_on IS NULL
    AND sold_pass.subject_id IS NOT NULL
    AND (
        sold_pass.cancelled_at IS NOT NULL
        OR sold_pass.ends_at <= %(now)s
        OR (sold_pass.ends_at IS NULL AND sale.use_until + make_interval(secs => product.duration_s) <= %(now)s)
    )
ORDER BY sold_pass.sale_id, sold_pass.number
LIMIT %(limit)s
FOR UPDATE OF sold_pass SKIP LOCKED;

-- name: end_pass
UPDATE pass.sold_pass SET ended_on = %(on)s
WHERE sale_id = %(sale_id)s AND number = %(number)s;

-- name: leave_service
UPDATE pass.subject SET left_on = %(on)s WHERE subject_id = %(subject_id)s AND left_on IS NULL;

-- name: forget_times
-- Of passes that were over some days ago.
UPDATE pass.sold_pass SET started_at = NULL, ends_at = NULL
WHERE ended_on < %(before)s AND started_at IS NOT NULL;

-- name: forgotten_passes
-- row: db.tourism_uses.ForgottenPass
-- That were over so long ago that no reader tells of them any more: who held them is not kept.
UPDATE pass.sold_pass SET subject_id = NULL, started_at = NULL, ends_at = NULL
FROM pass.subject
WHERE sold_pass.subject_id = subject.subject_id AND sold_pass.ended_on < %(before)s
RETURNING
    subject.subject_id,
    subject.holder_id;
