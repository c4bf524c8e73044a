-- T-SQL's functions on dates and times. An instant is a count of ticks of 100 ns (30_time.sql).

CREATE FUNCTION store.now_ticks() RETURNS int8 LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT store.timestamp_ticks(statement_timestamp() AT TIME ZONE 'UTC') $$;
CREATE FUNCTION sys.sysutcdatetime() RETURNS sys.datetime2 LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT store.now_ticks()::sys.datetime2';
CREATE FUNCTION sys.sysdatetime() RETURNS sys.datetime2 LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT store.now_ticks()::sys.datetime2';
CREATE FUNCTION sys.sysdatetimeoffset() RETURNS sys.datetimeoffset LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT sys.offset_value(store.now_ticks(), 0)';
CREATE FUNCTION sys.getutcdate() RETURNS sys.datetime LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT store.thirds(store.now_ticks())::sys.datetime';
CREATE FUNCTION sys.getdate() RETURNS sys.datetime LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT store.thirds(store.now_ticks())::sys.datetime';

-- One name for each part; NULL for a word that is none.
CREATE FUNCTION store.part(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE lower($1)
    WHEN 'year' THEN 'year' WHEN 'yy' THEN 'year' WHEN 'yyyy' THEN 'year'
    WHEN 'quarter' THEN 'quarter' WHEN 'qq' THEN 'quarter' WHEN 'q' THEN 'quarter'
    WHEN 'month' THEN 'month' WHEN 'mm' THEN 'month' WHEN 'm' THEN 'month'
    WHEN 'dayofyear' THEN 'dayofyear' WHEN 'dy' THEN 'dayofyear' WHEN 'y' THEN 'dayofyear'
    WHEN 'day' THEN 'day' WHEN 'dd' THEN 'day' WHEN 'd' THEN 'day'
    WHEN 'week' THEN 'week' WHEN 'wk' THEN 'week' WHEN 'ww' THEN 'week'
    WHEN 'weekday' THEN 'weekday' WHEN 'dw' THEN 'weekday' WHEN 'w' THEN 'weekday'
    WHEN 'hour' THEN 'hour' WHEN 'hh' THEN 'hour' WHEN 'minute' THEN 'minute' WHEN 'mi' THEN 'minute' WHEN 'n' THEN 'minute'
    WHEN 'second' THEN 'second' WHEN 'ss' THEN 'second' WHEN 's' THEN 'second'
    WHEN 'millisecond' THEN 'millisecond' WHEN 'ms' THEN 'millisecond'
    WHEN 'microsecond' THEN 'microsecond' WHEN 'mcs' THEN 'microsecond'
    WHEN 'nanosecond' THEN 'nanosecond' WHEN 'ns' THEN 'nanosecond'
    WHEN 'iso_week' THEN 'iso_week' WHEN 'isowk' THEN 'iso_week' WHEN 'isoww' THEN 'iso_week'
    WHEN 'tzoffset' THEN 'tzoffset' WHEN 'tz' THEN 'tzoffset' END $$;
-- Ticks in a part of fixed length, NULL for the others.
CREATE FUNCTION store.part_ticks(part text) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE $1 WHEN 'week' THEN 6048000000000 WHEN 'day' THEN 864000000000 WHEN 'dayofyear' THEN 864000000000 WHEN 'weekday' THEN 864000000000
                 WHEN 'hour' THEN 36000000000 WHEN 'minute' THEN 600000000 WHEN 'second' THEN 10000000 WHEN 'millisecond' THEN 10000 WHEN 'microsecond' THEN 10 END::int8 $$;
CREATE FUNCTION store.no_part(name text, wanted text) RETURNS int8 LANGUAGE sql IMMUTABLE AS
  $$ SELECT store.fail(155, format('''%s'' is not a recognized %s option.', $1, $2))::int8 $$;

-- The range that `type` keeps to is that of its own column.
CREATE FUNCTION store.ticks_add(name text, amount int8, ticks int8, type text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE part text := store.part(name); months int4 := CASE part WHEN 'year' THEN 12 WHEN 'quarter' THEN 3 WHEN 'month' THEN 1 END; unit int8; found int8;
BEGIN
  IF months IS NOT NULL THEN
    IF abs(amount) < 120000 THEN
      found := store.date_ticks((store.ticks_date(ticks) + make_interval(months => (amount * months)::int4))::date) + ticks % 864000000000;
    END IF;
  ELSIF part = 'nanosecond' THEN
    found := ticks + round(amount / 100.0)::int8;
  ELSE
    unit := coalesce(store.part_ticks(part), store.no_part(name, 'dateadd'));
    IF abs(amount) <= 3155378975999999999 / unit THEN
      found := ticks + amount * unit;
    END IF;
  END IF;
  IF found IS NULL OR found < (CASE type WHEN 'datetime' THEN 552877920000000000 WHEN 'smalldatetime' THEN 599266080000000000 ELSE 0 END)
     OR found > (CASE type WHEN 'smalldatetime' THEN 655889183999999999 ELSE 3155378975999999999 END) THEN
    PERFORM store.fail(517, format('Adding a value to a ''%s'' column caused an overflow.', type));
  END IF;
  RETURN found;
END $$;
CREATE FUNCTION sys.dateadd(text, int8, sys.datetime2) RETURNS sys.datetime2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.ticks_add($1, $2, $3::int8, 'datetime2')::sys.datetime2 $$;
CREATE FUNCTION sys.dateadd(text, int8, sys.datetime) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.thirds(store.ticks_add($1, $2, $3::int8, 'datetime'))::sys.datetime $$;
CREATE FUNCTION sys.dateadd(text, int8, sys.smalldatetime) RETURNS sys.smalldatetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.ticks_add($1, $2, $3::int8, 'smalldatetime')::sys.datetime2::sys.smalldatetime $$;
CREATE FUNCTION sys.dateadd(text, int8, date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.ticks_date(store.ticks_add($1, $2, store.date_ticks($3), 'date')) $$;
CREATE FUNCTION sys.dateadd(text, int8, sys.datetimeoffset) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT sys.offset_value(store.ticks_add($1, $2, store.local_ticks($3), 'datetimeoffset') - sys.offset_minutes($3) * 600000000::int8, sys.offset_minutes($3)) $$;
CREATE FUNCTION sys.dateadd(text, int8, sys.time) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT (store.ticks_add($1, $2, $3::int8 + 599266080000000000, 'time') % 864000000000)::sys.time $$;

-- DATEDIFF counts the boundaries crossed. 0001-01-01 was a Monday; weeks begin on Sunday.
CREATE FUNCTION store.boundaries(name text, ticks int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE store.part($1)
    WHEN 'year' THEN extract(year FROM store.ticks_date($2))::int8
    WHEN 'quarter' THEN (extract(year FROM store.ticks_date($2)) * 4 + extract(quarter FROM store.ticks_date($2)))::int8
    WHEN 'month' THEN (extract(year FROM store.ticks_date($2)) * 12 + extract(month FROM store.ticks_date($2)))::int8
    WHEN 'week' THEN ($2 / 864000000000 + 1) / 7
    WHEN 'nanosecond' THEN NULL
    ELSE coalesce($2 / store.part_ticks(store.part($1)), store.no_part($1, 'datediff')) END $$;
CREATE FUNCTION store.ticks_diff(name text, first int8, last int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN store.part($1) = 'nanosecond' THEN ($3 - $2) * 100 ELSE store.boundaries($1, $3) - store.boundaries($1, $2) END $$;
CREATE FUNCTION store.narrow(difference int8) RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF difference NOT BETWEEN -2147483648 AND 2147483647 THEN
    PERFORM store.fail(535, 'The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large. '
                            'Try to use datediff with a less precise datepart.');
  END IF;
  RETURN difference::int4;
END $$;
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM (VALUES ('sys.datetime2', '$%s::int8'), ('sys.datetimeoffset', 'sys.offset_ticks($%s)'), ('sys.time', '$%s::int8')) AS t (type, ticks) LOOP
    EXECUTE format('CREATE FUNCTION sys.datediff_big(text, %1$s, %1$s) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %2$L', t.type,
                   format('SELECT store.ticks_diff($1, %s, %s)', format(t.ticks, 2), format(t.ticks, 3)));
    EXECUTE format('CREATE FUNCTION sys.datediff(text, %1$s, %1$s) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %2$L', t.type,
                   format('SELECT store.narrow(store.ticks_diff($1, %s, %s))', format(t.ticks, 2), format(t.ticks, 3)));
  END LOOP;
END $$;

CREATE FUNCTION store.ticks_part(name text, ticks int8) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE store.part($1)
    WHEN 'year' THEN extract(year FROM store.ticks_date($2)) WHEN 'quarter' THEN extract(quarter FROM store.ticks_date($2))
    WHEN 'month' THEN extract(month FROM store.ticks_date($2)) WHEN 'day' THEN extract(day FROM store.ticks_date($2))
    WHEN 'dayofyear' THEN extract(doy FROM store.ticks_date($2)) WHEN 'weekday' THEN ($2 / 864000000000 + 1) % 7 + 1
    WHEN 'week' THEN (extract(doy FROM store.ticks_date($2))::int4 - 1 + extract(dow FROM date_trunc('year', store.ticks_date($2)))::int4) / 7 + 1
    WHEN 'iso_week' THEN extract(week FROM store.ticks_date($2))
    WHEN 'hour' THEN $2 % 864000000000 / 36000000000 WHEN 'minute' THEN $2 % 36000000000 / 600000000 WHEN 'second' THEN $2 % 600000000 / 10000000
    WHEN 'millisecond' THEN $2 % 10000000 / 10000 WHEN 'microsecond' THEN $2 % 10000000 / 10 WHEN 'nanosecond' THEN $2 % 10000000 * 100
    ELSE coalesce(NULL::int8, store.no_part($1, 'datepart')) END::int4 $$;
CREATE FUNCTION sys.datepart(text, sys.datetime2) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN store.part($1) = 'tzoffset' THEN 0 ELSE store.ticks_part($1, $2::int8) END $$;
CREATE FUNCTION sys.datepart(text, sys.time) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_part($1, $2::int8)';
CREATE FUNCTION sys.datepart(text, sys.datetimeoffset) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN store.part($1) = 'tzoffset' THEN sys.offset_minutes($2) ELSE store.ticks_part($1, store.local_ticks($2)) END $$;
CREATE FUNCTION store.ticks_name(name text, ticks int8) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE store.part($1) WHEN 'month' THEN to_char(store.ticks_date($2), 'FMMonth') WHEN 'weekday' THEN to_char(store.ticks_date($2), 'FMDay')
                             ELSE store.ticks_part($1, $2)::text END $$;
CREATE FUNCTION sys.datename(text, sys.datetime2) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN store.part($1) = 'tzoffset' THEN '+00:00' ELSE store.ticks_name($1, $2::int8) END::sys.nvarchar $$;
CREATE FUNCTION sys.datename(text, sys.time) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_name($1, $2::int8)::sys.nvarchar';

-- Weeks begin with the day that SET DATEFIRST names (1 is Monday), which is the session's and so no constant.
CREATE FUNCTION store.datefirst() RETURNS int4 LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT coalesce(nullif(current_setting('store.datefirst', true), ''), '7')::int4 $$;
CREATE FUNCTION store.day_of_week(ticks int8) RETURNS int4 LANGUAGE sql STABLE STRICT PARALLEL SAFE AS 'SELECT (($1 / 864000000000 + 8 - store.datefirst()) % 7)::int4';
CREATE FUNCTION sys.datepart_week(text, sys.datetime2) RETURNS int4 LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE $1 WHEN 'weekday' THEN store.day_of_week($2::int8) + 1
                 ELSE (extract(doy FROM store.ticks_date($2::int8))::int4 - 1 + store.day_of_week(store.date_ticks(date_trunc('year', store.ticks_date($2::int8)::timestamp)::date))) / 7 + 1 END $$;
CREATE FUNCTION sys.datetrunc_week(value sys.datetime2) RETURNS sys.datetime2 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE found int8 := value::int8 - value::int8 % 864000000000 - store.day_of_week(value::int8) * 864000000000;
BEGIN
  IF found < 0 THEN
    PERFORM store.fail(9837, 'An invalid date value was encountered: The date value is less than the minimum date value allowed for the data type.');
  END IF;
  RETURN found::sys.datetime2;
END $$;
DO $$
DECLARE part text;
BEGIN
  FOREACH part IN ARRAY ARRAY['year', 'month', 'day'] LOOP
    EXECUTE format('CREATE FUNCTION sys.%1$I(sys.datetime2) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %2$L', part, format('SELECT store.ticks_part(%L, $1::int8)', part));
    EXECUTE format('CREATE FUNCTION sys.%1$I(sys.datetimeoffset) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %2$L', part,
                   format('SELECT store.ticks_part(%L, store.local_ticks($1))', part));
  END LOOP;
END $$;
CREATE FUNCTION sys.eomonth(date, int4) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT (date_trunc('month', $1::timestamp) + make_interval(months => $2 + 1) - interval '1 day')::date $$;
CREATE FUNCTION sys.eomonth(date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.eomonth($1, 0)';

CREATE FUNCTION store.zone_minutes(zone text) RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE parts text[] := regexp_match(zone COLLATE "C", '^\s*([+-])(\d\d):(\d\d)\s*$');
BEGIN
  IF parts IS NULL OR parts[2]::int4 * 60 + parts[3]::int4 > 840 THEN
    PERFORM store.fail(9812, 'The timezone provided to builtin function is invalid.');
  END IF;
  RETURN (parts[2]::int4 * 60 + parts[3]::int4) * CASE parts[1] WHEN '-' THEN -1 ELSE 1 END;
END $$;
CREATE FUNCTION sys.switchoffset(sys.datetimeoffset, int4) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.offset_value(sys.offset_ticks($1), $2)';
CREATE FUNCTION sys.switchoffset(sys.datetimeoffset, sys.nvarchar) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT sys.offset_value(sys.offset_ticks($1), store.zone_minutes($2::text))';
CREATE FUNCTION sys.todatetimeoffset(sys.datetime2, int4) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT sys.offset_value($1::int8 - $2 * 600000000::int8, $2)';
CREATE FUNCTION sys.todatetimeoffset(sys.datetime2, sys.nvarchar) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT sys.todatetimeoffset($1, store.zone_minutes($2::text))';
CREATE FUNCTION sys.isdate(sys.nvarchar) RETURNS int4 LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN (store.read_datetime($1::text, 'nvarchar') IS NOT NULL)::int4;
EXCEPTION WHEN SQLSTATE 'ZZ001' OR invalid_datetime_format OR datetime_field_overflow THEN
  RETURN 0;
END $$;

-- What CONVERT(varchar, value, style) prints of an instant; -1 is the type's own default style.
CREATE FUNCTION store.fraction(ticks int8, scale int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $2 = 0 THEN '' ELSE '.' || left(lpad(($1 % 10000000)::text, 7, '0'), $2) END $$;
CREATE FUNCTION store.no_style(style int4, type text) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT store.fail(281, format('%s is not a valid style number when converting from %s to a character string.', $1, $2)) $$;
-- #D and #H are day and hour of the clock with twelve hours, padded with a blank; ~ is the fraction.
CREATE FUNCTION store.style_format(style int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce((ARRAY['MM/DD/YY', 'YY.MM.DD', 'DD/MM/YY', 'DD.MM.YY', 'DD-MM-YY', 'DD Mon YY', 'Mon DD, YY', 'HH24:MI:SS', 'Mon #D YYYY #H:MI:SS~AM',
                         'MM-DD-YY', 'YY/MM/DD', 'YYMMDD', 'DD Mon YYYY HH24:MI:SS~', 'HH24:MI:SS~'])[$1],
                  (ARRAY['MM/DD/YYYY', 'YYYY.MM.DD', 'DD/MM/YYYY', 'DD.MM.YYYY', 'DD-MM-YYYY', 'DD Mon YYYY', 'Mon DD, YYYY', 'HH24:MI:SS', 'Mon #D YYYY #H:MI:SS~AM',
                         'MM-DD-YYYY', 'YYYY/MM/DD', 'YYYYMMDD', 'DD Mon YYYY HH24:MI:SS~', 'HH24:MI:SS~'])[$1 - 100],
                  CASE $1 WHEN 0 THEN 'Mon #D YYYY #H:MIAM' WHEN 100 THEN 'Mon #D YYYY #H:MIAM' WHEN 20 THEN 'YYYY-MM-DD HH24:MI:SS' WHEN 22 THEN 'MM/DD/YY #H:MI:SS AM'
                          WHEN 23 THEN 'YYYY-MM-DD' WHEN 24 THEN 'HH24:MI:SS' WHEN 120 THEN 'YYYY-MM-DD HH24:MI:SS' END) $$;
CREATE FUNCTION store.show_styled(ticks int8, style int4, scale int4, type text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE format text := store.style_format(style); moment timestamp := store.ticks_timestamp(ticks); fraction text := store.fraction(ticks, scale);
BEGIN
  IF format IS NULL THEN
    RETURN store.no_style(style, type);
  END IF;
  IF type IN ('datetime', 'smalldatetime') THEN
    fraction := ':' || lpad((ticks % 10000000 / 10000)::text, 3, '0');
  END IF;
  format := replace(replace(format, '#D', '"' || lpad(to_char(moment, 'FMDD'), 2) || '"'), '#H', '"' || lpad(to_char(moment, 'FMHH12'), 2) || '"');
  RETURN replace(to_char(moment, format), '~', fraction);
END $$;
CREATE FUNCTION store.show_ticks(ticks int8, style int4, scale int4, type text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN $2 IN (21, 25, 121) THEN to_char(store.ticks_timestamp($1), 'YYYY-MM-DD HH24:MI:SS') || store.fraction($1, $3)
              WHEN $2 IN (126, 127) THEN to_char(store.ticks_timestamp($1), 'YYYY-MM-DD"T"HH24:MI:SS') || CASE WHEN $1 % 10000000 = 0 THEN '' ELSE store.fraction($1, $3) END
              ELSE store.show_styled($1, $2, $3, $4) END $$;
-- Style 121, which whole tables are compared in: PostgreSQL's own output of the whole seconds (DateStyle is ISO), then the fraction.
CREATE FUNCTION store.show_iso(ticks int8, scale int4) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN left(((ticks - ticks % 10000000 - 630822816000000000) / 10)::timestamp::text || '.' || lpad((ticks % 10000000)::text, 7, '0'),
              CASE scale WHEN 0 THEN 19 ELSE 20 + scale END);
END $$;
CREATE FUNCTION sys.show(value sys.datetime2, style int4, scale int4) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF style IN (121, -1) THEN
    RETURN left(((value::int8 - value::int8 % 10000000 - 630822816000000000) / 10)::timestamp::text || '.' || lpad((value::int8 % 10000000)::text, 7, '0'),
                CASE scale WHEN 0 THEN 19 ELSE 20 + scale END);
  END IF;
  RETURN store.show_ticks(value::int8, style, scale, 'datetime2') || CASE WHEN style = 127 THEN 'Z' ELSE '' END;
END $$;
CREATE FUNCTION sys.show(sys.datetime, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.show_ticks(($1::int8 + 5000) / 10000 * 10000, CASE WHEN $2 = -1 THEN 0 ELSE $2 END, 3, 'datetime') || CASE WHEN $2 = 127 THEN 'Z' ELSE '' END $$;
CREATE FUNCTION sys.show(sys.smalldatetime, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.show_ticks($1::int8, CASE WHEN $2 = -1 THEN 0 ELSE $2 END, 3, 'smalldatetime') $$;
-- A date shows the date's part of a style, a time the clock's; a style without it is none of theirs.
CREATE FUNCTION sys.show(date, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN $2 IN (-1, 20, 21, 23, 25, 120, 121, 126, 127) THEN to_char($1, 'YYYY-MM-DD')
              WHEN $2 IN (0, 9, 100, 109) THEN to_char($1, 'Mon ') || lpad(to_char($1, 'FMDD'), 2) || to_char($1, ' YYYY')
              WHEN $2 IN (13, 113) THEN to_char($1, 'DD Mon YYYY') WHEN $2 = 22 THEN to_char($1, 'MM/DD/YY') WHEN $2 IN (8, 14, 24, 108, 114) THEN store.no_style($2, 'date')
              ELSE store.show_ticks(store.date_ticks($1), $2, 0, 'date') END $$;
CREATE FUNCTION sys.show(sys.time, int4, int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN $2 IN (-1, 13, 14, 21, 25, 113, 114, 121, 126, 127) THEN to_char(store.ticks_timestamp($1::int8), 'HH24:MI:SS') || store.fraction($1::int8, $3)
              WHEN $2 IN (8, 20, 24, 108, 120) THEN to_char(store.ticks_timestamp($1::int8), 'HH24:MI:SS')
              WHEN $2 IN (0, 9, 22, 100, 109) THEN lpad(to_char(store.ticks_timestamp($1::int8), 'FMHH12'), 2) || to_char(store.ticks_timestamp($1::int8), ':MI')
                || CASE WHEN $2 IN (0, 100) THEN '' ELSE to_char(store.ticks_timestamp($1::int8), ':SS') END || CASE WHEN $2 IN (9, 109) THEN store.fraction($1::int8, $3) ELSE '' END
                || CASE WHEN $2 = 22 THEN ' ' ELSE '' END || to_char(store.ticks_timestamp($1::int8), 'AM')
              ELSE store.no_style($2, 'time') END $$;
CREATE FUNCTION store.show_zone(minutes int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $1 < 0 THEN '-' ELSE '+' END || lpad((abs($1) / 60)::text, 2, '0') || ':' || lpad((abs($1) % 60)::text, 2, '0') $$;
CREATE FUNCTION sys.show(value sys.datetimeoffset, style int4, scale int4) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF style IN (121, -1) AND sys.offset_minutes(value) = 0 THEN
    RETURN store.show_iso(sys.offset_ticks(value), scale) || ' +00:00';
  END IF;
  IF style = 127 THEN
    RETURN store.show_ticks(sys.offset_ticks(value), 127, scale, 'datetimeoffset') || 'Z';
  ELSIF style = 126 THEN
    RETURN store.show_ticks(store.local_ticks(value), 126, scale, 'datetimeoffset') || store.show_zone(sys.offset_minutes(value));
  ELSIF style IN (-1, 20, 21, 25, 120, 121) THEN
    RETURN store.show_ticks(store.local_ticks(value), CASE WHEN style IN (20, 120) THEN 120 ELSE 121 END, scale, 'datetimeoffset') || ' ' || store.show_zone(sys.offset_minutes(value));
  END IF;
  RETURN store.show_ticks(store.local_ticks(value), style, scale, 'datetimeoffset');
END $$;
CREATE FUNCTION sys.datename(text, sys.datetimeoffset) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN store.part($1) = 'tzoffset' THEN store.show_zone(sys.offset_minutes($2)) ELSE store.ticks_name($1, store.local_ticks($2)) END::sys.nvarchar $$;
