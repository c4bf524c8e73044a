-- What PostgreSQL's catalog has no place for: principals, rights, extended properties, triggers' states.

CREATE TABLE store.principals (principal_id int PRIMARY KEY, name text NOT NULL, type text NOT NULL CHECK (type IN ('S', 'R')), login text, created timestamptz NOT NULL DEFAULT now(), fixed boolean NOT NULL DEFAULT false);
CREATE UNIQUE INDEX ON store.principals (lower(name));
CREATE TABLE store.role_members (role_id int NOT NULL REFERENCES store.principals ON DELETE CASCADE, member_id int NOT NULL REFERENCES store.principals ON DELETE CASCADE, PRIMARY KEY (role_id, member_id));
-- class: 0 database, 1 object, 3 schema; permission as SQL Server spells it; state G or D.
CREATE TABLE store.permissions (class int NOT NULL, major_id int NOT NULL, minor_id int NOT NULL DEFAULT 0, grantee_id int NOT NULL REFERENCES store.principals ON DELETE CASCADE,
  permission text NOT NULL, state text NOT NULL CHECK (state IN ('G', 'D')), PRIMARY KEY (class, major_id, minor_id, grantee_id, permission));
CREATE SEQUENCE store.principal_ids START 5;
INSERT INTO store.principals (principal_id, name, type, fixed) VALUES (0, 'public', 'R', true), (1, 'dbo', 'S', true), (2, 'guest', 'S', true), (3, 'INFORMATION_SCHEMA', 'S', true), (4, 'sys', 'S', true),
  (16384, 'db_owner', 'R', true), (16385, 'db_accessadmin', 'R', true), (16386, 'db_securityadmin', 'R', true), (16387, 'db_ddladmin', 'R', true), (16389, 'db_backupoperator', 'R', true),
  (16390, 'db_datareader', 'R', true), (16391, 'db_datawriter', 'R', true), (16392, 'db_denydatareader', 'R', true), (16393, 'db_denydatawriter', 'R', true);
INSERT INTO store.role_members VALUES (16384, 1);

CREATE TABLE store.extended_properties (class int NOT NULL, major_id int NOT NULL, minor_id int NOT NULL, name text NOT NULL, value text, PRIMARY KEY (class, major_id, minor_id, name));
CREATE TABLE store.triggers (object_id int PRIMARY KEY, name text NOT NULL, parent_id int NOT NULL, is_disabled boolean NOT NULL DEFAULT false, definition text NOT NULL DEFAULT '');

CREATE FUNCTION store.real_name(oid, catalog text, name text) RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT coalesce((SELECT obj_description($1, $2)::jsonb ->> 'name'), $3) $$;

