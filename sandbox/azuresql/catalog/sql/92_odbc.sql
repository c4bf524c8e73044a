-- What the catalog procedures answer (tsql/catalog_procedures.py), as SQLTables, SQLColumns and the others of ODBC 3 read it.

-- Patterns are LIKE's; without, names are compared as they are.
CREATE FUNCTION store.matches(value text, pattern text, patterns boolean) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT $2 IS NULL OR CASE WHEN $3 THEN sys.like_match($1::sys.nvarchar, $2::sys.nvarchar, NULL, true) ELSE lower($1) = lower($2) END $$;

-- A type as ODBC numbers it: "Catalog Metadata" of the ODBC driver for the times, SQLColumns for the rest. (max) is of length 0.
CREATE FUNCTION store.odbc_shape(number int4, name text, bytes int4, digits int4, scale int4, nullable boolean, identity boolean)
RETURNS TABLE (data_type int4, type_name text, size int4, length int4, decimals int4, radix int4, sql_type int4, sub int4, octets int4, ss int4) LANGUAGE sql IMMUTABLE AS $$
  SELECT t.data_type, $2 || CASE WHEN $7 THEN CASE WHEN $1 = 106 THEN '() identity' ELSE ' identity' END ELSE '' END,
         CASE WHEN t.kind = 'n' THEN greatest($3, 0) / 2 WHEN t.kind = 'c' THEN greatest($3, 0) ELSE coalesce(t.size, $4) END,
         CASE WHEN t.kind IN ('n', 'c') THEN greatest($3, 0) WHEN $1 = 106 THEN $4 + 2 ELSE t.length END,
         CASE WHEN t.kind = 's' THEN $5 WHEN t.kind = 'f' THEN NULL ELSE t.decimals END, t.radix,
         CASE WHEN t.data_type IN (91, 93) THEN 9 ELSE t.data_type END, CASE t.data_type WHEN 91 THEN 1 WHEN 93 THEN 3 END,
         CASE WHEN t.kind IN ('n', 'c') THEN greatest($3, 0) WHEN $1 = 189 THEN 8 END, CASE WHEN $6 THEN t.nullable ELSE t.filled END
  FROM (VALUES (36, -11, '', 36, 16, NULL, NULL, 37, 37), (40, 91, '', 10, 6, 0, NULL, 0, 0), (41, -154, 's', NULL, 10, NULL, NULL, 0, 0), (42, 93, 's', NULL, 16, NULL, NULL, 0, 0),
               (43, -155, 's', NULL, 20, NULL, NULL, 0, 0), (48, -6, '', 3, 1, 0, 10, 48, 38), (52, 5, '', 5, 2, 0, 10, 52, 38), (56, 4, '', 10, 4, 0, 10, 56, 38), (58, 93, '', 16, 16, 0, NULL, 58, 111),
               (59, 7, 'f', 24, 4, NULL, 2, 59, 109), (60, 3, '', 19, 21, 4, 10, 60, 110), (61, 93, '', 23, 16, 3, NULL, 61, 111), (62, 6, 'f', 53, 8, NULL, 2, 62, 109), (104, -7, '', 1, 1, NULL, NULL, 50, 50),
               (106, 3, 's', NULL, NULL, NULL, 10, 55, 106), (122, 3, '', 10, 12, 4, 10, 122, 110), (127, -5, '', 19, 8, 0, 10, 63, 108), (165, -3, 'c', NULL, NULL, NULL, NULL, 37, 37),
               (167, 12, 'c', NULL, NULL, NULL, NULL, 39, 39), (173, -2, 'c', NULL, NULL, NULL, NULL, 45, 37), (175, 1, 'c', NULL, NULL, NULL, NULL, 47, 39), (189, -2, '', 8, 8, NULL, NULL, 45, 37),
               (231, -9, 'n', NULL, NULL, NULL, NULL, 39, 39), (239, -8, 'n', NULL, NULL, NULL, NULL, 47, 39))
    AS t (number, data_type, kind, size, length, decimals, radix, filled, nullable) WHERE t.number = $1 $$;

CALL store.view('store.sp_tables', $$
  TABLE_QUALIFIER sysname = sys.db_name()
  TABLE_OWNER sysname = s.name
  TABLE_NAME sysname = r.name
  TABLE_TYPE varchar(32) = CASE r.relkind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END
  REMARKS varchar(254) = NULL
$$, $$FROM store.relations r JOIN store.schemas s ON s.oid = r.namespace WHERE r.relkind IN ('r', 'v')$$);

