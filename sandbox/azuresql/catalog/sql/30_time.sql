-- Date and time with all seven digits: ticks of 100 ns since 0001-01-01 (datetime2 and its elders), since
-- midnight (time), and for datetimeoffset the UTC ticks with the offset beside them.
-- typmod = scale + 5, so that PostgreSQL's varchar typmod functions (which refuse 0) serve: datetime2(7) is written sys.datetime2(8).

CREATE PROCEDURE store.ticks_type(name text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TYPE sys.%I', name);
  EXECUTE format('CREATE FUNCTION sys.%1$s_in(cstring, oid, int4) RETURNS sys.%2$I LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''int8in''', name, name);
  EXECUTE format('CREATE FUNCTION sys.%1$s_out(sys.%2$I) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''int8out''', name, name);
  EXECUTE format('CREATE FUNCTION sys.%1$s_recv(internal) RETURNS sys.%2$I LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''int8recv''', name, name);
  EXECUTE format('CREATE FUNCTION sys.%1$s_send(sys.%2$I) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''int8send''', name, name);
  EXECUTE format('CREATE TYPE sys.%2$I (INPUT = sys.%1$s_in, OUTPUT = sys.%1$s_out, RECEIVE = sys.%1$s_recv, SEND = sys.%1$s_send, '
                 'TYPMOD_IN = pg_catalog.varchartypmodin, TYPMOD_OUT = pg_catalog.varchartypmodout, LIKE = int8, CATEGORY = ''D'')', name, name);
  EXECUTE format('CREATE CAST (sys.%1$I AS int8) WITHOUT FUNCTION', name);
  EXECUTE format('CREATE CAST (int8 AS sys.%1$I) WITHOUT FUNCTION', name);
END $$;
CALL store.ticks_type('datetime2');
CALL store.ticks_type('datetime');
CALL store.ticks_type('smalldatetime');
CALL store.ticks_type('time');
CALL store.comparable('sys.datetime2', 'int8', 'hashint8', 'btint8cmp');
CALL store.comparable('sys.time', 'int8', 'hashint8', 'btint8cmp');
CALL store.extremes('sys.datetime2');
CALL store.extremes('sys.time');
CREATE CAST (sys.datetime AS sys.datetime2) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (sys.smalldatetime AS sys.datetime2) WITHOUT FUNCTION AS IMPLICIT;

-- datetimeoffset is an interval whose month holds the offset in minutes, with 30 days a month taken off again:
-- interval's own comparison (a month is 30 days) then sees UTC ticks only, and the offset travels beside them.
-- It is received and sent as its 16 bytes in memory, little-endian: int8 time, int4 day, int4 month
-- (interval's own receive function would read our typmod as an interval's).
CREATE TYPE sys.datetimeoffset;
CREATE FUNCTION sys.datetimeoffset_in(cstring, oid, int4) RETURNS sys.datetimeoffset LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'interval_in';
CREATE FUNCTION sys.datetimeoffset_out(sys.datetimeoffset) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'interval_out';
CREATE FUNCTION sys.datetimeoffset_recv(internal) RETURNS sys.datetimeoffset LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'uuid_recv';
CREATE FUNCTION sys.datetimeoffset_send(sys.datetimeoffset) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'uuid_send';
CREATE TYPE sys.datetimeoffset (INPUT = sys.datetimeoffset_in, OUTPUT = sys.datetimeoffset_out, RECEIVE = sys.datetimeoffset_recv, SEND = sys.datetimeoffset_send,
  TYPMOD_IN = pg_catalog.varchartypmodin, TYPMOD_OUT = pg_catalog.varchartypmodout, LIKE = interval, CATEGORY = 'D');
CALL store.comparable('sys.datetimeoffset', 'interval_', 'interval_hash', 'interval_cmp');
CALL store.extremes('sys.datetimeoffset');
CREATE CAST (sys.datetimeoffset AS interval) WITHOUT FUNCTION;
CREATE CAST (interval AS sys.datetimeoffset) WITHOUT FUNCTION;
CREATE CAST (timestamp AS int8) WITHOUT FUNCTION;
CREATE CAST (int8 AS timestamp) WITHOUT FUNCTION;
CREATE CAST (pg_catalog.time AS int8) WITHOUT FUNCTION;

-- 630822816000000000 ticks lie between 0001-01-01 and 2000-01-01, where PostgreSQL's timestamps start.
CREATE FUNCTION store.timestamp_ticks(timestamp) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1::int8 * 10 + 630822816000000000';
CREATE FUNCTION store.ticks_timestamp(int8) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT (($1 - 630822816000000000 - ($1 % 10)) / 10)::timestamp';
CREATE FUNCTION store.ticks_date(int8) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT date ''0001-01-01'' + ($1 / 864000000000)::int4';
CREATE FUNCTION store.date_ticks(date) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1 - date ''0001-01-01'') * 864000000000';

