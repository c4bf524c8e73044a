-- Databases, sessions, requests and locks. What the embedded PostgreSQL does not measure is a constant of a General Purpose database of two cores.

CREATE FUNCTION store.told_databases(listed text) RETURNS TABLE (name text, database_id int4, created timestamptz) LANGUAGE sql STABLE AS $$
  SELECT d.name, d.database_id, (SELECT (pg_stat_file('base/' || p.oid || '/PG_VERSION')).modification FROM pg_database p WHERE p.datname = lower(d.name))
  FROM jsonb_to_recordset($1::jsonb) AS d (name text, database_id int4)
  WHERE 'master' IN (current_database(), lower(d.name)) OR lower(d.name) = lower(sys.db_name()::text) $$;
-- In master all databases; elsewhere master and the database itself.
CALL store.told_view('sys.databases', 'sys.databases_of', $$
  name sysname = d.name
  database_id int = d.database_id
  source_database_id int = NULL
  owner_sid varbinary(85) = '\x01'
  create_date datetime = store.moment(d.created)
  compatibility_level tinyint = 170
  collation_name sysname = 'SQL_Latin1_General_CP1_CI_AS'
  user_access tinyint = 0
  user_access_desc nvarchar(60) = 'MULTI_USER'
  is_read_only bit = 0
  is_auto_close_on bit = 0
  is_auto_shrink_on bit = 0
  state tinyint = 0
  state_desc nvarchar(60) = 'ONLINE'
  is_in_standby bit = 0
  is_cleanly_shutdown bit = 0
  is_supplemental_logging_enabled bit = 0
  snapshot_isolation_state tinyint = 1
  snapshot_isolation_state_desc nvarchar(60) = 'ON'
  is_read_committed_snapshot_on bit = 1
  recovery_model tinyint = 1
  recovery_model_desc nvarchar(60) = 'FULL'
  page_verify_option tinyint = 2
  page_verify_option_desc nvarchar(60) = 'CHECKSUM'
  is_auto_create_stats_on bit = 1
  is_auto_create_stats_incremental_on bit = 0
  is_auto_update_stats_on bit = 1
  is_auto_update_stats_async_on bit = 0
  is_ansi_null_default_on bit = 0
  is_ansi_nulls_on bit = 0
  is_ansi_padding_on bit = 0
  is_ansi_warnings_on bit = 0
  is_arithabort_on bit = 0
  is_concat_null_yields_null_on bit = 0
  is_numeric_roundabort_on bit = 0
  is_quoted_identifier_on bit = 0
  is_recursive_triggers_on bit = 0
  is_cursor_close_on_commit_on bit = 0
  is_local_cursor_default bit = 0
  is_fulltext_enabled bit = 0
  is_trustworthy_on bit = 0
  is_db_chaining_on bit = 0
  is_parameterization_forced bit = 0
  is_master_key_encrypted_by_server bit = 0
  is_query_store_on bit = 0
  is_published bit = 0
  is_subscribed bit = 0
  is_merge_published bit = 0
  is_distributor bit = 0
  is_sync_with_backup bit = 0
  service_broker_guid uniqueidentifier = '00000000-0000-0000-0000-000000000000'
  is_broker_enabled bit = 0
  log_reuse_wait tinyint = 0
  log_reuse_wait_desc nvarchar(60) = 'NOTHING'
  is_date_correlation_on bit = 0
  is_cdc_enabled bit = 0
  is_encrypted bit = 0
  is_honor_broker_priority_on bit = 0
  replica_id uniqueidentifier = NULL
  group_database_id uniqueidentifier = NULL
  resource_pool_id int = NULL
  default_language_lcid smallint = NULL
  default_language_name nvarchar(128) = NULL
  default_fulltext_language_lcid int = NULL
  default_fulltext_language_name nvarchar(128) = NULL
  is_nested_triggers_on bit = NULL
  is_transform_noise_words_on bit = NULL
  two_digit_year_cutoff smallint = NULL
  containment tinyint = 0
  containment_desc nvarchar(60) = 'NONE'
  target_recovery_time_in_seconds int = 60
  delayed_durability int = 0
  delayed_durability_desc nvarchar(60) = 'DISABLED'
  is_memory_optimized_elevate_to_snapshot_on bit = 0
  is_federation_member bit = 0
  is_remote_data_archive_enabled bit = 0
  is_mixed_page_allocation_on bit = 0
  is_temporal_history_retention_enabled bit = 1
  catalog_collation_type int = 2
  catalog_collation_type_desc nvarchar(60) = 'SQL_Latin1_General_CP1_CI_AS'
  physical_database_name nvarchar(128) = d.name
  is_result_set_caching_on bit = 0
  is_accelerated_database_recovery_on bit = 1
  is_tempdb_spill_to_remote_store bit = 0
  is_stale_page_detection_on bit = 0
  is_memory_optimized_enabled bit = 0
  is_data_retention_enabled bit = 0
  is_ledger_on bit = 0
  is_change_feed_enabled bit = 0
$$, 'FROM store.told_databases({listed}) d');
CALL store.told_view('sys.database_service_objectives', 'sys.service_objectives_of', $$
  database_id int = d.database_id
  edition sysname = CASE WHEN d.database_id = 1 THEN 'System' ELSE 'GeneralPurpose' END
  service_objective sysname = CASE WHEN d.database_id = 1 THEN 'System0' ELSE 'GP_Gen5_2' END
  elastic_pool_name sysname = NULL
$$, 'FROM store.told_databases({listed}) d');
CALL store.told_view('sys.dm_user_db_resource_governance', 'sys.governance_of', $$
  database_id int = d.database_id
  logical_database_guid uniqueidentifier = md5('logical ' || d.name)::uuid
  physical_database_guid uniqueidentifier = md5('physical ' || d.name)::uuid
  server_name nvarchar(128) = 'azuresql-standin'
  database_name nvarchar(128) = d.name
  slo_name nvarchar(256) = 'SQLDB_GP_GEN5_2_SQLG5'
  dtu_limit int = NULL
  cpu_limit int = 2
  min_cpu tinyint = 0
  max_cpu tinyint = 100
  cap_cpu tinyint = 100
  min_cores smallint = 0
  max_dop smallint = 2
  min_memory int = 0
  max_memory int = 100
  max_sessions int = 30000
  max_memory_grant int = 25
  max_db_memory int = 10885632
  govern_background_io bit = 0
  min_db_max_size_in_mb bigint = 512
  max_db_max_size_in_mb bigint = 1048576
  default_db_max_size_in_mb bigint = 32768
  db_file_growth_in_mb bigint = 16
  initial_db_file_size_in_mb bigint = 16
  log_size_in_mb bigint = 0
  instance_cap_cpu int = 100
  instance_max_log_rate bigint = 20971520
  instance_max_worker_threads int = 400
  replica_type int = 0
  max_transaction_size bigint = 1048576
  checkpoint_rate_mbps int = 0
  checkpoint_rate_io int = 0
  last_updated_date_utc datetime = store.moment(d.created)
  primary_group_id int = 2000000012
  primary_group_max_workers int = 200
  primary_min_log_rate bigint = 1048576
  primary_max_log_rate bigint = 9437184
  primary_group_min_io int = 0
  primary_group_max_io int = 640
  primary_group_min_cpu float = 0
  primary_group_max_cpu float = 100
  primary_log_commit_fee int = 0
  primary_pool_max_workers int = 200
  pool_max_io int = 640
  govern_db_memory_in_resource_pool bit = 0
  volume_local_iops int = 0
  volume_managed_xstore_iops int = 0
  volume_external_xstore_iops int = 0
  volume_type_local_iops int = 0
  volume_type_managed_xstore_iops int = 0
  volume_type_external_xstore_iops int = 0
  volume_pfs_iops int = 0
  volume_type_pfs_iops int = 0
$$, 'FROM store.told_databases({listed}) d WHERE lower(d.name) = lower(sys.db_name()::text)');
-- One row, of the last full quarter of a minute: use is not measured.
CALL store.view('sys.dm_db_resource_stats', $$
  end_time datetime = store.moment(to_timestamp(floor(extract(epoch FROM now()) / 15) * 15))
  avg_cpu_percent decimal(5,2) = 0
  avg_data_io_percent decimal(5,2) = 0
  avg_log_write_percent decimal(5,2) = 0
  avg_memory_usage_percent decimal(5,2) = 0
  xtp_storage_percent decimal(5,2) = 0
  max_worker_percent decimal(5,2) = 0
  max_session_percent decimal(5,2) = 0
  dtu_limit int = NULL
  avg_login_rate_percent decimal(5,2) = NULL
  avg_instance_cpu_percent decimal(5,2) = 0
  avg_instance_memory_percent decimal(5,2) = 0
  cpu_limit decimal(5,2) = 2
  replica_role int = 0
$$, '');
CALL store.view('sys.configurations', $$
  configuration_id int = c.id
  name nvarchar(35) = c.name
  value int = c.value
  minimum int = c.minimum
  maximum int = c.maximum
  value_in_use int = c.value
  description nvarchar(255) = c.description
  is_dynamic bit = c.dynamic
  is_advanced bit = c.advanced
$$, $$FROM (VALUES (103, 'user connections', 0, 0, 32767, 'Number of user connections allowed', 0, 1), (1539, 'max degree of parallelism', 2, 0, 32767, 'maximum degree of parallelism', 1, 1),
                   (16393, 'contained database authentication', 1, 0, 1, 'Enables contained databases and contained authentication', 1, 0)) AS c (id, name, value, minimum, maximum, description, dynamic, advanced)$$);

