-- sys.schemas, types, objects, tables, views, columns and what belongs to one column.

CALL store.view('sys.schemas', $$
  name sysname = s.name
  schema_id int = s.schema_id
  principal_id int = CASE WHEN s.own THEN 1 ELSE s.schema_id END
$$, 'FROM store.schemas s');

CALL store.view('sys.types', $$
  name sysname = t.name
  system_type_id tinyint = t.number
  user_type_id int = t.user_number
  schema_id int = t.schema_id
  principal_id int = NULL
  max_length smallint = t.bytes
  precision tinyint = t.precision
  scale tinyint = t.scale
  collation_name sysname = CASE WHEN t.number IN (35, 99, 167, 175, 231, 239) THEN 'SQL_Latin1_General_CP1_CI_AS' END
  is_nullable bit = t.nullable AND t.user_number NOT IN (189, 256)
  is_user_defined bit = t.user_number > 256
  is_assembly_type bit = 0
  default_object_id int = 0
  rule_object_id int = 0
  is_table_type bit = t.number = 243
$$, $$FROM (SELECT name, number, number AS user_number, bytes, precision, scale, 4 AS schema_id, true AS nullable FROM store.types
        UNION ALL SELECT v.*, 4, true FROM (VALUES ('image', 34, 34, 16, 0, 0), ('text', 35, 35, 16, 0, 0), ('ntext', 99, 99, 16, 0, 0), ('sql_variant', 98, 98, 8016, 0, 0),
                         ('numeric', 108, 108, 17, 38, 38), ('xml', 241, 241, -1, 0, 0), ('sysname', 231, 256, 256, 0, 0)) AS v
        UNION ALL SELECT a.name, y.number, a.user_type_id, store.type_bytes(y.number, a.typmod, y.bytes), store.type_precision(y.number, a.typmod, y.precision),
                         store.type_scale(y.number, a.typmod), s.schema_id, a.nullable
        FROM store.alias_types a JOIN store.types y ON y.name = a.type JOIN store.schemas s ON s.nspname = a.schema
        UNION ALL SELECT y.name, 243, y.user_type_id, -1, 0, 0, s.schema_id, false FROM store.table_types y JOIN store.schemas s ON s.nspname = y.schema) AS t$$);
CALL store.view('sys.table_types', $$
  type_table_object_id int = (SELECT y.object_id FROM store.table_types y WHERE y.user_type_id = t.user_type_id)
  is_memory_optimized bit = 0
$$, $$FROM sys.types t WHERE t.is_table_type::int4 = 1$$, 't.*, ');

-- Constraints and defaults are as old as their table.
CALL store.view('sys.all_objects', $$
  name sysname = o.name
  object_id int = o.object_id
  principal_id int = NULL
  schema_id int = o.schema_id
  parent_object_id int = o.parent_object_id
  type char(2) = rpad(o.type, 2)
  type_desc nvarchar(60) = store.type_words(o.type)
  create_date datetime = store.moment(coalesce(o.created, d.created))
  modify_date datetime = store.moment(coalesce(o.modified, d.modified))
  is_ms_shipped bit = o.shipped
  is_published bit = 0
  is_schema_published bit = 0
$$, 'FROM store.objects o LEFT JOIN store.dates d ON d.object_id = CASE WHEN o.oid IS NULL THEN o.parent_object_id ELSE o.object_id END');
CREATE VIEW sys.objects AS SELECT * FROM sys.all_objects WHERE NOT is_ms_shipped::boolean;
CREATE VIEW sys.system_objects AS SELECT * FROM sys.all_objects WHERE is_ms_shipped::boolean;