CALL store.view('store.sp_columns', $$
  TABLE_QUALIFIER sysname = sys.db_name()
  TABLE_OWNER sysname = s.name
  TABLE_NAME sysname = r.name
  COLUMN_NAME sysname = c.name
  DATA_TYPE smallint = o.data_type
  TYPE_NAME sysname = o.type_name
  PRECISION int = o.size
  LENGTH int = o.length
  SCALE smallint = o.decimals
  RADIX smallint = o.radix
  NULLABLE smallint = c.nullable::int4
  REMARKS varchar(254) = NULL
  COLUMN_DEF nvarchar(4000) = c.extra ->> 'default'
  SQL_DATA_TYPE smallint = o.sql_type
  SQL_DATETIME_SUB smallint = o.sub
  CHAR_OCTET_LENGTH int = o.octets
  ORDINAL_POSITION int = (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.relation AND a.attnum BETWEEN 1 AND c.column_id AND NOT a.attisdropped)
  IS_NULLABLE varchar(254) = CASE WHEN c.nullable THEN 'YES' ELSE 'NO' END
  SS_IS_SPARSE smallint = 0
  SS_IS_COLUMN_SET smallint = 0
  SS_IS_COMPUTED smallint = (c.extra ? 'computed')::int4
  SS_IS_IDENTITY smallint = c.identity::int4
  SS_UDT_CATALOG_NAME nvarchar(128) = NULL
  SS_UDT_SCHEMA_NAME nvarchar(128) = NULL
  SS_UDT_ASSEMBLY_TYPE_NAME nvarchar(max) = NULL
  SS_XML_SCHEMACOLLECTION_CATALOG_NAME nvarchar(128) = NULL
  SS_XML_SCHEMACOLLECTION_SCHEMA_NAME nvarchar(128) = NULL
  SS_XML_SCHEMACOLLECTION_NAME nvarchar(128) = NULL
  SS_DATA_TYPE tinyint = o.ss
$$, $$FROM store.columns c JOIN store.relations r ON r.oid = c.relation JOIN store.schemas s ON s.oid = r.namespace
  CROSS JOIN LATERAL store.odbc_shape(c.number, c.type, c.bytes, c.precision, c.scale, c.nullable, c.identity) AS o$$);

CALL store.view('store.sp_pkeys', $$
  TABLE_QUALIFIER sysname = sys.db_name()
  TABLE_OWNER sysname = s.name
  TABLE_NAME sysname = r.name
  COLUMN_NAME sysname = c.name
  KEY_SEQ smallint = part
  PK_NAME sysname = k.name
$$, $$FROM store.constraints k JOIN store.relations r ON r.oid = k.conrelid JOIN store.schemas s ON s.oid = r.namespace CROSS JOIN LATERAL generate_series(1, k.columns) AS part
  JOIN store.columns c ON c.relation = r.oid AND c.column_id = k.conkey[part] WHERE k.contype = 'p'$$);

-- Rules of ODBC: 0 CASCADE, 1 NO ACTION, 2 SET NULL, 3 SET DEFAULT; 7 is not deferrable.
CREATE FUNCTION store.odbc_rule(letter pg_catalog."char") RETURNS int4 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE $1 WHEN 'c' THEN 0 WHEN 'n' THEN 2 WHEN 'd' THEN 3 ELSE 1 END $$;
CALL store.view('store.sp_fkeys', $$
  PKTABLE_QUALIFIER sysname = sys.db_name()
  PKTABLE_OWNER sysname = ps.name
  PKTABLE_NAME sysname = pr.name
  PKCOLUMN_NAME sysname = pc.name
  FKTABLE_QUALIFIER sysname = sys.db_name()
  FKTABLE_OWNER sysname = s.name
  FKTABLE_NAME sysname = r.name
  FKCOLUMN_NAME sysname = c.name
  KEY_SEQ smallint = part
  UPDATE_RULE smallint = store.odbc_rule(k.confupdtype)
  DELETE_RULE smallint = store.odbc_rule(k.confdeltype)
  FK_NAME sysname = k.name
  PK_NAME sysname = (SELECT i.name FROM store.indexes i WHERE i.indexrelid = k.conindid)
  DEFERRABILITY smallint = 7
$$, $$FROM store.constraints k JOIN store.relations r ON r.oid = k.conrelid JOIN store.schemas s ON s.oid = r.namespace JOIN store.relations pr ON pr.oid = k.confrelid JOIN store.schemas ps ON ps.oid = pr.namespace
  CROSS JOIN LATERAL generate_series(1, k.columns) AS part JOIN store.columns c ON c.relation = r.oid AND c.column_id = k.conkey[part]
  JOIN store.columns pc ON pc.relation = pr.oid AND pc.column_id = k.confkey[part] WHERE k.contype = 'f'$$);

