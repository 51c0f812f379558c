-- Who publishes, by the side of somel_enjoy_read, who reads. Roles belong to the cluster: another database may have made it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'somel_enjoy_write') THEN
        BEGIN
            CREATE ROLE somel_enjoy_write NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- at this very moment
        END;
    END IF;
END $$;

CREATE SCHEMA catalogue AUTHORIZATION somel_owner;
COMMENT ON SCHEMA catalogue IS 'Enjoy: organisations, what they publish, and under which contract';
CREATE SCHEMA record AUTHORIZATION somel_owner;
COMMENT ON SCHEMA record IS 'Enjoy: records of datasets, a table each, made by catalogue.open_version from its contract';

GRANT USAGE ON SCHEMA catalogue TO somel_enjoy_read, somel_enjoy_write;
GRANT USAGE ON SCHEMA record TO somel_enjoy_write;
GRANT USAGE ON SCHEMA enjoy TO somel_enjoy_write;
