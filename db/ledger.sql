-- Which steps of db/migrations a database has. Run by the first migrate, before the roles exist.
CREATE SCHEMA migration;
COMMENT ON SCHEMA migration IS 'Which steps of db/migrations this database has';
CREATE TABLE migration.applied (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE migration.applied IS 'Migrations, each applied once, in one transaction with this row';
COMMENT ON COLUMN migration.applied.name IS 'Name of the file, without its ending';
COMMENT ON COLUMN migration.applied.sha256 IS 'SHA-256 of the file when it was applied';
COMMENT ON COLUMN migration.applied.applied_at IS 'When it was applied';
GRANT USAGE ON SCHEMA migration TO PUBLIC;
GRANT SELECT ON migration.applied TO PUBLIC;