CREATE FUNCTION sys.offset_value(ticks int8, minutes int4) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT (($1::timestamp - 0::int8::timestamp) + make_interval(months => $2, days => -30 * $2))::sys.datetimeoffset';
CREATE FUNCTION sys.offset_minutes(sys.datetimeoffset) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT (date_part('year', $1::interval) * 12 + date_part('month', $1::interval))::int4 $$;
CREATE FUNCTION sys.offset_ticks(value sys.datetimeoffset) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE minutes int4 := sys.offset_minutes(value);
BEGIN
  IF minutes = 0 THEN
    RETURN (0::int8::timestamp + value::interval)::int8;
  END IF;
  RETURN (0::int8::timestamp + (value::interval - make_interval(months => minutes, days => -30 * minutes)))::int8;
END $$;
CREATE FUNCTION store.local_ticks(sys.datetimeoffset) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT sys.offset_ticks($1) + sys.offset_minutes($1) * 600000000::int8';

-- Scale: rounded half up at the last digit kept. $2 is scale + 5.
CREATE FUNCTION store.rounded(ticks int8, typmod int4) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $2 < 0 OR $2 >= 12 THEN $1
              ELSE ($1 + (ARRAY[5000000, 500000, 50000, 5000, 500, 50, 5])[$2 - 4]) / (ARRAY[10000000, 1000000, 100000, 10000, 1000, 100, 10])[$2 - 4]
                   * (ARRAY[10000000, 1000000, 100000, 10000, 1000, 100, 10])[$2 - 4] END $$;
-- (In PL/pgSQL: these calls cannot be inlined, and a function in SQL costs ten times as much then.)
CREATE FUNCTION sys.datetime2_scale(value sys.datetime2, typmod int4, explicit boolean) RETURNS sys.datetime2 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF typmod < 0 OR typmod >= 12 OR value::int8 % (ARRAY[10000000, 1000000, 100000, 10000, 1000, 100, 10])[typmod - 4] = 0 THEN
    RETURN value;
  END IF;
  RETURN least(store.rounded(value::int8, typmod), 3155378975999999999)::sys.datetime2;
END $$;
CREATE CAST (sys.datetime2 AS sys.datetime2) WITH FUNCTION sys.datetime2_scale(sys.datetime2, int4, boolean) AS IMPLICIT;
CREATE FUNCTION sys.time_scale(value sys.time, typmod int4, explicit boolean) RETURNS sys.time LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF typmod < 0 OR typmod >= 12 THEN
    RETURN value;
  END IF;
  RETURN (store.rounded(value::int8, typmod) % 864000000000)::sys.time;
END $$;
CREATE CAST (sys.time AS sys.time) WITH FUNCTION sys.time_scale(sys.time, int4, boolean) AS IMPLICIT;
-- date_part('microseconds') of such an interval is its ticks modulo 60,000,000: enough to see that nothing is to be rounded.
CREATE FUNCTION sys.datetimeoffset_scale(value sys.datetimeoffset, typmod int4, explicit boolean) RETURNS sys.datetimeoffset LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF typmod < 0 OR typmod >= 12 OR date_part('microseconds', value::interval)::int8 % (ARRAY[10000000, 1000000, 100000, 10000, 1000, 100, 10])[typmod - 4] = 0 THEN
    RETURN value;
  END IF;
  RETURN sys.offset_value(least(store.rounded(sys.offset_ticks(value), typmod), 3155378975999999999), sys.offset_minutes(value));
