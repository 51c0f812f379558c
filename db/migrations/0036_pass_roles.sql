-- Who keeps holders and passes, and who keeps shops and orders. Roles belong to the cluster: another database may have made them.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['somel_enjoy_pass', 'somel_enjoy_shop'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- at this very moment
            END;
        END IF;
    END LOOP;
END $$;

CREATE SCHEMA pass AUTHORIZATION somel_owner;
COMMENT ON SCHEMA pass IS 'Enjoy: holders of cards and passes, what they may use, and that they used it; no role that serves data sees it';
CREATE SCHEMA shop AUTHORIZATION somel_owner;
COMMENT ON SCHEMA shop IS 'Enjoy: shops, what they sell, when it is collected, and orders';
GRANT USAGE ON SCHEMA pass TO somel_enjoy_pass;
GRANT USAGE ON SCHEMA shop TO somel_enjoy_shop;
GRANT USAGE ON SCHEMA catalogue, somel TO somel_enjoy_pass, somel_enjoy_shop;
