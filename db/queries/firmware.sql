-- name: insert_image
INSERT INTO somel.firmware_image (sha256, size_bytes)
VALUES (%(sha256)s, %(size_bytes)s)
ON CONFLICT DO NOTHING

-- name: insert_chunk
INSERT INTO somel.firmware_chunk (sha256, position, content)
VALUES (%(sha256)s, %(position)s, %(content)s)
ON CONFLICT DO NOTHING

-- name: find_image
-- row: db.firmware_rows.Image
SELECT sha256, size_bytes
FROM somel.firmware_image
WHERE sha256 = %(sha256)s::text

-- name: chunks
-- row: db.firmware_rows.Chunk
SELECT position, content
FROM somel.firmware_chunk
WHERE sha256 = %(sha256)s::text AND position BETWEEN %(first)s::integer AND %(last)s::integer
ORDER BY position

-- name: next_serial
SELECT coalesce(max(serial), 0) + 1 AS serial
FROM somel.firmware_release

-- name: insert_release
-- row: db.firmware_rows.Release
INSERT INTO somel.firmware_release
    (serial, version, hardware, sha256, manifest, key_ids, signatures, released_at, expires_at)
VALUES (
    %(serial)s, %(version)s, %(hardware)s::text[], %(sha256)s, %(manifest)s, %(key_ids)s::text[],
    %(signatures)s::text[], %(released_at)s, %(expires_at)s
)
RETURNING
    firmware_release_id, serial, version, hardware, sha256, manifest, key_ids, signatures, released_at, expires_at

-- name: list_releases
-- row: db.firmware_rows.Release
SELECT firmware_release_id, serial, version, hardware, sha256, manifest, key_ids, signatures, released_at, expires_at
FROM somel.firmware_release
WHERE %(serial)s::bigint IS NULL OR serial = %(serial)s::bigint
ORDER BY serial

-- name: insert_rollout
-- row: db.firmware_rows.RolloutKey
INSERT INTO somel.firmware_rollout (
    firmware_release_id, status, cohort_ratios, soak_s, success_ratio, failure_ratio, started_at, status_at,
    failures_from
)
VALUES (
    %(firmware_release_id)s, 'running', %(cohort_ratios)s::float8[], %(soak_s)s, %(success_ratio)s,
    %(failure_ratio)s, %(now)s, %(now)s, %(now)s
)
RETURNING firmware_rollout_id

-- name: list_rollouts
-- row: db.firmware_rows.Rollout
SELECT
    rollout.firmware_rollout_id,
    release.firmware_release_id,
    release.serial,
    release.version,
    release.hardware,
    rollout.status,
    rollout.reason,
    rollout.cohort_ratios,
    rollout.stage,
    rollout.soak_s,
    rollout.success_ratio,
    rollout.failure_ratio,
    rollout.started_at,
    rollout.status_at,
    rollout.stage_at,
    rollout.met_at,
    rollout.failures_from
FROM somel.firmware_rollout AS rollout
JOIN somel.firmware_release AS release USING (firmware_release_id)
WHERE %(firmware_rollout_id)s::uuid IS NULL OR rollout.firmware_rollout_id = %(firmware_rollout_id)s::uuid
ORDER BY rollout.started_at DESC, rollout.firmware_rollout_id
LIMIT %(limit)s::integer

-- name: running_rollouts
-- row: db.firmware_rows.RolloutKey
SELECT firmware_rollout_id
FROM somel.firmware_rollout
WHERE status = 'running'
ORDER BY started_at

-- name: lock_rollout
-- row: db.firmware_rows.RolloutKey
-- One worker moves a roll-out on; the others pass by. An operator waits.
SELECT firmware_rollout_id
FROM somel.firmware_rollout
WHERE firmware_rollout_id = %(firmware_rollout_id)s::uuid
FOR UPDATE SKIP LOCKED

-- name: wait_for_rollout
-- row: db.firmware_rows.RolloutKey
SELECT firmware_rollout_id
FROM somel.firmware_rollout
WHERE firmware_rollout_id = %(firmware_rollout_id)s::uuid
FOR UPDATE

-- name: set_rollout
UPDATE somel.firmware_rollout
SET
    status = %(status)s,
    reason = %(reason)s,
    stage = %(stage)s,
    status_at = %(status_at)s,
    stage_at = %(stage_at)s,
    met_at = %(met_at)s
WHERE firmware_rollout_id = %(firmware_rollout_id)s

-- name: forgive_failures
UPDATE somel.firmware_rollout
SET failures_from = %(now)s, met_at = null
WHERE firmware_rollout_id = %(firmware_rollout_id)s

-- name: retry_failures
UPDATE somel.firmware_offer
SET
    firmware_offer_id = gen_random_uuid(), -- a gateway answers the old one by its last report
    status = 'pending',
    fault = null,
    reason = null,
    status_at = %(now)s,
    attempt_count = 0,
    retry_at = null
WHERE firmware_rollout_id = %(firmware_rollout_id)s AND status IN ('failed', 'rolled_back', 'refused')

-- name: insert_audit
INSERT INTO somel.firmware_audit (firmware_rollout_id, at, actor, action, stage, detail)
VALUES (%(firmware_rollout_id)s, %(at)s, %(actor)s, %(action)s, %(stage)s, %(detail)s)

-- name: audit_of_rollout
-- row: db.firmware_rows.Audit
SELECT at, actor, action, stage, detail
FROM somel.firmware_audit
WHERE firmware_rollout_id = %(firmware_rollout_id)s::uuid
ORDER BY firmware_audit_id

