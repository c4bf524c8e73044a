-- Strings: blanks at the end are kept, but comparisons ignore them, as bpchar's own functions do.
-- nvarchar is the hub; varchar, nchar and char are binary coercible to it.

CREATE TYPE sys.nvarchar;
CREATE FUNCTION sys.nvarchar_in(cstring, oid, int4) RETURNS sys.nvarchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varcharin';
CREATE FUNCTION sys.nvarchar_out(sys.nvarchar) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varcharout';
CREATE FUNCTION sys.nvarchar_recv(internal, oid, int4) RETURNS sys.nvarchar LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'varcharrecv';
CREATE FUNCTION sys.nvarchar_send(sys.nvarchar) RETURNS bytea LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'varcharsend';
CREATE TYPE sys.nvarchar (INPUT = sys.nvarchar_in, OUTPUT = sys.nvarchar_out, RECEIVE = sys.nvarchar_recv, SEND = sys.nvarchar_send,
  TYPMOD_IN = pg_catalog.varchartypmodin, TYPMOD_OUT = pg_catalog.varchartypmodout, LIKE = varchar, CATEGORY = 'S', COLLATABLE = true);
CREATE CAST (sys.nvarchar AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS sys.nvarchar) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (sys.nvarchar AS pg_catalog.varchar) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (pg_catalog.varchar AS sys.nvarchar) WITHOUT FUNCTION AS ASSIGNMENT;
CALL store.comparable('sys.nvarchar', 'bpchar', 'hashbpchar', 'bpcharcmp');

