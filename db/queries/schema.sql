-- name: relations
-- row: db.schema.Relation
SELECT
    relation.oid,
    namespace.nspname::text AS schema,
    relation.relname::text AS name,
    relation.relkind::text AS kind,
    coalesce(obj_description(relation.oid, 'pg_class'), '') AS comment,
    CASE WHEN relation.relkind = 'v' THEN pg_get_viewdef(relation.oid, true) ELSE '' END AS definition
FROM pg_class AS relation
JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
WHERE namespace.nspname IN ('catalogue', 'enjoy', 'migration', 'pass', 'personal', 'record', 'shop', 'somel') AND relation.relkind IN ('r', 'v')
ORDER BY namespace.nspname, relation.relname;

-- name: columns
-- row: db.schema.ColumnOf
SELECT
    attribute.attrelid AS oid,
    attribute.attname::text AS name,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    attribute.attnotnull AS is_required,
    attribute.attidentity <> '' AS is_identity,
    coalesce(pg_get_expr(preset.adbin, preset.adrelid), '') AS preset,
    coalesce(col_description(attribute.attrelid, attribute.attnum), '') AS comment
FROM pg_attribute AS attribute
LEFT JOIN pg_attrdef AS preset ON preset.adrelid = attribute.attrelid AND preset.adnum = attribute.attnum
WHERE attribute.attnum > 0 AND NOT attribute.attisdropped
ORDER BY attribute.attrelid, attribute.attnum;

-- name: constraints
-- row: db.schema.LineOf
SELECT conrelid AS oid, format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) AS line
FROM pg_constraint
WHERE conrelid <> 0
ORDER BY conrelid, strpos('pufc', contype), conname;

-- name: lines_after
-- row: db.schema.LineOf
SELECT oid, line
FROM (
    SELECT indexed.indrelid AS oid, 1 AS part, pg_get_indexdef(indexed.indexrelid) AS line
    FROM pg_index AS indexed
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE pg_constraint.conindid = indexed.indexrelid)
    UNION ALL
    SELECT
        format('%I.%I', dimension.hypertable_schema, dimension.hypertable_name)::regclass::oid AS oid,
        0 AS part,
        format('-- hypertable: chunks of %s by %s', dimension.time_interval, dimension.column_name) AS line
    FROM timescaledb_information.dimensions AS dimension
    UNION ALL
    SELECT tgrelid AS oid, 2 AS part, pg_get_triggerdef(oid) AS line
    FROM pg_trigger
    WHERE NOT tgisinternal AND NOT starts_with(tgname, 'ts_')
    UNION ALL
    SELECT
        relation.oid,
        3 AS part,
        format(
            'GRANT %s ON %s TO %s',
            string_agg(given.privilege_type, ', ' ORDER BY given.privilege_type),
            relation.oid::regclass,
            CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END
        ) AS line
    FROM pg_class AS relation
    CROSS JOIN LATERAL aclexplode(relation.relacl) AS given
    WHERE given.grantee <> relation.relowner
    GROUP BY relation.oid, given.grantee
    UNION ALL
    SELECT
        attribute.attrelid AS oid,
        4 AS part,
        format(
            'GRANT %s (%s) ON %s TO %s',
            given.privilege_type,
            string_agg(attribute.attname, ', ' ORDER BY attribute.attnum),
            attribute.attrelid::regclass,
            given.grantee::regrole
        ) AS line
    FROM pg_attribute AS attribute
    CROSS JOIN LATERAL aclexplode(attribute.attacl) AS given
    GROUP BY attribute.attrelid, given.privilege_type, given.grantee
    UNION ALL
    SELECT
        relation.oid,
        5 AS part,
        format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation.oid::regclass) AS line
    FROM pg_class AS relation
    WHERE relation.relrowsecurity
    UNION ALL
    SELECT
        policy.polrelid AS oid,
        6 AS part,
        format(
            'CREATE POLICY %I ON %s FOR %s TO %s USING (%s)',
            policy.polname,
            policy.polrelid::regclass,
            CASE policy.polcmd WHEN 'r' THEN 'SELECT' WHEN '*' THEN 'ALL' ELSE policy.polcmd::text END,
            (
                SELECT string_agg(coalesce(nullif(role::regrole::text, '-'), 'PUBLIC'), ', ' ORDER BY role::regrole::text)
                FROM unnest(policy.polroles) AS role
            ),
            pg_get_expr(policy.polqual, policy.polrelid)
        ) AS line
    FROM pg_policy AS policy
) AS lines
ORDER BY oid, part, line;

-- name: schemas
-- row: db.schema.LineOf
SELECT oid, line
FROM (
    SELECT
        namespace.oid,
        namespace.nspname AS schema,
        0 AS part,
        format('CREATE SCHEMA %I; -- %s', namespace.nspname, obj_description(namespace.oid, 'pg_namespace')) AS line
    FROM pg_namespace AS namespace
    UNION ALL
    SELECT
        namespace.oid,
        namespace.nspname AS schema,
        1 AS part,
        format(
            'GRANT %s ON SCHEMA %I TO %s;',
            string_agg(given.privilege_type, ', ' ORDER BY given.privilege_type),
            namespace.nspname,
            CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END
        ) AS line
    FROM pg_namespace AS namespace
    CROSS JOIN LATERAL aclexplode(namespace.nspacl) AS given
    WHERE given.grantee <> namespace.nspowner
    GROUP BY namespace.oid, namespace.nspname, given.grantee
) AS lines
WHERE schema IN ('catalogue', 'enjoy', 'migration', 'pass', 'personal', 'record', 'shop', 'somel')
ORDER BY schema, part, line;

-- name: functions
-- row: db.schema.LineOf
SELECT routine.oid, pg_get_functiondef(routine.oid) AS line
FROM pg_proc AS routine
JOIN pg_namespace AS namespace ON namespace.oid = routine.pronamespace
WHERE namespace.nspname IN ('catalogue', 'enjoy', 'migration', 'pass', 'personal', 'record', 'shop', 'somel')
ORDER BY namespace.nspname, routine.proname;
