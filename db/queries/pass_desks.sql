-- name: put_code
INSERT INTO pass.desk_code (code_hash, holder_id, expires_at)
VALUES (%(code_hash)s, %(holder_id)s, %(expires_at)s)
ON CONFLICT (holder_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at;

-- name: take_code
-- row: db.pass_desks.Before
DELETE FROM pass.desk_code
USING pass.holder
WHERE
    desk_code.code_hash = %(code_hash)s
    AND desk_code.expires_at > %(now)s
    AND holder.holder_id = desk_code.holder_id
    AND holder.left_on IS NULL
RETURNING desk_code.holder_id;

-- name: insert_session
INSERT INTO pass.desk_session (session_hash, holder_id, organisation_id, actor, expires_at)
VALUES (%(session_hash)s, %(holder_id)s, %(organisation_id)s, %(actor)s, %(expires_at)s);

-- name: find_session
-- row: db.pass_desks.Before
SELECT desk_session.holder_id
FROM pass.desk_session
JOIN pass.holder USING (holder_id)
WHERE
    desk_session.session_hash = %(session_hash)s
    AND desk_session.organisation_id = %(organisation_id)s
    AND desk_session.actor = %(actor)s
    AND desk_session.expires_at > %(now)s
    AND holder.left_on IS NULL;

-- name: end_session
DELETE FROM pass.desk_session WHERE session_hash = %(session_hash)s;

-- name: forget_codes
DELETE FROM pass.desk_code WHERE expires_at <= %(now)s;

-- name: forget_sessions
DELETE FROM pass.desk_session WHERE expires_at <= %(now)s;
