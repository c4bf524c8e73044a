-- Names to numbers and back.
CREATE FUNCTION store.name_parts(written text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE parts text[] := ARRAY['']; sign text; inside text := ''; closed boolean := false;
BEGIN
  FOREACH sign IN ARRAY string_to_array(written, NULL) LOOP
    IF closed AND sign IN (']', '"') THEN
      -- A doubled closing sign is one of the name's own.
      parts[cardinality(parts)] := parts[cardinality(parts)] || sign;
      inside := sign;
      closed := false;
      CONTINUE;
    END IF;
    closed := false;
    IF sign = '.' AND inside = '' THEN
      parts := array_append(parts, '');
    ELSIF inside = '' AND sign IN ('[', '"') AND parts[cardinality(parts)] = '' THEN
      inside := CASE sign WHEN '[' THEN ']' ELSE sign END;
    ELSIF sign = inside THEN
      inside := '';
      closed := true;
    ELSE
      parts[cardinality(parts)] := parts[cardinality(parts)] || sign;
    END IF;
  END LOOP;
  RETURN parts;
END $$;
-- Schemas, types, columns.
CREATE FUNCTION sys.schema_id(wanted sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS 'SELECT s.schema_id FROM store.schemas s WHERE lower(s.name) = lower($1::text) COLLATE "C"';
CREATE FUNCTION sys.schema_id() RETURNS int4 LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION sys.schema_name(wanted int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT s.name::sys.nvarchar FROM store.schemas s WHERE s.schema_id = $1';
CREATE FUNCTION sys.schema_name() RETURNS sys.nvarchar LANGUAGE sql STABLE AS 'SELECT ''dbo''::sys.nvarchar';
CREATE FUNCTION sys.type_name(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT name FROM sys.types WHERE user_type_id = $1';
-- `sys.int`, `[int]` and `int` alike; the synonyms of the standard are types too.
CREATE FUNCTION sys.type_id(wanted sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT t.user_type_id FROM sys.types t, (SELECT store.name_parts($1::text) AS parts) AS n
  WHERE lower(t.name::text) = CASE lower(parts[cardinality(parts)]) WHEN 'rowversion' THEN 'timestamp' ELSE lower(parts[cardinality(parts)]) END COLLATE "C"
    AND (cardinality(parts) = 1 OR lower(parts[cardinality(parts) - 1]) IN ('', lower(sys.schema_name(t.schema_id)::text) COLLATE "C")) $$;
CREATE FUNCTION sys.typeproperty(wanted sys.nvarchar, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($2::text) WHEN 'precision' THEN CASE WHEN t.system_type_id::int4 IN (231, 239) THEN 4000 WHEN t.system_type_id::int4 IN (165, 167, 173, 175) THEN 8000 ELSE t.precision::int4 END
              WHEN 'scale' THEN CASE WHEN t.precision::int4 > 0 AND t.system_type_id::int4 NOT IN (59, 62) THEN t.scale::int4 END WHEN 'allowsnull' THEN t.is_nullable::int4
              WHEN 'ownerid' THEN 4 WHEN 'usesansitrim' THEN CASE WHEN t.system_type_id::int4 IN (165, 167, 173, 175, 231, 239) THEN 1 END END
  FROM sys.types t WHERE t.user_type_id = sys.type_id($1) $$;
CREATE FUNCTION sys.col_name(relation int4, number int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT c.name::sys.nvarchar FROM store.columns c WHERE c.object_id = $1 AND c.column_id = $2';

-- Objects, seen or not. A name of three parts must name this database.
CREATE FUNCTION store.object_id(written sys.nvarchar, kind sys.nvarchar) RETURNS int4 LANGUAGE plpgsql STABLE AS $$
DECLARE parts text[] := store.name_parts(written::text); wanted text; schema text; database text;
BEGIN
  wanted := lower(parts[cardinality(parts)]);
  schema := lower(coalesce(nullif(parts[cardinality(parts) - 1], ''), 'dbo'));
  database := lower(coalesce(parts[cardinality(parts) - 2], ''));
  IF wanted IS NULL OR cardinality(parts) > 3 OR database NOT IN ('', lower(sys.db_name()::text), 'tempdb') THEN
    RETURN NULL;
  END IF;
  IF left(wanted, 1) = '#' THEN
    RETURN (SELECT c.oid::int4 FROM pg_class c WHERE c.relname = wanted COLLATE "C" AND c.relnamespace = CASE WHEN left(wanted, 2) = '##' THEN '"##"'::regnamespace ELSE pg_my_temp_schema() END AND (kind IS NULL OR upper(btrim(kind::text)) = 'U' COLLATE "C"));
  END IF;
  -- Tables, views and sequences by PostgreSQL's own index; a long name, a constraint or a procedure among all objects.
  RETURN coalesce(
    (SELECT c.oid::int4 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = wanted COLLATE "C" AND n.nspname = CASE schema COLLATE "C" WHEN 'information_schema' THEN 'infoschema' ELSE schema END COLLATE "C"
       AND (c.relkind = 'r' AND upper(btrim(coalesce(kind::text, 'U'))) = 'U' COLLATE "C" OR c.relkind = 'v' AND upper(btrim(coalesce(kind::text, 'V'))) = 'V' COLLATE "C") AND n.nspname NOT IN ('store', 'public', 'pg_catalog')),
    (SELECT m.object_id FROM store.modules m JOIN pg_namespace n ON n.oid = m.namespace WHERE m.folded = wanted COLLATE "C" AND n.nspname = schema COLLATE "C" AND (kind IS NULL OR m.type = upper(btrim(kind::text)) COLLATE "C")),
    (SELECT o.object_id FROM store.objects o WHERE lower(o.name) = wanted COLLATE "C" AND o.schema_id = sys.schema_id(schema::sys.nvarchar) AND (kind IS NULL OR o.type = upper(btrim(kind::text)) COLLATE "C") LIMIT 1));
END $$;
-- NULL for what the viewer does not see.
CREATE FUNCTION sys.object_id(written sys.nvarchar, kind sys.nvarchar) RETURNS int4 LANGUAGE plpgsql STABLE AS $$
DECLARE found int4 := store.object_id(written, kind);
BEGIN
  RETURN CASE WHEN store.sees_all() OR NOT EXISTS (SELECT FROM store.securables() v JOIN pg_class c ON c.oid = v.object_id::oid JOIN store.schemas s ON s.oid = c.relnamespace AND s.own WHERE v.object_id = found AND NOT v.shown)
               AND NOT EXISTS (SELECT FROM store.modules m WHERE m.object_id = found AND m.object_id NOT IN (SELECT v.object_id FROM store.visible_modules v)) THEN found END;
END $$;
CREATE FUNCTION sys.object_id(written sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE AS 'SELECT sys.object_id($1, NULL)';
CREATE FUNCTION sys.object_name(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT o.name::sys.nvarchar FROM store.objects o WHERE o.object_id = $1';
CREATE FUNCTION sys.object_schema_name(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT sys.schema_name(o.schema_id) FROM store.objects o WHERE o.object_id = $1';
-- With a database's number: only this database has names to give.
CREATE FUNCTION sys.object_name(listed text, id int4, database_id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE AS
  $$ SELECT sys.object_name($2) WHERE lower(sys.db_name($1, $3)::text) = lower(sys.db_name()::text) COLLATE "C" $$;
CREATE FUNCTION sys.object_schema_name(listed text, id int4, database_id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE AS
  $$ SELECT sys.object_schema_name($2) WHERE lower(sys.db_name($1, $3)::text) = lower(sys.db_name()::text) COLLATE "C" $$;
CREATE FUNCTION sys.object_definition(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS $$
  SELECT coalesce((SELECT m.definition FROM sys.sql_modules m WHERE m.object_id = $1), (SELECT d.definition FROM sys.default_constraints d WHERE d.object_id = $1), (SELECT k.definition FROM sys.check_constraints k WHERE k.object_id = $1)) $$;

-- Indexes and identities.
CREATE FUNCTION sys.indexproperty(id int4, index sys.nvarchar, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($3::text) WHEN 'indexid' THEN i.index_id WHEN 'isunique' THEN i.is_unique::int4 WHEN 'isclustered' THEN (i.type::int4 = 1)::int4 WHEN 'isdisabled' THEN 0 WHEN 'ishypothetical' THEN 0
              WHEN 'indexfillfactor' THEN 0 WHEN 'ispadindex' THEN 0 WHEN 'isstatistics' THEN 0 WHEN 'isautostatistics' THEN 0 WHEN 'iscolumnstore' THEN 0 WHEN 'isfulltextkey' THEN 0
              WHEN 'isrowlockdisallowed' THEN 0 WHEN 'ispagelockdisallowed' THEN 0 WHEN 'indexdepth' THEN 1 END
  FROM sys.indexes i WHERE i.object_id = $1 AND lower(i.name::text) = lower($2::text) COLLATE "C" $$;
CREATE FUNCTION sys.index_col(written sys.nvarchar, index_id int4, place int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS $$
  SELECT sys.col_name(i.object_id, i.column_id) FROM sys.index_columns i WHERE i.object_id = sys.object_id($1) AND i.index_id = $2 AND i.key_ordinal::int4 = $3 $$;
CREATE FUNCTION sys.ident_current(written sys.nvarchar) RETURNS numeric LANGUAGE sql STABLE STRICT AS $$
  SELECT coalesce(i.last_value, i.seed_value)::numeric FROM sys.identity_columns i WHERE i.object_id = sys.object_id($1) $$;
CREATE FUNCTION sys.ident_seed(written sys.nvarchar) RETURNS numeric LANGUAGE sql STABLE STRICT AS 'SELECT i.seed_value::numeric FROM sys.identity_columns i WHERE i.object_id = sys.object_id($1)';
CREATE FUNCTION sys.ident_incr(written sys.nvarchar) RETURNS numeric LANGUAGE sql STABLE STRICT AS 'SELECT i.increment_value::numeric FROM sys.identity_columns i WHERE i.object_id = sys.object_id($1)';
CREATE FUNCTION sys.col_length(written sys.nvarchar, field sys.nvarchar) RETURNS int2 LANGUAGE sql STABLE STRICT AS $$
  SELECT c.bytes::int2 FROM store.columns c WHERE c.object_id = sys.object_id($1) AND lower(c.name) = lower($2::text) COLLATE "C" $$;