-- TYPE 0 is the table itself, 1 its clustered index, 3 another one.
CALL store.view('store.sp_statistics', $$
  TABLE_QUALIFIER sysname = sys.db_name()
  TABLE_OWNER sysname = s.name
  TABLE_NAME sysname = r.name
  NON_UNIQUE smallint = i.non_unique
  INDEX_QUALIFIER sysname = CASE WHEN i.kind > 0 THEN r.name END
  INDEX_NAME sysname = i.name
  TYPE smallint = i.kind
  SEQ_IN_INDEX smallint = i.part
  COLUMN_NAME sysname = (SELECT c.name FROM store.columns c WHERE c.relation = r.oid AND c.column_id = i.field)
  COLLATION char(1) = i.direction
  CARDINALITY int = store.row_count(r.oid)
  PAGES int = pg_relation_size(r.oid) / 8192
  FILTER_CONDITION varchar(128) = left(i.filter, 128)
$$, $$FROM (SELECT oid AS relation, NULL::int4 AS non_unique, NULL AS name, 0 AS kind, NULL::int4 AS part, NULL::int4 AS field, NULL AS direction, NULL AS filter FROM store.relations WHERE relkind = 'r' AND own
        UNION ALL SELECT indrelid, (NOT indisunique)::int4, name, CASE WHEN clustered THEN 1 ELSE 3 END, p, indkey[p - 1], CASE WHEN indoption[p - 1] & 1 = 1 THEN 'D' ELSE 'A' END, filter
        FROM store.indexes CROSS JOIN LATERAL generate_series(1, indnkeyatts::int4) AS p) AS i
  JOIN store.relations r ON r.oid = i.relation JOIN store.schemas s ON s.oid = r.namespace$$);

-- The columns that tell a row: the primary key, else the first unique index; `strict` where none of them may be NULL. Or the rowversion.
CREATE VIEW store.identifying AS
  SELECT DISTINCT ON (i.indrelid, s.strictly) i.indrelid AS relation, i.indkey, i.indnkeyatts, s.strictly
  FROM store.indexes i CROSS JOIN (VALUES (true), (false)) AS s (strictly)
  WHERE i.indisunique AND i.filter IS NULL
    AND (NOT s.strictly OR NOT EXISTS (SELECT FROM store.columns c WHERE c.relation = i.indrelid AND c.nullable AND c.column_id = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])))
  ORDER BY i.indrelid, s.strictly, i.contype = 'p' DESC NULLS LAST, i.index_id;
CALL store.view('store.sp_special_columns', $$
  SCOPE smallint = CASE WHEN v.kind = 'R' THEN 0 END
  COLUMN_NAME sysname = c.name
  DATA_TYPE smallint = o.data_type
  TYPE_NAME sysname = o.type_name
  PRECISION int = o.size
  LENGTH int = o.length
  SCALE smallint = o.decimals
  PSEUDO_COLUMN smallint = 1
  TABLE_OWNER sysname = s.name
  TABLE_NAME sysname = r.name
  COLUMN_TYPE char(1) = v.kind
  STRICT bit = v.strictly
  PLACE int = v.place
$$, $$FROM (SELECT relation, indkey[p - 1]::int4 AS field, 'R' AS kind, strictly, p AS place FROM store.identifying CROSS JOIN LATERAL generate_series(1, indnkeyatts::int4) AS p
        UNION ALL SELECT relation, column_id, 'V', b.strictly, 1 FROM store.columns CROSS JOIN (VALUES (true), (false)) AS b (strictly) WHERE number = 189) AS v
  JOIN store.columns c ON c.relation = v.relation AND c.column_id = v.field JOIN store.relations r ON r.oid = v.relation JOIN store.schemas s ON s.oid = r.namespace
  CROSS JOIN LATERAL store.odbc_shape(c.number, c.type, c.bytes, c.precision, c.scale, c.nullable, c.identity) AS o$$);