-- A session of ours is a connection of PostgreSQL named `tds n`.
CREATE FUNCTION store.told_sessions(listed text) RETURNS TABLE (session_id int2, login_name text, program_name text, host_name text, client_interface_name text, client_process int4, database_id int2, user_id int4,
  isolation int2, lock_timeout int4, row_count int8, prev_error int4, nesting int4, transactions int4, language text, began timestamptz, asked timestamptz, changed timestamptz, busy boolean,
  process int4, waits boolean, command text) LANGUAGE sql STABLE AS $$
  SELECT s.session_id, s.login_name, s.program_name, s.host_name, s.client_interface_name, s.client_process, s.database_id, s.user_id, s.isolation, s.lock_timeout, s.row_count, s.prev_error, s.nesting,
         s.transactions, s.language, a.backend_start, coalesce(a.query_start, a.backend_start), coalesce(a.state_change, a.backend_start), a.state = 'active', a.pid, a.wait_event_type IS NOT DISTINCT FROM 'Lock',
         CASE upper(substring(a.query FROM '^\W*(\w+)')) WHEN 'INSERT' THEN 'INSERT' WHEN 'UPDATE' THEN 'UPDATE' WHEN 'DELETE' THEN 'DELETE' WHEN 'MERGE' THEN 'MERGE' WHEN 'COPY' THEN 'BULK INSERT'
              WHEN 'CREATE' THEN 'CREATE TABLE' WHEN 'ALTER' THEN 'ALTER TABLE' WHEN 'DROP' THEN 'DROP TABLE' WHEN 'COMMIT' THEN 'COMMIT TRANSACTION' WHEN 'ROLLBACK' THEN 'ROLLBACK TRANSACTION' ELSE 'SELECT' END
  FROM jsonb_to_recordset($1::jsonb) AS s (session_id int2, login_name text, program_name text, host_name text, client_interface_name text, client_process int4, database_id int2, user_id int4, isolation int2,
                                           lock_timeout int4, row_count int8, prev_error int4, nesting int4, transactions int4, language text)
  LEFT JOIN pg_stat_activity a ON a.application_name = 'tds ' || s.session_id $$;
