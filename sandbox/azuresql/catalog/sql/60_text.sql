-- T-SQL's functions on strings. Names are lower case; arguments and results are sys.nvarchar.

CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA store;

CREATE FUNCTION sys.len(sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT sys.units(rtrim($1::text, ' ')) $$;

CREATE FUNCTION sys.datalength(sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT 2 * sys.units($1::text)';
CREATE FUNCTION sys.datalength(sys.nchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT 2 * sys.units($1::text)';
CREATE FUNCTION sys.datalength(sys.varchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT octet_length($1::text)';
CREATE FUNCTION sys.datalength(sys.char) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT octet_length($1::text)';
CREATE FUNCTION sys.datalength(sys.varbinary) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT octet_length($1::bytea)';
DO $$
DECLARE sized record;
BEGIN
  FOR sized IN SELECT * FROM (VALUES ('sys.bit', 1), ('sys.tinyint', 1), ('int2', 2), ('int4', 4), ('int8', 8), ('float4', 4), ('float8', 8),
                                     ('uuid', 16), ('date', 3), ('sys.datetime', 8), ('sys.smalldatetime', 4)) AS s (type, bytes) LOOP
    EXECUTE format('CREATE FUNCTION sys.datalength(%s) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT %s''', sized.type, sized.bytes);
  END LOOP;
END $$;

CREATE FUNCTION store.part_length(length int4, name text) RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF length < 0 THEN
    PERFORM store.fail(CASE WHEN name = 'substring' THEN 537 ELSE 536 END, format('Invalid length parameter passed to the %s function.', name));
  END IF;
  RETURN length;
END $$;
CREATE FUNCTION sys.substring(sys.nvarchar, int4, int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT substr($1::text, $2, CASE WHEN $3 < 0 THEN store.part_length($3, 'substring') ELSE $3 END)::sys.nvarchar $$;
CREATE FUNCTION sys.substring(sys.varbinary, int4, int4) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT substr($1::bytea, $2, CASE WHEN $3 < 0 THEN store.part_length($3, 'substring') ELSE $3 END)::sys.varbinary $$;
CREATE FUNCTION sys."left"(sys.nvarchar, int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT left($1::text, CASE WHEN $2 < 0 THEN store.part_length($2, 'left') ELSE $2 END)::sys.nvarchar $$;
CREATE FUNCTION sys."right"(sys.nvarchar, int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $2 = 0 THEN '' ELSE right($1::text, CASE WHEN $2 < 0 THEN store.part_length($2, 'right') ELSE $2 END) END::sys.nvarchar $$;

CREATE FUNCTION sys.charindex(sys.nvarchar, sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $1::text = '' THEN 0 ELSE strpos($2::text, $1::text) END $$;
CREATE FUNCTION sys.charindex(sys.nvarchar, sys.nvarchar, int4) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE sys.charindex($1, substr($2::text, greatest($3, 1))::sys.nvarchar) WHEN 0 THEN 0
              ELSE sys.charindex($1, substr($2::text, greatest($3, 1))::sys.nvarchar) + greatest($3, 1) - 1 END $$;

CREATE FUNCTION sys.upper(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT upper($1::text COLLATE "und-x-icu")::sys.nvarchar';
CREATE FUNCTION sys.lower(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT lower($1::text COLLATE "und-x-icu")::sys.nvarchar';
CREATE FUNCTION sys.ltrim(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ltrim($1::text, ' ')::sys.nvarchar $$;
CREATE FUNCTION sys.rtrim(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT rtrim($1::text, ' ')::sys.nvarchar $$;
CREATE FUNCTION sys.trim(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT btrim($1::text, ' ')::sys.nvarchar $$;
-- PostgreSQL's replace misses a match at the very end under a nondeterministic collation: a sign that no text
-- holds (private use) is put behind the text and taken off again.
CREATE FUNCTION sys.replace(sys.nvarchar, sys.nvarchar, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT left(replace($1::text || U&'\E0F0', $2::text, $3::text), -1)::sys.nvarchar $$;
CREATE FUNCTION sys.stuff(sys.nvarchar, int4, int4, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $2 BETWEEN 1 AND char_length($1::text) AND $3 >= 0
              THEN (left($1::text, $2 - 1) || coalesce($4::text, '') || substr($1::text, $2 + $3))::sys.nvarchar END $$;
CREATE FUNCTION sys.replicate(sys.nvarchar, int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $2 >= 0 THEN repeat($1::text, $2)::sys.nvarchar END $$;
CREATE FUNCTION sys.space(int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN $1 >= 0 THEN repeat(' ', $1)::sys.nvarchar END $$;
CREATE FUNCTION sys.reverse(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT reverse($1::text)::sys.nvarchar';

CREATE FUNCTION sys.quotename(sys.nvarchar, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN sys.units($1::text) > 128 THEN NULL
              WHEN $2::text IN ('[', ']', '[]') THEN '[' || replace($1::text, ']', ']]') || ']'
              WHEN $2::text = '''' THEN '''' || replace($1::text, '''', '''''') || ''''
              WHEN $2::text = '"' THEN '"' || replace($1::text, '"', '""') || '"' WHEN $2::text = '`' THEN '`' || replace($1::text, '`', '``') || '`'
              WHEN $2::text IN ('(', ')') THEN '(' || replace($1::text, ')', '))') || ')' WHEN $2::text IN ('<', '>') THEN '<' || replace($1::text, '>', '>>') || '>'
              WHEN $2::text IN ('{', '}') THEN '{' || replace($1::text, '}', '}}') || '}' END::sys.nvarchar $$;
CREATE FUNCTION sys.quotename(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sys.quotename($1, '['::text::sys.nvarchar) $$;

-- NULL joins as the empty string.
CREATE FUNCTION sys.concat(text[]) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_string($1, '')::sys.nvarchar $$;
CREATE FUNCTION sys.concat_ws(text, text[]) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_string($2, coalesce($1, ''))::sys.nvarchar $$;

CREATE FUNCTION sys.ascii(sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $1::text = '' THEN NULL WHEN ascii($1::text) > 255 THEN 63 ELSE ascii($1::text) END $$;
CREATE FUNCTION sys.unicode(sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $1::text = '' THEN NULL WHEN ascii($1::text) > 65535 THEN 55232 + (ascii($1::text) >> 10) ELSE ascii($1::text) END $$;
CREATE FUNCTION sys."char"(int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $1 BETWEEN 1 AND 255 THEN chr($1)::sys.nvarchar END $$;
CREATE FUNCTION sys."nchar"(int4, int4) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $1 BETWEEN 1 AND $2 AND $1 NOT BETWEEN 55296 AND 57343 THEN chr($1)::sys.nvarchar END $$;

-- A pattern of LIKE as a regular expression: % and _ as always, [a-z] and [^a] as classes.
CREATE FUNCTION store.like_regex(pattern text, escape text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE built text := ''; at int4 := 1; mark text; finish int4;
BEGIN
  WHILE at <= char_length(pattern) LOOP
    mark := substr(pattern, at, 1);
    IF escape IS NOT NULL AND mark = escape AND at < char_length(pattern) THEN
      at := at + 1;
      built := built || regexp_replace(substr(pattern, at, 1), '([^\w\s])', '\\\1');
    ELSIF mark = '%' THEN
      built := built || '.*';
    ELSIF mark = '_' THEN
      built := built || '.';
    ELSIF mark = '[' THEN
      finish := strpos(substr(pattern, at + 2), ']');
      IF finish = 0 THEN
        RETURN '(?!)';
      END IF;
      built := built || '[' || regexp_replace(substr(pattern, at + 1, finish), '([\\\[])', '\\\1', 'g') || ']';
      at := at + finish + 1;
    ELSE
      built := built || regexp_replace(mark, '([^\w\s])', '\\\1');
    END IF;
    at := at + 1;
  END LOOP;
  RETURN '^(?:' || built || ')$';
END $$;
CREATE FUNCTION sys.like_match(sys.nvarchar, sys.nvarchar, text, boolean) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN strpos($2::text COLLATE "C", '[') > 0
      THEN CASE WHEN $4 THEN lower($1::text COLLATE "und-x-icu") COLLATE "C" ~ store.like_regex(lower($2::text COLLATE "und-x-icu") COLLATE "C", $3)
                ELSE $1::text COLLATE "C" ~ store.like_regex($2::text COLLATE "C", $3) END
    WHEN $4 THEN lower($1::text COLLATE "und-x-icu") COLLATE "C" LIKE lower($2::text COLLATE "und-x-icu") COLLATE "C" ESCAPE coalesce($3, '')
    ELSE $1::text COLLATE "C" LIKE $2::text COLLATE "C" ESCAPE coalesce($3, '') END $$;
CREATE FUNCTION sys.patindex(sys.nvarchar, sys.nvarchar) RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE pattern text := $1; value text := $2; at int4;
BEGIN
  IF left(pattern, 1) <> '%' THEN
    RETURN CASE WHEN sys.like_match($2, $1, NULL, true) THEN 1 ELSE 0 END;
  END IF;
  FOR at IN 1..char_length(value) LOOP
    IF sys.like_match(substr(value, at)::sys.nvarchar, substr(pattern, 2)::sys.nvarchar, NULL, true) THEN
      RETURN at;
    END IF;
  END LOOP;
  RETURN 0;
END $$;

-- UTF-16, little-endian: what T-SQL hashes and counts of an nvarchar.
CREATE FUNCTION store.utf16_wide(value text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE letter text; code int4; built text := '';
BEGIN
  FOREACH letter IN ARRAY string_to_array(value, NULL) LOOP
    code := ascii(letter);
    IF code < 65536 THEN
      built := built || lpad(to_hex(code & 255), 2, '0') || lpad(to_hex(code >> 8), 2, '0');
    ELSE
      code := code - 65536;
      built := built || lpad(to_hex((code >> 10) & 255), 2, '0') || lpad(to_hex(216 | (code >> 18)), 2, '0')
                     || lpad(to_hex(code & 255), 2, '0') || lpad(to_hex(220 | ((code >> 8) & 3)), 2, '0');
    END IF;
  END LOOP;
  RETURN decode(built, 'hex');
END $$;
CREATE FUNCTION sys.utf16(text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length($1) = char_length($1)
              THEN decode(regexp_replace(encode(convert_to($1, 'UTF8'), 'hex') COLLATE "C", '(..)', '\100', 'g'), 'hex')
              ELSE store.utf16_wide($1) END $$;

CREATE FUNCTION store.digest_of(algorithm text, value bytea) RETURNS sys.varbinary LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF upper(algorithm) IN ('MD2', 'MD4') THEN
    PERFORM store.fail(40517, format('HASHBYTES with %s is not supported by the Azure SQL stand-in.', algorithm));
  END IF;
  RETURN CASE upper(algorithm) WHEN 'MD5' THEN store.digest(value, 'md5') WHEN 'SHA' THEN store.digest(value, 'sha1') WHEN 'SHA1' THEN store.digest(value, 'sha1')
                               WHEN 'SHA2_256' THEN sha256(value) WHEN 'SHA2_512' THEN sha512(value) END::sys.varbinary;
END $$;
CREATE FUNCTION sys.hashbytes(sys.nvarchar, sys.nvarchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.digest_of($1::text, sys.utf16($2::text))';
CREATE FUNCTION sys.hashbytes(sys.nvarchar, sys.varchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.digest_of($1::text, convert_to($2::text, 'UTF8')) $$;
CREATE FUNCTION sys.hashbytes(sys.nvarchar, sys.varbinary) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT store.digest_of($1::text, $2::bytea)';

CREATE FUNCTION sys.newid() RETURNS uuid LANGUAGE internal VOLATILE PARALLEL SAFE AS 'gen_random_uuid';
