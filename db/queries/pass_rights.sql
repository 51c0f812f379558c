-- name: derive_again
UPDATE pass.subject SET derived_on = NULL
WHERE service_id = %(service_id)s AND left_on IS NULL AND derived_on IS NOT NULL;

-- name: hold_due
-- row: db.pass_rights.SubjectOf
SELECT subject.subject_id, subject.holder_id, subject.service_id
FROM pass.subject
JOIN pass.service USING (service_id)
WHERE
    subject.left_on IS NULL
    AND service.kind = 'public'
    AND service.closed_at IS NULL
    AND (subject.derived_on IS NULL OR subject.derived_on < %(before)s)
ORDER BY subject.derived_on NULLS FIRST, subject.subject_id
LIMIT %(limit)s
FOR UPDATE OF subject SKIP LOCKED;

-- name: hold_subjects
-- row: db.pass_rights.SubjectOf
SELECT subject.subject_id, subject.holder_id, subject.service_id
FROM pass.subject
JOIN pass.service USING (service_id)
WHERE
    subject.left_on IS NULL
    AND service.kind = 'public'
    AND (subject.subject_id = %(subject_id)s OR subject.holder_id = %(holder_id)s)
ORDER BY subject.subject_id
FOR UPDATE OF subject;

-- name: entitlements_of
-- row: db.pass_rights.Entitlement
SELECT subject_id, number, valid_from, valid_until
FROM pass.entitlement
WHERE subject_id = ANY (%(subject_ids)s)
ORDER BY subject_id, number;

-- name: put_entitlements
INSERT INTO pass.entitlement AS known (subject_id, number, valid_from, valid_until, derived_on)
SELECT given.subject_id, given.number, %(valid_from)s, given.valid_until, %(today)s
FROM unnest(%(subject_ids)s::uuid[], %(numbers)s::integer[], %(untils)s::timestamptz[])
AS given (subject_id, number, valid_until)
ON CONFLICT (subject_id, number) DO UPDATE SET
    valid_from = CASE WHEN known.valid_until <= excluded.valid_from THEN excluded.valid_from ELSE known.valid_from END,
    valid_until = excluded.valid_until,
    derived_on = excluded.derived_on;

-- name: delete_entitlements
DELETE FROM pass.entitlement
USING unnest(%(subject_ids)s::uuid[], %(numbers)s::integer[]) AS given (subject_id, number)
WHERE entitlement.subject_id = given.subject_id AND entitlement.number = given.number;

-- name: mark_derived
UPDATE pass.subject SET derived_on = %(today)s WHERE subject_id = ANY (%(subject_ids)s);

-- name: attestations_of
-- row: db.pass_rights.Attestation
SELECT
    attestation.attestation_id,
    attestation.holder_id,
    attestation.kind,
    attestation.insee_code,
    place.name AS commune,
    attestation.born_on,
    attestation.quotient_below_eur,
    attestation.document,
    attestation.valid_until,
    attestation.attested_on,
    organisation.name AS organisation,
    organisation.title AS organisation_title
FROM pass.attestation
JOIN catalogue.organisation USING (organisation_id)
LEFT JOIN somel.place ON place.level = 'commune' AND place.code = attestation.insee_code
WHERE attestation.holder_id = ANY (%(holder_ids)s)
ORDER BY attestation.holder_id, attestation.kind;

-- name: put_attestation
INSERT INTO pass.attestation (
    holder_id, kind, insee_code, born_on, quotient_below_eur, document, valid_until, attested_on, organisation_id
)
VALUES (
    %(holder_id)s, %(kind)s, %(insee_code)s, %(born_on)s, %(quotient_below_eur)s, %(document)s, %(valid_until)s,
    %(today)s, %(organisation_id)s
)
ON CONFLICT (holder_id, kind) DO UPDATE SET
    insee_code = excluded.insee_code,
    born_on = excluded.born_on,
    quotient_below_eur = excluded.quotient_below_eur,
    document = excluded.document,
    valid_until = excluded.valid_until,
    attested_on = excluded.attested_on,
    organisation_id = excluded.organisation_id;

-- name: correct_birth
UPDATE pass.holder SET born_on = %(born_on)s WHERE holder_id = %(holder_id)s AND born_on IS NOT NULL;

-- name: delete_attestation
DELETE FROM pass.attestation
WHERE holder_id = %(holder_id)s AND attestation_id = %(attestation_id)s
RETURNING kind;

-- name: forget_evidence
DELETE FROM pass.attestation WHERE valid_until < %(before)s;

-- name: rights_of_holder
-- row: db.pass_rights.RightOf
SELECT
    subject.subject_id,
    service.name AS service,
    service.title AS service_title,
    service.kind AS service_kind,
    entitlement_kind.title,
    entitlement_kind.condition,
    entitlement.valid_from,
    entitlement.valid_until
FROM pass.subject
JOIN pass.service USING (service_id)
JOIN pass.entitlement_kind USING (service_id)
LEFT JOIN pass.entitlement
    ON entitlement.subject_id = subject.subject_id AND entitlement.number = entitlement_kind.number
WHERE
    subject.holder_id = %(holder_id)s
    AND subject.left_on IS NULL
    AND entitlement_kind.ended_on IS NULL
    AND (service.kind = 'public' OR entitlement.valid_until IS NOT NULL)
ORDER BY service.title, service.name, entitlement_kind.number;
