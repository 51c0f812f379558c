-- Roles are group roles without login: a deployment grants them to its own login users, the embedded
-- services switch to them with SET ROLE. They belong to the cluster, so another database may have made them.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'somel_owner', 'somel_ingest', 'somel_compute', 'somel_read', 'somel_enjoy_read', 'somel_personal'
    ] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = wanted);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- made by another database of this cluster, perhaps at this very moment
        END;
    END LOOP;
END $$;

-- The steps after this one run as somel_owner. A superuser may act as anybody; another login role has to be told.
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'somel_owner', 'SET') THEN
        EXECUTE format('GRANT somel_owner TO %I WITH SET TRUE', current_user);
    END IF;
END $$;

CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public;
CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;

CREATE SCHEMA somel AUTHORIZATION somel_owner;
COMMENT ON SCHEMA somel IS 'The platform: territory, devices, readings, forecasts, demand response';
CREATE SCHEMA personal AUTHORIZATION somel_owner;
COMMENT ON SCHEMA personal IS 'What names a person''s place of supply; read by somel_personal alone';
CREATE SCHEMA enjoy AUTHORIZATION somel_owner;
COMMENT ON SCHEMA enjoy IS 'Published views: all that somel_enjoy_read can see';

GRANT USAGE ON SCHEMA somel TO somel_ingest, somel_compute, somel_read;
GRANT USAGE ON SCHEMA personal TO somel_personal;
GRANT USAGE ON SCHEMA enjoy TO somel_enjoy_read, somel_read;
