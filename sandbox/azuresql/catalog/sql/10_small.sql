-- bit, tinyint, money: T-SQL's small types, stored as PostgreSQL's own and told apart by their oid.

CREATE SCHEMA sys;
CREATE SCHEMA infoschema;
CREATE SCHEMA store;
CREATE SCHEMA dbo;

-- bit: a boolean that takes any number, 0 is false.
CREATE TYPE sys.bit;
CREATE FUNCTION sys.bit_in(cstring) RETURNS sys.bit LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'boolin';
CREATE FUNCTION sys.bit_out(sys.bit) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'boolout';
CREATE FUNCTION sys.bit_recv(internal) RETURNS sys.bit LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'boolrecv';
CREATE FUNCTION sys.bit_send(sys.bit) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'boolsend';
CREATE TYPE sys.bit (INPUT = sys.bit_in, OUTPUT = sys.bit_out, RECEIVE = sys.bit_recv, SEND = sys.bit_send, LIKE = boolean, CATEGORY = 'N');

CREATE TYPE sys.tinyint;
CREATE FUNCTION sys.tinyint_in(cstring) RETURNS sys.tinyint LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2in';
CREATE FUNCTION sys.tinyint_out(sys.tinyint) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2out';
CREATE FUNCTION sys.tinyint_recv(internal) RETURNS sys.tinyint LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2recv';
CREATE FUNCTION sys.tinyint_send(sys.tinyint) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2send';
CREATE TYPE sys.tinyint (INPUT = sys.tinyint_in, OUTPUT = sys.tinyint_out, RECEIVE = sys.tinyint_recv, SEND = sys.tinyint_send, LIKE = int2, CATEGORY = 'N');

CREATE CAST (sys.bit AS boolean) WITHOUT FUNCTION;
CREATE CAST (boolean AS sys.bit) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (sys.tinyint AS int2) WITHOUT FUNCTION AS ASSIGNMENT;

-- Each type gets the six comparisons, sorting and hashing of the type that it is stored as.
CREATE PROCEDURE store.comparable(type text, prefix text, hash text, cmp text) LANGUAGE plpgsql AS $$
DECLARE name text := replace(type, 'sys.', '');
        op record;
BEGIN
  FOR op IN SELECT * FROM (VALUES ('=', 'eq', '=', '<>', 'eqsel', 'eqjoinsel'), ('<>', 'ne', '<>', '=', 'neqsel', 'neqjoinsel'),
                                  ('<', 'lt', '>', '>=', 'scalarltsel', 'scalarltjoinsel'), ('>', 'gt', '<', '<=', 'scalargtsel', 'scalargtjoinsel'),
                                  ('<=', 'le', '>=', '>', 'scalarlesel', 'scalarlejoinsel'), ('>=', 'ge', '<=', '<', 'scalargesel', 'scalargejoinsel'))
                         AS o (sign, suffix, commutator, negator, restriction, joining) LOOP
    EXECUTE format('CREATE FUNCTION sys.%s_%s(%s, %s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS %L',
                   name, op.suffix, type, type, prefix || op.suffix);
    EXECUTE format('CREATE OPERATOR sys.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = sys.%s_%s, COMMUTATOR = OPERATOR(sys.%s), NEGATOR = OPERATOR(sys.%s), RESTRICT = %s, JOIN = %s %s)',
                   op.sign, type, type, name, op.suffix, op.commutator, op.negator, op.restriction, op.joining,
                   CASE WHEN op.sign = '=' THEN ', HASHES, MERGES' ELSE '' END);
  END LOOP;
  EXECUTE format('CREATE FUNCTION sys.%s_cmp(%s, %s) RETURNS int4 LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS %L', name, type, type, cmp);
  EXECUTE format('CREATE FUNCTION sys.%s_hash(%s) RETURNS int4 LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS %L', name, type, hash);
  EXECUTE format('CREATE OPERATOR CLASS sys.%s_ops DEFAULT FOR TYPE %s USING btree AS OPERATOR 1 sys.<, OPERATOR 2 sys.<=, OPERATOR 3 sys.=, OPERATOR 4 sys.>=, OPERATOR 5 sys.>, FUNCTION 1 sys.%s_cmp(%s, %s)',
                 name, type, name, type, type);
  EXECUTE format('CREATE OPERATOR CLASS sys.%s_hash_ops DEFAULT FOR TYPE %s USING hash AS OPERATOR 1 sys.=, FUNCTION 1 sys.%s_hash(%s)', name, type, name, type);
