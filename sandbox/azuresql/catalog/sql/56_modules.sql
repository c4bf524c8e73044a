-- Procedures, functions and triggers: T-SQL text. A scalar function is also one of PostgreSQL under its name.

CREATE SEQUENCE store.module_ids START 1900000000;
CREATE TABLE store.modules (object_id int4 PRIMARY KEY DEFAULT nextval('store.module_ids')::int4, namespace oid NOT NULL, folded text NOT NULL, name text NOT NULL,
  type text NOT NULL CHECK (type IN ('P', 'FN', 'IF', 'TF', 'TR')), parent_id int4 NOT NULL DEFAULT 0, is_disabled boolean NOT NULL DEFAULT false, instead text[], definition text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(), modified timestamptz NOT NULL DEFAULT now(), UNIQUE (namespace, folded));
-- The shapes of tables inside of functions (tsql/function_tables.py).
CREATE SCHEMA "~shapes";
CREATE PROCEDURE store.drop_shapes(function text) LANGUAGE plpgsql AS $$
DECLARE own regclass;
BEGIN
  FOR own IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = '"~shapes"'::regnamespace AND c.relkind = 'r' AND (c.relname = function OR starts_with(c.relname, function || ' ')) LOOP
    EXECUTE format('DROP TABLE %s', own);
  END LOOP;
END $$;
-- Parameters as CREATE PROCEDURE declared them; a function's result is parameter 0.
CREATE TABLE store.parameters (object_id int4 NOT NULL REFERENCES store.modules ON DELETE CASCADE, parameter_id int4 NOT NULL, name text NOT NULL, type text NOT NULL,
  length int4 NOT NULL, precision int4 NOT NULL, scale int4 NOT NULL, is_output boolean NOT NULL, has_default boolean NOT NULL, PRIMARY KEY (object_id, parameter_id));
CREATE VIEW store.triggers AS SELECT object_id, name, parent_id, is_disabled, definition FROM store.modules WHERE type = 'TR';

-- Keeps a statement's new and old rows for the triggers that run after it (tsql/firing.py).
-- store.capture is the depth of the statement, empty where no trigger waits; store.captured collects `oid:operation` in order.
CREATE FUNCTION store.capture() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE depth text := coalesce(current_setting('store.capture', true), '');
        place text := TG_RELID::int8::text || ':' || lower(TG_OP);
        fresh text := format('pg_temp.%I', '~new:' || place || ':' || depth);
        stale text := format('pg_temp.%I', '~old:' || place || ':' || depth);
BEGIN
  IF depth = '' THEN
    RETURN NULL;
  END IF;
  IF to_regclass(fresh) IS NOT NULL THEN
    PERFORM store.fail(40517, 'A table that a statement changes twice, itself and by a cascade, is not supported by the Azure SQL stand-in where it has triggers.');
  END IF;
  EXECUTE format('CREATE TEMPORARY TABLE %s ON COMMIT DROP AS SELECT * FROM %s %s', substr(fresh, 9), CASE WHEN TG_OP = 'DELETE' THEN TG_RELID::regclass::text ELSE 'fresh_rows' END,
                 CASE WHEN TG_OP = 'DELETE' THEN 'WITH NO DATA' ELSE '' END);
  EXECUTE format('CREATE TEMPORARY TABLE %s ON COMMIT DROP AS SELECT * FROM %s %s', substr(stale, 9), CASE WHEN TG_OP = 'INSERT' THEN TG_RELID::regclass::text ELSE 'stale_rows' END,
                 CASE WHEN TG_OP = 'INSERT' THEN 'WITH NO DATA' ELSE '' END);
  PERFORM set_config('store.captured', current_setting('store.captured', true) || ' ' || place, true);
  RETURN NULL;
