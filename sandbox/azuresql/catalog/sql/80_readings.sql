-- Schemas, relations, constraints and columns as PostgreSQL's catalog has them; the views of schema sys are made of these.
--
-- Names are stored folded to lower case; the true spelling and what PostgreSQL has no word for is a JSON
-- comment on the object: name, definition, default, default_name, computed, persisted, seed, increment,
-- clustered, filter.

CREATE FUNCTION store.schema_number(namespace oid, name name) RETURNS int4 LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE $2 WHEN 'dbo' THEN 1 WHEN 'infoschema' THEN 3 WHEN 'sys' THEN 4 ELSE $1::int4 END $$;
-- A function, so that the planner counts on many schemas: by one, it would read the whole catalog again for each row of a join.
CREATE FUNCTION store.read_schemas() RETURNS TABLE (oid oid, nspname name, schema_id int4, name text, own boolean) LANGUAGE plpgsql STABLE ROWS 50 AS $$
BEGIN
  RETURN QUERY SELECT n.oid, n.nspname, store.schema_number(n.oid, n.nspname), CASE n.nspname WHEN 'infoschema' THEN 'INFORMATION_SCHEMA' ELSE coalesce(store.extra(n.oid, 'pg_namespace') ->> 'name', n.nspname) END,
                      n.nspname NOT IN ('sys', 'infoschema')
               FROM pg_namespace n WHERE n.nspname NOT IN ('store', 'public', 'information_schema', '##', '~shapes') AND n.nspname !~ '^pg_';
END $$;
CREATE VIEW store.schemas AS SELECT * FROM store.read_schemas();

-- Types, with SQL Server's numbers. typmod - 4 is a length, typmod - 5 the scale of a time.
CREATE TABLE store.types (oid oid PRIMARY KEY, name text, number int4, bytes int4, precision int4, scale int4);
INSERT INTO store.types VALUES
  ('uuid'::regtype, 'uniqueidentifier', 36, 16, 0, 0), ('date'::regtype, 'date', 40, 3, 10, 0), ('sys.time'::regtype, 'time', 41, 5, 16, 7),
  ('sys.datetime2'::regtype, 'datetime2', 42, 8, 27, 7), ('sys.datetimeoffset'::regtype, 'datetimeoffset', 43, 10, 34, 7),
  ('sys.tinyint'::regtype, 'tinyint', 48, 1, 3, 0), ('int2'::regtype, 'smallint', 52, 2, 5, 0), ('int4'::regtype, 'int', 56, 4, 10, 0),
  ('sys.smalldatetime'::regtype, 'smalldatetime', 58, 4, 16, 0), ('float4'::regtype, 'real', 59, 4, 24, 0), ('sys.money'::regtype, 'money', 60, 8, 19, 4),
  ('sys.datetime'::regtype, 'datetime', 61, 8, 23, 3), ('float8'::regtype, 'float', 62, 8, 53, 0), ('sys.bit'::regtype, 'bit', 104, 1, 1, 0),
  ('numeric'::regtype, 'decimal', 106, 17, 38, 38), ('sys.smallmoney'::regtype, 'smallmoney', 122, 4, 10, 4), ('int8'::regtype, 'bigint', 127, 8, 19, 0),
  ('sys.varbinary'::regtype, 'varbinary', 165, 8000, 0, 0), ('sys.varchar'::regtype, 'varchar', 167, 8000, 0, 0), ('sys.binary'::regtype, 'binary', 173, 8000, 0, 0),
  ('sys.char'::regtype, 'char', 175, 8000, 0, 0), ('sys.rowversion'::regtype, 'timestamp', 189, 8, 0, 0), ('sys.nvarchar'::regtype, 'nvarchar', 231, 8000, 0, 0),
  ('sys.nchar'::regtype, 'nchar', 239, 8000, 0, 0);

