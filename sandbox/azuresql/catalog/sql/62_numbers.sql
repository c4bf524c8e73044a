-- T-SQL's functions on numbers. Where PostgreSQL's own function means the same, it is the one called.

CREATE FUNCTION store.fitted(value float8, type text) RETURNS float8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF abs(value) >= (CASE type WHEN 'int' THEN 2147483648 ELSE 9223372036854775808 END) THEN
    PERFORM store.fail(232, format('Arithmetic overflow error for type %s, value = %s.', type, round(value::numeric, 6)));
  END IF;
  RETURN value;
END $$;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'] LOOP
    EXECUTE format('CREATE FUNCTION sys.abs(%1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT pg_catalog.abs($1)''', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['int4', 'int8'] LOOP
    EXECUTE format('CREATE FUNCTION sys.ceiling(%1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT $1''', t);
    EXECUTE format('CREATE FUNCTION sys.floor(%1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT $1''', t);
    EXECUTE format('CREATE FUNCTION sys.sign(%1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT pg_catalog.sign($1::numeric)::%1$s''', t);
    EXECUTE format('CREATE FUNCTION sys.round(%1$s, int4) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT pg_catalog.round($1::numeric, $2)::%1$s''', t);
    EXECUTE format('CREATE FUNCTION sys.power(%1$s, float8) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT store.fitted(trunc(pg_catalog.power($1::float8, $2)), ''''%2$s'''')::%1$s''',
                   t, CASE t WHEN 'int4' THEN 'int' ELSE 'bigint' END);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['numeric', 'float8'] LOOP
    EXECUTE format('CREATE FUNCTION sys.ceiling(%1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT pg_catalog.ceil($1)''', t);
    EXECUTE format('CREATE FUNCTION sys.floor(%1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT pg_catalog.floor($1)''', t);
    EXECUTE format('CREATE FUNCTION sys.sign(%1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT pg_catalog.sign($1)''', t);
  END LOOP;
END $$;

CREATE FUNCTION sys.round(numeric, int4) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT pg_catalog.round($1, $2)';
CREATE FUNCTION sys.round(numeric, int4, int4) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT CASE WHEN $3 = 0 THEN pg_catalog.round($1, $2) ELSE pg_catalog.trunc($1, $2) END';
CREATE FUNCTION sys.round(float8, int4) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT pg_catalog.round($1::numeric, $2)::float8';
CREATE FUNCTION sys.round(float8, int4, int4) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.round($1::numeric, $2, $3)::float8';
CREATE FUNCTION sys.power(numeric, float8) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT pg_catalog.power($1, $2::numeric)';
CREATE FUNCTION sys.power(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT pg_catalog.power($1, $2)';
CREATE FUNCTION sys.sqrt(float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT pg_catalog.sqrt($1)';
CREATE FUNCTION sys.rand() RETURNS float8 LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT random()';

-- 1 for what some number type takes: exponents for float, currency signs and commas for money.
CREATE FUNCTION sys.isnumeric(sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(btrim($1::text) COLLATE "C" ~ '^([+-]?\s*[$£€¥₹]?|[$£€¥₹][+-]?)\s*(\d[\d,]*\.?\d*|\.\d+)$' OR btrim($1::text) COLLATE "C" ~ '^[+-]?(\d+\.?\d*|\.\d+)[eEdD][+-]?\d+$'
                  OR btrim($1::text) COLLATE "C" IN ('+', '-', '$', '.', ',', '\', '£', '€', '¥'), false)::int4 $$;

-- %g of C with so many significant digits, and exponents of three digits as SQL Server prints them.
CREATE FUNCTION store.show_float(value float8, digits int4) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE exact text := btrim(to_char(value, '9.' || repeat('9', digits - 1) || 'EEEE')); exponent int4 := split_part(exact, 'e', 2)::int4;
BEGIN
  IF value = 0 THEN
    RETURN '0';
  END IF;
  IF exponent BETWEEN -5 AND digits - 1 THEN
    RETURN trim_scale(exact::numeric)::text;
  END IF;
  RETURN trim_scale(split_part(exact, 'e', 1)::numeric)::text || 'e' || CASE WHEN exponent < 0 THEN '-' ELSE '+' END || lpad(abs(exponent)::text, 3, '0');
END $$;
CREATE FUNCTION store.show_scientific(value float8, digits int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT regexp_replace(btrim(to_char($1, '9.' || repeat('9', $2 - 1) || 'EEEE')), '([+-])(\d\d)$', '\10\2') $$;

-- sys.show is what CONVERT(varchar, value, style) prints; scale counts the digits of a fraction.
CREATE FUNCTION sys.show(float8, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE $2 WHEN 3 THEN store.show_float($1, 17) WHEN 1 THEN store.show_scientific($1, 8) WHEN 2 THEN store.show_scientific($1, 16) ELSE store.show_float($1, 6) END $$;
CREATE FUNCTION sys.show(float4, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE $2 WHEN 3 THEN store.show_float($1::float8, 9) WHEN 1 THEN store.show_scientific($1::float8, 8) WHEN 2 THEN store.show_scientific($1::float8, 16)
                 ELSE store.show_float($1::float8, 6) END $$;
DO $$
DECLARE shown record;
BEGIN
  FOR shown IN SELECT * FROM (VALUES ('int2', '$1::text'), ('int4', '$1::text'), ('int8', '$1::text'), ('numeric', '$1::text'), ('sys.bit', 'sys.bit_int4($1)::text'),
                                     ('sys.tinyint', 'sys.tinyint_int4($1)::text'), ('uuid', 'upper($1::text)'), ('sys.nvarchar', '$1::text')) AS s (type, expression) LOOP
    EXECUTE format('CREATE FUNCTION sys.show(%s, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %L', shown.type, 'SELECT ' || shown.expression);
  END LOOP;
END $$;
CREATE FUNCTION sys.show(sys.varbinary, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE $2 WHEN 1 THEN '0x' || upper(encode($1::bytea, 'hex')) WHEN 2 THEN upper(encode($1::bytea, 'hex')) ELSE convert_from($1::bytea, 'LATIN1') END $$;
