-- The rules of catalog/security.py for HAS_PERMS_BY_NAME: a DENY anywhere wins, then ownership and fixed roles, then a GRANT.

-- The permissions that decide about a right.
CREATE FUNCTION store.deciding(wanted text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT ARRAY[$1, 'CONTROL'] || CASE WHEN $1 = 'ALTER' THEN ARRAY['ALTER ANY SCHEMA'] WHEN $1 = 'CREATE ROLE' THEN ARRAY['ALTER ANY ROLE', 'ALTER'] WHEN $1 = 'CREATE SCHEMA' THEN ARRAY['ALTER ANY SCHEMA', 'ALTER']
                                      WHEN $1 = 'CREATE USER' THEN ARRAY['ALTER ANY USER', 'ALTER'] WHEN $1 ~ '^(CREATE|ALTER ANY) ' THEN ARRAY['ALTER'] ELSE '{}' END $$;
-- What the fixed roles may do: 16387 db_ddladmin, 16390 db_datareader and so on.
CREATE FUNCTION store.fixed_grant(role int4, wanted text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE $1 WHEN 16390 THEN $2 = 'SELECT' WHEN 16391 THEN $2 IN ('INSERT', 'UPDATE', 'DELETE') WHEN 16385 THEN $2 IN ('ALTER ANY USER', 'CREATE USER', 'CONNECT')
              WHEN 16386 THEN $2 IN ('ALTER ANY ROLE', 'CREATE ROLE', 'VIEW DEFINITION') WHEN 16389 THEN $2 = 'BACKUP DATABASE'
              WHEN 16387 THEN $2 IN ('ALTER', 'REFERENCES') OR $2 ~ '^(CREATE|ALTER ANY) ' AND $2 !~ ' (ROLE|USER)$' ELSE false END $$;

-- Class 0 is the database, 1 an object, 3 a schema; `id` is the object's or the schema's.
CREATE FUNCTION store.may(principal text, wanted text, securable int4, id int4) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH roles AS (SELECT r AS id FROM store.roles_of($1) AS r),
       said AS (SELECT p.state FROM store.permissions p JOIN roles r ON r.id = p.grantee_id
                WHERE p.permission = ANY (store.deciding($2))
                  AND (p.class = 0 OR p.class = $3 AND p.major_id = $4
                       OR $3 = 1 AND p.class = 3 AND p.major_id = coalesce((SELECT c.relnamespace FROM pg_class c WHERE c.oid = $4::oid), (SELECT m.namespace FROM store.modules m WHERE m.object_id = $4))::int4))
  SELECT EXISTS (SELECT FROM roles WHERE id IN (1, 16384))
    OR NOT EXISTS (SELECT FROM said WHERE state = 'D') AND NOT EXISTS (SELECT FROM roles WHERE id = 16393 AND $2 IN ('INSERT', 'UPDATE', 'DELETE') OR id = 16392 AND $2 = 'SELECT')
       AND (EXISTS (SELECT FROM said) OR EXISTS (SELECT FROM roles WHERE store.fixed_grant(id, $2)) OR $2 = 'CONNECT') $$;

-- HAS_PERMS_BY_NAME(securable, class, permission) for the current user (first argument). NULL for what does not exist.
CREATE FUNCTION sys.has_perms_by_name(principal text, securable text, class text, permission text) RETURNS int4 LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN t.class = -1 THEN (lower($1) = 'dbo')::int4
              WHEN t.class IS NULL OR t.id IS NULL THEN NULL
              WHEN upper($4) = 'ANY' THEN EXISTS (SELECT FROM store.permission_names n WHERE t.class = ANY (n.classes) AND store.may($1, n.name, t.class, t.id))::int4
              WHEN EXISTS (SELECT FROM store.permission_names n WHERE n.name = upper($4) AND t.class = ANY (n.classes)) THEN store.may($1, upper($4), t.class, t.id)::int4 END
  FROM (SELECT k.class, CASE k.class WHEN 0 THEN CASE WHEN $2 IS NULL OR lower(btrim($2, '[]')) COLLATE "C" = lower(sys.db_name()::text) THEN 0 END
                                     WHEN 1 THEN store.object_id($2::sys.nvarchar, NULL)
                                     WHEN 3 THEN (SELECT s.oid::int4 FROM store.schemas s WHERE lower(s.name) = lower((store.name_parts($2))[1]) COLLATE "C") END AS id
        FROM (SELECT CASE lower($3) WHEN 'database' THEN 0 WHEN 'object' THEN 1 WHEN 'schema' THEN 3 WHEN 'server' THEN -1 ELSE CASE WHEN $3 IS NULL AND $2 IS NULL THEN -1 WHEN $3 IS NULL THEN 1 END END AS class) AS k) AS t $$;
-- Of a column: there are no rights of columns here, the object's decide.
CREATE FUNCTION sys.has_perms_by_name(principal text, securable text, class text, permission text, sub text, sub_class text) RETURNS int4 LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN $5 IS NULL OR EXISTS (SELECT FROM store.columns c WHERE c.object_id = sys.object_id($2::sys.nvarchar) AND lower(c.name) = lower((store.name_parts($5))[1]) COLLATE "C")
              THEN sys.has_perms_by_name($1, $2, $3, $4) END $$;
-- A login of the server: the administrator is in every role of it, everybody in public.
CREATE FUNCTION sys.is_srvrolemember(principal text, role text) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE WHEN lower($2) = 'public' THEN 1 WHEN lower($2) IN ('sysadmin', 'serveradmin', 'securityadmin', 'dbcreator', 'loginmanager', 'dbmanager', 'processadmin', 'setupadmin', 'bulkadmin', 'diskadmin',
    '##ms_databaseconnector##', '##ms_databasemanager##', '##ms_definitionreader##', '##ms_loginmanager##', '##ms_securitydefinitionreader##', '##ms_serverstatereader##', '##ms_serverstatemanager##') THEN (lower($1) = 'dbo')::int4 END $$;
CREATE FUNCTION sys.is_srvrolemember(principal text, role text, login text) RETURNS int4 LANGUAGE sql STABLE AS 'SELECT NULL::int4';
CREATE FUNCTION sys.has_dbaccess(principal text, wanted text) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT (lower($1) = 'dbo' OR p.datname IN (current_database(), 'master'))::int4 FROM pg_database p WHERE p.datname = lower($2) COLLATE "C" AND p.datname NOT IN ('postgres', 'template0', 'template1', 'azuresql_template') $$;