END $$;

CALL store.comparable('sys.bit', 'bool', 'hashchar', 'btboolcmp');
CALL store.comparable('sys.tinyint', 'int2', 'hashint2', 'btint2cmp');

-- Smallest and largest of a type of ours.
CREATE PROCEDURE store.extremes(type text) LANGUAGE plpgsql AS $$
DECLARE name text := replace(type, 'sys.', '');
BEGIN
  EXECUTE format('CREATE FUNCTION sys.%s_smaller(%s, %s) RETURNS %s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %L', name, type, type, type,
                 'SELECT CASE WHEN $1 OPERATOR(sys.<) $2 THEN $1 ELSE $2 END');
  EXECUTE format('CREATE FUNCTION sys.%s_larger(%s, %s) RETURNS %s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %L', name, type, type, type,
                 'SELECT CASE WHEN $1 OPERATOR(sys.>) $2 THEN $1 ELSE $2 END');
  EXECUTE format('CREATE AGGREGATE sys.min(%s) (SFUNC = sys.%s_smaller, STYPE = %s, SORTOP = OPERATOR(sys.<), PARALLEL = SAFE)', type, name, type);
  EXECUTE format('CREATE AGGREGATE sys.max(%s) (SFUNC = sys.%s_larger, STYPE = %s, SORTOP = OPERATOR(sys.>), PARALLEL = SAFE)', type, name, type);
END $$;
CALL store.extremes('sys.tinyint');

-- Errors that only T-SQL knows: SQLSTATE ZZ001, SQL Server's number in the detail (tsql/errors.py reads it).
CREATE FUNCTION store.fail(number int, message text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = message, DETAIL = number::text;
END $$;

CREATE FUNCTION sys.bit_int4(sys.bit) RETURNS int4 LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bool_int4';
CREATE FUNCTION sys.int4_bit(int4) RETURNS sys.bit LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4_bool';
CREATE FUNCTION sys.int8_bit(int8) RETURNS sys.bit LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1 <> 0)::sys.bit';
CREATE FUNCTION sys.int2_bit(int2) RETURNS sys.bit LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1 <> 0)::sys.bit';
CREATE FUNCTION sys.numeric_bit(numeric) RETURNS sys.bit LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1 <> 0)::sys.bit';
CREATE FUNCTION sys.float8_bit(float8) RETURNS sys.bit LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1 <> 0)::sys.bit';
CREATE FUNCTION sys.bit_int2(sys.bit) RETURNS int2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.bit_int4($1)::int2';
CREATE FUNCTION sys.bit_int8(sys.bit) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.bit_int4($1)::int8';
CREATE FUNCTION sys.bit_numeric(sys.bit) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.bit_int4($1)::numeric';
CREATE FUNCTION sys.bit_float8(sys.bit) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.bit_int4($1)::float8';
CREATE CAST (sys.bit AS int4) WITH FUNCTION sys.bit_int4(sys.bit) AS IMPLICIT;
CREATE CAST (sys.bit AS int2) WITH FUNCTION sys.bit_int2(sys.bit) AS ASSIGNMENT;
CREATE CAST (sys.bit AS int8) WITH FUNCTION sys.bit_int8(sys.bit) AS ASSIGNMENT;
CREATE CAST (sys.bit AS numeric) WITH FUNCTION sys.bit_numeric(sys.bit) AS ASSIGNMENT;
CREATE CAST (sys.bit AS float8) WITH FUNCTION sys.bit_float8(sys.bit) AS ASSIGNMENT;
CREATE CAST (int2 AS sys.bit) WITH FUNCTION sys.int2_bit(int2) AS ASSIGNMENT;
CREATE CAST (int4 AS sys.bit) WITH FUNCTION sys.int4_bit(int4) AS ASSIGNMENT;
CREATE CAST (int8 AS sys.bit) WITH FUNCTION sys.int8_bit(int8) AS ASSIGNMENT;
CREATE CAST (numeric AS sys.bit) WITH FUNCTION sys.numeric_bit(numeric) AS ASSIGNMENT;
CREATE CAST (float8 AS sys.bit) WITH FUNCTION sys.float8_bit(float8) AS ASSIGNMENT;