END $$;
CREATE CAST (sys.datetimeoffset AS sys.datetimeoffset) WITH FUNCTION sys.datetimeoffset_scale(sys.datetimeoffset, int4, boolean) AS IMPLICIT;

-- datetime counts 1/300 of a second, smalldatetime minutes.
CREATE FUNCTION store.thirds(ticks int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT $1 / 10000000 * 10000000 + (((($1 % 10000000) * 3 + 50000) / 100000) * 100000 + 1) / 3';
CREATE FUNCTION store.half_minute(ticks int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1 + 300000000) / 600000000 * 600000000';
-- datetime begins with 1753, smalldatetime ends on 2079-06-06.
CREATE FUNCTION store.beyond(source text, target text) RETURNS int8 LANGUAGE sql AS
  $$ SELECT store.fail(242, format('The conversion of a %s data type to a %s data type resulted in an out-of-range value.', $1, $2))::int8 $$;
CREATE FUNCTION store.legacy_ticks(ticks int8, source text, target text) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN $3 = 'datetime' AND $1 < 552877920000000000 OR $3 = 'smalldatetime' AND ($1 < 599266080000000000 OR $1 >= 655889184000000000)
              THEN store.beyond($2, $3) ELSE $1 END $$;
CREATE FUNCTION sys.datetime2_datetime(sys.datetime2) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT store.legacy_ticks(store.thirds($1::int8), 'datetime2', 'datetime')::sys.datetime $$;
CREATE CAST (sys.datetime2 AS sys.datetime) WITH FUNCTION sys.datetime2_datetime(sys.datetime2) AS ASSIGNMENT;
CREATE FUNCTION sys.datetime2_smalldatetime(sys.datetime2) RETURNS sys.smalldatetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.legacy_ticks(store.half_minute($1::int8), 'datetime2', 'smalldatetime')::sys.smalldatetime $$;
CREATE CAST (sys.datetime2 AS sys.smalldatetime) WITH FUNCTION sys.datetime2_smalldatetime(sys.datetime2) AS ASSIGNMENT;
CREATE FUNCTION sys.datetime2_date(sys.datetime2) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_date($1::int8)';
CREATE CAST (sys.datetime2 AS date) WITH FUNCTION sys.datetime2_date(sys.datetime2) AS ASSIGNMENT;
CREATE FUNCTION sys.date_datetime2(date) RETURNS sys.datetime2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.date_ticks($1)::sys.datetime2';
CREATE CAST (date AS sys.datetime2) WITH FUNCTION sys.date_datetime2(date) AS IMPLICIT;
CREATE FUNCTION sys.datetime2_time(sys.datetime2) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1::int8 % 864000000000)::sys.time';
CREATE CAST (sys.datetime2 AS sys.time) WITH FUNCTION sys.datetime2_time(sys.datetime2) AS ASSIGNMENT;
CREATE FUNCTION sys.datetime2_datetimeoffset(sys.datetime2) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.offset_value($1::int8, 0)';
CREATE CAST (sys.datetime2 AS sys.datetimeoffset) WITH FUNCTION sys.datetime2_datetimeoffset(sys.datetime2) AS IMPLICIT;
CREATE FUNCTION sys.datetimeoffset_datetime2(sys.datetimeoffset) RETURNS sys.datetime2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.local_ticks($1)::sys.datetime2';
CREATE CAST (sys.datetimeoffset AS sys.datetime2) WITH FUNCTION sys.datetimeoffset_datetime2(sys.datetimeoffset) AS ASSIGNMENT;
CREATE FUNCTION sys.datetimeoffset_date(sys.datetimeoffset) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_date(store.local_ticks($1))';
CREATE CAST (sys.datetimeoffset AS date) WITH FUNCTION sys.datetimeoffset_date(sys.datetimeoffset) AS ASSIGNMENT;
CREATE FUNCTION sys.datetimeoffset_time(sys.datetimeoffset) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT (store.local_ticks($1) % 864000000000)::sys.time';
CREATE CAST (sys.datetimeoffset AS sys.time) WITH FUNCTION sys.datetimeoffset_time(sys.datetimeoffset) AS ASSIGNMENT;
DO $$
DECLARE t text; target text;
BEGIN
  FOREACH t IN ARRAY ARRAY['datetime', 'smalldatetime'] LOOP
    FOREACH target IN ARRAY ARRAY['date', 'sys.time', 'sys.datetimeoffset'] LOOP
      EXECUTE format('CREATE FUNCTION sys.%1$s_%2$s(sys.%1$s) RETURNS %3$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %4$L', t, replace(target, 'sys.', ''), target,
                     format('SELECT sys.datetime2_%1$s($1::sys.datetime2)', replace(target, 'sys.', '')));
      EXECUTE format('CREATE CAST (sys.%1$s AS %2$s) WITH FUNCTION sys.%1$s_%3$s(sys.%1$s) AS ASSIGNMENT', t, target, replace(target, 'sys.', ''));
    END LOOP;
  END LOOP;
  FOREACH t IN ARRAY ARRAY['date', 'sys.datetimeoffset'] LOOP
    FOREACH target IN ARRAY ARRAY['datetime', 'smalldatetime'] LOOP
      EXECUTE format('CREATE FUNCTION sys.%1$s_%2$s(%3$s) RETURNS sys.%2$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %4$L', replace(t, 'sys.', ''), target, t,
                     format('SELECT $1::sys.datetime2::sys.%s', target));
      EXECUTE format('CREATE CAST (%1$s AS sys.%2$s) WITH FUNCTION sys.%3$s_%2$s(%1$s) AS ASSIGNMENT', t, target, replace(t, 'sys.', ''));
    END LOOP;
  END LOOP;
