-- Strings as everything else: implicit in T-SQL, assignment casts here (comparisons of unlike types are
-- written out by the translator). What cannot be read is told as SQL Server tells it, by its source type.
-- A regular expression wants a deterministic collation.

CREATE FUNCTION store.no_number(value text, source text, target text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF btrim(value) = '' AND target <> 'numeric' THEN
    RETURN '0';
  END IF;
  IF target IN ('int', 'smallint', 'tinyint', 'bit') THEN
    RETURN store.fail(245, format('Conversion failed when converting the %s value ''%s'' to data type %s.', source, value, target));
  END IF;
  RETURN store.fail(8114, format('Error converting data type %s to %s.', source, target));
END $$;
-- An integer with more digits than the quick way takes, or none.
CREATE FUNCTION store.whole(value text, source text, target text, lowest numeric, highest numeric) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE plain text COLLATE "C" := btrim(value);
BEGIN
  IF plain !~ '^[+-]?\d+$' THEN
    plain := store.no_number(value, source, target);
  END IF;
  IF plain::numeric BETWEEN lowest AND highest THEN
    RETURN plain::int8;
  ELSIF target = 'bigint' THEN
    PERFORM store.fail(8115, 'Arithmetic overflow error converting expression to data type bigint.');
  ELSIF target = 'int' THEN
    PERFORM store.fail(248, format('The conversion of the %s value ''%s'' overflowed an int column.', source, value));
  END IF;
  PERFORM store.fail(244, format('The conversion of the %s value ''%s'' overflowed an %s column. Use a larger integer column.', source, value,
                                 CASE target WHEN 'tinyint' THEN 'INT1' ELSE 'INT2' END));
END $$;

CREATE FUNCTION store.read_int8(text, text) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $1 COLLATE "C" ~ '^[+-]?\d{1,18}$' THEN int8in(textout($1)) ELSE store.whole($1, $2, 'bigint', -9223372036854775808, 9223372036854775807) END $$;
CREATE FUNCTION store.read_int4(text, text) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $1 COLLATE "C" ~ '^[+-]?\d{1,9}$' THEN int4in(textout($1)) ELSE store.whole($1, $2, 'int', -2147483648, 2147483647)::int4 END $$;
CREATE FUNCTION store.read_int2(text, text) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $1 COLLATE "C" ~ '^[+-]?\d{1,4}$' THEN int2in(textout($1)) ELSE store.whole($1, $2, 'smallint', -32768, 32767)::int2 END $$;
CREATE FUNCTION store.read_tinyint(text, text) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT sys.int8_tinyint(store.whole($1, $2, 'tinyint', 0, 255)) $$;
CREATE FUNCTION store.read_numeric(text, text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT numeric_in(textout(CASE WHEN $1 COLLATE "C" ~ '^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$' THEN $1 ELSE store.no_number($1, $2, 'numeric') END), 0::oid, -1) $$;
CREATE FUNCTION store.read_float8(text, text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT float8in(textout(CASE WHEN $1 COLLATE "C" ~ '^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$' THEN $1 ELSE store.no_number($1, $2, 'float') END)) $$;
CREATE FUNCTION store.read_float4(text, text) RETURNS float4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT float4in(textout(CASE WHEN $1 COLLATE "C" ~ '^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$' THEN $1 ELSE store.no_number($1, $2, 'real') END)) $$;
CREATE FUNCTION store.read_bit(text, text) RETURNS sys.bit LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN lower(btrim($1)) COLLATE "C" = 'true' THEN true WHEN lower(btrim($1)) COLLATE "C" = 'false' THEN false
              WHEN $1 COLLATE "C" ~ '^\s*[+-]?\d+\s*$' THEN $1 COLLATE "C" ~ '[1-9]' ELSE store.no_number($1, $2, 'bit') <> '0' END::sys.bit $$;
CREATE FUNCTION sys.to_bit(text) RETURNS sys.bit LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT store.read_bit($1, 'nvarchar') $$;
-- The first 36 characters count, or what stands in braces.
CREATE FUNCTION store.read_uuid(value text, source text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE plain text COLLATE "C" := left(CASE WHEN value COLLATE "C" ~ '^\{.*\}' THEN substr(value, 2) ELSE value END, 36);
BEGIN
  IF plain !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    PERFORM store.fail(8169, 'Conversion failed when converting from a character string to uniqueidentifier.');
  END IF;
  RETURN uuid_in(textout(plain));
END $$;
-- What has the form of a moment but is none is told apart from what has not.
CREATE FUNCTION store.read_legacy(value text, source text, target text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN store.legacy_ticks(CASE target WHEN 'datetime' THEN store.thirds(store.parse_ticks(value)) ELSE store.half_minute(store.thirds(store.parse_ticks(value))) END, source, target);
EXCEPTION WHEN datetime_field_overflow THEN
  RETURN store.beyond(source, target);
END $$;
CREATE FUNCTION store.read_datetime(text, text) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.read_legacy($1, $2, 'datetime')::sys.datetime $$;
CREATE FUNCTION store.read_smalldatetime(text, text) RETURNS sys.smalldatetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.read_legacy($1, $2, 'smalldatetime')::sys.smalldatetime $$;

DO $$
DECLARE source text; target record; name text; body text;
BEGIN
  FOREACH source IN ARRAY ARRAY['text', 'sys.nvarchar', 'sys."varchar"', 'sys."nchar"', 'sys."char"'] LOOP
    name := replace(replace(source, 'sys.', ''), '"', '');
    FOR target IN SELECT * FROM (VALUES ('int2', 'int2'), ('int4', 'int4'), ('int8', 'int8'), ('numeric', 'numeric'), ('float4', 'float4'), ('float8', 'float8'),
                                        ('sys.bit', 'bit'), ('sys.tinyint', 'tinyint'), ('uuid', 'uuid'), ('date', 'date'), ('sys.datetime2', 'datetime2'), ('sys.datetime', 'datetime'),
                                        ('sys.smalldatetime', 'smalldatetime'), ('sys."time"', 'time'), ('sys.datetimeoffset', 'datetimeoffset')) AS t (type, name) LOOP
      body := CASE WHEN source = 'text' OR target.name IN ('date', 'datetime2', 'time', 'datetimeoffset') THEN format('SELECT sys.to_%s($1::text)', target.name)
                   ELSE format('SELECT store.read_%s($1::text, %L)', target.name, name) END;
      EXECUTE format('CREATE FUNCTION store.%1$s_to_%2$s(%3$s) RETURNS %4$s LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %5$L', name, target.name, source, target.type, body);
      EXECUTE format('CREATE CAST (%1$s AS %2$s) WITH FUNCTION store.%3$s_to_%4$s(%1$s) AS ASSIGNMENT', source, target.type, name, target.name);
    END LOOP;
  END LOOP;
END $$;

-- money from text: a sign, a currency sign and commas may stand in it.
CREATE FUNCTION sys.to_money(value text, target text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE plain text COLLATE "C" := translate(value, ' ,', ''); parts text[];
BEGIN
  IF plain = '' THEN
    RETURN 0;
  END IF;
  parts := regexp_match(plain, '^([+-]?)[$£€¥₹]?([+-]?)(\d+\.?\d*|\.\d+)$');
  IF parts IS NULL OR parts[1] <> '' AND parts[2] <> '' THEN
    PERFORM CASE target WHEN 'money' THEN store.fail(235, 'Cannot convert a char value to money. The char value has incorrect syntax.')
                        ELSE store.fail(293, 'Cannot convert char value to smallmoney. The char value has incorrect syntax.') END;
  END IF;
  RETURN (parts[1] || parts[2] || parts[3])::numeric;
END $$;
-- What CONVERT prints of money: two decimals, with commas by style 1, four by style 2.
CREATE FUNCTION sys.show_money(numeric, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN $2 = 1 THEN to_char(round($1, 2), 'FM999,999,999,999,990.00') WHEN $2 IN (2, 126) THEN round($1, 4)::text ELSE round($1, 2)::text END $$;

-- PARSE: a number with a culture's decimal sign (the other one groups digits, as blanks do), a moment with days and months in its order.
CREATE FUNCTION store.unparsed(value text, target text, culture text) RETURNS text LANGUAGE sql AS
  $$ SELECT store.fail(9819, format('Error converting string value ''%s'' into data type %s using culture ''%s''.', $1, $2, $3)) $$;
CREATE FUNCTION sys.parse_number(value text, decimal_sign text, target text, culture text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE plain text COLLATE "C" := btrim(value); parts text[];
BEGIN
  IF target IN ('money', 'smallmoney') THEN
    plain := regexp_replace(plain, '^([+-]?)\s*[$£€¥₹]\s*|\s*[$£€¥₹]$', '\1');
  END IF;
  IF target NOT IN ('float', 'real') THEN
    plain := translate(plain, CASE decimal_sign WHEN '.' THEN ',' ELSE '.' END || U&'\00A0\202F ', '');
  END IF;
  parts := regexp_match(replace(plain, decimal_sign, '.'), '^([+-]?)(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?([+-]?)$');
  IF parts IS NULL OR parts[1] <> '' AND parts[4] <> '' OR parts[3] IS NOT NULL AND target NOT IN ('float', 'real')
     OR target IN ('tinyint', 'smallint', 'int', 'bigint') AND (parts[2]::numeric <> trunc(parts[2]::numeric)) THEN
    PERFORM store.unparsed(value, target, culture);
  END IF;
  RETURN (parts[1] || parts[4] || parts[2] || coalesce(parts[3], ''))::numeric;
END $$;
CREATE FUNCTION sys.parse_moment(value text, places text, target text, culture text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE found text := sys.ordered_day(value, places);
BEGIN
  PERFORM sys.to_datetimeoffset(found);
  RETURN found;
EXCEPTION WHEN SQLSTATE 'ZZ001' OR invalid_datetime_format OR datetime_field_overflow THEN
  RETURN store.unparsed(value, target, culture);
END $$;
