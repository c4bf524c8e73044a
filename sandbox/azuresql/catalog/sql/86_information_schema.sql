-- INFORMATION_SCHEMA, as far as clients read it. Column names are lower case here and shown in capitals.

CREATE FUNCTION store.database() RETURNS sys.nvarchar LANGUAGE sql STABLE AS 'SELECT sys.db_name()';

CREATE VIEW infoschema.schemata AS
  SELECT store.database() AS catalog_name, name AS schema_name, store.name('dbo') AS schema_owner FROM sys.schemas;
CREATE VIEW infoschema.tables AS
  SELECT store.database() AS table_catalog, s.name AS table_schema, o.name AS table_name,
         CASE WHEN o.type::text = 'V ' THEN 'VIEW' ELSE 'BASE TABLE' END::sys.varchar(10) AS table_type
  FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE o.type::text IN ('U ', 'V ');
CREATE VIEW infoschema.views AS
  SELECT store.database() AS table_catalog, s.name AS table_schema, o.name AS table_name, m.definition AS view_definition,
         'NONE'::sys.varchar(7) AS check_option, 'NO'::sys.varchar(2) AS is_updatable
  FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id JOIN sys.sql_modules m ON m.object_id = o.object_id WHERE o.type::text = 'V ';
CREATE VIEW infoschema.columns AS
  SELECT store.database() AS table_catalog, s.name AS table_schema, o.name AS table_name, c.name AS column_name, c.column_id AS ordinal_position,
         (SELECT d.definition FROM sys.default_constraints d WHERE d.object_id = c.default_object_id) AS column_default,
         CASE WHEN k.nullable THEN 'YES' ELSE 'NO' END::sys.varchar(3) AS is_nullable, store.name(k.type) AS data_type,
         CASE WHEN k.bytes = -1 THEN -1 WHEN k.number IN (231, 239) THEN k.bytes / 2 WHEN k.number IN (165, 167, 173, 175) THEN k.bytes END AS character_maximum_length,
         CASE WHEN k.number IN (165, 167, 173, 175, 231, 239) THEN k.bytes END AS character_octet_length,
         CASE WHEN k.number IN (48, 52, 56, 59, 60, 62, 106, 108, 122, 127) THEN k.precision END::int2::sys.tinyint AS numeric_precision,
         CASE WHEN k.number IN (48, 52, 56, 60, 106, 108, 122, 127) THEN 10 WHEN k.number IN (59, 62) THEN 2 END::int2 AS numeric_precision_radix,
         CASE WHEN k.number IN (48, 52, 56, 60, 106, 108, 122, 127) THEN k.scale END AS numeric_scale,
         CASE WHEN k.number IN (40, 41, 42, 43, 58, 61) THEN k.scale END::int2 AS datetime_precision, c.collation_name
  FROM sys.columns c JOIN store.columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
  JOIN sys.objects o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id;
CREATE VIEW infoschema.table_constraints AS
  SELECT store.database() AS constraint_catalog, s.name AS constraint_schema, o.name AS constraint_name, store.database() AS table_catalog, s.name AS table_schema, t.name AS table_name,
         CASE o.type::text WHEN 'PK' THEN 'PRIMARY KEY' WHEN 'UQ' THEN 'UNIQUE' WHEN 'F ' THEN 'FOREIGN KEY' ELSE 'CHECK' END::sys.varchar(11) AS constraint_type,
         'NO'::sys.varchar(2) AS is_deferrable, 'NO'::sys.varchar(2) AS initially_deferred
  FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id JOIN sys.objects t ON t.object_id = o.parent_object_id
  WHERE o.type::text IN ('PK', 'UQ', 'F ', 'C ');
CREATE VIEW infoschema.key_column_usage AS
  SELECT store.database() AS constraint_catalog, s.name AS constraint_schema, o.name AS constraint_name, store.database() AS table_catalog, s.name AS table_schema, t.name AS table_name,
         c.name AS column_name, part AS ordinal_position
  FROM store.constraints k JOIN sys.objects o ON o.object_id = k.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id JOIN sys.objects t ON t.object_id = k.parent_object_id
  CROSS JOIN LATERAL generate_series(1, k.columns) AS part
  JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.conkey[part]
  WHERE k.contype IN ('p', 'u', 'f');
CREATE VIEW infoschema.referential_constraints AS
  SELECT store.database() AS constraint_catalog, s.name AS constraint_schema, f.name AS constraint_name, store.database() AS unique_constraint_catalog,
         (SELECT rs.name FROM sys.objects r JOIN sys.schemas rs ON rs.schema_id = r.schema_id WHERE r.object_id = f.referenced_object_id) AS unique_constraint_schema,
         (SELECT i.name FROM sys.indexes i WHERE i.object_id = f.referenced_object_id AND i.index_id = f.key_index_id) AS unique_constraint_name,
         'SIMPLE'::sys.varchar(7) AS match_option, replace(f.update_referential_action_desc::text, '_', ' ')::sys.varchar(11) AS update_rule,
         replace(f.delete_referential_action_desc::text, '_', ' ')::sys.varchar(11) AS delete_rule
  FROM sys.foreign_keys f JOIN sys.schemas s ON s.schema_id = f.schema_id;
CREATE VIEW infoschema.check_constraints AS
  SELECT store.database() AS constraint_catalog, s.name AS constraint_schema, k.name AS constraint_name, k.definition AS check_clause
  FROM sys.check_constraints k JOIN sys.schemas s ON s.schema_id = k.schema_id;
