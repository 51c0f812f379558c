-- name: insert_holder
INSERT INTO pass.holder (kind, email, handle, passphrase, label, born_on, language, created_on)
VALUES (
    %(kind)s, %(email)s, %(handle)s, %(passphrase)s, %(label)s, %(born_on)s, %(language)s, %(created_on)s
)
RETURNING holder_id

-- name: find_sign_in
-- row: db.holders.SignIn
SELECT holder_id, passphrase, coalesce(closed_until > %(now)s::timestamptz, FALSE) AS is_closed
FROM pass.holder
WHERE
    (email = %(email)s::text OR handle = %(handle)s::text OR holder_id = %(holder_id)s::uuid)
    AND passphrase IS NOT NULL
    AND left_on IS NULL

-- name: note_attempt
UPDATE pass.holder SET
    failure_count = CASE WHEN %(is_right)s THEN 0 ELSE failure_count + 1 END,
    closed_until = CASE
        WHEN NOT %(is_right)s AND failure_count >= 4
            THEN %(now)s::timestamptz + least(15 * 60, 15 * 2 ^ least(failure_count - 4, 10)) * INTERVAL '1 second'
    END
WHERE holder_id = %(holder_id)s

-- name: set_sign_in
UPDATE pass.holder SET
    kind = %(kind)s,
    email = %(email)s,
    handle = %(handle)s,
    passphrase = %(passphrase)s,
    failure_count = 0,
    closed_until = NULL
WHERE holder_id = %(holder_id)s AND left_on IS NULL

-- name: describe_holder
UPDATE pass.holder SET
    label = coalesce(%(label)s::text, label),
    language = coalesce(%(language)s::text, language)
WHERE holder_id = %(holder_id)s

-- name: holder_of
-- row: db.holders.HolderRow
SELECT holder_id, kind, email, label, born_on, language, created_on, passphrase IS NOT NULL AS signs_in
FROM pass.holder
WHERE holder_id = %(holder_id)s AND left_on IS NULL

-- name: hold_holder
SELECT 1 FROM pass.holder WHERE holder_id = %(holder_id)s FOR UPDATE

-- name: begin_session
INSERT INTO pass.session (secret_sha256, holder_id, expires_at)
VALUES (%(secret_sha256)s, %(holder_id)s, %(expires_at)s)

-- name: find_session
-- row: db.holders.HolderRow
SELECT
    holder.holder_id,
    holder.kind,
    holder.email,
    holder.label,
    holder.born_on,
    holder.language,
    holder.created_on,
    holder.passphrase IS NOT NULL AS signs_in
FROM pass.session
JOIN pass.holder USING (holder_id)
WHERE
    session.secret_sha256 = %(secret_sha256)s
    AND session.expires_at > %(now)s::timestamptz
    AND holder.left_on IS NULL

-- name: end_session
DELETE FROM pass.session WHERE secret_sha256 = %(secret_sha256)s

-- name: end_sessions
DELETE FROM pass.session WHERE holder_id = %(holder_id)s

-- name: forget_sessions
DELETE FROM pass.session WHERE expires_at <= %(now)s::timestamptz

-- name: held_of
-- row: db.holders.Held
SELECT pass.held_of(%(holder_id)s) AS tables

-- name: erase_rows
-- row: db.holders.Held
SELECT pass.erase_rows(%(holder_id)s) AS tables

-- name: erase_media
UPDATE pass.medium SET label = '', status = 'revoked', ended_on = coalesce(ended_on, %(today)s)
WHERE holder_id = %(holder_id)s

-- name: erase_tokens
UPDATE pass.token SET device_key = NULL
FROM pass.subject
WHERE subject.subject_id = token.subject_id AND subject.holder_id = %(holder_id)s

-- name: erase_subjects
UPDATE pass.subject SET left_on = coalesce(left_on, %(today)s) WHERE holder_id = %(holder_id)s

-- name: erase_holder
UPDATE pass.holder SET
    kind = 'anonymous',
    email = NULL,
    handle = NULL,
    passphrase = NULL,
    label = '',
    born_on = NULL,
    failure_count = 0,
    closed_until = NULL,
    left_on = %(today)s
WHERE holder_id = %(holder_id)s

-- name: personal_tables
-- row: db.holders.PersonalTable
SELECT name, column_name, reaches, untold, on_leaving, reason
FROM pass.personal_table
ORDER BY name, column_name
