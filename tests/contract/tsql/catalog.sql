CREATE TABLE dbo.item (
    id bigint IDENTITY(5, 2) CONSTRAINT pk_item PRIMARY KEY,
    name nvarchar(40) NOT NULL,
    price decimal(9, 2) NULL CONSTRAINT df_price DEFAULT 1.5 CONSTRAINT ck_price CHECK (price >= 0),
    made datetime2(3) NULL,
    note varchar(max) NULL,
    twice AS price + price
);
CREATE TABLE dbo.part (id int NOT NULL, item bigint NULL CONSTRAINT fk_part REFERENCES dbo.item (id) ON DELETE CASCADE, code char(4) NULL, CONSTRAINT uq_part UNIQUE (code));
CREATE INDEX ix_item ON dbo.item (name, made DESC) INCLUDE (price);
CREATE UNIQUE INDEX ux_item ON dbo.item (name) WHERE price IS NOT NULL;
GO
CREATE VIEW dbo.cheap AS SELECT id, name FROM dbo.item WHERE price < 2;
GO

-- case: sys.tables and sys.schemas
-- page: sql/relational-databases/system-catalog-views/sys-tables-transact-sql
SELECT s.name AS s, t.name AS t, t.type AS type, t.type_desc AS type_desc FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id ORDER BY t.name;
GO

-- case: sys.columns
-- page: sql/relational-databases/system-catalog-views/sys-columns-transact-sql
SELECT c.name AS name, c.column_id AS column_id, t.name AS type, c.max_length AS max_length, c.precision AS p, c.scale AS scale, c.is_nullable AS is_nullable, c.is_identity AS is_identity, c.is_computed AS is_computed FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.user_type_id WHERE c.object_id = OBJECT_ID('dbo.item') ORDER BY c.column_id;
GO

-- case: sys.indexes and their columns
-- page: sql/relational-databases/system-catalog-views/sys-index-columns-transact-sql
SELECT i.name AS i, c.name AS c, ic.key_ordinal AS k, ic.is_descending_key AS d, ic.is_included_column AS inc FROM sys.indexes AS i JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id WHERE i.object_id = OBJECT_ID('dbo.item') ORDER BY i.name, ic.is_included_column, ic.key_ordinal;
GO

-- case: sys.indexes
-- page: sql/relational-databases/system-catalog-views/sys-indexes-transact-sql
SELECT name, type_desc, is_unique, is_primary_key, is_unique_constraint, has_filter FROM sys.indexes WHERE object_id = OBJECT_ID('dbo.item') ORDER BY name;
SELECT name, type, type_desc FROM sys.indexes WHERE object_id = OBJECT_ID('dbo.part') ORDER BY index_id;
GO

-- case: sys.key_constraints
-- page: sql/relational-databases/system-catalog-views/sys-key-constraints-transact-sql
SELECT name, type, type_desc, OBJECT_NAME(parent_object_id) AS parent FROM sys.key_constraints ORDER BY name;
GO

-- case: sys.foreign_keys and their columns
-- page: sql/relational-databases/system-catalog-views/sys-foreign-keys-transact-sql
SELECT f.name AS name, OBJECT_NAME(f.parent_object_id) AS child, OBJECT_NAME(f.referenced_object_id) AS parent, f.delete_referential_action_desc AS on_delete, f.update_referential_action_desc AS on_update, COL_NAME(c.parent_object_id, c.parent_column_id) AS from_column, COL_NAME(c.referenced_object_id, c.referenced_column_id) AS to_column FROM sys.foreign_keys AS f JOIN sys.foreign_key_columns AS c ON c.constraint_object_id = f.object_id;
GO

-- case: sys.check_constraints and sys.default_constraints
-- page: sql/relational-databases/system-catalog-views/sys-check-constraints-transact-sql
SELECT name, OBJECT_NAME(parent_object_id) AS parent, COL_NAME(parent_object_id, parent_column_id) AS col, is_disabled, is_not_trusted, is_system_named FROM sys.check_constraints;
SELECT name, OBJECT_NAME(parent_object_id) AS parent, COL_NAME(parent_object_id, parent_column_id) AS col, is_system_named FROM sys.default_constraints;
GO

-- case: sys.identity_columns
-- page: sql/relational-databases/system-catalog-views/sys-identity-columns-transact-sql
SELECT name, CAST(seed_value AS int) AS seed, CAST(increment_value AS int) AS step, CAST(last_value AS int) AS last FROM sys.identity_columns WHERE object_id = OBJECT_ID('dbo.item');
GO