END $$;
-- The three triggers of PostgreSQL that a table with triggers needs; idempotent.
CREATE PROCEDURE store.watch(relation regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE OR REPLACE TRIGGER "~insert" AFTER INSERT ON %s REFERENCING NEW TABLE AS fresh_rows FOR EACH STATEMENT EXECUTE FUNCTION store.capture()', relation);
  EXECUTE format('CREATE OR REPLACE TRIGGER "~update" AFTER UPDATE ON %s REFERENCING NEW TABLE AS fresh_rows OLD TABLE AS stale_rows FOR EACH STATEMENT EXECUTE FUNCTION store.capture()', relation);
  EXECUTE format('CREATE OR REPLACE TRIGGER "~delete" AFTER DELETE ON %s REFERENCING OLD TABLE AS stale_rows FOR EACH STATEMENT EXECUTE FUNCTION store.capture()', relation);
END $$;

-- INSTEAD OF triggers (tsql/instead.py): store.instead is the `oid:operation:depth` of the statement whose rows are kept and not written.
CREATE FUNCTION store.instead() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE place text := coalesce(current_setting('store.instead', true), '');
BEGIN
  IF split_part(place, ':', 1) <> TG_RELID::int8::text OR split_part(place, ':', 2) <> lower(TG_OP) THEN
    IF TG_WHEN = 'INSTEAD OF' THEN
      PERFORM store.fail(40517, 'A change of a view inside of its own INSTEAD OF trigger, or while that is disabled, is not supported by the Azure SQL stand-in.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    EXECUTE format('INSERT INTO pg_temp.%I SELECT ($1).*', '~new:' || place) USING NEW;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    EXECUTE format('INSERT INTO pg_temp.%I SELECT ($1).*', '~old:' || place) USING OLD;
  END IF;
  RETURN NULL;
END $$;
-- The triggers of PostgreSQL that a table or view needs for its INSTEAD OF triggers, made anew; the relation is NULL where the last may be gone.
CREATE PROCEDURE store.intercept(parent int4, relation regclass) LANGUAGE plpgsql AS $$
DECLARE operation text; own regclass := coalesce(relation, (SELECT oid::regclass FROM pg_class WHERE oid = parent::oid));
        moment text := (SELECT CASE relkind WHEN 'v' THEN 'INSTEAD OF' ELSE 'BEFORE' END FROM pg_class WHERE oid = own);
BEGIN
  FOREACH operation IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', '~instead ' || lower(operation), own);
    CONTINUE WHEN NOT EXISTS (SELECT 1 FROM store.modules m WHERE m.parent_id = parent AND lower(operation) = ANY (m.instead));
    EXECUTE format('CREATE TRIGGER %I %s %s ON %s FOR EACH ROW EXECUTE FUNCTION store.instead()', '~instead ' || lower(operation), moment, operation, own);
  END LOOP;
END $$;

-- Keys longer than an index takes (tsql/ddl/key_length.py): arguments are index, limit, kind, and the key's length of row $1.
CREATE FUNCTION store.long_key(index text, most int4, kind text, length int4) RETURNS text LANGUAGE sql AS $$
  SELECT store.fail(1946, format('Operation failed. The index entry of length %s bytes for the index ''%s'' exceeds the maximum length of %s bytes for %s indexes.', $4, $1, $2, $3)) $$;
CREATE FUNCTION store.key_too_long() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE length int4;
BEGIN
  EXECUTE 'SELECT ' || TG_ARGV[3] INTO length USING NEW;
  PERFORM store.long_key(TG_ARGV[0], TG_ARGV[1]::int4, TG_ARGV[2], length);
  RETURN NEW;
END $$;
-- A relation's real name, after it was renamed.
CREATE PROCEDURE store.rename_note(relation regclass, name text) LANGUAGE plpgsql AS $$
DECLARE kept jsonb := coalesce(obj_description(relation, 'pg_class')::jsonb, '{}') || jsonb_build_object('name', name);
        kind text := (SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END FROM pg_class WHERE oid = relation);
BEGIN
  EXECUTE format('COMMENT ON %s %s IS %L', kind, relation, kept::text);
END $$;