END $$;
CREATE FUNCTION sys.date_datetimeoffset(date) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.offset_value(store.date_ticks($1), 0)';
CREATE CAST (date AS sys.datetimeoffset) WITH FUNCTION sys.date_datetimeoffset(date) AS ASSIGNMENT;

-- Text to date and time. (Regular expressions want a deterministic collation.) Error 241 stands for whatever does not parse.
CREATE FUNCTION store.no_time() RETURNS int8 LANGUAGE sql AS
  $$ SELECT store.fail(241, 'Conversion failed when converting date and/or time from character string.')::int8 $$;
-- The forms that PostgreSQL does not read as SQL Server does: ODBC's escapes, an hour alone, thousandths after a colon,
-- a blank before the fraction, a year alone, two digits of a year (which end with 2049).
CREATE FUNCTION store.usual_form(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE plain text COLLATE "C" := regexp_replace(value COLLATE "C", '^\{(?:d|t|ts)\s*''(.*)''\s*\}$', '\1'); parts text[];
BEGIN
  plain := regexp_replace(plain, '(:\d{1,2})\.\s+(\d)', '\1.\2');
  plain := regexp_replace(plain, '(^|\s)(\d{1,2})\s*([ap]m)$', '\1\2:00 \3', 'i');
  parts := regexp_match(plain, '^(.*\d{1,2}:\d\d:\d\d):(\d{1,3})(.*)$');
  IF parts IS NOT NULL THEN
    plain := parts[1] || '.' || lpad(parts[2], 3, '0') || parts[3];
  END IF;
  IF plain ~ '^\d{1,2}:' THEN
    RETURN '1900-01-01 ' || plain;
  ELSIF plain ~ '^\d{4}$' THEN
    RETURN plain || '-01-01';
  ELSIF plain ~ '^\d{6}$' THEN
    RETURN CASE WHEN plain < '50' THEN '20' ELSE '19' END || plain;
  END IF;
  parts := regexp_match(plain, '^(\d{1,2}[-/.]\d{1,2}[-/.])(\d\d)(?!\d)(.*)$');
  IF parts IS NOT NULL THEN
    plain := parts[1] || CASE WHEN parts[2] < '50' THEN '20' ELSE '19' END || parts[2] || parts[3];
  END IF;
  RETURN plain;
END $$;
CREATE FUNCTION store.parse_ticks(value text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE plain text COLLATE "C" := btrim(value); dot int4; digits text COLLATE "C"; moment timestamp;
BEGIN
  IF plain !~ '^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?$' THEN
    IF plain = '' THEN
      RETURN 599266080000000000;
    ELSIF plain ~* '^[a-z]+$' THEN
      RETURN store.no_time();
    END IF;
    plain := store.usual_form(plain);
  END IF;
  dot := strpos(plain, '.');
  digits := CASE WHEN dot > 0 THEN substr(plain, dot + 1) ELSE '' END;
  IF dot > 0 AND digits ~ '^\d{7}\d*$' THEN
    IF length(digits) > 7 THEN
      RETURN store.no_time();
    END IF;
    moment := left(plain, dot + 6)::timestamp;
    RETURN store.timestamp_ticks(moment) + substr(digits, 7, 1)::int4;
  END IF;
  moment := plain::timestamp;
  IF moment < timestamp '0001-01-01' OR moment >= timestamp '10000-01-01' THEN
    RETURN store.no_time();
  END IF;
  RETURN store.timestamp_ticks(moment);
END $$;
CREATE FUNCTION sys.to_datetimeoffset(value text) RETURNS sys.datetimeoffset LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE plain text COLLATE "C" := btrim(value); parts text[]; minutes int4 := 0;
BEGIN
  parts := regexp_match(plain, '^(.*:.*?)\s*(?:(Z)|([+-])(\d{1,2})(?::?(\d{2}))?)$');
  IF parts IS NULL THEN
    RETURN sys.offset_value(store.parse_ticks(plain), 0);
  END IF;
  IF parts[2] IS NULL THEN
    minutes := (parts[4]::int4 * 60 + coalesce(parts[5], '00')::int4) * CASE parts[3] WHEN '-' THEN -1 ELSE 1 END;
  END IF;
  RETURN sys.offset_value(store.parse_ticks(parts[1]) - minutes * 600000000::int8, minutes);
END $$;
CREATE FUNCTION sys.to_datetime2(value text) RETURNS sys.datetime2 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF value COLLATE "C" ~ ':.*(Z|[+-]\d{1,2}:?\d{2})\s*$' THEN
    RETURN sys.to_datetimeoffset(value)::sys.datetime2;
  END IF;
  RETURN store.parse_ticks(value)::sys.datetime2;
END $$;
CREATE FUNCTION sys.to_datetime(value text) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.thirds(store.parse_ticks($1))::sys.datetime';
CREATE FUNCTION sys.to_smalldatetime(value text) RETURNS sys.smalldatetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.thirds(store.parse_ticks($1))::sys.datetime2::sys.smalldatetime';
CREATE FUNCTION sys.to_time(value text) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT (sys.to_datetime2($1)::int8 % 864000000000)::sys.time';
CREATE FUNCTION sys.to_date(value text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_date(sys.to_datetime2($1)::int8)';

-- What OPENJSON's columns go through: the ISO forms that writers send, without a call; the rest as above.
CREATE FUNCTION sys.json_datetime2(text) RETURNS sys.datetime2 LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN length($1) <= 26 AND translate($1, '0123456789', '') IN ('--T::.', '--T::', '-- ::.', '-- ::')
              THEN (($1::timestamp)::int8 * 10 + 630822816000000000)::sys.datetime2 ELSE sys.to_datetime2($1) END $$;
CREATE FUNCTION sys.json_datetimeoffset(text) RETURNS sys.datetimeoffset LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN length($1) <= 32 AND right($1, 6) = '+00:00' AND translate($1, '0123456789', '') IN ('--T::.+:', '--T::+:', '-- ::.+:', '-- ::+:')
              THEN ((($1::timestamp)::int8 * 10 + 630822816000000000)::timestamp - 0::int8::timestamp)::sys.datetimeoffset ELSE sys.to_datetimeoffset($1) END $$;

-- A literal of unknown type becomes one of ours through its input function; PostgreSQL allows only C there,
-- so the catalog is told afterwards that these are written in SQL.
UPDATE pg_proc SET prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql'), prosrc = format('SELECT sys.to_%s(textin($1))', name)
FROM unnest(ARRAY['datetime2', 'datetime', 'smalldatetime', 'time', 'datetimeoffset']) AS name WHERE proname = name || '_in' AND pronamespace = 'sys'::regnamespace;