-- min and max keep the better collation of their argument.
CREATE FUNCTION sys.nvarchar_smaller(sys.nvarchar, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpchar_smaller';
CREATE FUNCTION sys.nvarchar_larger(sys.nvarchar, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpchar_larger';
CREATE AGGREGATE sys.min(sys.nvarchar) (SFUNC = sys.nvarchar_smaller, STYPE = sys.nvarchar, SORTOP = OPERATOR(sys.<), PARALLEL = SAFE);
CREATE AGGREGATE sys.max(sys.nvarchar) (SFUNC = sys.nvarchar_larger, STYPE = sys.nvarchar, SORTOP = OPERATOR(sys.>), PARALLEL = SAFE);

-- Text that PostgreSQL's own functions return meets ours without losing blanks.
DO $$
DECLARE op record; pair text[];
BEGIN
  FOR op IN SELECT * FROM (VALUES ('=', 'eq'), ('<>', 'ne'), ('<', 'lt'), ('>', 'gt'), ('<=', 'le'), ('>=', 'ge')) AS o (sign, suffix) LOOP
    FOREACH pair SLICE 1 IN ARRAY ARRAY[['sys.nvarchar', 'text', 'nvarchar_text'], ['text', 'sys.nvarchar', 'text_nvarchar']] LOOP
      EXECUTE format('CREATE FUNCTION sys.%s_%s(%s, %s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS %L',
                     pair[3], op.suffix, pair[1], pair[2], 'bpchar' || op.suffix);
      EXECUTE format('CREATE OPERATOR sys.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = sys.%s_%s)', op.sign, pair[1], pair[2], pair[3], op.suffix);
    END LOOP;
  END LOOP;
END $$;

-- Lengths count UTF-16 units: a character beyond the first plane is two.
CREATE FUNCTION sys.units(text) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length($1) = char_length($1) THEN char_length($1)
              ELSE char_length($1) + char_length(regexp_replace($1 COLLATE "C", '[^\U00010000-\U0010FFFF]', '', 'g')) END $$;

CREATE FUNCTION store.cut(value text, units int4) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE cut text := left(value, units);
BEGIN
  WHILE sys.units(cut) > units LOOP
    cut := left(cut, char_length(cut) - greatest(1, (sys.units(cut) - units) / 2));
  END LOOP;
  RETURN cut;
END $$;

CREATE FUNCTION sys.nvarchar_fit(value sys.nvarchar, typmod int4, explicit boolean) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF typmod < 0 OR octet_length(value) <= typmod - 4 THEN
    RETURN value;
  END IF;
  IF sys.units(value) <= typmod - 4 THEN
    RETURN value;
  END IF;
  IF explicit OR sys.units(rtrim(value, ' ')) <= typmod - 4 THEN
    RETURN store.cut(value, typmod - 4);
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'ZZ028', MESSAGE = store.cut(value, typmod - 4), DETAIL = (typmod - 4)::text;
END $$;
CREATE CAST (sys.nvarchar AS sys.nvarchar) WITH FUNCTION sys.nvarchar_fit(sys.nvarchar, int4, boolean) AS IMPLICIT;

CREATE TYPE sys.varchar;
CREATE FUNCTION sys.varchar_in(cstring, oid, int4) RETURNS sys.varchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varcharin';
CREATE FUNCTION sys.varchar_out(sys.varchar) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varcharout';
CREATE FUNCTION sys.varchar_recv(internal, oid, int4) RETURNS sys.varchar LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'varcharrecv';
CREATE FUNCTION sys.varchar_send(sys.varchar) RETURNS bytea LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'varcharsend';
CREATE TYPE sys.varchar (INPUT = sys.varchar_in, OUTPUT = sys.varchar_out, RECEIVE = sys.varchar_recv, SEND = sys.varchar_send,
  TYPMOD_IN = pg_catalog.varchartypmodin, TYPMOD_OUT = pg_catalog.varchartypmodout, LIKE = pg_catalog.varchar, CATEGORY = 'S', COLLATABLE = true);

-- Fixed length: padded with blanks to the length, counted in characters.
CREATE TYPE sys.nchar;
CREATE FUNCTION sys.nchar_in(cstring, oid, int4) RETURNS sys.nchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpcharin';
CREATE FUNCTION sys.nchar_out(sys.nchar) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpcharout';
CREATE FUNCTION sys.nchar_recv(internal, oid, int4) RETURNS sys.nchar LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'bpcharrecv';
CREATE FUNCTION sys.nchar_send(sys.nchar) RETURNS bytea LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'bpcharsend';
CREATE TYPE sys.nchar (INPUT = sys.nchar_in, OUTPUT = sys.nchar_out, RECEIVE = sys.nchar_recv, SEND = sys.nchar_send,
  TYPMOD_IN = pg_catalog.bpchartypmodin, TYPMOD_OUT = pg_catalog.bpchartypmodout, LIKE = pg_catalog.bpchar, CATEGORY = 'S', COLLATABLE = true);
CREATE TYPE sys.char;
CREATE FUNCTION sys.char_in(cstring, oid, int4) RETURNS sys.char LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpcharin';
CREATE FUNCTION sys.char_out(sys.char) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpcharout';
CREATE FUNCTION sys.char_recv(internal, oid, int4) RETURNS sys.char LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'bpcharrecv';
CREATE FUNCTION sys.char_send(sys.char) RETURNS bytea LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'bpcharsend';
CREATE TYPE sys.char (INPUT = sys.char_in, OUTPUT = sys.char_out, RECEIVE = sys.char_recv, SEND = sys.char_send,
  TYPMOD_IN = pg_catalog.bpchartypmodin, TYPMOD_OUT = pg_catalog.bpchartypmodout, LIKE = pg_catalog.bpchar, CATEGORY = 'S', COLLATABLE = true);

CREATE FUNCTION store.pad(value text, length int4) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT $1 || repeat('' '', greatest($2 - sys.units($1), 0))';

DO $$
DECLARE t text; other text;
BEGIN
  FOREACH t IN ARRAY ARRAY['varchar', 'nchar', 'char'] LOOP
    EXECUTE format('CREATE CAST (sys.%1$s AS sys.nvarchar) WITHOUT FUNCTION AS IMPLICIT', t);
    EXECUTE format('CREATE CAST (sys.nvarchar AS sys.%1$s) WITHOUT FUNCTION AS ASSIGNMENT', t);
    EXECUTE format('CREATE CAST (text AS sys.%1$s) WITHOUT FUNCTION AS ASSIGNMENT', t);
    EXECUTE format('CREATE CAST (sys.%1$s AS text) WITHOUT FUNCTION AS ASSIGNMENT', t);
    FOREACH other IN ARRAY ARRAY['varchar', 'nchar', 'char'] LOOP
      IF other <> t THEN
        EXECUTE format('CREATE CAST (sys.%1$s AS sys.%2$s) WITHOUT FUNCTION AS ASSIGNMENT', t, other);
      END IF;
    END LOOP;
    EXECUTE format('CREATE FUNCTION sys.%1$s_fit(value sys.%1$s, typmod int4, explicit boolean) RETURNS sys.%1$s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %2$L', t,
      CASE t WHEN 'varchar' THEN 'SELECT sys.nvarchar_fit($1, $2, $3)::sys.varchar'
             ELSE format('SELECT store.pad(sys.nvarchar_fit($1, $2, $3)::text, $2 - 4)::sys.%s', t) END);
    EXECUTE format('CREATE CAST (sys.%1$s AS sys.%1$s) WITH FUNCTION sys.%1$s_fit(sys.%1$s, int4, boolean) AS IMPLICIT', t);
  END LOOP;
END $$;

-- T-SQL's + joins strings.
CREATE FUNCTION sys.text_join(text, text) RETURNS sys.nvarchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textcat';
CREATE OPERATOR sys.+ (LEFTARG = text, RIGHTARG = text, FUNCTION = sys.text_join);
CREATE FUNCTION sys.nvarchar_join(sys.nvarchar, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textcat';
CREATE OPERATOR sys.+ (LEFTARG = sys.nvarchar, RIGHTARG = sys.nvarchar, FUNCTION = sys.nvarchar_join);
CREATE FUNCTION sys.nvarchar_text_join(sys.nvarchar, text) RETURNS sys.nvarchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textcat';
CREATE OPERATOR sys.+ (LEFTARG = sys.nvarchar, RIGHTARG = text, FUNCTION = sys.nvarchar_text_join);
CREATE FUNCTION sys.text_nvarchar_join(text, sys.nvarchar) RETURNS sys.nvarchar LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textcat';
CREATE OPERATOR sys.+ (LEFTARG = text, RIGHTARG = sys.nvarchar, FUNCTION = sys.text_nvarchar_join);
