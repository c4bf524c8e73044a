-- INFORMATION_SCHEMA. Column names are lower case here and shown in capitals (catalog/reader.py).

-- How a table and a constraint are named in every view.
CREATE FUNCTION store.of_a_table() RETURNS text LANGUAGE sql IMMUTABLE AS $function$ SELECT $$
  table_catalog sysname = sys.db_name()
  table_schema sysname = s.name
  table_name sysname = r.name
$$ $function$;
CREATE FUNCTION store.of_a_constraint() RETURNS text LANGUAGE sql IMMUTABLE AS $function$ SELECT $$
  constraint_catalog sysname = sys.db_name()
  constraint_schema sysname = s.name
  constraint_name sysname = k.name
$$ $function$;

CALL store.view('infoschema.schemata', $$
  catalog_name sysname = sys.db_name()
  schema_name sysname = s.name
  schema_owner sysname = CASE WHEN s.own THEN 'dbo' ELSE s.name END
  default_character_set_catalog sysname = NULL
  default_character_set_schema sysname = NULL
  default_character_set_name sysname = 'iso_1'
$$, 'FROM store.schemas s');
CALL store.view('infoschema.tables', $$
  table_catalog sysname = sys.db_name()
  table_schema sysname = s.name
  table_name sysname = o.name
  table_type varchar(10) = CASE WHEN o.type::text = 'V ' THEN 'VIEW' ELSE 'BASE TABLE' END
$$, $$FROM sys.objects o JOIN store.schemas s ON s.schema_id = o.schema_id WHERE o.type::text IN ('U ', 'V ')$$);
CALL store.view('infoschema.views', store.of_a_table() || $$
  view_definition nvarchar(4000) = CASE WHEN (store.sees_all() OR r.object_id IN (SELECT v.object_id FROM store.definable v)) AND sys.units(r.extra ->> 'definition') <= 4000 THEN r.extra ->> 'definition' END
  check_option varchar(7) = 'NONE'
  is_updatable varchar(2) = 'NO'
$$, $$FROM store.relations r JOIN store.schemas s ON s.oid = r.namespace WHERE r.own AND r.relkind = 'v'$$);

-- A type as INFORMATION_SCHEMA tells it: length in characters and in bytes, digits of numbers, digits of a second.
CREATE VIEW store.shaped_columns AS
  SELECT c.*, c.number IN (165, 167, 173, 175, 231, 239) AS sized, c.number IN (231, 239) AS wide, c.number IN (167, 175, 231, 239) AS text,
         CASE WHEN c.number IN (59, 62) THEN 2 WHEN c.number IN (48, 52, 56, 60, 106, 108, 122, 127) THEN 10 END AS radix, c.number IN (40, 41, 42, 43, 58, 61) AS temporal
  FROM store.columns c;
CALL store.view('infoschema.columns', store.of_a_table() || $$
  column_name sysname = c.name
  ordinal_position int = c.column_id
  column_default nvarchar(4000) = CASE WHEN store.sees_all() OR c.object_id IN (SELECT v.object_id FROM store.definable v) THEN c.extra ->> 'default' END
  is_nullable varchar(3) = CASE WHEN c.nullable THEN 'YES' ELSE 'NO' END
  data_type nvarchar(128) = c.type
  character_maximum_length int = CASE WHEN c.sized THEN CASE WHEN c.wide AND c.bytes > 0 THEN c.bytes / 2 ELSE c.bytes END END
  character_octet_length int = CASE WHEN c.sized THEN c.bytes END
  numeric_precision tinyint = CASE WHEN c.radix IS NOT NULL THEN c.precision END
  numeric_precision_radix smallint = c.radix
  numeric_scale int = CASE WHEN c.radix = 10 THEN c.scale END
  datetime_precision smallint = CASE WHEN c.temporal THEN c.scale END
  character_set_catalog sysname = NULL
  character_set_schema sysname = NULL
  character_set_name sysname = CASE WHEN c.text THEN CASE WHEN c.wide THEN 'UNICODE' ELSE 'iso_1' END END
  collation_catalog sysname = NULL
  collation_schema sysname = NULL
  collation_name sysname = c.collated
  domain_catalog sysname = NULL
  domain_schema sysname = NULL
  domain_name sysname = NULL
$$, 'FROM store.shaped_columns c JOIN store.relations r ON r.oid = c.relation JOIN store.schemas s ON s.oid = r.namespace WHERE c.own');