CREATE FUNCTION store.milliseconds(since timestamptz) RETURNS int4 LANGUAGE sql STABLE AS
  $$ SELECT least(greatest(extract(epoch FROM clock_timestamp() - $1) * 1000, 0), 2147483647)::int4 $$;
CREATE FUNCTION store.session_of(process int4) RETURNS int2 LANGUAGE sql STABLE AS
  $$ SELECT substring(a.application_name FROM '^tds (\d+)$')::int2 FROM pg_stat_activity a WHERE a.pid = $1 $$;

-- What sessions and requests show of a session's options.
CREATE FUNCTION store.of_a_session() RETURNS text LANGUAGE sql IMMUTABLE AS $function$ SELECT $$
  text_size int = 2147483647
  language nvarchar(128) = s.language
  date_format nvarchar(3) = 'mdy'
  date_first smallint = 7
  quoted_identifier bit = 1
  arithabort bit = 1
  ansi_null_dflt_on bit = 1
  ansi_defaults bit = 0
  ansi_warnings bit = 1
  ansi_padding bit = 1
  ansi_nulls bit = 1
  concat_null_yields_null bit = 1
  transaction_isolation_level smallint = s.isolation
  lock_timeout int = s.lock_timeout
  deadlock_priority int = 0
  row_count bigint = s.row_count
  prev_error int = s.prev_error
