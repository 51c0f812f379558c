-- name: insert_account
WITH own AS (
    INSERT INTO catalogue.organisation (name, title, kind) VALUES (%(name)s, 'Developer', 'developer')
    RETURNING organisation_id
),
made AS (
    INSERT INTO catalogue.account (email, passphrase, organisation_id)
    SELECT %(email)s, %(passphrase)s, organisation_id FROM own
    RETURNING account_id, organisation_id
)
INSERT INTO catalogue.member (organisation_id, account_id, role)
SELECT organisation_id, account_id, 'owner' FROM made
RETURNING account_id

-- name: find_account
-- row: db.accounts.Account
SELECT
    account_id,
    email,
    passphrase,
    organisation_id,
    coalesce(closed_until > clock_timestamp(), FALSE) AS is_closed
FROM catalogue.account
WHERE email = %(email)s::text OR account_id = %(account_id)s::integer

-- name: note_attempt
UPDATE catalogue.account SET
    failure_count = CASE WHEN %(is_right)s THEN 0 ELSE failure_count + 1 END,
    closed_until = CASE
        WHEN NOT %(is_right)s AND failure_count >= 4
            THEN clock_timestamp() + least(15 * 60, 15 * 2 ^ least(failure_count - 4, 10)) * INTERVAL '1 second'
    END
WHERE account_id = %(account_id)s

-- name: change_passphrase
UPDATE catalogue.account SET passphrase = %(passphrase)s, failure_count = 0, closed_until = NULL
WHERE account_id = %(account_id)s

-- name: end_sessions
DELETE FROM catalogue.session WHERE account_id = %(account_id)s OR expires_at < clock_timestamp()

-- name: revoke_own_keys
UPDATE catalogue.api_key SET revoked_at = clock_timestamp()
WHERE
    revoked_at IS NULL
    AND organisation_id = (SELECT organisation_id FROM catalogue.account WHERE account_id = %(account_id)s)

-- name: leave_all
DELETE FROM catalogue.member WHERE account_id = %(account_id)s

-- name: erase_account
UPDATE catalogue.account SET
    email = 'erased-' || account_id || '@invalid',
    passphrase = 'scrypt$1$1$1$$',
    closed_until = 'infinity'
WHERE account_id = %(account_id)s

-- name: begin_session
INSERT INTO catalogue.session (secret_sha256, account_id, expires_at)
VALUES (%(secret_sha256)s, %(account_id)s, clock_timestamp() + %(lasts)s::interval)

-- name: find_session
-- row: db.accounts.SignedIn
SELECT account.account_id, account.email
FROM catalogue.session
JOIN catalogue.account USING (account_id)
WHERE session.secret_sha256 = %(secret_sha256)s AND session.expires_at > clock_timestamp()

-- name: end_session
DELETE FROM catalogue.session WHERE secret_sha256 = %(secret_sha256)s

-- name: memberships
-- row: db.accounts.Membership
SELECT
    organisation.organisation_id,
    organisation.name AS organisation,
    organisation.title,
    organisation.kind,
    member.role
FROM catalogue.member
JOIN catalogue.organisation USING (organisation_id)
WHERE member.account_id = %(account_id)s
ORDER BY organisation.kind <> 'developer', organisation.name

-- name: members
-- row: db.accounts.Member
SELECT account.account_id, account.email, member.role, member.since
FROM catalogue.member
JOIN catalogue.account USING (account_id)
WHERE member.organisation_id = %(organisation_id)s
ORDER BY account.account_id

-- name: hold_members
SELECT pg_advisory_xact_lock(1802071411, %(organisation_id)s)

-- name: set_member
INSERT INTO catalogue.member (organisation_id, account_id, role)
VALUES (%(organisation_id)s, %(account_id)s, %(role)s)
ON CONFLICT (organisation_id, account_id) DO UPDATE SET role = excluded.role

-- name: remove_member
DELETE FROM catalogue.member WHERE organisation_id = %(organisation_id)s AND account_id = %(account_id)s

-- name: insert_invitation
INSERT INTO catalogue.invitation (organisation_id, role, secret_sha256, expires_at)
VALUES (%(organisation_id)s, %(role)s, %(secret_sha256)s, clock_timestamp() + %(lasts)s::interval)
RETURNING invitation_id

-- name: invitations
-- row: db.accounts.Invitation
SELECT
    invitation.invitation_id,
    invitation.organisation_id,
    organisation.name AS organisation,
    invitation.role,
    invitation.created_at,
    invitation.expires_at
FROM catalogue.invitation
JOIN catalogue.organisation USING (organisation_id)
WHERE
    invitation.organisation_id = %(organisation_id)s
    AND invitation.taken_at IS NULL
    AND invitation.expires_at > clock_timestamp()
ORDER BY invitation.invitation_id

-- name: take_invitation
-- row: db.accounts.Invitation
UPDATE catalogue.invitation SET taken_at = clock_timestamp()
FROM catalogue.organisation
WHERE
    organisation.organisation_id = invitation.organisation_id
    AND invitation.secret_sha256 = %(secret_sha256)s
    AND invitation.taken_at IS NULL
    AND invitation.expires_at > clock_timestamp()
RETURNING
    invitation.invitation_id,
    invitation.organisation_id,
    organisation.name AS organisation,
    invitation.role,
    invitation.created_at,
    invitation.expires_at

-- name: withdraw_invitation
UPDATE catalogue.invitation SET taken_at = clock_timestamp()
WHERE
    invitation_id = %(invitation_id)s
    AND organisation_id = %(organisation_id)s
    AND taken_at IS NULL

-- name: insert_merchant
WITH made AS (
    INSERT INTO catalogue.organisation (name, title, kind) VALUES (%(name)s, %(title)s, 'merchant')
    RETURNING organisation_id
)
INSERT INTO catalogue.member (organisation_id, account_id, role)
SELECT organisation_id, %(account_id)s, 'owner' FROM made
RETURNING organisation_id

-- name: insert_merchant_alone
INSERT INTO catalogue.organisation (name, title, kind) VALUES (%(name)s, %(title)s, 'merchant')
RETURNING organisation_id