CREATE FUNCTION store.extended_property(verb text, property text, value text, l0type text, l0name text, l1type text, l1name text, l2type text, l2name text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE kind int := 0; major int := 0; minor int := 0; found_schema oid; found boolean;
BEGIN
  IF l0type <> '' THEN
    SELECT oid INTO found_schema FROM pg_namespace WHERE nspname = lower(l0name);
    kind := 3; major := found_schema::int4;
  END IF;
  IF l1type <> '' THEN
    SELECT c.oid::int4 INTO major FROM pg_class c WHERE c.relnamespace = found_schema AND lower(store.real_name(c.oid, 'pg_class', c.relname)) = lower(l1name) AND c.relkind IN ('r', 'v', 'S');
    kind := 1;
  END IF;
  IF lower(l2type) = 'column' THEN
    SELECT a.attnum INTO minor FROM pg_attribute a WHERE a.attrelid = major::oid AND a.attnum > 0 AND (a.attname = lower(l2name) OR col_description(a.attrelid, a.attnum)::jsonb ->> 'name' = l2name);
  END IF;
  IF major IS NULL OR minor IS NULL THEN
    PERFORM store.fail(15135, format('Object is invalid. Extended properties are not permitted on ''%s'', or the object does not exist.', concat_ws('.', nullif(l0name, ''), nullif(l1name, ''), nullif(l2name, ''))));
  END IF;
  SELECT EXISTS (SELECT 1 FROM store.extended_properties p WHERE p.class = kind AND p.major_id = major AND p.minor_id = minor AND lower(p.name) = lower(property)) INTO found;
  IF verb = 'add' AND found THEN
    PERFORM store.fail(15233, format('Property cannot be added. Property ''%s'' already exists for ''%s''.', property, concat_ws('.', nullif(l0name, ''), nullif(l1name, ''), nullif(l2name, ''))));
  ELSIF verb <> 'add' AND NOT found THEN
    PERFORM store.fail(15217, format('Property cannot be updated or deleted. Property ''%s'' does not exist for ''%s''.', property, concat_ws('.', nullif(l0name, ''), nullif(l1name, ''), nullif(l2name, ''))));
  END IF;
  IF verb = 'drop' THEN
    DELETE FROM store.extended_properties p WHERE p.class = kind AND p.major_id = major AND p.minor_id = minor AND lower(p.name) = lower(property);
  ELSIF found THEN
    UPDATE store.extended_properties p SET value = extended_property.value WHERE p.class = kind AND p.major_id = major AND p.minor_id = minor AND lower(p.name) = lower(property);
  ELSE
    INSERT INTO store.extended_properties VALUES (kind, major, minor, property, value);
  END IF;
END $$;

-- Rows that only the server knows come as JSON.
CREATE FUNCTION sys.sessions_of(listed text) RETURNS TABLE (session_id int2, login_name sys.nvarchar, program_name sys.nvarchar, host_name sys.nvarchar, status sys.nvarchar,
  is_user_process sys.bit, database_id int2, login_time sys.datetime, host_process_id int4, open_transaction_count int4, original_login_name sys.nvarchar, client_interface_name sys.nvarchar)
LANGUAGE sql STABLE AS $$
  SELECT s.session_id, s.login_name::sys.nvarchar, s.program_name::sys.nvarchar, s.host_name::sys.nvarchar, s.status::sys.nvarchar, true::sys.bit, s.database_id,
         sys.to_datetime(s.login_time), 0, s.open_transaction_count, s.login_name::sys.nvarchar, s.client_interface_name::sys.nvarchar
  FROM jsonb_to_recordset($1::jsonb) AS s (session_id int2, login_name text, program_name text, host_name text, status text, database_id int2, login_time text, open_transaction_count int4, client_interface_name text) $$;
CREATE VIEW sys.dm_exec_sessions AS SELECT * FROM sys.sessions_of('[]');
CREATE FUNCTION sys.databases_of(listed text) RETURNS TABLE (name sys.nvarchar, database_id int4, state sys.tinyint, state_desc sys.nvarchar, user_access_desc sys.nvarchar, is_read_only sys.bit, collation_name sys.nvarchar,
  compatibility_level sys.tinyint, snapshot_isolation_state sys.tinyint, snapshot_isolation_state_desc sys.nvarchar, is_read_committed_snapshot_on sys.bit, recovery_model_desc sys.nvarchar, is_cdc_enabled sys.bit, create_date sys.datetime, owner_sid sys.varbinary)
LANGUAGE sql STABLE AS $$
  SELECT d.name::sys.nvarchar, d.database_id, 0::int4::sys.tinyint, 'ONLINE'::sys.nvarchar, 'MULTI_USER'::sys.nvarchar, false::sys.bit, 'SQL_Latin1_General_CP1_CI_AS'::sys.nvarchar, 170::int4::sys.tinyint,
         1::int4::sys.tinyint, 'ON'::sys.nvarchar, true::sys.bit, 'FULL'::sys.nvarchar, false::sys.bit, sys.to_datetime('2025-01-01'), '\x01'::sys.varbinary
  FROM jsonb_to_recordset($1::jsonb) AS d (name text, database_id int4) $$;
CREATE VIEW sys.databases AS SELECT * FROM sys.databases_of('[]');
CREATE FUNCTION sys.db_id(listed text, wanted text) RETURNS int2 LANGUAGE sql STABLE AS
  $$ SELECT d.database_id::int2 FROM jsonb_to_recordset($1::jsonb) AS d (name text, database_id int4) WHERE lower(d.name) = lower($2) $$;
CREATE FUNCTION sys.db_name(listed text, wanted int4) RETURNS sys.nvarchar LANGUAGE sql STABLE AS
  $$ SELECT d.name::sys.nvarchar FROM jsonb_to_recordset($1::jsonb) AS d (name text, database_id int4) WHERE d.database_id = $2 $$;
CREATE FUNCTION sys.user_name(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE AS 'SELECT name::sys.nvarchar FROM store.principals WHERE principal_id = $1';
CREATE FUNCTION sys.database_principal_id(wanted text) RETURNS int4 LANGUAGE sql STABLE AS 'SELECT principal_id FROM store.principals WHERE lower(name) = lower($1)';

-- Roles of a principal, itself and public included.
CREATE FUNCTION store.roles_of(principal text) RETURNS SETOF int4 LANGUAGE sql STABLE AS $$
  WITH RECURSIVE r (id) AS (SELECT principal_id FROM store.principals WHERE lower(name) = lower($1)
    UNION SELECT m.role_id FROM store.role_members m JOIN r ON r.id = m.member_id)
  SELECT id FROM r UNION SELECT 0 $$;
CREATE FUNCTION sys.is_rolemember(principal text, role text) RETURNS int4 LANGUAGE sql STABLE AS
  $$ SELECT CASE WHEN EXISTS (SELECT 1 FROM store.roles_of($1) AS r (id) JOIN store.principals p ON p.principal_id = r.id WHERE lower(p.name) = lower($2)) THEN 1
                 WHEN NOT EXISTS (SELECT 1 FROM store.principals WHERE lower(name) = lower($2) AND type = 'R') THEN NULL ELSE 0 END $$;
CREATE FUNCTION sys.is_rolemember(principal text, role text, member text) RETURNS int4 LANGUAGE sql STABLE AS 'SELECT sys.is_rolemember($3, $2)';
CREATE FUNCTION sys.is_member(principal text, role text) RETURNS int4 LANGUAGE sql STABLE AS 'SELECT sys.is_rolemember($1, $2)';

-- The same rules as catalog/security.py: a DENY anywhere wins, then ownership and fixed roles, then a GRANT.
CREATE FUNCTION store.may(principal text, wanted text, object int4) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM store.roles_of($1) AS r (id) WHERE r.id IN (1, 16384))
    OR NOT EXISTS (SELECT 1 FROM store.permissions p JOIN store.roles_of($1) AS r (id) ON r.id = p.grantee_id
                   WHERE p.state = 'D' AND p.permission IN ($2, 'CONTROL') AND (p.class = 0 OR p.class = 1 AND p.major_id = $3 OR p.class = 3 AND p.major_id = (SELECT relnamespace::int4 FROM pg_class WHERE oid = $3::oid)))
       AND NOT EXISTS (SELECT 1 FROM store.roles_of($1) AS r (id) WHERE r.id = 16393 AND $2 IN ('INSERT', 'UPDATE', 'DELETE') OR r.id = 16392 AND $2 = 'SELECT')
       AND (EXISTS (SELECT 1 FROM store.permissions p JOIN store.roles_of($1) AS r (id) ON r.id = p.grantee_id
                   WHERE p.state = 'G' AND p.permission IN ($2, 'CONTROL') AND (p.class = 0 OR p.class = 1 AND p.major_id = $3 OR p.class = 3 AND p.major_id = (SELECT relnamespace::int4 FROM pg_class WHERE oid = $3::oid)))
            OR EXISTS (SELECT 1 FROM store.roles_of($1) AS r (id) WHERE r.id = 16391 AND $2 IN ('INSERT', 'UPDATE', 'DELETE') OR r.id = 16390 AND $2 = 'SELECT' OR r.id = 16387 AND $2 IN ('ALTER', 'CREATE TABLE'))) $$;

-- Add to a column's comment; a null takes the note away.
CREATE PROCEDURE store.annotate(relation regclass, field text, notes jsonb) LANGUAGE plpgsql AS $$
DECLARE kept jsonb;
BEGIN
  SELECT coalesce(col_description(relation, a.attnum)::jsonb, '{}') INTO kept FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = field;
  kept := jsonb_strip_nulls(kept || notes);
  EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, field, CASE WHEN kept = '{}' THEN NULL ELSE kept::text END);
END $$;
CREATE PROCEDURE store.switch_triggers(parent int, names text[], disabled boolean) LANGUAGE plpgsql AS $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY names LOOP
    UPDATE store.triggers SET is_disabled = disabled WHERE parent_id = parent AND lower(name) = wanted;
    IF NOT FOUND THEN
      PERFORM store.fail(4917, format('Trigger ''%s'' does not exist.', wanted));
    END IF;
  END LOOP;
END $$;
CREATE FUNCTION sys.db_name() RETURNS sys.nvarchar LANGUAGE sql STABLE AS
  $$ SELECT coalesce((SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()), current_database())::sys.nvarchar $$;
