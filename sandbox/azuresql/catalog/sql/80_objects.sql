-- sys.schemas, tables, columns and what hangs on them, read from PostgreSQL's catalog.
--
-- Names are stored folded to lower case; the true spelling and what PostgreSQL has no word for is a JSON
-- comment on the object: name, definition, default, default_name, computed, persisted, seed, increment,
-- clustered, filter.

CREATE COLLATION IF NOT EXISTS sys.sql_latin1_general_cp1_ci_as (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

CREATE FUNCTION store.extra(object oid, catalog text) RETURNS jsonb LANGUAGE sql STABLE AS
  $$ SELECT coalesce(obj_description($1, $2)::jsonb, '{}') $$;
CREATE FUNCTION store.column_extra(relation oid, number int4) RETURNS jsonb LANGUAGE sql STABLE AS
  $$ SELECT coalesce(col_description($1, $2)::jsonb, '{}') $$;
CREATE FUNCTION store.name(value text) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE AS 'SELECT $1::sys.nvarchar(128)';
CREATE FUNCTION store.flag(value boolean) RETURNS sys.bit LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, false)::sys.bit';

CREATE FUNCTION store.schema_number(namespace oid, name name) RETURNS int4 LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE $2 WHEN 'dbo' THEN 1 WHEN 'infoschema' THEN 3 WHEN 'sys' THEN 4 ELSE $1::int4 END $$;
CREATE VIEW store.schemas AS
  SELECT oid, nspname, store.schema_number(oid, nspname) AS schema_id,
         CASE nspname WHEN 'infoschema' THEN 'INFORMATION_SCHEMA' ELSE coalesce(store.extra(oid, 'pg_namespace') ->> 'name', nspname) END AS name,
         nspname NOT IN ('sys', 'infoschema') AS own
  FROM pg_namespace
  WHERE nspname NOT IN ('store', 'public', 'information_schema') AND nspname !~ '^pg_';
