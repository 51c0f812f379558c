-- name: insert_guardianship
INSERT INTO pass.guardianship (guardian_id, child_id, began_on) VALUES (%(guardian_id)s, %(child_id)s, %(today)s)
ON CONFLICT (guardian_id, child_id) DO NOTHING

-- name: end_guardianship
DELETE FROM pass.guardianship WHERE member = %(member)s

-- name: wards_of
-- row: db.families.Ward
SELECT
    guardianship.member,
    child.holder_id AS child_id,
    child.born_on,
    child.label,
    child.passphrase IS NOT NULL AS signs_in
FROM pass.guardianship
JOIN pass.holder AS child ON child.holder_id = guardianship.child_id
WHERE
    guardianship.guardian_id = %(guardian_id)s
    AND (%(member)s::uuid IS NULL OR guardianship.member = %(member)s)
    AND child.left_on IS NULL
ORDER BY child.born_on, guardianship.member

-- name: guardians_of
-- row: db.families.Guardian
SELECT guardianship.member, guardianship.guardian_id, guardian.label, guardianship.began_on
FROM pass.guardianship
JOIN pass.holder AS guardian ON guardian.holder_id = guardianship.guardian_id
WHERE guardianship.child_id = %(child_id)s
ORDER BY guardianship.began_on, guardianship.member

-- name: insert_family_code
INSERT INTO pass.family_code (secret_sha256, child_id, kind, expires_at)
VALUES (%(secret_sha256)s, %(child_id)s, %(kind)s, %(expires_at)s)

-- name: withdraw_family_codes
DELETE FROM pass.family_code WHERE child_id = %(child_id)s AND kind = %(kind)s

-- name: find_family_code
-- row: db.families.FamilyCode
SELECT family_code.child_id, family_code.kind, holder.born_on
FROM pass.family_code
JOIN pass.holder ON holder.holder_id = family_code.child_id
WHERE
    family_code.secret_sha256 = %(secret_sha256)s
    AND family_code.expires_at > %(now)s::timestamptz
    AND holder.left_on IS NULL
FOR UPDATE OF family_code

-- name: delete_family_code
DELETE FROM pass.family_code WHERE secret_sha256 = %(secret_sha256)s

-- name: forget_family_codes
DELETE FROM pass.family_code WHERE expires_at <= %(now)s::timestamptz

-- name: of_age
-- row: db.families.Ward
SELECT DISTINCT ON (child.holder_id)
    guardianship.member,
    child.holder_id AS child_id,
    child.born_on,
    child.label,
    child.passphrase IS NOT NULL AS signs_in
FROM pass.guardianship
JOIN pass.holder AS child ON child.holder_id = guardianship.child_id
WHERE child.born_on <= %(born_by)s::date
ORDER BY child.holder_id

-- name: end_guardianships
DELETE FROM pass.guardianship WHERE child_id = %(child_id)s
