-- How the catalog's views are written: as their documentation lists them, one line for a column, `name type = value`.
-- So every column has the documented type, a constant where the stand-in has no such feature.

-- A T-SQL type as PostgreSQL's; strings get the collation that the catalog's names have.
CREATE FUNCTION store.shape(type text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE split_part(type, '(', 1) WHEN 'bit' THEN 'sys.bit' WHEN 'tinyint' THEN 'sys.tinyint' WHEN 'smallint' THEN 'int2' WHEN 'int' THEN 'int4' WHEN 'bigint' THEN 'int8'
              WHEN 'real' THEN 'float4' WHEN 'float' THEN 'float8' WHEN 'uniqueidentifier' THEN 'uuid' WHEN 'datetime' THEN 'sys.datetime' WHEN 'sysname' THEN 'sys.nvarchar(128)'
              WHEN 'nvarchar' THEN replace('sys.' || type, '(max)', '') WHEN 'decimal' THEN replace(type, 'decimal', 'numeric') ELSE 'sys.' || type END $$;

CREATE COLLATION IF NOT EXISTS sys.sql_latin1_general_cp1_ci_as (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- The items of a SELECT list from such lines. A name in capitals is kept so.
CREATE FUNCTION store.listed(columns text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE line text; part text[]; found text[] := '{}';
BEGIN
  FOREACH line IN ARRAY string_to_array(columns, E'\n') LOOP
    CONTINUE WHEN btrim(line) = '';
    part := regexp_match(line, '^\s*(\S+)\s+(\S+)\s+=\s+(.*)$');
    IF part IS NULL THEN
      RAISE EXCEPTION 'not a column of a view: %', line;
    END IF;
    found := array_append(found, format('CAST(%s AS %s)%s AS %I', part[3], store.shape(part[2]),
                                        CASE WHEN part[2] ~ 'char|sysname' THEN ' COLLATE sys.sql_latin1_general_cp1_ci_as' ELSE '' END, part[1]));
  END LOOP;
  RETURN array_to_string(found, ', ');
END $$;
-- A view of these columns `source` (FROM and what follows); `inherited` are columns that stand before them.
CREATE PROCEDURE store.view(name text, columns text, source text, inherited text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE VIEW %s AS SELECT %s%s %s', name, inherited, store.listed(columns), source);
END $$;

-- A view over what only the server knows: `{listed}` in `source` is its JSON, which statements give to the function (tsql/sources.py).
CREATE PROCEDURE store.told_view(name text, teller text, columns text, source text) LANGUAGE plpgsql AS $$
BEGIN
  CALL store.view(name, columns, replace(source, '{listed}', quote_literal('[]')));
  EXECUTE format('CREATE FUNCTION %s(listed text) RETURNS SETOF %s LANGUAGE sql STABLE AS %L', teller, name, 'SELECT ' || store.listed(columns) || ' ' || replace(source, '{listed}', '$1'));
END $$;

CREATE FUNCTION sys.db_name() RETURNS sys.nvarchar LANGUAGE sql STABLE AS
  $$ SELECT coalesce((SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()), current_database())::sys.nvarchar $$;
CREATE FUNCTION store.extra(object oid, catalog text) RETURNS jsonb LANGUAGE sql STABLE AS
  $$ SELECT coalesce(obj_description($1, $2)::jsonb, '{}') $$;
CREATE FUNCTION store.column_extra(relation oid, number int4) RETURNS jsonb LANGUAGE sql STABLE AS
  $$ SELECT coalesce(col_description($1, $2)::jsonb, '{}') $$;
CREATE FUNCTION store.moment(timestamptz) RETURNS sys.datetime LANGUAGE sql STABLE AS
  $$ SELECT store.thirds(store.timestamp_ticks($1 AT TIME ZONE 'UTC'))::sys.datetime $$;

-- When objects were made and changed, told by PostgreSQL itself; what hangs on a dropped object goes with it.
CREATE TABLE store.dates (object_id int4 PRIMARY KEY, created timestamptz NOT NULL, modified timestamptz NOT NULL);
CREATE FUNCTION store.date_objects() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO store.dates SELECT DISTINCT c.objid::int4, now(), now() FROM pg_event_trigger_ddl_commands() c
    WHERE c.classid = 'pg_class'::regclass AND c.object_type IN ('table', 'view', 'sequence') AND c.schema_name !~ '^pg_'
  ON CONFLICT (object_id) DO UPDATE SET modified = excluded.modified;
END $$;
CREATE FUNCTION store.forget_objects() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE gone record;
BEGIN
  FOR gone IN SELECT objid::int4 AS id, classid = 'pg_namespace'::regclass AS is_schema FROM pg_event_trigger_dropped_objects()
              WHERE NOT is_temporary AND objsubid = 0 AND (object_type IN ('table', 'view', 'sequence', 'schema')) LOOP
    DELETE FROM store.permissions WHERE class = CASE WHEN gone.is_schema THEN 3 ELSE 1 END AND major_id = gone.id;
    DELETE FROM store.extended_properties WHERE class = CASE WHEN gone.is_schema THEN 3 ELSE 1 END AND major_id = gone.id;
    DELETE FROM store.dates WHERE object_id = gone.id;
  END LOOP;
END $$;
CREATE EVENT TRIGGER date_objects ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE VIEW', 'ALTER VIEW', 'CREATE SEQUENCE', 'ALTER SEQUENCE')
  EXECUTE FUNCTION store.date_objects();
CREATE EVENT TRIGGER forget_objects ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW', 'DROP SEQUENCE', 'DROP SCHEMA') EXECUTE FUNCTION store.forget_objects();

-- A view that is altered is made again: what was granted on it and said of it stays, and it stays as old.
CREATE PROCEDURE store.set_aside(relation regclass) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE store.permissions SET class = -1 WHERE class = 1 AND major_id = relation::oid::int4;
  UPDATE store.extended_properties SET class = -1 WHERE class = 1 AND major_id = relation::oid::int4;
  UPDATE store.dates SET object_id = -1 WHERE object_id = relation::oid::int4;
  UPDATE store.modules SET parent_id = -1 WHERE parent_id = relation::oid::int4;
END $$;
CREATE PROCEDURE store.take_back(relation regclass) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE store.permissions SET class = 1, major_id = relation::oid::int4 WHERE class = -1;
  UPDATE store.extended_properties SET class = 1, major_id = relation::oid::int4 WHERE class = -1;
  UPDATE store.dates d SET created = k.created FROM store.dates k WHERE k.object_id = -1 AND d.object_id = relation::oid::int4;
  DELETE FROM store.dates WHERE object_id = -1;
  UPDATE store.modules SET parent_id = relation::oid::int4 WHERE parent_id = -1;
  CALL store.intercept(relation::oid::int4, relation);
END $$;