-- case: sys.computed_columns
-- page: sql/relational-databases/system-catalog-views/sys-computed-columns-transact-sql
SELECT name, OBJECT_NAME(object_id) AS parent, column_id, is_persisted, is_computed FROM sys.computed_columns;
GO

-- case: sys.views and sys.sql_modules
-- page: sql/relational-databases/system-catalog-views/sys-sql-modules-transact-sql
SELECT v.name AS name, m.definition AS definition FROM sys.views AS v JOIN sys.sql_modules AS m ON m.object_id = v.object_id;
GO

-- case: sys.objects
-- page: sql/relational-databases/system-catalog-views/sys-objects-transact-sql
SELECT name, type, type_desc FROM sys.objects WHERE schema_id = SCHEMA_ID('dbo') AND is_ms_shipped = 0 AND type NOT IN ('SQ', 'IT', 'S') ORDER BY name;
GO

-- case: sys.types of the system
-- page: sql/relational-databases/system-catalog-views/sys-types-transact-sql
SELECT name, system_type_id, user_type_id, max_length, precision AS p, scale FROM sys.types WHERE name IN ('int', 'bigint', 'nvarchar', 'decimal', 'datetime2', 'bit', 'sysname', 'uniqueidentifier') ORDER BY name;
GO

-- case: sys.sequences
-- page: sql/relational-databases/system-catalog-views/sys-sequences-transact-sql
CREATE SEQUENCE dbo.counted AS int START WITH 3 INCREMENT BY 2;
GO
SELECT name, CAST(start_value AS int) AS start, CAST(increment AS int) AS step, TYPE_NAME(user_type_id) AS type, is_cycling FROM sys.sequences;
DROP SEQUENCE dbo.counted;
GO

-- case: information_schema.tables
-- page: sql/relational-databases/system-information-schema-views/tables-transact-sql
SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES ORDER BY TABLE_NAME;
GO

-- case: information_schema.columns
-- page: sql/relational-databases/system-information-schema-views/columns-transact-sql
SELECT COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'item' ORDER BY ORDINAL_POSITION;
GO

-- case: information_schema constraints
-- page: sql/relational-databases/system-information-schema-views/table-constraints-transact-sql
SELECT CONSTRAINT_NAME, TABLE_NAME, CONSTRAINT_TYPE FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS ORDER BY CONSTRAINT_NAME;
SELECT CONSTRAINT_NAME, COLUMN_NAME, ORDINAL_POSITION FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE ORDER BY CONSTRAINT_NAME;
SELECT CONSTRAINT_NAME, UNIQUE_CONSTRAINT_NAME, DELETE_RULE FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS;
GO

-- case: object_id and object_name
-- page: sql/t-sql/functions/object-id-transact-sql
SELECT OBJECT_NAME(OBJECT_ID('dbo.item')) AS name, OBJECT_ID('dbo.nix') AS nothing, OBJECT_ID('dbo.item', 'V') AS other_type, CASE WHEN OBJECT_ID('[dbo].[item]', 'U') = OBJECT_ID('item') THEN 'same' ELSE 'other' END AS same, OBJECT_SCHEMA_NAME(OBJECT_ID('dbo.item')) AS s;
GO

-- case: objectproperty
-- page: sql/t-sql/functions/objectproperty-transact-sql
SELECT OBJECTPROPERTY(OBJECT_ID('dbo.item'), 'IsUserTable') AS is_table, OBJECTPROPERTY(OBJECT_ID('dbo.item'), 'TableHasIdentity') AS has_identity, OBJECTPROPERTY(OBJECT_ID('dbo.cheap'), 'IsView') AS is_view, OBJECTPROPERTY(OBJECT_ID('dbo.item'), 'IsNothing') AS none;
GO

-- case: columnproperty
-- page: sql/t-sql/functions/columnproperty-transact-sql
SELECT COLUMNPROPERTY(OBJECT_ID('dbo.item'), 'id', 'IsIdentity') AS i, COLUMNPROPERTY(OBJECT_ID('dbo.item'), 'name', 'AllowsNull') AS n, COLUMNPROPERTY(OBJECT_ID('dbo.item'), 'name', 'Precision') AS p, COLUMNPROPERTY(OBJECT_ID('dbo.item'), 'price', 'Scale') AS s, COLUMNPROPERTY(OBJECT_ID('dbo.item'), 'made', 'ColumnId') AS c, COLUMNPROPERTY(OBJECT_ID('dbo.item'), 'twice', 'IsComputed') AS f;
GO