CALL store.view('infoschema.table_constraints', store.of_a_constraint() || store.of_a_table() || $$
  constraint_type varchar(11) = CASE k.type WHEN 'PK' THEN 'PRIMARY KEY' WHEN 'UQ' THEN 'UNIQUE' WHEN 'F' THEN 'FOREIGN KEY' ELSE 'CHECK' END
  is_deferrable varchar(2) = 'NO'
  initially_deferred varchar(2) = 'NO'
$$, 'FROM store.constraints k JOIN store.relations r ON r.oid = k.conrelid JOIN store.schemas s ON s.schema_id = k.schema_id');
CALL store.view('infoschema.key_column_usage', store.of_a_constraint() || store.of_a_table() || $$
  column_name sysname = c.name
  ordinal_position int = part
$$, $$FROM store.constraints k JOIN store.relations r ON r.oid = k.conrelid JOIN store.schemas s ON s.schema_id = k.schema_id CROSS JOIN LATERAL generate_series(1, k.columns) AS part
  JOIN store.columns c ON c.relation = k.conrelid AND c.column_id = k.conkey[part] WHERE k.contype IN ('p', 'u', 'f')$$);
CALL store.view('infoschema.constraint_column_usage', store.of_a_table() || $$
  column_name sysname = c.name
$$ || store.of_a_constraint(), $$FROM store.constraints k JOIN store.relations r ON r.oid = k.conrelid JOIN store.schemas s ON s.schema_id = k.schema_id
  JOIN store.columns c ON c.relation = k.conrelid AND c.column_id = ANY (k.conkey)$$);
