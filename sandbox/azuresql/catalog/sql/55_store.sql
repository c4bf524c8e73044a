-- What PostgreSQL's catalog has no place for: principals, rights, extended properties.

CREATE TABLE store.principals (principal_id int PRIMARY KEY, name text NOT NULL, type text NOT NULL CHECK (type IN ('S', 'R')), login text, salt bytea, hash bytea, rounds int4, created timestamptz NOT NULL DEFAULT now(), fixed boolean NOT NULL DEFAULT false);
CREATE UNIQUE INDEX ON store.principals (lower(name));
CREATE TABLE store.role_members (role_id int NOT NULL REFERENCES store.principals ON DELETE CASCADE, member_id int NOT NULL REFERENCES store.principals ON DELETE CASCADE, PRIMARY KEY (role_id, member_id));
-- class: 0 database, 1 object, 3 schema; permission as SQL Server spells it; state G, W (with grant option) or D.
CREATE TABLE store.permissions (class int NOT NULL, major_id int NOT NULL, minor_id int NOT NULL DEFAULT 0, grantee_id int NOT NULL REFERENCES store.principals ON DELETE CASCADE,
  permission text NOT NULL, state text NOT NULL CHECK (state IN ('G', 'W', 'D')), PRIMARY KEY (class, major_id, minor_id, grantee_id, permission));
CREATE SEQUENCE store.principal_ids START 5;
INSERT INTO store.principals (principal_id, name, type, fixed) VALUES (0, 'public', 'R', true), (1, 'dbo', 'S', true), (2, 'guest', 'S', true), (3, 'INFORMATION_SCHEMA', 'S', true), (4, 'sys', 'S', true),
  (16384, 'db_owner', 'R', true), (16385, 'db_accessadmin', 'R', true), (16386, 'db_securityadmin', 'R', true), (16387, 'db_ddladmin', 'R', true), (16389, 'db_backupoperator', 'R', true),
  (16390, 'db_datareader', 'R', true), (16391, 'db_datawriter', 'R', true), (16392, 'db_denydatareader', 'R', true), (16393, 'db_denydatawriter', 'R', true);
INSERT INTO store.role_members VALUES (16384, 1);

CREATE TABLE store.extended_properties (class int NOT NULL, major_id int NOT NULL, minor_id int NOT NULL, name text NOT NULL, value text, PRIMARY KEY (class, major_id, minor_id, name));

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

-- Databases come as JSON: only the server knows them.
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
