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

CREATE VIEW sys.indexes AS
  SELECT object_id, store.name(name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, index_id, type::int2::sys.tinyint AS type, store.name(words) AS type_desc, store.flag(is_unique) AS is_unique,
         1 AS data_space_id, store.flag(false) AS ignore_dup_key, store.flag(is_primary) AS is_primary_key, store.flag(is_constraint) AS is_unique_constraint,
         0::int2::sys.tinyint AS fill_factor, store.flag(false) AS is_padded, store.flag(false) AS is_disabled, store.flag(false) AS is_hypothetical,
         store.flag(true) AS allow_row_locks, store.flag(true) AS allow_page_locks, store.flag(filter IS NOT NULL) AS has_filter, filter::sys.nvarchar AS filter_definition
  FROM (SELECT object_id, name, index_id, CASE WHEN clustered THEN 1 ELSE 2 END AS type, CASE WHEN clustered THEN 'CLUSTERED' ELSE 'NONCLUSTERED' END AS words, indisunique AS is_unique,
               contype IS NOT DISTINCT FROM 'p' AS is_primary, contype IS NOT DISTINCT FROM 'u' AS is_constraint, filter FROM store.indexes
        UNION ALL
        SELECT r.object_id, NULL, 0, 0, 'HEAP', false, false, false, NULL FROM store.relations r
        WHERE r.own AND r.relkind = 'r' AND NOT EXISTS (SELECT FROM store.indexes i WHERE i.indrelid = r.oid AND i.clustered)) AS all_indexes;

CREATE VIEW sys.index_columns AS
  SELECT i.object_id, i.index_id, part::int4 AS index_column_id, i.indkey[part - 1]::int4 AS column_id,
         (CASE WHEN part <= i.indnkeyatts THEN part ELSE 0 END)::int2::sys.tinyint AS key_ordinal, 0::int2::sys.tinyint AS partition_ordinal,
         store.flag(part <= i.indnkeyatts AND i.indoption[part - 1] & 1 = 1) AS is_descending_key, store.flag(part > i.indnkeyatts) AS is_included_column
  FROM store.indexes i CROSS JOIN LATERAL generate_series(1, i.indnatts::int4) AS part;

CREATE VIEW sys.key_constraints AS
  SELECT o.*, i.index_id AS unique_index_id, store.flag(false) AS is_system_named, store.flag(true) AS is_enforced
  FROM sys.objects o JOIN store.indexes i ON i.constraint_id = o.object_id;

CREATE FUNCTION store.action(letter pg_catalog."char") RETURNS int4 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE $1 WHEN 'c' THEN 1 WHEN 'n' THEN 2 WHEN 'd' THEN 3 ELSE 0 END $$;
CREATE FUNCTION store.action_words(letter pg_catalog."char") RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE AS
  $$ SELECT store.name(CASE $1 WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET_NULL' WHEN 'd' THEN 'SET_DEFAULT' ELSE 'NO_ACTION' END) $$;
CREATE VIEW sys.foreign_keys AS
  SELECT o.*, k.confrelid::int4 AS referenced_object_id,
         (SELECT i.index_id FROM store.indexes i WHERE i.indexrelid = k.conindid) AS key_index_id, store.flag(k.disabled) AS is_disabled, store.flag(false) AS is_not_for_replication,
         store.flag(k.untrusted) AS is_not_trusted, store.action(k.confdeltype)::int2::sys.tinyint AS delete_referential_action, store.action_words(k.confdeltype) AS delete_referential_action_desc,
         store.action(k.confupdtype)::int2::sys.tinyint AS update_referential_action, store.action_words(k.confupdtype) AS update_referential_action_desc, store.flag(false) AS is_system_named
  FROM sys.objects o JOIN store.constraints k ON k.object_id = o.object_id WHERE k.contype = 'f';
CREATE VIEW sys.foreign_key_columns AS
  SELECT k.object_id AS constraint_object_id, part AS constraint_column_id, k.parent_object_id, k.conkey[part]::int4 AS parent_column_id,
         k.confrelid::int4 AS referenced_object_id, k.confkey[part]::int4 AS referenced_column_id
  FROM store.constraints k CROSS JOIN LATERAL generate_series(1, k.columns) AS part WHERE k.contype = 'f';

-- Rows are counted, not estimated: nobody here has a table too large for that.
CREATE FUNCTION store.row_count(relation oid) RETURNS int8 LANGUAGE plpgsql STABLE AS $$
DECLARE counted int8;
BEGIN
  EXECUTE format('SELECT count(*) FROM %s', relation::regclass) INTO counted;
  RETURN counted;
END $$;
CREATE VIEW sys.partitions AS
  SELECT i.object_id::int8 * 256 + i.index_id AS partition_id, i.object_id, i.index_id, 1 AS partition_number, i.object_id::int8 * 256 + i.index_id AS hobt_id,
         store.row_count(i.object_id::oid) AS rows, 0::int2::sys.tinyint AS data_compression, store.name('NONE') AS data_compression_desc
  FROM sys.indexes i;
CREATE VIEW sys.dm_db_partition_stats AS
  SELECT p.partition_id, p.object_id, p.index_id, p.partition_number, pg_relation_size(p.object_id::oid) / 8192 AS in_row_data_page_count,
         pg_total_relation_size(p.object_id::oid) / 8192 AS used_page_count, pg_total_relation_size(p.object_id::oid) / 8192 AS reserved_page_count, p.rows AS row_count
  FROM sys.partitions p;
