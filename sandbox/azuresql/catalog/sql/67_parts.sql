-- Dates and times from their parts, and the smaller functions on numbers, strings and bytes.

CREATE FUNCTION store.no_parts(type text) RETURNS int8 LANGUAGE sql AS
  $$ SELECT store.fail(289, format('Cannot construct data type %s, some of the arguments have values which are not valid.', $1))::int8 $$;
CREATE FUNCTION store.day_parts(year int4, month int4, day int4, type text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF year NOT BETWEEN 1 AND 9999 THEN
    RETURN store.no_parts(type);
  END IF;
  RETURN store.date_ticks(make_date(year, month, day));
EXCEPTION WHEN datetime_field_overflow THEN
  RETURN store.no_parts(type);
END $$;
CREATE FUNCTION store.clock_parts(hour int4, minute int4, second int4, fraction int4, scale int4, type text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF hour NOT BETWEEN 0 AND 23 OR minute NOT BETWEEN 0 AND 59 OR second NOT BETWEEN 0 AND 59 OR fraction < 0 OR fraction >= 10 ^ scale THEN
    RETURN store.no_parts(type);
  END IF;
  RETURN (hour * 3600 + minute * 60 + second) * 10000000::int8 + fraction * (10 ^ (7 - scale))::int8;
END $$;
CREATE FUNCTION sys.datefromparts(int4, int4, int4) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.ticks_date(store.day_parts($1, $2, $3, 'date')) $$;
CREATE FUNCTION sys.timefromparts(int4, int4, int4, int4, int4) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.clock_parts($1, $2, $3, $4, $5, 'time')::sys.time $$;
CREATE FUNCTION sys.datetime2fromparts(int4, int4, int4, int4, int4, int4, int4, int4) RETURNS sys.datetime2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT (store.day_parts($1, $2, $3, 'datetime2') + store.clock_parts($4, $5, $6, $7, $8, 'datetime2'))::sys.datetime2 $$;
CREATE FUNCTION sys.datetimefromparts(int4, int4, int4, int4, int4, int4, int4) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.thirds(store.day_parts($1, $2, $3, 'datetime') + store.clock_parts($4, $5, $6, $7, 3, 'datetime'))::sys.datetime $$;
CREATE FUNCTION sys.smalldatetimefromparts(int4, int4, int4, int4, int4) RETURNS sys.smalldatetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT (store.day_parts($1, $2, $3, 'smalldatetime') + store.clock_parts($4, $5, 0, 0, 0, 'smalldatetime'))::sys.datetime2::sys.smalldatetime $$;
CREATE FUNCTION sys.datetimeoffsetfromparts(int4, int4, int4, int4, int4, int4, int4, int4, int4, int4) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT sys.offset_value(store.day_parts($1, $2, $3, 'datetimeoffset') + store.clock_parts($4, $5, $6, $7, $10, 'datetimeoffset') - ($8 * 60 + $9) * 600000000::int8, $8 * 60 + $9) $$;

-- DATETRUNC: the start of the part that an instant lies in.
CREATE FUNCTION store.ticks_start(name text, ticks int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE store.part($1)
    WHEN 'year' THEN store.date_ticks(date_trunc('year', store.ticks_date($2)::timestamp)::date) WHEN 'quarter' THEN store.date_ticks(date_trunc('quarter', store.ticks_date($2)::timestamp)::date)
    WHEN 'month' THEN store.date_ticks(date_trunc('month', store.ticks_date($2)::timestamp)::date) WHEN 'iso_week' THEN store.date_ticks(date_trunc('week', store.ticks_date($2)::timestamp)::date)
    WHEN 'week' THEN store.date_ticks(store.ticks_date($2) - extract(dow FROM store.ticks_date($2))::int4)
    WHEN 'day' THEN $2 - $2 % 864000000000 WHEN 'dayofyear' THEN $2 - $2 % 864000000000 WHEN 'hour' THEN $2 - $2 % 36000000000 WHEN 'minute' THEN $2 - $2 % 600000000
    WHEN 'second' THEN $2 - $2 % 10000000 WHEN 'millisecond' THEN $2 - $2 % 10000 WHEN 'microsecond' THEN $2 - $2 % 10 ELSE store.no_part($1, 'datetrunc') END $$;
CREATE FUNCTION sys.datetrunc(text, sys.datetime2) RETURNS sys.datetime2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_start($1, $2::int8)::sys.datetime2';
CREATE FUNCTION sys.datetrunc(text, sys.datetime) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_start($1, $2::int8)::sys.datetime';
CREATE FUNCTION sys.datetrunc(text, sys.smalldatetime) RETURNS sys.smalldatetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_start($1, $2::int8)::sys.smalldatetime';
CREATE FUNCTION sys.datetrunc(text, sys.time) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_start($1, $2::int8)::sys.time';
CREATE FUNCTION sys.datetrunc(text, date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.ticks_date(store.ticks_start($1, store.date_ticks($2)))';
CREATE FUNCTION sys.datetrunc(text, sys.datetimeoffset) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT sys.offset_value(store.ticks_start($1, store.local_ticks($2)) - sys.offset_minutes($2) * 600000000::int8, sys.offset_minutes($2))';

-- DATE_BUCKET: the start of the bucket of so many parts since the origin that an instant lies in.
CREATE FUNCTION store.bucket_start(name text, width int4, ticks int8, origin int8) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE part text := store.part(name); months int4 := width * CASE part WHEN 'year' THEN 12 WHEN 'quarter' THEN 3 WHEN 'month' THEN 1 END; unit int8; passed int4; day date := store.ticks_date(origin);
BEGIN
  IF width <= 0 THEN
    PERFORM store.fail(9834, 'Invalid bucket width value passed to DATE_BUCKET function. Only positive values are allowed.');
  END IF;
  IF months IS NULL THEN
    unit := coalesce(store.part_ticks(part), store.no_part(name, 'date_bucket'));
    RETURN origin + floor((ticks - origin) / (unit::numeric * width))::int8 * unit * width;
  END IF;
  passed := store.boundaries('month', ticks) - store.boundaries('month', origin);
  IF store.date_ticks((day + make_interval(months => passed))::date) + origin % 864000000000 > ticks THEN
    passed := passed - 1;
  END IF;
  RETURN store.date_ticks((day + make_interval(months => floor(passed / months::numeric)::int4 * months))::date) + origin % 864000000000;
END $$;
DO $$
DECLARE type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['datetime2', 'datetime', 'smalldatetime'] LOOP
    EXECUTE format('CREATE FUNCTION sys.date_bucket(text, int4, sys.%1$s, sys.%1$s) RETURNS sys.%1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %2$L', type,
                   format('SELECT store.bucket_start($1, $2, $3::int8, $4::int8)::sys.%s', type));
    EXECUTE format('CREATE FUNCTION sys.date_bucket(text, int4, sys.%1$s) RETURNS sys.%1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %2$L', type,
                   format('SELECT store.bucket_start($1, $2, $3::int8, 599266080000000000)::sys.%s', type));
  END LOOP;
END $$;
CREATE FUNCTION sys.date_bucket(text, int4, date, date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT store.ticks_date(store.bucket_start($1, $2, store.date_ticks($3), store.date_ticks($4)))';
CREATE FUNCTION sys.date_bucket(text, int4, date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT store.ticks_date(store.bucket_start($1, $2, store.date_ticks($3), 599266080000000000))';
CREATE FUNCTION sys.date_bucket(text, int4, sys.time, sys.time) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT ((store.bucket_start($1, $2, $3::int8 + 599266080000000000, $4::int8 + 599266080000000000)) % 864000000000)::sys.time';
CREATE FUNCTION sys.date_bucket(text, int4, sys.time) RETURNS sys.time LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT sys.date_bucket($1, $2, $3, 0::int8::sys.time) $$;
CREATE FUNCTION sys.date_bucket(text, int4, sys.datetimeoffset, sys.datetimeoffset) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT sys.offset_value(store.bucket_start($1, $2, store.local_ticks($3), store.local_ticks($4)) - sys.offset_minutes($3) * 600000000::int8, sys.offset_minutes($3))';
CREATE FUNCTION sys.date_bucket(text, int4, sys.datetimeoffset) RETURNS sys.datetimeoffset LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT sys.date_bucket($1, $2, $3, sys.offset_value(599266080000000000, 0))';

-- A time is on the first of January 1900 where a date is asked for.
CREATE FUNCTION sys.time_datetime2(sys.time) RETURNS sys.datetime2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT (599266080000000000 + $1::int8)::sys.datetime2';
CREATE CAST (sys.time AS sys.datetime2) WITH FUNCTION sys.time_datetime2(sys.time) AS ASSIGNMENT;
CREATE FUNCTION sys.days_datetime(numeric) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT store.thirds(599266080000000000 + round($1 * 864000000000)::int8)::sys.datetime';
CREATE FUNCTION sys.datetime_days(sys.datetime2) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1::int8 - 599266080000000000) / 864000000000::numeric';
CREATE FUNCTION sys.add_days(sys.datetime, numeric) RETURNS sys.datetime LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT store.thirds($1::int8 + round($2 * 864000000000)::int8)::sys.datetime';

CREATE FUNCTION sys.square(float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1 * $1';
CREATE FUNCTION sys.log(float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT pg_catalog.ln($1)';
CREATE FUNCTION sys.log(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT pg_catalog.ln($1) / pg_catalog.ln($2)';
CREATE FUNCTION sys.str(value float8, length int4, scale int4) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE kept int4 := least(scale, 16); shown text := round(value::numeric, kept)::text;
BEGIN
  WHILE length(shown) > length AND kept > 0 LOOP
    kept := kept - 1;
    shown := round(value::numeric, kept)::text;
  END LOOP;
  RETURN CASE WHEN length(shown) > length THEN repeat('*', length) ELSE lpad(shown, length) END;
END $$;
CREATE FUNCTION sys.str(float8, int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.str($1, $2, 0)';
CREATE FUNCTION sys.str(float8) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.str($1, 10, 0)';

CREATE FUNCTION sys."translate"(sys.nvarchar, sys.nvarchar, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF char_length($2::text) <> char_length($3::text) THEN
    PERFORM store.fail(9828, 'The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.');
  END IF;
  RETURN translate($1::text, $2::text, $3::text);
END $$;
CREATE FUNCTION sys.trim_of(sys.nvarchar, sys.nvarchar, side text) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE side WHEN 'ltrim' THEN ltrim($1::text, $2::text) WHEN 'rtrim' THEN rtrim($1::text, $2::text) ELSE btrim($1::text, $2::text) END::sys.nvarchar $$;
-- SOUNDEX: the first letter and the codes of three more; equal codes in a row are one, also across h and w. What is no letter ends the word.
CREATE FUNCTION sys.soundex(value sys.nvarchar) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE word text COLLATE "C" := upper(substring(value::text COLLATE "C" FROM '^[A-Za-z]*')); built text := left(word, 1); last text; code text; letter text;
BEGIN
  IF word = '' THEN
    RETURN '0000';
  END IF;
  FOREACH letter IN ARRAY string_to_array(word, NULL) LOOP
    code := translate(letter, 'BFPVCGJKQSXZDTLMNRAEIOUYHW', '11112222222233455600000099');
    IF last IS NOT NULL AND code NOT IN ('0', '9') AND code <> last THEN
      built := built || code;
    END IF;
    last := CASE WHEN code = '9' THEN coalesce(last, code) ELSE code END;
  END LOOP;
  RETURN rpad(left(built, 4), 4, '0');
END $$;
CREATE FUNCTION sys.difference(sys.nvarchar, sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT count(*)::int4 FROM generate_series(1, 4) AS n WHERE substr(sys.soundex($1)::text COLLATE "C", n, 1) = substr(sys.soundex($2)::text COLLATE "C", n, 1) $$;
-- A string as JSON writes it, without its quotes; SQL Server escapes the slash too.
CREATE FUNCTION store.json_inside(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT replace(substr(to_json($1)::text, 2, length(to_json($1)::text) - 2), '/', '\/') $$;
CREATE FUNCTION sys.string_escape(sys.nvarchar, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF lower($2::text) <> 'json' THEN
    PERFORM store.fail(1023, 'Invalid parameter 2 specified for string_escape.');
  END IF;
  RETURN store.json_inside($1::text);
END $$;
CREATE FUNCTION sys.json_text(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT '"' || store.json_inside($1) || '"' $$;
CREATE FUNCTION sys.parsename(written sys.nvarchar, place int4) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE parts text[] := store.name_parts(written::text);
BEGIN
  RETURN CASE WHEN cardinality(parts) <= 4 AND place BETWEEN 1 AND cardinality(parts) THEN nullif(parts[cardinality(parts) - place + 1], '')::sys.nvarchar END;
END $$;

-- A number too long for its text: a star, or error 8115 for Unicode.
CREATE FUNCTION sys.short_number(value text, length int4, wide boolean) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF char_length(value) <= length THEN
    RETURN value;
  END IF;
  IF wide THEN
    PERFORM store.fail(8115, 'Arithmetic overflow error converting expression to data type nvarchar.');
  END IF;
  RETURN '*';
END $$;
-- The bytes of an integer of so many bytes, in `length` bytes: cut on the left, filled there where `fixed`.
CREATE FUNCTION sys.number_bytes(value int8, size int4, length int4, fixed boolean) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN length < 0 OR length >= size AND NOT fixed THEN own
              WHEN length >= size THEN decode(repeat('00', length - size), 'hex') || own
              ELSE substr(own, size - length + 1) END::sys.varbinary
  FROM (SELECT substr(int8send(value), 9 - size)) AS b (own) $$;
CREATE FUNCTION sys.string_split(value text, separator text, ordinal int4) RETURNS TABLE (value sys.nvarchar, ordinal int8) LANGUAGE sql IMMUTABLE STRICT AS
  $$ SELECT part::sys.nvarchar, place FROM unnest(CASE $1 COLLATE "C" WHEN '' THEN ARRAY[''] ELSE string_to_array($1, store.one_sign($2)) END) WITH ORDINALITY AS p (part, place) $$;
