-- binary(n), varbinary(n), rowversion: bytea with T-SQL's lengths.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['varbinary', 'binary', 'rowversion'] LOOP
    EXECUTE format('CREATE TYPE sys.%I', t);
    EXECUTE format('CREATE FUNCTION sys.%1$s_in(cstring) RETURNS sys.%1$I LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''byteain''', t);
    EXECUTE format('CREATE FUNCTION sys.%1$s_out(sys.%1$I) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''byteaout''', t);
    EXECUTE format('CREATE FUNCTION sys.%1$s_recv(internal) RETURNS sys.%1$I LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''bytearecv''', t);
    EXECUTE format('CREATE FUNCTION sys.%1$s_send(sys.%1$I) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''byteasend''', t);
    EXECUTE format('CREATE TYPE sys.%1$I (INPUT = sys.%1$s_in, OUTPUT = sys.%1$s_out, RECEIVE = sys.%1$s_recv, SEND = sys.%1$s_send, '
                   'TYPMOD_IN = pg_catalog.varchartypmodin, TYPMOD_OUT = pg_catalog.varchartypmodout, LIKE = bytea, CATEGORY = ''U'')', t);
  END LOOP;
  CREATE CAST (sys.varbinary AS bytea) WITHOUT FUNCTION AS IMPLICIT;
  CREATE CAST (bytea AS sys.varbinary) WITHOUT FUNCTION AS ASSIGNMENT;
  CREATE CAST (bytea AS sys.binary) WITHOUT FUNCTION AS ASSIGNMENT;
  CREATE CAST (sys.binary AS sys.varbinary) WITHOUT FUNCTION AS IMPLICIT;
  CREATE CAST (sys.varbinary AS sys.binary) WITHOUT FUNCTION AS ASSIGNMENT;
  CREATE CAST (sys.rowversion AS sys.varbinary) WITHOUT FUNCTION AS IMPLICIT;
  CREATE CAST (sys.varbinary AS sys.rowversion) WITHOUT FUNCTION AS ASSIGNMENT;
END $$;
CALL store.comparable('sys.varbinary', 'bytea', 'hashvarlena', 'byteacmp');
CREATE FUNCTION sys.varbinary_join(sys.varbinary, sys.varbinary) RETURNS sys.varbinary LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteacat';
CREATE OPERATOR sys.+ (LEFTARG = sys.varbinary, RIGHTARG = sys.varbinary, FUNCTION = sys.varbinary_join);
CALL store.extremes('sys.varbinary');

CREATE FUNCTION sys.varbinary_fit(value sys.varbinary, typmod int4, explicit boolean) RETURNS sys.varbinary LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF typmod < 0 OR octet_length(value) <= typmod - 4 THEN
    RETURN value;
  END IF;
  IF explicit THEN
    RETURN substr(value::bytea, 1, typmod - 4)::sys.varbinary;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'ZZ028', MESSAGE = upper(encode(substr(value::bytea, 1, typmod - 4), 'hex')), DETAIL = (typmod - 4)::text;
END $$;
CREATE CAST (sys.varbinary AS sys.varbinary) WITH FUNCTION sys.varbinary_fit(sys.varbinary, int4, boolean) AS IMPLICIT;
CREATE FUNCTION sys.binary_fit(value sys.binary, typmod int4, explicit boolean) RETURNS sys.binary LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE fitted bytea := sys.varbinary_fit(value, typmod, explicit)::bytea;
BEGIN
  RETURN (fitted || decode(repeat('00', greatest(typmod - 4 - octet_length(fitted), 0)), 'hex'))::sys.binary;
END $$;
CREATE CAST (sys.binary AS sys.binary) WITH FUNCTION sys.binary_fit(sys.binary, int4, boolean) AS IMPLICIT;

-- rowversion: one counter for the database.
CREATE SEQUENCE store.versions;
CREATE FUNCTION store.next_version() RETURNS sys.rowversion LANGUAGE sql AS $$ SELECT int8send(nextval('store.versions'))::sys.varbinary::sys.rowversion $$;
CREATE FUNCTION store.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW := jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], '\x' || encode(int8send(nextval('store.versions')), 'hex')));
  RETURN NEW;
END $$;

CREATE FUNCTION sys.int8_varbinary(int8) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT int8send($1)::sys.varbinary';
CREATE FUNCTION sys.int4_varbinary(int4) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT int4send($1)::sys.varbinary';
CREATE FUNCTION sys.uuid_varbinary(uuid) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT decode(regexp_replace($1::text COLLATE "C", '^(..)(..)(..)(..)-(..)(..)-(..)(..)-(....)-(.*)$', '\4\3\2\1\6\5\8\7\9') || right($1::text, 12), 'hex')::sys.varbinary $$;
CREATE CAST (int8 AS sys.varbinary) WITH FUNCTION sys.int8_varbinary(int8) AS ASSIGNMENT;
CREATE CAST (int4 AS sys.varbinary) WITH FUNCTION sys.int4_varbinary(int4) AS ASSIGNMENT;
CREATE CAST (uuid AS sys.varbinary) WITH FUNCTION sys.uuid_varbinary(uuid) AS ASSIGNMENT;
CREATE FUNCTION sys.varbinary_int8(sys.varbinary) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT ('x' || lpad(encode(substr($1::bytea, greatest(octet_length($1) - 7, 1)), 'hex'), 16, '0'))::pg_catalog.bit(64)::int8 $$;
CREATE FUNCTION sys.varbinary_int4(sys.varbinary) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT ('x' || lpad(encode(substr($1::bytea, greatest(octet_length($1) - 3, 1)), 'hex'), 8, '0'))::pg_catalog.bit(32)::int4 $$;
CREATE CAST (sys.varbinary AS int8) WITH FUNCTION sys.varbinary_int8(sys.varbinary) AS ASSIGNMENT;
CREATE CAST (sys.varbinary AS int4) WITH FUNCTION sys.varbinary_int4(sys.varbinary) AS ASSIGNMENT;