-- name: rollout_candidates
-- row: db.firmware_rows.Candidate
-- Gateways that the release is for and that were not offered it in this roll-out; those that run it already are left out.
SELECT gateway.gateway_id, gateway.name
FROM somel.gateway
WHERE
    gateway.hardware = ANY (%(hardware)s::text[])
    AND gateway.firmware_version IS DISTINCT FROM %(version)s::text
    AND NOT EXISTS (
        SELECT
        FROM somel.firmware_offer AS offer
        WHERE
            offer.firmware_rollout_id = %(firmware_rollout_id)s::uuid
            AND offer.gateway_id = gateway.gateway_id
    )
ORDER BY gateway.gateway_id

-- name: insert_offers
INSERT INTO somel.firmware_offer (firmware_rollout_id, gateway_id, stage, status_at)
SELECT %(firmware_rollout_id)s, gateway_id, %(stage)s, %(now)s
FROM unnest(%(gateway_ids)s::integer[]) AS offered (gateway_id)
ON CONFLICT DO NOTHING

-- name: tally_of_rollout
-- row: db.firmware_rows.Tally
SELECT
    count(*) AS offered,
    count(*) FILTER (WHERE offer.status = 'installed') AS installed,
    count(*) FILTER (
        WHERE offer.status IN ('failed', 'rolled_back', 'refused') AND offer.status_at >= rollout.failures_from
    ) AS failed,
    count(*) FILTER (
        WHERE offer.status IN ('pending', 'offered', 'downloading', 'verified') AND gateway.status = 'offline'
    ) AS unreachable
FROM somel.firmware_offer AS offer
JOIN somel.firmware_rollout AS rollout USING (firmware_rollout_id)
JOIN somel.gateway USING (gateway_id)
WHERE offer.firmware_rollout_id = %(firmware_rollout_id)s::uuid

-- name: offer_counts
-- row: db.firmware_rows.OfferCount
SELECT stage, status, fault, count(*) AS offer_count
FROM somel.firmware_offer
WHERE firmware_rollout_id = %(firmware_rollout_id)s::uuid
GROUP BY stage, status, fault
ORDER BY stage, status, fault

-- name: due_offers
-- row: db.firmware_rows.DueOffer
SELECT
    offer.firmware_offer_id,
    gateway.name AS gateway_name,
    gateway.shard,
    release.manifest,
    release.key_ids,
    release.signatures,
    release.sha256,
    release.expires_at
FROM somel.firmware_offer AS offer
JOIN somel.firmware_rollout AS rollout USING (firmware_rollout_id)
JOIN somel.firmware_release AS release USING (firmware_release_id)
JOIN somel.gateway USING (gateway_id)
WHERE
    offer.status IN ('pending', 'offered', 'downloading', 'verified')
    AND (offer.status = 'pending' OR offer.retry_at <= clock_timestamp())
    AND rollout.status IN ('running', 'completed')
    AND release.expires_at > %(now)s::timestamptz
    AND gateway.shard = ANY (%(shards)s::smallint[])
    AND gateway.status <> 'offline'
    AND gateway.quarantined_at IS NULL
ORDER BY offer.stage, offer.firmware_offer_id
LIMIT %(row_limit)s

-- name: mark_offers_sent
-- A report may be stored before the broker's word that it has taken the offer.
UPDATE somel.firmware_offer
SET
    status = CASE WHEN status = 'pending' THEN 'offered' ELSE status END,
    status_at = CASE WHEN status = 'pending' THEN %(at)s::timestamptz ELSE status_at END,
    offered_at = coalesce(offered_at, %(at)s::timestamptz),
    attempt_count = attempt_count + 1,
    retry_at = clock_timestamp()
    + make_interval(secs => least(%(answer_s)s::float8 * 2 ^ least(attempt_count + 1, 16), 3600))
WHERE firmware_offer_id = ANY (%(offer_ids)s::uuid[])

-- name: report_offers
-- row: db.firmware_rows.ReportedOffer
-- What a gateway is at never goes back to an earlier step by a message that comes again.
UPDATE somel.firmware_offer AS offer
SET
    status = CASE WHEN kept.is_old THEN offer.status ELSE report.status END,
    fault = CASE WHEN kept.is_old THEN offer.fault ELSE report.fault END,
    reason = CASE WHEN kept.is_old THEN offer.reason ELSE report.reason END,
    status_at = CASE WHEN kept.is_old OR offer.status = report.status THEN offer.status_at ELSE %(at)s::timestamptz END,
    retry_at = greatest(offer.retry_at, clock_timestamp() + INTERVAL '10 minutes')
FROM
    unnest(
        %(offer_ids)s::uuid[], %(gateway_ids)s::integer[], %(statuses)s::text[], %(faults)s::text[], %(reasons)s::text[]
    ) AS report (firmware_offer_id, gateway_id, status, fault, reason),
    LATERAL (
        SELECT
            coalesce(array_position(ARRAY['pending', 'offered', 'downloading', 'verified'], report.status), 5)
            < coalesce(array_position(ARRAY['pending', 'offered', 'downloading', 'verified'], current.status), 5)
                AS is_old
        FROM somel.firmware_offer AS current
        WHERE current.firmware_offer_id = report.firmware_offer_id
    ) AS kept
WHERE offer.firmware_offer_id = report.firmware_offer_id AND offer.gateway_id = report.gateway_id
RETURNING offer.firmware_offer_id, offer.gateway_id
