-- What JSON and PostgreSQL's own functions give (text) as other types; strings of T-SQL are 51_from_text.sql.
-- The conversions call PostgreSQL's input functions by name: a cast in them would be the cast that calls
-- them. A function whose body is a CASE is not STRICT: PostgreSQL inlines it only then.

CREATE FUNCTION sys.to_int8(text) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0 ELSE int8in(textout($1)) END $$;
CREATE FUNCTION sys.to_int4(text) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0 ELSE int4in(textout($1)) END $$;
CREATE FUNCTION sys.to_int2(text) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0::int2 ELSE int2in(textout($1)) END $$;
CREATE FUNCTION sys.to_tinyint(text) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sys.int8_tinyint(sys.to_int4($1)::int8) $$;
CREATE FUNCTION sys.to_numeric(text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT numeric_in(textout($1), 0::oid, -1) $$;
CREATE FUNCTION sys.to_float8(text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0 ELSE float8in(textout($1)) END $$;
CREATE FUNCTION sys.to_float4(text) RETURNS float4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN btrim($1) = '' THEN 0::float4 ELSE float4in(textout($1)) END $$;
CREATE FUNCTION sys.to_uuid(text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT uuid_in(textout($1)) $$;

CREATE FUNCTION sys.from_hex(value text, style int4) RETURNS sys.varbinary LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF style = 1 AND left(value, 2) <> '0x' THEN
    PERFORM store.fail(8114, 'Error converting data type nvarchar to varbinary.');
  END IF;
  RETURN decode(CASE WHEN style = 1 THEN substr(value, 3) ELSE value END, 'hex')::sys.varbinary;
EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM store.fail(8114, 'Error converting data type nvarchar to varbinary.');
END $$;

-- TRY_CONVERT: what the conversion (a SELECT of $1) makes of the value, or NULL.
CREATE FUNCTION sys.attempt(value anyelement, conversion text, kind anycompatible) RETURNS anycompatible LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE found kind%TYPE;
BEGIN
  EXECUTE conversion INTO found USING value;
  RETURN found;
EXCEPTION WHEN data_exception OR check_violation OR SQLSTATE 'ZZ001' OR SQLSTATE 'ZZ028' THEN
  RETURN NULL;
END $$;
-- Text of a style that says in which order day, month and year stand; two digits of a year end with 2049.
CREATE FUNCTION sys.ordered_day(value text, places text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE parts text[] := regexp_match(btrim(value) COLLATE "C", '^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?=$|[ T])(.*)$'); year int4;
BEGIN
  IF parts IS NULL THEN
    RETURN value;
  END IF;
  IF length(parts[1]) > 2 THEN
    places := 'YMD';
  END IF;
  year := parts[strpos(places, 'Y')]::int4;
  IF length(parts[strpos(places, 'Y')]) <= 2 THEN
    year := year + CASE WHEN year < 50 THEN 2000 ELSE 1900 END;
  END IF;
  RETURN lpad(year::text, 4, '0') || '-' || parts[strpos(places, 'M')] || '-' || parts[strpos(places, 'D')] || parts[4];
END $$;

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
CREATE FUNCTION store.one_sign(separator text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF char_length(separator) <> 1 THEN
    PERFORM store.fail(214, 'Procedure expects parameter ''separator'' of type ''nchar(1)/nvarchar(1)''.');
  END IF;
  RETURN separator;
END $$;
CREATE FUNCTION sys.string_split(value text, separator text) RETURNS SETOF sys.nvarchar LANGUAGE sql IMMUTABLE STRICT AS
  $$ SELECT part::sys.nvarchar FROM unnest(CASE $1 COLLATE "C" WHEN '' THEN ARRAY[''] ELSE string_to_array($1, store.one_sign($2)) END) AS part $$;

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