-- A procedure is number 1 of its name, a function number 0.
CALL store.view('store.sp_stored_procedures', $$
  PROCEDURE_QUALIFIER sysname = sys.db_name()
  PROCEDURE_OWNER sysname = s.name
  PROCEDURE_NAME nvarchar(134) = m.name || CASE m.type WHEN 'P' THEN ';1' ELSE ';0' END
  NUM_INPUT_PARAMS int = -1
  NUM_OUTPUT_PARAMS int = -1
  NUM_RESULT_SETS int = -1
  REMARKS varchar(254) = NULL
  PROCEDURE_TYPE smallint = 2
  BARE_NAME sysname = m.name
$$, $$FROM store.visible_modules m JOIN store.schemas s ON s.oid = m.namespace WHERE m.type IN ('P', 'FN', 'IF', 'TF')$$);
-- COLUMN_TYPE 1 goes in, 2 in and out, 5 is what RETURN gives.
CALL store.view('store.sp_sproc_columns', $$
  PROCEDURE_QUALIFIER sysname = sys.db_name()
  PROCEDURE_OWNER sysname = s.name
  PROCEDURE_NAME nvarchar(134) = m.name || CASE m.type WHEN 'P' THEN ';1' ELSE ';0' END
  COLUMN_NAME sysname = p.name
  COLUMN_TYPE smallint = CASE WHEN p.place = 0 THEN 5 WHEN p.is_output THEN 2 ELSE 1 END
  DATA_TYPE smallint = o.data_type
  TYPE_NAME sysname = o.type_name
  PRECISION int = o.size
  LENGTH int = o.length
  SCALE smallint = o.decimals
  RADIX smallint = o.radix
  NULLABLE smallint = (p.place > 0)::int4
  REMARKS varchar(254) = NULL
  COLUMN_DEF nvarchar(4000) = NULL
  SQL_DATA_TYPE smallint = o.sql_type
  SQL_DATETIME_SUB smallint = o.sub
  CHAR_OCTET_LENGTH int = o.octets
  ORDINAL_POSITION int = p.place
  IS_NULLABLE varchar(254) = CASE WHEN p.place > 0 THEN 'YES' ELSE 'NO' END
  SS_UDT_CATALOG_NAME nvarchar(128) = NULL
  SS_UDT_SCHEMA_NAME nvarchar(128) = NULL
  SS_UDT_ASSEMBLY_TYPE_NAME nvarchar(max) = NULL
  SS_XML_SCHEMACOLLECTION_CATALOG_NAME nvarchar(128) = NULL
  SS_XML_SCHEMACOLLECTION_SCHEMA_NAME nvarchar(128) = NULL
  SS_XML_SCHEMACOLLECTION_NAME nvarchar(128) = NULL
  SS_DATA_TYPE tinyint = o.ss
  BARE_NAME sysname = m.name
$$, $$FROM (SELECT object_id, parameter_id AS place, CASE parameter_id WHEN 0 THEN '@RETURN_VALUE' ELSE name::text END AS name, system_type_id::int4 AS number, max_length::int4 AS bytes, precision::int4 AS digits, scale::int4 AS scale,
               is_output::boolean AS is_output FROM sys.parameters
        UNION ALL SELECT object_id, 0, '@RETURN_VALUE', 56, 4, 10, 0, false FROM store.modules WHERE type = 'P') AS p
  JOIN store.visible_modules m ON m.object_id = p.object_id AND m.type IN ('P', 'FN') JOIN store.schemas s ON s.oid = m.namespace JOIN store.types t ON t.number = p.number
  CROSS JOIN LATERAL store.odbc_shape(p.number, t.name, p.bytes, p.digits, p.scale, p.place > 0, false) AS o$$);

-- Its owner may do everything with a table and pass it on.
CREATE VIEW store.table_rights AS
  SELECT p.*, r.name AS table_name, s.name AS schema_name
  FROM (SELECT r.oid AS relation, 'dbo' AS grantee, w.permission, 'YES' AS grantable FROM store.relations r CROSS JOIN unnest(ARRAY['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'UPDATE']) AS w (permission) WHERE r.own
        UNION ALL SELECT relation, grantee, permission, grantable FROM store.privileges) AS p
  JOIN store.relations r ON r.oid = p.relation AND r.relkind IN ('r', 'v') JOIN store.schemas s ON s.oid = r.namespace;
CALL store.view('store.sp_table_privileges', $$
  TABLE_QUALIFIER sysname = sys.db_name()
  TABLE_OWNER sysname = p.schema_name
  TABLE_NAME sysname = p.table_name
  GRANTOR sysname = 'dbo'
  GRANTEE sysname = p.grantee
  PRIVILEGE varchar(32) = p.permission
  IS_GRANTABLE varchar(3) = p.grantable
$$, 'FROM store.table_rights p');
CALL store.view('store.sp_column_privileges', $$
  TABLE_QUALIFIER sysname = sys.db_name()
  TABLE_OWNER sysname = p.schema_name
  TABLE_NAME sysname = p.table_name
  COLUMN_NAME sysname = c.name
  GRANTOR sysname = 'dbo'
  GRANTEE sysname = p.grantee
  PRIVILEGE varchar(32) = p.permission
  IS_GRANTABLE varchar(3) = p.grantable
$$, $$FROM store.table_rights p JOIN store.columns c ON c.relation = p.relation WHERE p.permission <> 'DELETE'$$);
