-- Casts between strings and everything else: implicit in T-SQL, assignment casts here (comparisons
-- of unlike types are written out by the translator). The conversions call PostgreSQL's input
-- functions by name: a cast in them would be the cast that calls them. A function whose body is a CASE
-- is not STRICT: PostgreSQL inlines it only then.

CREATE FUNCTION sys.to_int8(text) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0 ELSE int8in(textout($1)) END $$;
CREATE FUNCTION sys.to_int4(text) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0 ELSE int4in(textout($1)) END $$;
CREATE FUNCTION sys.to_int2(text) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0::int2 ELSE int2in(textout($1)) END $$;
CREATE FUNCTION sys.to_tinyint(text) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sys.int8_tinyint(sys.to_int4($1)::int8) $$;
CREATE FUNCTION sys.to_numeric(text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT numeric_in(textout($1), 0::oid, -1) $$;
CREATE FUNCTION sys.to_float8(text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0 ELSE float8in(textout($1)) END $$;
CREATE FUNCTION sys.to_float4(text) RETURNS float4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0::float4 ELSE float4in(textout($1)) END $$;
CREATE FUNCTION sys.to_uuid(text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT uuid_in(textout($1)) $$;
CREATE FUNCTION sys.to_bit(text) RETURNS sys.bit LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  CASE lower(btrim($1) COLLATE "C") WHEN 'true', '1' THEN RETURN true::sys.bit; WHEN 'false', '0', '' THEN RETURN false::sys.bit; ELSE NULL; END CASE;
  IF btrim($1) COLLATE "C" ~ '^[+-]?\d+$' THEN
    RETURN (btrim($1)::numeric <> 0)::sys.bit;
  END IF;
  PERFORM store.fail(245, format('Conversion failed when converting the nvarchar value ''%s'' to data type bit.', $1));
END $$;

DO $$
DECLARE source text; target record; body text;
BEGIN
  FOREACH source IN ARRAY ARRAY['text', 'sys.nvarchar', 'sys."varchar"', 'sys."nchar"', 'sys."char"'] LOOP
    FOR target IN SELECT * FROM (VALUES ('int2', 'int2'), ('int4', 'int4'), ('int8', 'int8'), ('numeric', 'numeric'), ('float4', 'float4'), ('float8', 'float8'),
                                        ('sys.bit', 'bit'), ('sys.tinyint', 'tinyint'), ('uuid', 'uuid'), ('date', 'date'), ('sys.datetime2', 'datetime2'), ('sys.datetime', 'datetime'),
                                        ('sys.smalldatetime', 'smalldatetime'), ('sys."time"', 'time'), ('sys.datetimeoffset', 'datetimeoffset')) AS t (type, name) LOOP
      EXECUTE format('CREATE FUNCTION store.%1$s_to_%2$s(%3$s) RETURNS %4$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %5$L',
                     replace(replace(source, 'sys.', ''), '"', ''), target.name, source, target.type, format('SELECT sys.to_%s($1::text)', target.name));
      EXECUTE format('CREATE CAST (%1$s AS %2$s) WITH FUNCTION store.%3$s_to_%4$s(%1$s) AS ASSIGNMENT', source, target.type, replace(replace(source, 'sys.', ''), '"', ''), target.name);
    END LOOP;
  END LOOP;
END $$;

CREATE FUNCTION sys.from_hex(value text, style int4) RETURNS sys.varbinary LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF style = 1 AND left(value, 2) <> '0x' THEN
    PERFORM store.fail(8114, 'Error converting data type nvarchar to varbinary.');
  END IF;
  RETURN decode(CASE WHEN style = 1 THEN substr(value, 3) ELSE value END, 'hex')::sys.varbinary;
EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM store.fail(8114, 'Error converting data type nvarchar to varbinary.');
END $$;

-- TRY_CONVERT: the text if the type takes it, else NULL.
CREATE FUNCTION sys.try_text(value text, type text) RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
  EXECUTE format('SELECT $1::sys.nvarchar::%s', type) USING value;
  RETURN value;
EXCEPTION WHEN data_exception OR SQLSTATE 'ZZ001' OR SQLSTATE 'ZZ028' THEN
  RETURN NULL;
END $$;
CREATE FUNCTION sys.day_first(value text) RETURNS sys.datetime2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT sys.to_datetime2(regexp_replace(btrim($1) COLLATE "C", '^(\d{1,2})[./-](\d{1,2})[./-](\d{4})', '\3-\2-\1')) $$;

-- OPENJSON: an array's elements, or the one object; with steps, what lies there.
CREATE FUNCTION sys.json_rows(document text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE parsed jsonb;
BEGIN
  parsed := document::jsonb;
  RETURN CASE jsonb_typeof(parsed) WHEN 'array' THEN parsed WHEN 'object' THEN jsonb_build_array(parsed) ELSE '[]' END;
END $$;
CREATE FUNCTION sys.json_rows(document text, steps text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN sys.json_rows(coalesce((document::jsonb #> steps)::text, '[]'));
END $$;
-- The same as it was written, keys in their order: what AS JSON gives out.
CREATE FUNCTION sys.json_rows_written(document text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE parsed json;
BEGIN
  parsed := document::json;
  RETURN CASE json_typeof(parsed) WHEN 'array' THEN parsed WHEN 'object' THEN json_build_array(parsed) ELSE '[]' END;
END $$;
CREATE FUNCTION sys.json_rows_written(document text, steps text[]) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN sys.json_rows_written(coalesce((document::json #> steps)::text, '[]'));
END $$;
CREATE FUNCTION sys.openjson(document text) RETURNS TABLE (key text, value text, type int4) LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE parsed json;
BEGIN
  parsed := document::json;
  IF json_typeof(parsed) = 'array' THEN
    RETURN QUERY SELECT (n - 1)::text, v #>> '{}', store.json_type(v) FROM json_array_elements(parsed) WITH ORDINALITY AS e (v, n);
  ELSE
    RETURN QUERY SELECT e.k, e.v #>> '{}', store.json_type(e.v) FROM json_each(parsed) AS e (k, v);
  END IF;
END $$;
CREATE FUNCTION store.json_type(json) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE json_typeof($1) WHEN 'null' THEN 0 WHEN 'string' THEN 1 WHEN 'number' THEN 2 WHEN 'boolean' THEN 3 WHEN 'array' THEN 4 ELSE 5 END $$;
CREATE FUNCTION sys.string_split(value text, separator text) RETURNS SETOF sys.nvarchar LANGUAGE sql IMMUTABLE STRICT AS
  'SELECT part::sys.nvarchar FROM unnest(string_to_array($1, $2)) AS part';

-- Sequences and identities.
CREATE FUNCTION sys.next_value(sequence regclass) RETURNS int8 LANGUAGE sql VOLATILE STRICT AS 'SELECT nextval($1)';
CREATE FUNCTION sys.advance_identity(relation regclass, given int8) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE owned record; last int8; called boolean;
BEGIN
  SELECT d.objid::regclass AS sequence, s.seqincrement AS increment INTO owned
  FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_sequence s ON s.seqrelid = c.oid
  WHERE d.refobjid = relation AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass;
  IF given IS NULL OR owned IS NULL THEN
    RETURN given;
  END IF;
  EXECUTE format('SELECT last_value, is_called FROM %s', owned.sequence) INTO last, called;
  IF NOT called OR (owned.increment > 0 AND given > last) OR (owned.increment < 0 AND given < last) THEN
    PERFORM setval(owned.sequence, given);
  END IF;
  RETURN given;
END $$;
