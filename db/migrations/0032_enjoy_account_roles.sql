-- Who keeps accounts, keys and webhooks of Enjoy: it knows who the people are and reads no records, and who serves records
-- does not know the people. Roles belong to the cluster: another database may have made it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'somel_enjoy_account') THEN
        BEGIN
            CREATE ROLE somel_enjoy_account NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- at this very moment
        END;
    END IF;
END $$;
GRANT USAGE ON SCHEMA catalogue, somel TO somel_enjoy_account;