CALL store.view('sys.tables', $$
  lob_data_space_id int = 0
  filestream_data_space_id int = NULL
  max_column_id_used int = (SELECT c.relnatts FROM pg_class c WHERE c.oid = o.object_id::oid)
  lock_on_bulk_load bit = 0
  uses_ansi_nulls bit = 1
  is_replicated bit = 0
  has_replication_filter bit = 0
  is_merge_published bit = 0
  is_sync_tran_subscribed bit = 0
  has_unchecked_assembly_data bit = 0
  text_in_row_limit int = 0
  large_value_types_out_of_row bit = 0
  is_tracked_by_cdc bit = 0
  lock_escalation tinyint = 0
  lock_escalation_desc nvarchar(60) = 'TABLE'
  is_filetable bit = 0
  is_memory_optimized bit = 0
  durability tinyint = 0
  durability_desc nvarchar(60) = 'SCHEMA_AND_DATA'
  temporal_type tinyint = 0
  temporal_type_desc nvarchar(60) = 'NON_TEMPORAL_TABLE'
  history_table_id int = NULL
  is_remote_data_archive_enabled bit = 0
  is_external bit = 0
  history_retention_period int = NULL
  history_retention_period_unit int = NULL
  history_retention_period_unit_desc nvarchar(10) = NULL
  is_node bit = 0
  is_edge bit = 0
  data_retention_period int = -1
  data_retention_period_unit int = -1
  data_retention_period_unit_desc nvarchar(10) = 'INFINITE'
  ledger_type tinyint = 0
  ledger_type_desc nvarchar(60) = 'NON_LEDGER_TABLE'
  ledger_view_id int = NULL
  is_dropped_ledger_table bit = 0
$$, $$FROM sys.objects o WHERE o.type::text = 'U '$$, 'o.*, ');

CALL store.view('sys.all_views', $$
  is_replicated bit = 0
  has_replication_filter bit = 0
  has_opaque_metadata bit = 0
  has_unchecked_assembly_data bit = 0
  with_check_option bit = EXISTS (SELECT FROM pg_class c WHERE c.oid = o.object_id::oid AND 'check_option=cascaded' = ANY (c.reloptions))
  is_date_correlation_view bit = 0
  is_tracked_by_cdc bit = 0
  has_snapshot bit = 0
  ledger_view_type tinyint = 0
  ledger_view_type_desc nvarchar(60) = 'NON_LEDGER_VIEW'
  is_dropped_ledger_view bit = 0
$$, $$FROM sys.all_objects o WHERE o.type::text = 'V '$$, 'o.*, ');
CREATE VIEW sys.views AS SELECT * FROM sys.all_views WHERE NOT is_ms_shipped::boolean;

-- What every kind of column shows first.
CREATE FUNCTION store.of_a_column() RETURNS text LANGUAGE sql IMMUTABLE AS $function$ SELECT $$
  object_id int = c.object_id
  name sysname = c.name
  column_id int = c.column_id
  system_type_id tinyint = c.number
  user_type_id int = coalesce((c.extra ->> 'user_type')::int4, c.number)
  max_length smallint = c.bytes
  precision tinyint = c.precision
  scale tinyint = c.scale
  collation_name sysname = c.collated
  is_nullable bit = c.nullable
  is_ansi_padded bit = c.number IN (165, 167, 173, 175, 231, 239)
  is_rowguidcol bit = 0
  is_identity bit = c.identity
  is_computed bit = c.extra ? 'computed'
  is_filestream bit = 0
  is_replicated bit = 0
  is_non_sql_subscribed bit = 0
  is_merge_published bit = 0
  is_dts_replicated bit = 0
  is_xml_document bit = 0
  xml_collection_id int = 0
  default_object_id int = coalesce((SELECT d.object_id FROM store.defaults d WHERE d.adrelid = c.relation AND d.parent_column_id = c.column_id), 0)
  rule_object_id int = 0
  is_sparse bit = 0
  is_column_set bit = 0
  generated_always_type tinyint = 0
  generated_always_type_desc nvarchar(60) = 'NOT_APPLICABLE'
  encryption_type int = NULL
  encryption_type_desc nvarchar(64) = NULL
  encryption_algorithm_name sysname = NULL
  column_encryption_key_id int = NULL
  column_encryption_key_database_name sysname = NULL
  is_hidden bit = 0
  is_masked bit = 0
  graph_type int = NULL
  graph_type_desc nvarchar(60) = NULL
  is_data_deletion_filter_column bit = 0
  ledger_view_column_type int = NULL
  ledger_view_column_type_desc nvarchar(60) = NULL
  is_dropped_ledger_column bit = 0