CREATE FUNCTION sys.tinyint_int4(sys.tinyint) RETURNS int4 LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'i2toi4';
CREATE FUNCTION sys.tinyint_int8(sys.tinyint) RETURNS int8 LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int28';
CREATE FUNCTION sys.tinyint_numeric(sys.tinyint) RETURNS numeric LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2_numeric';
CREATE FUNCTION sys.tinyint_float8(sys.tinyint) RETURNS float8 LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'i2tod';
CREATE FUNCTION store.int2_tinyint(int2) RETURNS sys.tinyint LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2up';
CREATE FUNCTION sys.int8_tinyint(int8) RETURNS sys.tinyint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF $1 NOT BETWEEN 0 AND 255 THEN
    PERFORM store.fail(220, format('Arithmetic overflow error for data type tinyint, value = %s.', $1));
  END IF;
  RETURN store.int2_tinyint($1::int2);
END $$;
CREATE FUNCTION sys.int2_tinyint(int2) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.int8_tinyint($1::int8)';
CREATE FUNCTION sys.int4_tinyint(int4) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.int8_tinyint($1::int8)';
CREATE FUNCTION sys.numeric_tinyint(numeric) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.int8_tinyint(trunc($1)::int8)';
CREATE FUNCTION sys.float8_tinyint(float8) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.int8_tinyint(trunc($1)::int8)';
CREATE FUNCTION sys.bit_tinyint(sys.bit) RETURNS sys.tinyint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.int8_tinyint(sys.bit_int4($1)::int8)';
CREATE FUNCTION sys.tinyint_bit(sys.tinyint) RETURNS sys.bit LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.int4_bit(sys.tinyint_int4($1))';
CREATE CAST (sys.tinyint AS int4) WITH FUNCTION sys.tinyint_int4(sys.tinyint) AS IMPLICIT;
CREATE CAST (sys.tinyint AS int8) WITH FUNCTION sys.tinyint_int8(sys.tinyint) AS ASSIGNMENT;
CREATE CAST (sys.tinyint AS numeric) WITH FUNCTION sys.tinyint_numeric(sys.tinyint) AS ASSIGNMENT;
CREATE CAST (sys.tinyint AS float8) WITH FUNCTION sys.tinyint_float8(sys.tinyint) AS ASSIGNMENT;
CREATE CAST (sys.tinyint AS sys.bit) WITH FUNCTION sys.tinyint_bit(sys.tinyint) AS ASSIGNMENT;
CREATE CAST (sys.bit AS sys.tinyint) WITH FUNCTION sys.bit_tinyint(sys.bit) AS ASSIGNMENT;
CREATE CAST (int2 AS sys.tinyint) WITH FUNCTION sys.int2_tinyint(int2) AS ASSIGNMENT;
CREATE CAST (int4 AS sys.tinyint) WITH FUNCTION sys.int4_tinyint(int4) AS ASSIGNMENT;
CREATE CAST (int8 AS sys.tinyint) WITH FUNCTION sys.int8_tinyint(int8) AS ASSIGNMENT;
CREATE CAST (numeric AS sys.tinyint) WITH FUNCTION sys.numeric_tinyint(numeric) AS ASSIGNMENT;
CREATE CAST (float8 AS sys.tinyint) WITH FUNCTION sys.float8_tinyint(float8) AS ASSIGNMENT;

CREATE DOMAIN sys.money AS numeric(19, 4) CHECK (VALUE BETWEEN -922337203685477.5808 AND 922337203685477.5807);
CREATE DOMAIN sys.smallmoney AS numeric(10, 4) CHECK (VALUE BETWEEN -214748.3648 AND 214748.3647);