$$ $function$;
CALL store.told_view('sys.dm_exec_sessions', 'sys.sessions_of', $$
  session_id smallint = s.session_id
  login_time datetime = store.moment(s.began)
  host_name nvarchar(128) = s.host_name
  program_name nvarchar(128) = s.program_name
  host_process_id int = s.client_process
  client_version int = 7
  client_interface_name nvarchar(32) = s.client_interface_name
  security_id varbinary(85) = decode(md5(lower(s.login_name)), 'hex')
  login_name nvarchar(128) = s.login_name
  nt_domain nvarchar(128) = NULL
  nt_user_name nvarchar(128) = NULL
  status nvarchar(30) = CASE WHEN s.busy THEN 'running' ELSE 'sleeping' END
  context_info varbinary(128) = NULL
  cpu_time int = 0
  memory_usage int = 0
  total_scheduled_time int = 0
  total_elapsed_time int = 0
  endpoint_id int = 4
  last_request_start_time datetime = store.moment(s.asked)
  last_request_end_time datetime = CASE WHEN s.busy THEN store.moment(s.asked) ELSE store.moment(s.changed) END
  reads bigint = 0
  writes bigint = 0
  logical_reads bigint = 0
  is_user_process bit = 1
$$ || store.of_a_session() || $$
  original_security_id varbinary(85) = decode(md5(lower(s.login_name)), 'hex')
  original_login_name nvarchar(128) = s.login_name
  last_successful_logon datetime = NULL
  last_unsuccessful_logon datetime = NULL
  unsuccessful_logons bigint = NULL
  group_id int = 2
  database_id smallint = s.database_id
  authenticating_database_id int = s.database_id
  open_transaction_count int = s.transactions
  page_server_reads bigint = 0
  contained_availability_group_id uniqueidentifier = NULL
$$, 'FROM store.told_sessions({listed}) s');
CALL store.told_view('sys.dm_exec_requests', 'sys.requests_of', $$
  session_id smallint = s.session_id
  request_id int = 0
  start_time datetime = store.moment(s.asked)
  status nvarchar(30) = CASE WHEN s.waits THEN 'suspended' ELSE 'running' END
  command nvarchar(32) = s.command
  sql_handle varbinary(64) = NULL
  statement_start_offset int = NULL
  statement_end_offset int = NULL
  plan_handle varbinary(64) = NULL
  database_id smallint = s.database_id
  user_id int = s.user_id
  connection_id uniqueidentifier = NULL
  blocking_session_id smallint = CASE WHEN s.waits THEN coalesce((SELECT store.session_of(b) FROM unnest(pg_blocking_pids(s.process)) AS b WHERE store.session_of(b) IS NOT NULL LIMIT 1), -4) ELSE 0 END
  wait_type nvarchar(60) = CASE WHEN s.waits THEN 'LCK_M_X' END
  wait_time int = CASE WHEN s.waits THEN coalesce((SELECT store.milliseconds(min(l.waitstart)) FROM pg_locks l WHERE l.pid = s.process AND NOT l.granted), 0) ELSE 0 END
  last_wait_type nvarchar(60) = CASE WHEN s.waits THEN 'LCK_M_X' ELSE 'MISCELLANEOUS' END
  wait_resource nvarchar(256) = ''
  open_transaction_count int = s.transactions
  open_resultset_count int = 1
  transaction_id bigint = 0
  context_info varbinary(128) = NULL
  percent_complete real = 0
  estimated_completion_time bigint = 0
  cpu_time int = 0
  total_elapsed_time int = store.milliseconds(s.asked)
  scheduler_id int = NULL
  task_address varbinary(8) = NULL
  reads bigint = 0
  writes bigint = 0
  logical_reads bigint = 0
$$ || store.of_a_session() || $$
  nest_level int = s.nesting
  granted_query_memory int = 0
  executing_managed_code bit = 0
  group_id int = 2
  query_hash binary(8) = NULL
  query_plan_hash binary(8) = NULL
  statement_sql_handle varbinary(64) = NULL
  statement_context_id bigint = NULL
  dop int = 1
  parallel_worker_count int = NULL
  external_script_request_id uniqueidentifier = NULL
  is_resumable bit = 0
  page_resource binary(8) = NULL
  page_server_reads bigint = 0
  dist_statement_id uniqueidentifier = NULL
$$, 'FROM store.told_sessions({listed}) s WHERE s.busy');

