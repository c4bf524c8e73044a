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
CREATE FUNCTION sys.schema_id(wanted sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS 'SELECT schema_id FROM sys.schemas WHERE lower(name::text) = lower($1::text)';
CREATE FUNCTION sys.schema_id() RETURNS int4 LANGUAGE sql STABLE AS 'SELECT sys.schema_id(''dbo''::sys.nvarchar)';
CREATE FUNCTION sys.schema_name(wanted int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT name FROM sys.schemas WHERE schema_id = $1';
CREATE FUNCTION sys.schema_name() RETURNS sys.nvarchar LANGUAGE sql STABLE AS 'SELECT ''dbo''::sys.nvarchar';
CREATE FUNCTION sys.object_id(written sys.nvarchar, kind sys.nvarchar) RETURNS int4 LANGUAGE plpgsql STABLE AS $$
DECLARE parts text[] := store.name_parts(written::text); wanted text; schema text; found int4;
BEGIN
  wanted := lower(parts[cardinality(parts)]);
  schema := lower(coalesce(nullif(parts[cardinality(parts) - 1], ''), 'dbo'));
  IF wanted IS NULL THEN
    RETURN NULL;
  END IF;
  IF left(wanted, 1) = '#' THEN
    RETURN (SELECT c.oid::int4 FROM pg_class c WHERE c.relname = wanted AND c.relnamespace = pg_my_temp_schema());
  END IF;
  SELECT o.object_id INTO found FROM sys.all_objects o
  WHERE lower(o.name::text) = wanted AND o.schema_id = sys.schema_id(schema::sys.nvarchar) AND (kind IS NULL OR rtrim(o.type::text) = upper(rtrim(kind::text)))
  LIMIT 1;
  RETURN found;
END $$;
CREATE FUNCTION sys.object_id(written sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE AS 'SELECT sys.object_id($1, NULL)';
CREATE FUNCTION sys.object_name(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT name FROM sys.all_objects WHERE object_id = $1';
CREATE FUNCTION sys.object_schema_name(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT sys.schema_name(schema_id) FROM sys.all_objects WHERE object_id = $1';
CREATE FUNCTION sys.object_definition(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT definition FROM sys.sql_modules WHERE object_id = $1';
CREATE FUNCTION sys.type_name(id int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT name FROM sys.types WHERE user_type_id = $1';
CREATE FUNCTION sys.type_id(wanted sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS 'SELECT user_type_id FROM sys.types WHERE lower(name::text) = lower($1::text)';
CREATE FUNCTION sys.col_name(relation int4, number int4) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS 'SELECT name FROM sys.all_columns WHERE object_id = $1 AND column_id = $2';
CREATE FUNCTION sys.columnproperty(relation int4, field sys.nvarchar, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($3::text) WHEN 'columnid' THEN c.column_id WHEN 'isidentity' THEN c.is_identity::int4 WHEN 'iscomputed' THEN c.is_computed::int4
              WHEN 'allowsnull' THEN c.is_nullable::int4 WHEN 'precision' THEN c.precision::int4 WHEN 'scale' THEN c.scale::int4
              WHEN 'charmaxlen' THEN CASE WHEN c.max_length < 0 THEN -1 WHEN sys.type_name(c.system_type_id::int4)::text LIKE 'n%' THEN c.max_length / 2 ELSE c.max_length END END
  FROM sys.all_columns c WHERE c.object_id = $1 AND lower(c.name::text) = lower($2::text) $$;
CREATE FUNCTION sys.objectproperty(id int4, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($2::text) WHEN 'istable' THEN (rtrim(o.type::text) IN ('U', 'S'))::int4 WHEN 'isusertable' THEN (rtrim(o.type::text) = 'U')::int4 WHEN 'isview' THEN (rtrim(o.type::text) = 'V')::int4
              WHEN 'tablehasidentity' THEN EXISTS (SELECT 1 FROM sys.identity_columns i WHERE i.object_id = $1)::int4
              WHEN 'tablehasprimarykey' THEN EXISTS (SELECT 1 FROM sys.key_constraints k WHERE k.parent_object_id = $1 AND k.type::text = 'PK')::int4
              WHEN 'isprocedure' THEN 0 WHEN 'istrigger' THEN (rtrim(o.type::text) = 'TR')::int4 END
  FROM sys.all_objects o WHERE o.object_id = $1 $$;
CREATE FUNCTION sys.indexproperty(id int4, index sys.nvarchar, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($3::text) WHEN 'isunique' THEN i.is_unique::int4 WHEN 'isclustered' THEN (i.type::int4 = 1)::int4 WHEN 'indexid' THEN i.index_id WHEN 'isdisabled' THEN i.is_disabled::int4 END
  FROM sys.indexes i WHERE i.object_id = $1 AND lower(i.name::text) = lower($2::text) $$;
CREATE FUNCTION sys.ident_current(written sys.nvarchar) RETURNS numeric LANGUAGE sql STABLE STRICT AS $$
  SELECT coalesce(i.last_value::text, i.seed_value::text)::numeric FROM sys.identity_columns i WHERE i.object_id = sys.object_id($1) $$;
CREATE FUNCTION sys.databasepropertyex(wanted text, property text) RETURNS sys.nvarchar LANGUAGE sql STABLE AS $$
  SELECT CASE lower($2) WHEN 'collation' THEN 'SQL_Latin1_General_CP1_CI_AS' WHEN 'status' THEN 'ONLINE' WHEN 'updateability' THEN 'READ_WRITE' WHEN 'useraccess' THEN 'MULTI_USER' WHEN 'edition' THEN 'GeneralPurpose'
              WHEN 'serviceobjective' THEN 'GP_Gen5_2' WHEN 'version' THEN '904' END::sys.nvarchar $$;