CREATE FUNCTION store.type_scale(number int4, typmod int4) RETURNS int4 LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IN (41, 42, 43) THEN CASE WHEN $2 < 0 THEN 7 ELSE $2 - 5 END
              WHEN $1 IN (106, 108) THEN CASE WHEN $2 < 0 THEN 0 ELSE ($2 - 4) & 65535 END
              WHEN $1 IN (60, 122) THEN 4 WHEN $1 = 61 THEN 3 ELSE 0 END $$;
CREATE FUNCTION store.type_precision(number int4, typmod int4, usual int4) RETURNS int4 LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IN (41, 42, 43) THEN (CASE $1 WHEN 41 THEN 8 WHEN 42 THEN 19 ELSE 26 END)
                                           + CASE WHEN store.type_scale($1, $2) > 0 THEN store.type_scale($1, $2) + 1 ELSE 0 END
              WHEN $1 IN (106, 108) THEN CASE WHEN $2 < 0 THEN 38 ELSE ($2 - 4) >> 16 END ELSE $3 END $$;
CREATE FUNCTION store.type_bytes(number int4, typmod int4, usual int4) RETURNS int4 LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IN (231, 239) THEN CASE WHEN $2 < 0 THEN -1 ELSE 2 * ($2 - 4) END
              WHEN $1 IN (165, 167, 173, 175) THEN CASE WHEN $2 < 0 THEN -1 ELSE $2 - 4 END
              WHEN $1 IN (41, 42, 43) THEN $3 - CASE WHEN store.type_scale($1, $2) <= 2 THEN 2 WHEN store.type_scale($1, $2) <= 4 THEN 1 ELSE 0 END
              WHEN $1 IN (106, 108) THEN CASE WHEN store.type_precision($1, $2, 38) <= 9 THEN 5 WHEN store.type_precision($1, $2, 38) <= 19 THEN 9
                                              WHEN store.type_precision($1, $2, 38) <= 28 THEN 13 ELSE 17 END
              ELSE $3 END $$;