CALL store.view('infoschema.constraint_table_usage', store.of_a_table() || store.of_a_constraint(), 'FROM store.constraints k JOIN store.relations r ON r.oid = k.conrelid JOIN store.schemas s ON s.schema_id = k.schema_id');
CALL store.view('infoschema.referential_constraints', store.of_a_constraint() || $$
  unique_constraint_catalog sysname = sys.db_name()
  unique_constraint_schema sysname = (SELECT rs.name FROM store.relations r JOIN store.schemas rs ON rs.oid = r.namespace WHERE r.oid = k.confrelid)
  unique_constraint_name sysname = (SELECT i.name FROM store.indexes i WHERE i.indexrelid = k.conindid)
  match_option varchar(7) = 'SIMPLE'
  update_rule varchar(11) = replace(store.action_words(k.confupdtype), '_', ' ')
  delete_rule varchar(11) = replace(store.action_words(k.confdeltype), '_', ' ')
$$, $$FROM store.constraints k JOIN store.schemas s ON s.schema_id = k.schema_id WHERE k.contype = 'f'$$);
CALL store.view('infoschema.check_constraints', store.of_a_constraint() || $$
  check_clause nvarchar(4000) = CASE WHEN store.sees_all() OR k.parent_object_id IN (SELECT v.object_id FROM store.definable v) THEN k.extra ->> 'definition' END
$$, $$FROM store.constraints k JOIN store.schemas s ON s.schema_id = k.schema_id WHERE k.contype = 'c'$$);
CALL store.view('infoschema.routines', $$
  specific_catalog sysname = sys.db_name()
  specific_schema sysname = s.name
  specific_name sysname = m.name
  routine_catalog sysname = sys.db_name()
  routine_schema sysname = s.name
  routine_name sysname = m.name
  routine_type nvarchar(20) = CASE m.type WHEN 'P' THEN 'PROCEDURE' ELSE 'FUNCTION' END
  module_catalog sysname = NULL
  module_schema sysname = NULL
  module_name sysname = NULL
  udt_catalog sysname = NULL
  udt_schema sysname = NULL
  udt_name sysname = NULL
  data_type sysname = CASE WHEN m.type IN ('IF', 'TF') THEN 'TABLE' WHEN m.type = 'FN' THEN (SELECT p.type FROM store.parameters p WHERE p.object_id = m.object_id AND p.parameter_id = 0) END
  character_maximum_length int = NULL
  character_octet_length int = NULL
  collation_catalog sysname = NULL
  collation_schema sysname = NULL
  collation_name sysname = NULL
  character_set_catalog sysname = NULL
  character_set_schema sysname = NULL
  character_set_name sysname = NULL
  numeric_precision smallint = NULL
  numeric_precision_radix smallint = NULL
  numeric_scale smallint = NULL
  datetime_precision smallint = NULL
  interval_type nvarchar(30) = NULL
  interval_precision smallint = NULL
  type_udt_catalog sysname = NULL
  type_udt_schema sysname = NULL
  type_udt_name sysname = NULL
  scope_catalog sysname = NULL
  scope_schema sysname = NULL
  scope_name sysname = NULL
  maximum_cardinality bigint = NULL
  dtd_identifier sysname = NULL
  routine_body nvarchar(30) = 'SQL'
  routine_definition nvarchar(4000) = CASE WHEN (store.sees_all() OR m.object_id IN (SELECT v.object_id FROM store.definable v)) AND sys.units(m.definition) <= 4000 THEN m.definition END
  external_name sysname = NULL
  external_language nvarchar(30) = NULL
  parameter_style nvarchar(30) = NULL
  is_deterministic nvarchar(10) = 'NO'
  sql_data_access nvarchar(30) = CASE m.type WHEN 'P' THEN 'MODIFIES' ELSE 'READS' END
  is_null_call nvarchar(10) = CASE m.type WHEN 'P' THEN NULL ELSE 'NO' END
  sql_path sysname = NULL
  schema_level_routine nvarchar(10) = 'YES'
  max_dynamic_result_sets smallint = CASE m.type WHEN 'P' THEN -1 ELSE 0 END
  is_user_defined_cast nvarchar(10) = 'NO'
  is_implicitly_invocable nvarchar(10) = 'NO'
  created datetime = store.moment(m.created)
  last_altered datetime = store.moment(m.modified)
$$, $$FROM store.visible_modules m JOIN store.schemas s ON s.oid = m.namespace WHERE m.type <> 'TR'$$);
CALL store.view('infoschema.sequences', $$
  sequence_catalog sysname = sys.db_name()
  sequence_schema sysname = s.name
  sequence_name sysname = q.name
  data_type sysname = t.name
  numeric_precision tinyint = q.precision
  numeric_precision_radix smallint = 10
  numeric_scale int = q.scale
  start_value bigint = q.start_value
  minimum_value bigint = q.minimum_value
  maximum_value bigint = q.maximum_value
  increment bigint = q.increment
  cycle_option int = q.is_cycling
  declared_data_type int = NULL
  declared_numeric_precision int = NULL
  declared_numeric_scale int = NULL
$$, 'FROM sys.sequences q JOIN store.schemas s ON s.schema_id = q.schema_id JOIN store.types t ON t.number = q.user_type_id');
CREATE VIEW store.privileges AS
  SELECT p.permission, CASE p.state WHEN 'W' THEN 'YES' ELSE 'NO' END AS grantable, g.name AS grantee, r.oid AS relation, r.name AS table_name, s.name AS schema_name
  FROM store.permissions p JOIN store.principals g ON g.principal_id = p.grantee_id JOIN store.relations r ON p.class = 1 AND r.object_id = p.major_id JOIN store.schemas s ON s.oid = r.namespace
  WHERE p.state <> 'D' AND p.permission IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES');
CALL store.view('infoschema.table_privileges', $$
  grantor sysname = 'dbo'
  grantee sysname = p.grantee
  table_catalog sysname = sys.db_name()
  table_schema sysname = p.schema_name
  table_name sysname = p.table_name
  privilege_type varchar(10) = p.permission
  is_grantable varchar(3) = p.grantable
$$, 'FROM store.privileges p');
CALL store.view('infoschema.column_privileges', $$
  grantor sysname = 'dbo'
  grantee sysname = p.grantee
  table_catalog sysname = sys.db_name()
  table_schema sysname = p.schema_name
  table_name sysname = p.table_name
  column_name sysname = c.name
  privilege_type varchar(10) = p.permission
  is_grantable varchar(3) = p.grantable
$$, $$FROM store.privileges p JOIN store.columns c ON c.relation = p.relation WHERE p.permission IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')$$);