CREATE VIEW sys.schemas AS
  SELECT store.name(name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, schema_id, CASE WHEN own THEN 1 ELSE schema_id END AS principal_id FROM store.schemas;

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

CREATE VIEW sys.types AS
  SELECT store.name(name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, number::int2::sys.tinyint AS system_type_id, user_number AS user_type_id, 4 AS schema_id, NULL::int4 AS principal_id,
         bytes::int2 AS max_length, precision::int2::sys.tinyint AS precision, scale::int2::sys.tinyint AS scale,
         CASE WHEN number IN (35, 99, 167, 175, 231, 239) THEN store.name('SQL_Latin1_General_CP1_CI_AS') END AS collation_name,
         store.flag(true) AS is_nullable, store.flag(false) AS is_user_defined, store.flag(false) AS is_assembly_type, 0 AS default_object_id, 0 AS rule_object_id,
         store.flag(false) AS is_table_type
  FROM (SELECT name, number, number AS user_number, bytes, precision, scale FROM store.types
        UNION ALL VALUES ('image', 34, 34, 16, 0, 0), ('text', 35, 35, 16, 0, 0), ('ntext', 99, 99, 16, 0, 0), ('sql_variant', 98, 98, 8016, 0, 0),
                         ('numeric', 108, 108, 17, 38, 38), ('xml', 241, 241, -1, 0, 0), ('sysname', 231, 256, 256, 0, 0)) AS t;

-- Relations of users, with SQL Server's letters; the views of schema sys are objects too.
CREATE VIEW store.relations AS
  SELECT c.oid, c.oid::int4 AS object_id, c.relname, c.relkind, s.oid AS namespace, s.schema_id, s.own, store.extra(c.oid, 'pg_class') AS extra,
         coalesce(store.extra(c.oid, 'pg_class') ->> 'name', c.relname) AS name,
         CASE c.relkind WHEN 'r' THEN 'U' WHEN 'v' THEN 'V' WHEN 'S' THEN 'SO' END AS type
  FROM pg_class c JOIN store.schemas s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v')
     OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'));
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
  SELECT name, object_id, schema_id, 0 AS parent_object_id, type, NOT own AS shipped FROM store.relations
  UNION ALL SELECT name, object_id, schema_id, parent_object_id, type, false FROM store.constraints
  UNION ALL SELECT name, object_id, schema_id, parent_object_id, 'D', false FROM store.defaults
  UNION ALL SELECT t.name, t.object_id, r.schema_id, t.parent_id, 'TR', false FROM store.triggers t JOIN store.relations r ON r.object_id = t.parent_id;
CREATE FUNCTION store.type_words(type text) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE AS $$
  SELECT store.name(CASE $1 WHEN 'U' THEN 'USER_TABLE' WHEN 'V' THEN 'VIEW' WHEN 'SO' THEN 'SEQUENCE_OBJECT' WHEN 'PK' THEN 'PRIMARY_KEY_CONSTRAINT'
    WHEN 'UQ' THEN 'UNIQUE_CONSTRAINT' WHEN 'F' THEN 'FOREIGN_KEY_CONSTRAINT' WHEN 'C' THEN 'CHECK_CONSTRAINT' WHEN 'D' THEN 'DEFAULT_CONSTRAINT' WHEN 'TR' THEN 'SQL_TRIGGER' END) $$;

-- What every kind of object shows first.
CREATE VIEW sys.all_objects AS
  SELECT store.name(name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, object_id, NULL::int4 AS principal_id, schema_id, parent_object_id, rpad(type, 2)::sys.char(2) AS type,
         store.type_words(type) AS type_desc, sys.to_datetime('2000-01-01') AS create_date, sys.to_datetime('2000-01-01') AS modify_date,
         store.flag(shipped) AS is_ms_shipped, store.flag(false) AS is_published, store.flag(false) AS is_schema_published
  FROM store.objects;
CREATE VIEW sys.objects AS SELECT * FROM sys.all_objects WHERE NOT is_ms_shipped::boolean;
CREATE VIEW sys.tables AS
  SELECT o.*, store.flag(false) AS is_memory_optimized, 0::int2::sys.tinyint AS temporal_type, store.name('NON_TEMPORAL_TABLE') AS temporal_type_desc, store.flag(false) AS is_external,
         store.flag(false) AS is_node, store.flag(false) AS is_edge, store.flag(false) AS is_filetable, store.flag(false) AS is_tracked_by_cdc, 0 AS lob_data_space_id
  FROM sys.objects o WHERE o.type::text = 'U ';
CREATE VIEW sys.views AS
  SELECT o.*, store.flag(false) AS with_check_option FROM sys.objects o WHERE o.type::text = 'V ';
CREATE VIEW sys.sql_modules AS
  SELECT object_id, (extra ->> 'definition')::sys.nvarchar AS definition, store.flag(true) AS uses_ansi_nulls, store.flag(true) AS uses_quoted_identifier,
         store.flag(false) AS is_schema_bound
  FROM store.relations WHERE own AND relkind = 'v';
CREATE VIEW sys.triggers AS
  SELECT store.name(t.name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, t.object_id, 1::int2::sys.tinyint AS parent_class, store.name('OBJECT_OR_COLUMN') AS parent_class_desc,
         t.parent_id, 'TR'::sys.char(2) AS type, store.name('SQL_TRIGGER') AS type_desc, store.flag(false) AS is_ms_shipped, store.flag(t.is_disabled) AS is_disabled,
         store.flag(false) AS is_not_for_replication, store.flag(false) AS is_instead_of_trigger
  FROM store.triggers t;

CREATE VIEW store.columns AS
  SELECT r.object_id, r.oid AS relation, r.own, r.relkind, a.attnum::int4 AS column_id, a.attname, store.column_extra(r.oid, a.attnum) AS extra,
         coalesce(store.column_extra(r.oid, a.attnum) ->> 'name', a.attname) AS name, t.name AS type, t.number,
         store.type_bytes(t.number, a.atttypmod, t.bytes) AS bytes, store.type_precision(t.number, a.atttypmod, t.precision) AS precision,
         store.type_scale(t.number, a.atttypmod) AS scale, NOT a.attnotnull AS nullable, a.attidentity <> '' AS identity,
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
CREATE VIEW sys.all_columns AS
  SELECT object_id, store.name(name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, column_id, number::int2::sys.tinyint AS system_type_id, number AS user_type_id, bytes::int2 AS max_length,
         precision::int2::sys.tinyint AS precision, scale::int2::sys.tinyint AS scale, store.name(collated) AS collation_name, store.flag(nullable) AS is_nullable,
         store.flag(true) AS is_ansi_padded, store.flag(false) AS is_rowguidcol, store.flag(identity) AS is_identity, store.flag(extra ? 'computed') AS is_computed,
         store.flag(false) AS is_filestream, store.flag(false) AS is_replicated, store.flag(false) AS is_xml_document, 0 AS xml_collection_id,
         coalesce((SELECT d.object_id FROM store.defaults d WHERE d.adrelid = c.relation AND d.parent_column_id = c.column_id), 0) AS default_object_id, 0 AS rule_object_id,
         store.flag(false) AS is_sparse, store.flag(false) AS is_column_set, 0::int2::sys.tinyint AS generated_always_type, store.name('NOT_APPLICABLE') AS generated_always_type_desc,
         NULL::int4 AS encryption_type, NULL::sys.nvarchar AS encryption_type_desc, NULL::int4 AS column_encryption_key_id, store.flag(false) AS is_hidden, store.flag(false) AS is_masked,
         NULL::int4 AS graph_type, NULL::sys.nvarchar AS graph_type_desc
  FROM store.columns c;
CREATE VIEW sys.columns AS
  SELECT a.* FROM sys.all_columns a WHERE EXISTS (SELECT FROM store.relations r WHERE r.object_id = a.object_id AND r.own);

CREATE VIEW sys.identity_columns AS
  SELECT c.*, (s.extra ->> 'seed')::int8 AS seed_value, (s.extra ->> 'increment')::int8 AS increment_value,
         (SELECT pg_sequence_last_value(d.objid) FROM pg_depend d
          WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = s.relation AND d.refobjsubid = s.column_id AND d.classid = 'pg_class'::regclass AND d.deptype = 'i') AS last_value,
         store.flag(false) AS is_not_for_replication
  FROM sys.columns c JOIN store.columns s ON s.object_id = c.object_id AND s.column_id = c.column_id WHERE s.identity;
CREATE VIEW sys.computed_columns AS
  SELECT c.*, (s.extra ->> 'computed')::sys.nvarchar AS definition, store.flag(true) AS uses_database_collation, store.flag((s.extra ->> 'persisted')::boolean) AS is_persisted
  FROM sys.columns c JOIN store.columns s ON s.object_id = c.object_id AND s.column_id = c.column_id WHERE s.extra ? 'computed';
CREATE VIEW sys.default_constraints AS
  SELECT o.*, d.parent_column_id, d.definition::sys.nvarchar AS definition, store.flag(false) AS is_system_named
  FROM sys.objects o JOIN store.defaults d ON d.object_id = o.object_id WHERE o.type::text = 'D ';
CREATE VIEW sys.check_constraints AS
  SELECT o.*, store.flag(k.disabled) AS is_disabled, store.flag(false) AS is_not_for_replication, store.flag(k.untrusted) AS is_not_trusted,
         CASE WHEN k.columns = 1 THEN k.conkey[1]::int4 ELSE 0 END AS parent_column_id, (k.extra ->> 'definition')::sys.nvarchar AS definition,
         store.flag(true) AS uses_database_collation, store.flag(false) AS is_system_named
  FROM sys.objects o JOIN store.constraints k ON k.object_id = o.object_id WHERE k.contype = 'c';

CREATE VIEW sys.sequences AS
  SELECT o.*, q.seqstart AS start_value, q.seqincrement AS increment, q.seqmin AS minimum_value, q.seqmax AS maximum_value, store.flag(q.seqcycle) AS is_cycling,
         store.flag(q.seqcache > 1) AS is_cached, q.seqcache::int4 AS cache_size, t.number::int2::sys.tinyint AS system_type_id, t.number AS user_type_id,
         t.precision::int2::sys.tinyint AS precision, 0::int2::sys.tinyint AS scale, coalesce(pg_sequence_last_value(r.oid), q.seqstart) AS current_value, store.flag(false) AS is_exhausted
  FROM sys.objects o JOIN store.relations r ON r.object_id = o.object_id JOIN pg_sequence q ON q.seqrelid = r.oid JOIN store.types t ON t.oid = q.seqtypid
  WHERE o.type::text = 'SO';