$$ $function$;
CALL store.view('sys.all_columns', store.of_a_column(), 'FROM store.columns c');
CALL store.view('sys.columns', store.of_a_column(), 'FROM store.columns c WHERE c.own');
CALL store.view('sys.system_columns', store.of_a_column(), 'FROM store.columns c WHERE NOT c.own');

-- The seed, the step and the last value are sql_variant of the column's type: here bigint.
CALL store.view('sys.identity_columns', store.of_a_column() || $$
  seed_value bigint = c.extra ->> 'seed'
  increment_value bigint = c.extra ->> 'increment'
  last_value bigint = (SELECT pg_sequence_last_value(d.objid) FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.relation AND d.refobjsubid = c.column_id AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
  is_not_for_replication bit = 0
$$, 'FROM store.columns c WHERE c.identity AND c.own');
CALL store.view('sys.computed_columns', store.of_a_column() || $$
  definition nvarchar(max) = CASE WHEN store.sees_all() OR c.object_id IN (SELECT v.object_id FROM store.definable v) THEN c.extra ->> 'computed' END
  uses_database_collation bit = 1
  is_persisted bit = coalesce((c.extra ->> 'persisted')::boolean, false)
$$, $$FROM store.columns c WHERE c.own AND c.extra ? 'computed'$$);

CALL store.view('sys.default_constraints', $$
  parent_column_id int = d.parent_column_id
  definition nvarchar(max) = CASE WHEN store.sees_all() OR d.parent_object_id IN (SELECT v.object_id FROM store.definable v) THEN d.definition END
  is_system_named bit = 0
$$, $$FROM sys.objects o JOIN store.defaults d ON d.object_id = o.object_id WHERE o.type::text = 'D '$$, 'o.*, ');
CALL store.view('sys.check_constraints', $$
  is_disabled bit = k.disabled
  is_not_for_replication bit = 0
  is_not_trusted bit = k.untrusted
  parent_column_id int = CASE WHEN k.columns = 1 THEN k.conkey[1] ELSE 0 END
  definition nvarchar(max) = CASE WHEN store.sees_all() OR k.parent_object_id IN (SELECT v.object_id FROM store.definable v) THEN k.extra ->> 'definition' END
  uses_database_collation bit = 1
  is_system_named bit = 0
$$, $$FROM sys.objects o JOIN store.constraints k ON k.object_id = o.object_id WHERE k.contype = 'c'$$, 'o.*, ');

-- The values are sql_variant of the sequence's type: here bigint.
CALL store.view('sys.sequences', $$
  start_value bigint = q.seqstart
  increment bigint = q.seqincrement
  minimum_value bigint = q.seqmin
  maximum_value bigint = q.seqmax
  is_cycling bit = q.seqcycle
  is_cached bit = q.seqcache > 1
  cache_size int = CASE WHEN q.seqcache > 1 THEN q.seqcache END
  system_type_id tinyint = t.number
  user_type_id int = t.number
  precision tinyint = t.precision
  scale tinyint = 0
  current_value bigint = coalesce(pg_sequence_last_value(r.oid), q.seqstart)
  is_exhausted bit = NOT q.seqcycle AND coalesce(pg_sequence_last_value(r.oid), q.seqstart) = CASE WHEN q.seqincrement > 0 THEN q.seqmax ELSE q.seqmin END
  last_used_value bigint = pg_sequence_last_value(r.oid)
$$, $$FROM sys.objects o JOIN store.relations r ON r.object_id = o.object_id JOIN pg_sequence q ON q.seqrelid = r.oid JOIN store.types t ON CASE jsonb_typeof(r.extra -> 'type') WHEN 'string' THEN t.name = r.extra ->> 'type' WHEN 'number' THEN t.name = 'decimal' ELSE t.oid = q.seqtypid END WHERE o.type::text = 'SO'$$, 'o.*, ');

CALL store.view('sys.synonyms', $$
  base_object_name nvarchar(1035) = n.base_object_name
$$, $$FROM sys.objects o JOIN store.synonyms n ON n.object_id = o.object_id$$, 'o.*, ');
