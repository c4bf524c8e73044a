-- Procedures, functions, triggers and the text of views.

-- What was granted on a module goes with it.
CREATE FUNCTION store.forget_module() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM store.permissions WHERE class = 1 AND major_id = old.object_id;
  DELETE FROM store.extended_properties WHERE class = 1 AND major_id = old.object_id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_module AFTER DELETE ON store.modules FOR EACH ROW EXECUTE FUNCTION store.forget_module();

CALL store.view('sys.sql_modules', $$
  object_id int = m.object_id
  definition nvarchar(max) = CASE WHEN store.sees_all() OR m.definer IN (SELECT v.object_id FROM store.definable v) THEN m.definition END
  uses_ansi_nulls bit = 1
  uses_quoted_identifier bit = 1
  is_schema_bound bit = 0
  uses_database_collation bit = 0
  is_recompiled bit = 0
  null_on_null_input bit = 0
  execute_as_principal_id int = NULL
  uses_native_compilation bit = 0
  inline_type bit = 0
  is_inlineable bit = 0
$$, $$FROM (SELECT object_id, object_id AS definer, extra ->> 'definition' AS definition FROM store.relations WHERE own AND relkind = 'v'
        UNION ALL SELECT object_id, CASE type WHEN 'TR' THEN parent_id ELSE object_id END, definition FROM store.visible_modules) AS m$$);
CALL store.view('sys.procedures', $$
  is_auto_executed bit = 0
  is_execution_replicated bit = 0
  is_repl_serializable_only bit = 0
  skips_repl_constraints bit = 0
$$, $$FROM sys.objects o WHERE o.type::text = 'P '$$, 'o.*, ');
CALL store.view('sys.triggers', $$
  name sysname = t.name
  object_id int = t.object_id
  parent_class tinyint = 1
  parent_class_desc nvarchar(60) = 'OBJECT_OR_COLUMN'
  parent_id int = t.parent_id
  type char(2) = 'TR'
  type_desc nvarchar(60) = 'SQL_TRIGGER'
  create_date datetime = store.moment(t.created)
  modify_date datetime = store.moment(t.modified)
  is_ms_shipped bit = 0
  is_disabled bit = t.is_disabled
  is_not_for_replication bit = 0
  is_instead_of_trigger bit = t.instead IS NOT NULL
$$, $$FROM store.visible_modules t WHERE t.type = 'TR'$$);

-- One precision and length for each declared type, as store.types has them for columns.
CALL store.view('sys.parameters', $$
  object_id int = p.object_id
  name sysname = p.name
  parameter_id int = p.parameter_id
  system_type_id tinyint = t.number
  user_type_id int = t.number
  max_length smallint = store.type_bytes(t.number, p.typmod, t.bytes)
  precision tinyint = store.type_precision(t.number, p.typmod, t.precision)
  scale tinyint = store.type_scale(t.number, p.typmod)
  is_output bit = p.is_output
  is_cursor_ref bit = 0
  has_default_value bit = 0
  is_xml_document bit = 0
  default_value nvarchar(4000) = NULL
  xml_collection_id int = 0
  is_readonly bit = 0
  is_nullable bit = 1
  encryption_type int = NULL
  encryption_type_desc nvarchar(64) = NULL
  encryption_algorithm_name sysname = NULL
  column_encryption_key_id int = NULL
  column_encryption_key_database_name sysname = NULL
$$, $$FROM (SELECT *, CASE WHEN type IN ('time', 'datetime2', 'datetimeoffset') THEN scale + 5 WHEN type = 'decimal' THEN (precision << 16) + scale + 4
                           WHEN length < 0 THEN -1 ELSE length + 4 END AS typmod FROM store.parameters) AS p JOIN store.visible_modules m ON m.object_id = p.object_id JOIN store.types t ON t.name = p.type$$);