-- PostgreSQL's locks of tables, rows and sp_getapplock, with the mode of SQL Server that conflicts most alike.
CALL store.told_view('sys.dm_tran_locks', 'sys.locks_of', $$
  resource_type nvarchar(60) = CASE l.locktype WHEN 'relation' THEN 'OBJECT' WHEN 'tuple' THEN 'RID' WHEN 'transactionid' THEN 'XACT' WHEN 'advisory' THEN 'APPLICATION' END
  resource_subtype nvarchar(60) = ''
  resource_database_id int = t.database_id
  resource_description nvarchar(256) = CASE l.locktype WHEN 'tuple' THEN format('1:%s:%s', l.page, l.tuple) WHEN 'transactionid' THEN l.transactionid::text WHEN 'advisory' THEN format('%s:%s', l.classid, l.objid) ELSE '' END
  resource_associated_entity_id bigint = coalesce(l.relation::int8, 0)
  resource_lock_partition int = 0
  request_mode nvarchar(60) = CASE l.mode WHEN 'AccessShareLock' THEN 'Sch-S' WHEN 'RowShareLock' THEN 'IS' WHEN 'RowExclusiveLock' THEN 'IX' WHEN 'ShareUpdateExclusiveLock' THEN 'U' WHEN 'ShareLock' THEN 'S' WHEN 'ShareRowExclusiveLock' THEN 'SIX' WHEN 'ExclusiveLock' THEN 'X' ELSE 'Sch-M' END
  request_type nvarchar(60) = 'LOCK'
  request_status nvarchar(60) = CASE WHEN l.granted THEN 'GRANT' ELSE 'WAIT' END
  request_reference_count smallint = 1
  request_lifetime int = 0
  request_session_id int = store.session_of(l.pid)
  request_exec_context_id int = 0
  request_request_id int = 0
  request_owner_type nvarchar(60) = 'TRANSACTION'
  request_owner_id bigint = 0
  request_owner_guid uniqueidentifier = '00000000-0000-0000-0000-000000000000'
  request_owner_lockspace_id nvarchar(32) = ''
  lock_owner_address varbinary(8) = NULL
$$, $$FROM pg_locks l CROSS JOIN (SELECT d.database_id FROM store.told_databases({listed}) d WHERE lower(d.name) = lower(sys.db_name()::text)) AS t WHERE l.locktype IN ('relation', 'tuple', 'transactionid', 'advisory') AND store.session_of(l.pid) IS NOT NULL
  AND (SELECT a.datname FROM pg_stat_activity a WHERE a.pid = l.pid) = current_database() AND (l.locktype <> 'relation' OR l.relation IN (SELECT r.oid FROM store.relations r WHERE r.own))$$);
