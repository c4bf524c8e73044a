-- Indexes, keys and foreign keys. An index of PostgreSQL is named table.index, because T-SQL's names are unique in their table only.

CREATE VIEW store.indexes AS
  SELECT i.indexrelid, i.indrelid, r.object_id, i.indisunique, i.indkey, i.indoption, i.indnkeyatts, i.indnatts, k.object_id AS constraint_id, k.contype,
         e.extra, coalesce(k.name, e.extra ->> 'name', regexp_replace(c.relname, '^.*?\.', '')) AS name,
         coalesce((e.extra ->> 'clustered')::boolean, false) AS clustered, e.extra ->> 'filter' AS filter,
         CASE WHEN coalesce((e.extra ->> 'clustered')::boolean, false) THEN 1
              ELSE 1 + row_number() OVER (PARTITION BY i.indrelid, coalesce((e.extra ->> 'clustered')::boolean, false) ORDER BY i.indexrelid)::int4 END AS index_id
  FROM pg_index i
  JOIN store.relations r ON r.oid = i.indrelid AND r.own
  JOIN pg_class c ON c.oid = i.indexrelid
  CROSS JOIN LATERAL (SELECT store.extra(i.indexrelid, 'pg_class') AS extra) AS e
  LEFT JOIN store.constraints k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u');

CALL store.view('sys.indexes', $$
  object_id int = i.object_id
  name sysname = i.name
  index_id int = i.index_id
  type tinyint = i.type
  type_desc nvarchar(60) = i.words
  is_unique bit = i.is_unique
  data_space_id int = 1
  ignore_dup_key bit = 0
  is_primary_key bit = i.is_primary
  is_unique_constraint bit = i.is_constraint
  fill_factor tinyint = 0
  is_padded bit = 0
  is_disabled bit = 0
  is_hypothetical bit = 0
  is_ignored_in_optimization bit = 0
  allow_row_locks bit = 1
  allow_page_locks bit = 1
  has_filter bit = i.filter IS NOT NULL
  filter_definition nvarchar(max) = i.filter
  compression_delay int = NULL
  suppress_dup_key_messages bit = 0
  auto_created bit = 0
  optimize_for_sequential_key bit = 0
$$, $$FROM (SELECT object_id, name, index_id, CASE WHEN clustered THEN 1 ELSE 2 END AS type, CASE WHEN clustered THEN 'CLUSTERED' ELSE 'NONCLUSTERED' END AS words, indisunique AS is_unique,
               contype IS NOT DISTINCT FROM 'p' AS is_primary, contype IS NOT DISTINCT FROM 'u' AS is_constraint, filter FROM store.indexes
        UNION ALL
        SELECT r.object_id, NULL, 0, 0, 'HEAP', false, false, false, NULL FROM store.relations r
        WHERE r.own AND r.relkind = 'r' AND NOT EXISTS (SELECT FROM store.indexes i WHERE i.indrelid = r.oid AND i.clustered)) AS i$$);

CALL store.view('sys.index_columns', $$
  object_id int = i.object_id
  index_id int = i.index_id
  index_column_id int = part
  column_id int = i.indkey[part - 1]
  key_ordinal tinyint = CASE WHEN part <= i.indnkeyatts THEN part ELSE 0 END
  partition_ordinal tinyint = 0
  is_descending_key bit = part <= i.indnkeyatts AND i.indoption[part - 1] & 1 = 1
  is_included_column bit = part > i.indnkeyatts
  column_store_order_ordinal tinyint = 0
  data_clustering_ordinal tinyint = 0
$$, 'FROM store.indexes i CROSS JOIN LATERAL generate_series(1, i.indnatts::int4) AS part');

CALL store.view('sys.key_constraints', $$
  unique_index_id int = i.index_id
  is_system_named bit = 0
  is_enforced bit = 1
$$, 'FROM sys.objects o JOIN store.indexes i ON i.constraint_id = o.object_id', 'o.*, ');

CREATE FUNCTION store.action(letter pg_catalog."char") RETURNS int4 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE $1 WHEN 'c' THEN 1 WHEN 'n' THEN 2 WHEN 'd' THEN 3 ELSE 0 END $$;
CREATE FUNCTION store.action_words(letter pg_catalog."char") RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE $1 WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET_NULL' WHEN 'd' THEN 'SET_DEFAULT' ELSE 'NO_ACTION' END $$;
CALL store.view('sys.foreign_keys', $$
  referenced_object_id int = k.confrelid
  key_index_id int = (SELECT i.index_id FROM store.indexes i WHERE i.indexrelid = k.conindid)
  is_disabled bit = k.disabled
  is_not_for_replication bit = 0
  is_not_trusted bit = k.untrusted
  delete_referential_action tinyint = store.action(k.confdeltype)
  delete_referential_action_desc nvarchar(60) = store.action_words(k.confdeltype)
  update_referential_action tinyint = store.action(k.confupdtype)
  update_referential_action_desc nvarchar(60) = store.action_words(k.confupdtype)
  is_system_named bit = 0
$$, $$FROM sys.objects o JOIN store.constraints k ON k.object_id = o.object_id WHERE k.contype = 'f'$$, 'o.*, ');
CALL store.view('sys.foreign_key_columns', $$
  constraint_object_id int = k.object_id
  constraint_column_id int = part
  parent_object_id int = k.parent_object_id
  parent_column_id int = k.conkey[part]
  referenced_object_id int = k.confrelid
  referenced_column_id int = k.confkey[part]
$$, $$FROM store.constraints k CROSS JOIN LATERAL generate_series(1, k.columns) AS part WHERE k.contype = 'f'$$);

-- Rows are counted, not estimated: nobody here has a table too large for that.
CREATE FUNCTION store.row_count(relation oid) RETURNS int8 LANGUAGE plpgsql STABLE AS $$
DECLARE counted int8;
BEGIN
  EXECUTE format('SELECT count(*) FROM %s', relation::regclass) INTO counted;
  RETURN counted;
END $$;
CALL store.view('sys.partitions', $$
  partition_id bigint = i.object_id::int8 * 256 + i.index_id
  object_id int = i.object_id
  index_id int = i.index_id
  partition_number int = 1
  hobt_id bigint = i.object_id::int8 * 256 + i.index_id
  rows bigint = store.row_count(i.object_id::oid)
  filestream_filegroup_id smallint = 0
  data_compression tinyint = 0
  data_compression_desc nvarchar(60) = 'NONE'
  xml_compression bit = 0
  xml_compression_desc varchar(3) = 'OFF'
$$, 'FROM sys.indexes i');
-- Pages are PostgreSQL's, of 8 KiB too.
CALL store.view('sys.dm_db_partition_stats', $$
  partition_id bigint = p.partition_id
  object_id int = p.object_id
  index_id int = p.index_id
  partition_number int = p.partition_number
  in_row_data_page_count bigint = pg_relation_size(p.object_id::oid) / 8192
  in_row_used_page_count bigint = pg_table_size(p.object_id::oid) / 8192
  in_row_reserved_page_count bigint = pg_table_size(p.object_id::oid) / 8192
  lob_used_page_count bigint = 0
  lob_reserved_page_count bigint = 0
  row_overflow_used_page_count bigint = 0
  row_overflow_reserved_page_count bigint = 0
  used_page_count bigint = pg_total_relation_size(p.object_id::oid) / 8192
  reserved_page_count bigint = pg_total_relation_size(p.object_id::oid) / 8192
  row_count bigint = p.rows
$$, 'FROM sys.partitions p');
