-- The directory of shops names their commune.
GRANT USAGE ON SCHEMA enjoy TO somel_enjoy_shop;
GRANT SELECT ON enjoy.commune TO somel_enjoy_shop;
