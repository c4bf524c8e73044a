-- sql_variant: the base type as T-SQL writes it, a colon, the value as text: `decimal(8,2):1.50`, `varbinary(2):00ff`.
-- tsql/variants.py writes them and tds/variants.py takes them apart for the wire.

CREATE TYPE sys.sql_variant;
CREATE FUNCTION sys.sql_variant_in(cstring) RETURNS sys.sql_variant LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION sys.sql_variant_out(sys.sql_variant) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION sys.sql_variant_recv(internal) RETURNS sys.sql_variant LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION sys.sql_variant_send(sys.sql_variant) RETURNS bytea LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE sys.sql_variant (INPUT = sys.sql_variant_in, OUTPUT = sys.sql_variant_out, RECEIVE = sys.sql_variant_recv, SEND = sys.sql_variant_send, LIKE = text, CATEGORY = 'V');
CREATE FUNCTION sys.variant(type text, value text) RETURNS sys.sql_variant LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sys.sql_variant_in(textout($1 || ':' || $2)) $$;
CREATE FUNCTION store.variant_text(sys.sql_variant) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT substr(textin(sys.sql_variant_out($1)), strpos(textin(sys.sql_variant_out($1)), ':') + 1) $$;
CREATE FUNCTION store.variant_type(sys.sql_variant) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT split_part(textin(sys.sql_variant_out($1)), ':', 1) $$;
CREATE FUNCTION store.variant_base(sys.sql_variant) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT split_part(store.variant_type($1), '(', 1) $$;
-- The numbers of the type in brackets; -1 for max.
CREATE FUNCTION store.variant_sizes(sys.sql_variant) RETURNS int4[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT string_to_array(replace(substring(store.variant_type($1) FROM '\((.*)\)'), 'max', '-1'), ',')::int4[] $$;
-- Families in their order: a value of a higher one is greater.
CREATE FUNCTION store.variant_family(sys.sql_variant) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN store.variant_base($1) IN ('date', 'time', 'datetime', 'smalldatetime', 'datetime2', 'datetimeoffset') THEN 6 WHEN store.variant_base($1) IN ('float', 'real') THEN 5
              WHEN store.variant_base($1) IN ('bit', 'tinyint', 'smallint', 'int', 'bigint', 'decimal', 'money', 'smallmoney') THEN 4
              WHEN store.variant_base($1) IN ('varchar', 'nvarchar', 'char', 'nchar') THEN 3 WHEN store.variant_base($1) IN ('binary', 'varbinary') THEN 2 ELSE 1 END $$;

-- What CAST makes of one: by its base type, not by its text.
CREATE FUNCTION store.no_variant(base text, target text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT store.fail(529, format('Explicit conversion from data type %s to %s is not allowed.', $1, $2)) $$;
CREATE FUNCTION sys.variant_number(value sys.sql_variant, target text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN store.variant_family($1) IN (4, 5) THEN store.variant_text($1)::numeric WHEN store.variant_family($1) = 3 THEN store.read_numeric(store.variant_text($1), store.variant_base($1))
              WHEN store.variant_base($1) IN ('datetime', 'smalldatetime') THEN sys.datetime_days(sys.to_datetime2(store.variant_text($1))) ELSE store.no_variant(store.variant_base($1), $2)::numeric END $$;
CREATE FUNCTION sys.variant_moment(value sys.sql_variant, target text) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN store.variant_family($1) IN (3, 6) THEN store.variant_text($1) ELSE store.no_variant(store.variant_base($1), $2) END::sys.nvarchar $$;
CREATE FUNCTION sys.variant_bytes(value sys.sql_variant, target text) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN store.variant_family($1) = 2 THEN decode(store.variant_text($1), 'hex') ELSE store.no_variant(store.variant_base($1), $2)::bytea END::sys.varbinary $$;
CREATE FUNCTION sys.variant_shown(value sys.sql_variant) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN store.variant_base($1) IN ('datetime', 'smalldatetime') THEN sys.show(sys.to_datetime(store.variant_text($1)), 0, 3)
              WHEN store.variant_family($1) = 5 THEN sys.show(store.variant_text($1)::float8, 0, 0) WHEN store.variant_base($1) IN ('money', 'smallmoney') THEN sys.show_money(store.variant_text($1)::numeric, 0)
              WHEN store.variant_family($1) = 2 THEN sys.show(decode(store.variant_text($1), 'hex')::sys.varbinary, 0, 0) ELSE store.variant_text($1) END $$;

-- Comparison: by family first, then by value.
CREATE FUNCTION sys.sql_variant_cmp(a sys.sql_variant, b sys.sql_variant) RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE family int4 := store.variant_family(a); x text := store.variant_text(a); y text := store.variant_text(b);
BEGIN
  IF family <> store.variant_family(b) THEN
    RETURN sign(family - store.variant_family(b));
  END IF;
  CASE family
    WHEN 6 THEN RETURN interval_cmp(sys.to_datetimeoffset(x)::interval, sys.to_datetimeoffset(y)::interval);
    WHEN 5 THEN RETURN btfloat8cmp(x::float8, y::float8);
    WHEN 4 THEN RETURN numeric_cmp(x::numeric, y::numeric);
    WHEN 3 THEN RETURN sys.nvarchar_cmp(x::sys.nvarchar COLLATE sys.sql_latin1_general_cp1_ci_as, y::sys.nvarchar COLLATE sys.sql_latin1_general_cp1_ci_as);
    ELSE RETURN bttextcmp(x COLLATE "C", y COLLATE "C");
  END CASE;
END $$;
DO $$
DECLARE op record;
BEGIN
  FOR op IN SELECT * FROM (VALUES ('=', 'eq', '=', '<>'), ('<>', 'ne', '<>', '='), ('<', 'lt', '>', '>='), ('>', 'gt', '<', '<='), ('<=', 'le', '>=', '>'), ('>=', 'ge', '<=', '<'))
                       AS o (sign, suffix, commutator, negator) LOOP
    EXECUTE format('CREATE FUNCTION sys.sql_variant_%s(sys.sql_variant, sys.sql_variant) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %L', op.suffix,
                   format('SELECT sys.sql_variant_cmp($1, $2) %s 0', op.sign));
    EXECUTE format('CREATE OPERATOR sys.%s (LEFTARG = sys.sql_variant, RIGHTARG = sys.sql_variant, FUNCTION = sys.sql_variant_%s, COMMUTATOR = OPERATOR(sys.%s), NEGATOR = OPERATOR(sys.%s))',
                   op.sign, op.suffix, op.commutator, op.negator);
  END LOOP;
END $$;
CREATE OPERATOR CLASS sys.sql_variant_ops DEFAULT FOR TYPE sys.sql_variant USING btree AS OPERATOR 1 sys.<, OPERATOR 2 sys.<=, OPERATOR 3 sys.=, OPERATOR 4 sys.>=, OPERATOR 5 sys.>,
  FUNCTION 1 sys.sql_variant_cmp(sys.sql_variant, sys.sql_variant);

-- SQL_VARIANT_PROPERTY, by the page's tables.
CREATE FUNCTION store.variant_digits(base text, sizes int4[]) RETURNS int4[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE $1 WHEN 'decimal' THEN $2 WHEN 'bit' THEN '{1,0}' WHEN 'tinyint' THEN '{3,0}' WHEN 'smallint' THEN '{5,0}' WHEN 'int' THEN '{10,0}' WHEN 'bigint' THEN '{19,0}'
                 WHEN 'money' THEN '{19,4}' WHEN 'smallmoney' THEN '{10,4}' WHEN 'real' THEN '{24,0}' WHEN 'float' THEN '{53,0}' WHEN 'date' THEN '{10,0}' WHEN 'datetime' THEN '{23,3}'
                 WHEN 'smalldatetime' THEN '{16,0}' WHEN 'time' THEN ARRAY[8 + $2[1] + ($2[1] > 0)::int4, $2[1]] WHEN 'datetime2' THEN ARRAY[19 + $2[1] + ($2[1] > 0)::int4, $2[1]]
                 WHEN 'datetimeoffset' THEN ARRAY[26 + $2[1] + ($2[1] > 0)::int4, $2[1]] ELSE '{0,0}' END::int4[] $$;
CREATE FUNCTION store.variant_length(base text, sizes int4[]) RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $1 IN ('nvarchar', 'nchar') THEN 2 * $2[1] WHEN $1 IN ('varchar', 'char', 'varbinary', 'binary') THEN $2[1] WHEN $1 IN ('bit', 'tinyint') THEN 1 WHEN $1 = 'smallint' THEN 2
              WHEN $1 IN ('int', 'real', 'smallmoney', 'smalldatetime') THEN 4 WHEN $1 IN ('bigint', 'float', 'money', 'datetime') THEN 8 WHEN $1 = 'date' THEN 3 WHEN $1 = 'uniqueidentifier' THEN 16
              WHEN $1 = 'decimal' THEN CASE WHEN $2[1] < 10 THEN 5 WHEN $2[1] < 20 THEN 9 WHEN $2[1] < 29 THEN 13 ELSE 17 END
              ELSE CASE WHEN $2[1] < 3 THEN 3 WHEN $2[1] < 5 THEN 4 ELSE 5 END + CASE $1 WHEN 'datetime2' THEN 3 WHEN 'datetimeoffset' THEN 5 ELSE 0 END END $$;
CREATE FUNCTION sys.sql_variant_property(value sys.sql_variant, name text) RETURNS sys.sql_variant LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE base text := store.variant_base(value); sizes int4[] := store.variant_sizes(value); family int4 := store.variant_family(value); number int4;
BEGIN
  CASE lower(name COLLATE "C")
    WHEN 'basetype' THEN RETURN sys.variant('nvarchar(128)', base);
    WHEN 'precision' THEN number := (store.variant_digits(base, sizes))[1];
    WHEN 'scale' THEN number := (store.variant_digits(base, sizes))[2];
    WHEN 'maxlength' THEN number := store.variant_length(base, sizes);
    WHEN 'totalbytes' THEN
      number := CASE WHEN base IN ('nvarchar', 'nchar') THEN 8 + 2 * sys.units(store.variant_text(value)) WHEN family = 3 THEN 8 + octet_length(store.variant_text(value))
                     WHEN family = 2 THEN 4 + length(store.variant_text(value)) / 2 WHEN base = 'decimal' THEN 4 + store.variant_length(base, sizes)
                     WHEN base IN ('time', 'datetime2', 'datetimeoffset') THEN 3 + store.variant_length(base, sizes) ELSE 2 + store.variant_length(base, sizes) END;
    WHEN 'collation' THEN RETURN CASE WHEN family = 3 THEN sys.variant('nvarchar(128)', 'SQL_Latin1_General_CP1_CI_AS') END;
    ELSE RETURN NULL;
  END CASE;
  RETURN sys.variant('int', number::text);
END $$;

-- Where only PostgreSQL knows the type: assignment casts without its sizes.
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM (VALUES ('sys.bit', '''bit''', 'sys.bit_int4($1)::text'), ('sys.tinyint', '''tinyint''', 'sys.tinyint_int4($1)::text'), ('int2', '''smallint''', '$1::text'),
                                 ('int4', '''int''', '$1::text'), ('int8', '''bigint''', '$1::text'), ('float4', '''real''', '$1::text'), ('float8', '''float''', '$1::text'),
                                 ('numeric', 'format(''decimal(38,%s)'', scale($1))', '$1::text'), ('uuid', '''uniqueidentifier''', 'upper($1::text)'), ('date', '''date''', '$1::text'),
                                 ('sys.datetime', '''datetime''', 'sys.show($1, 121, 3)'), ('sys.smalldatetime', '''smalldatetime''', 'sys.show($1, 121, 0)'),
                                 ('sys.datetime2', '''datetime2(7)''', 'sys.show($1, 121, 7)'), ('sys.time', '''time(7)''', 'sys.show($1, 121, 7)'),
                                 ('sys.datetimeoffset', '''datetimeoffset(7)''', 'sys.show($1, 121, 7)'), ('sys.nvarchar', '''nvarchar(4000)''', '$1::text'), ('sys.varchar', '''varchar(8000)''', '$1::text'),
                                 ('sys.varbinary', '''varbinary(8000)''', 'encode($1::bytea, ''hex'')')) AS t (type, base, shown) LOOP
    EXECUTE format('CREATE FUNCTION store.variant_of(%s) RETURNS sys.sql_variant LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %L', t.type, format('SELECT sys.variant(%s, %s)', t.base, t.shown));
    EXECUTE format('CREATE CAST (%1$s AS sys.sql_variant) WITH FUNCTION store.variant_of(%1$s) AS ASSIGNMENT', t.type);
  END LOOP;
END $$;