-- Relations of users, with SQL Server's letters; the views of schema sys are objects too.
CREATE VIEW store.relations AS
  SELECT c.oid, c.oid::int4 AS object_id, c.relname, c.relkind, s.oid AS namespace, s.schema_id, s.own, store.extra(c.oid, 'pg_class') AS extra,
         coalesce(store.extra(c.oid, 'pg_class') ->> 'name', CASE s.nspname WHEN 'infoschema' THEN upper(c.relname) ELSE c.relname END) AS name,
         CASE c.relkind WHEN 'r' THEN 'U' WHEN 'v' THEN 'V' WHEN 'S' THEN 'SO' END AS type
  FROM pg_class c JOIN store.schemas s ON s.oid = c.relnamespace
  WHERE (c.relkind IN ('r', 'v')
     OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')))
    AND (NOT s.own OR store.sees_all() OR c.oid::int4 IN (SELECT v.object_id FROM store.visible v));
CREATE VIEW store.constraints AS
  SELECT k.oid, k.oid::int4 AS object_id, k.conname, k.contype, k.conrelid, k.conrelid::int4 AS parent_object_id, k.conindid, k.confrelid, k.conkey, k.confkey,
         k.confdeltype, k.confupdtype, r.schema_id, store.extra(k.oid, 'pg_constraint') AS extra, coalesce(store.extra(k.oid, 'pg_constraint') ->> 'name', k.conname) AS name,
         CASE k.contype WHEN 'p' THEN 'PK' WHEN 'u' THEN 'UQ' WHEN 'f' THEN 'F' WHEN 'c' THEN 'C' END AS type,
         NOT k.conenforced AS disabled, NOT k.convalidated AS untrusted, coalesce(array_length(k.conkey, 1), 0) AS columns
  FROM pg_constraint k JOIN store.relations r ON r.oid = k.conrelid
  WHERE k.contype IN ('p', 'u', 'f', 'c') AND r.own AND k.conparentid = 0;
CREATE VIEW store.defaults AS
  SELECT d.oid::int4 AS object_id, d.adrelid, d.adrelid::int4 AS parent_object_id, d.adnum::int4 AS parent_column_id, r.schema_id,
         store.column_extra(d.adrelid, d.adnum) ->> 'default_name' AS name, store.column_extra(d.adrelid, d.adnum) ->> 'default' AS definition
  FROM pg_attrdef d JOIN store.relations r ON r.oid = d.adrelid
  WHERE r.own AND store.column_extra(d.adrelid, d.adnum) ? 'default_name';

CREATE VIEW store.objects AS
  SELECT oid, name, object_id, schema_id, 0 AS parent_object_id, type, NOT own AS shipped, NULL::timestamptz AS created, NULL::timestamptz AS modified FROM store.relations
  UNION ALL SELECT NULL, name, object_id, schema_id, parent_object_id, type, false, NULL, NULL FROM store.constraints
  UNION ALL SELECT NULL, name, object_id, schema_id, parent_object_id, 'D', false, NULL, NULL FROM store.defaults
  UNION ALL SELECT NULL, m.name, m.object_id, s.schema_id, m.parent_id, m.type, false, m.created, m.modified FROM store.visible_modules m JOIN store.schemas s ON s.oid = m.namespace
  UNION ALL SELECT NULL, n.name, n.object_id, s.schema_id, 0, 'SN', false, n.created, n.created FROM store.synonyms n JOIN store.schemas s ON s.oid = n.namespace WHERE store.sees_all();
CREATE FUNCTION store.type_words(type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE $1 WHEN 'U' THEN 'USER_TABLE' WHEN 'V' THEN 'VIEW' WHEN 'SO' THEN 'SEQUENCE_OBJECT' WHEN 'PK' THEN 'PRIMARY_KEY_CONSTRAINT'
    WHEN 'UQ' THEN 'UNIQUE_CONSTRAINT' WHEN 'F' THEN 'FOREIGN_KEY_CONSTRAINT' WHEN 'C' THEN 'CHECK_CONSTRAINT' WHEN 'D' THEN 'DEFAULT_CONSTRAINT' WHEN 'TR' THEN 'SQL_TRIGGER'
    WHEN 'SN' THEN 'SYNONYM' WHEN 'P' THEN 'SQL_STORED_PROCEDURE' WHEN 'FN' THEN 'SQL_SCALAR_FUNCTION' WHEN 'IF' THEN 'SQL_INLINE_TABLE_VALUED_FUNCTION' WHEN 'TF' THEN 'SQL_TABLE_VALUED_FUNCTION' END $$;

CREATE VIEW store.columns AS
  SELECT r.object_id, r.oid AS relation, r.own, r.relkind, a.attnum::int4 AS column_id, a.attname, store.column_extra(r.oid, a.attnum) AS extra,
         coalesce(store.column_extra(r.oid, a.attnum) ->> 'name', CASE WHEN r.schema_id = 3 THEN upper(a.attname) ELSE a.attname END) AS name, t.name AS type, t.number,
         store.type_bytes(t.number, a.atttypmod, t.bytes) AS bytes, store.type_precision(t.number, a.atttypmod, t.precision) AS precision,
         store.type_scale(t.number, a.atttypmod) AS scale, NOT a.attnotnull AS nullable, (a.attidentity::text <> '' OR store.column_extra(r.oid, a.attnum) ? 'seed') AS identity,
         CASE WHEN t.number NOT IN (167, 175, 231, 239) THEN NULL
              WHEN a.attcollation IN (0, 100) THEN 'SQL_Latin1_General_CP1_CI_AS'
              WHEN l.collname = 'sql_latin1_general_cp1_ci_as' THEN 'SQL_Latin1_General_CP1_CI_AS'
              ELSE coalesce(store.extra(l.oid, 'pg_collation') ->> 'name', l.collname) END AS collated
  FROM store.relations r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type y ON y.oid = a.atttypid
  LEFT JOIN store.types t ON t.oid = CASE WHEN y.typtype = 'd' AND a.atttypid NOT IN ('sys.money'::regtype, 'sys.smallmoney'::regtype) THEN y.typbasetype ELSE a.atttypid END
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  WHERE r.relkind IN ('r', 'v');