-- case: col_length and col_name
-- page: sql/t-sql/functions/col-length-transact-sql
SELECT COL_LENGTH('dbo.item', 'name') AS name, COL_LENGTH('dbo.item', 'note') AS note, COL_LENGTH('dbo.item', 'nix') AS nothing, COL_NAME(OBJECT_ID('dbo.item'), 2) AS second;
GO

-- case: schema_id, schema_name and type_name
-- page: sql/t-sql/functions/schema-id-transact-sql
SELECT SCHEMA_NAME(SCHEMA_ID('dbo')) AS s, SCHEMA_ID('nix') AS nothing, TYPE_NAME(56) AS t, TYPE_ID('nvarchar') AS id, SCHEMA_NAME() AS mine;
GO

-- case: db_name and db_id
-- page: sql/t-sql/functions/db-name-transact-sql
SELECT CASE WHEN DB_ID(DB_NAME()) = DB_ID() THEN 'same' ELSE 'other' END AS c, DB_ID('no such database') AS nothing;
GO

-- case: databasepropertyex
-- page: sql/t-sql/functions/databasepropertyex-transact-sql
SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS varchar(20)) AS u, CAST(DATABASEPROPERTYEX(DB_NAME(), 'Status') AS varchar(20)) AS s, DATABASEPROPERTYEX('no such database', 'Status') AS nothing;
GO

-- case: sys.databases tells how versions are kept
-- page: sql/relational-databases/system-catalog-views/sys-databases-transact-sql
SELECT is_read_committed_snapshot_on AS rcsi, snapshot_isolation_state_desc AS s, state_desc FROM sys.databases WHERE name = DB_NAME();
GO

-- case: sys.partitions counts rows
-- page: sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
CREATE TABLE dbo.counted_rows (id int PRIMARY KEY);
INSERT INTO dbo.counted_rows VALUES (1), (2), (3);
SELECT SUM(rows) AS n FROM sys.partitions WHERE object_id = OBJECT_ID('dbo.counted_rows') AND index_id IN (0, 1);
DROP TABLE dbo.counted_rows;
GO

-- case: sp_pkeys
-- page: sql/relational-databases/system-stored-procedures/sp-pkeys-transact-sql
CREATE TABLE #keys (q sysname NULL, o sysname, t sysname, c sysname, k smallint, p sysname NULL);
INSERT INTO #keys EXEC sp_pkeys @table_name = N'item';
SELECT o, t, c, k, p FROM #keys;
GO

-- case: describe the first result set
-- page: sql/relational-databases/system-dynamic-management-views/sys-dm-exec-describe-first-result-set-transact-sql
SELECT name, column_ordinal, is_nullable, system_type_name FROM sys.dm_exec_describe_first_result_set(N'SELECT id, name, price FROM dbo.item', NULL, 0);
GO

-- case: what cannot be described is an error in the row
-- page: sql/relational-databases/system-dynamic-management-views/sys-dm-exec-describe-first-result-set-transact-sql
DECLARE @text nvarchar(max) = N'SELECT name FROM dbo.item WHERE id = @id';
SELECT name, system_type_name, error_number FROM sys.dm_exec_describe_first_result_set(@text, N'@id bigint', 0) AS d;
SELECT name, column_ordinal, error_number FROM sys.dm_exec_describe_first_result_set(N'SELECT x FROM dbo.no_such_table', NULL, 0) AS d;
SELECT COUNT(*) AS columns_of_nothing FROM sys.dm_exec_describe_first_result_set(N'DECLARE @x int = 1', NULL, 0) AS d;
GO

-- case: table types are user-defined types
-- page: sql/relational-databases/system-catalog-views/sys-table-types-transact-sql
CREATE TYPE dbo.Listed AS TABLE (n int PRIMARY KEY);
GO
SELECT name, system_type_id, max_length, is_user_defined, is_table_type, is_nullable FROM sys.types WHERE name = N'Listed';
SELECT t.name, t.is_memory_optimized FROM sys.table_types AS t WHERE t.user_type_id = TYPE_ID(N'dbo.Listed');
DROP TYPE dbo.Listed;
SELECT COUNT(*) AS n FROM sys.table_types WHERE name = N'Listed';
GO
