

-- case: a table with columns of many types
-- page: sql/t-sql/statements/create-table-transact-sql
CREATE TABLE dbo.many_types (a bigint NOT NULL, b decimal(18, 2) NULL, c nvarchar(50) NULL, d datetime2(6) NOT NULL, e bit NOT NULL, f varbinary(max) NULL, g uniqueidentifier NULL, h float NULL, i char(3) NULL, j time(3) NULL, k date NULL, l datetimeoffset(7) NULL);
SELECT * FROM dbo.many_types;
GO

-- case: a table that exists is error 2714
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.exists_already (a int);
GO
CREATE TABLE dbo.exists_already (a int);
GO

-- case: a column named twice is error 2705
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.column_twice (a int, A int);
GO

-- case: an unknown type is error 2715
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.unknown_type (a nix);
GO

-- case: an unknown schema is error 2760
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE nowhere.t (a int);
GO

-- case: a table without columns is a syntax error
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.empty_table ();
GO

-- case: a table that is not there cannot be dropped
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
DROP TABLE dbo.not_there;
GO

-- case: drop table if exists
-- page: sql/t-sql/statements/drop-table-transact-sql
DROP TABLE IF EXISTS dbo.not_there;
CREATE TABLE dbo.dropped (a int);
DROP TABLE IF EXISTS dbo.dropped;
SELECT OBJECT_ID(N'dbo.dropped') AS id;
GO

-- case: a closing bracket in a name is doubled
-- page: sql/relational-databases/databases/database-identifiers
CREATE TABLE [dbo].[odd ]] name] ([select] int, [a b] int);
INSERT INTO [dbo].[odd ]] name] VALUES (1, 2);
SELECT "select", [a b] AS ab FROM dbo."odd ] name";
GO

-- case: names are found without regard to case
-- page: sql/relational-databases/databases/database-identifiers
CREATE TABLE dbo.MixedCase (Id int, Name nvarchar(5));
INSERT INTO DBO.mixedcase (ID, name) VALUES (1, N'x');
SELECT iD, NAME FROM dbo.MIXEDCASE;
GO

-- case: star gives the names of the definition
-- page: sql/t-sql/queries/select-transact-sql
CREATE TABLE dbo.StarNames (Id int, LastName nvarchar(5));
SELECT Id FROM dbo.starnames;
SELECT * FROM dbo.StarNames AS s WHERE s.ID = 1;
SELECT s.* FROM dbo.StarNames AS s;
GO

-- case: a name of more than 128 characters is error 103
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (a int);
GO

-- case: add a column with a default
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.widened (a int);
INSERT INTO dbo.widened VALUES (1);
GO
ALTER TABLE dbo.widened ADD b int NULL, c int NOT NULL CONSTRAINT df_widened DEFAULT 7;
GO
ALTER TABLE dbo.widened ADD d int NULL CONSTRAINT df_filled DEFAULT 8 WITH VALUES;
GO
SELECT a, b, c, d FROM dbo.widened;
GO

-- case: a new column that must not be null needs a default
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
CREATE TABLE dbo.not_widened (a int);
INSERT INTO dbo.not_widened VALUES (1);
GO
ALTER TABLE dbo.not_widened ADD b int NOT NULL;
GO

-- case: alter column to a wider type
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.altered (a int NULL, v varchar(5));
INSERT INTO dbo.altered VALUES (1, 'abc');
GO
ALTER TABLE dbo.altered ALTER COLUMN a bigint NOT NULL;
ALTER TABLE dbo.altered ALTER COLUMN v nvarchar(20) NULL;
GO
SELECT a, v FROM dbo.altered;
GO

-- case: alter column to not null fails where nulls are
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.has_nulls (a int NULL);
INSERT INTO dbo.has_nulls VALUES (NULL);
GO
ALTER TABLE dbo.has_nulls ALTER COLUMN a int NOT NULL;
GO

-- case: alter column to a shorter text fails where it does not fit
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.too_long (v varchar(10));
INSERT INTO dbo.too_long VALUES ('abcdef');
GO
ALTER TABLE dbo.too_long ALTER COLUMN v varchar(3);
GO

-- case: drop a column
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.narrowed (a int, b int);
GO
ALTER TABLE dbo.narrowed DROP COLUMN b;
GO
SELECT * FROM dbo.narrowed;
GO

-- case: drop a column that is not there
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
CREATE TABLE dbo.no_such_column (a int);
GO
ALTER TABLE dbo.no_such_column DROP COLUMN b;
GO

-- case: drop a column with a default
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-5000-to-5999
CREATE TABLE dbo.defended (a int, b int CONSTRAINT df_defended DEFAULT 1);
GO
ALTER TABLE dbo.defended DROP COLUMN b;
GO

-- case: a computed column
-- page: sql/relational-databases/tables/specify-computed-columns-in-a-table
CREATE TABLE dbo.computed (a int, b int, total AS a + b, twice AS a * 2 PERSISTED);
INSERT INTO dbo.computed (a, b) VALUES (1, 2);
UPDATE dbo.computed SET a = 5;
SELECT total, twice FROM dbo.computed;
GO
INSERT INTO dbo.computed (a, total) VALUES (1, 2);
GO

-- case: a view
-- page: sql/t-sql/statements/create-view-transact-sql
CREATE TABLE dbo.viewed (id int, v int);
INSERT INTO dbo.viewed VALUES (1, 10), (2, 20);
GO
CREATE VIEW dbo.viewed_big AS SELECT id, v AS worth FROM dbo.viewed WHERE v > 10;
GO
SELECT id, worth FROM dbo.viewed_big;
GO
CREATE OR ALTER VIEW dbo.viewed_big AS SELECT id FROM dbo.viewed;
GO
SELECT * FROM dbo.viewed_big ORDER BY id;
GO

-- case: a view through which rows are written
-- page: sql/t-sql/statements/create-view-transact-sql
CREATE TABLE dbo.behind (id int PRIMARY KEY, v int);
GO
CREATE VIEW dbo.before_it AS SELECT id, v FROM dbo.behind WHERE v > 0 WITH CHECK OPTION;
GO
INSERT INTO dbo.before_it VALUES (1, 5);
UPDATE dbo.before_it SET v = 6 WHERE id = 1;
SELECT v FROM dbo.behind;
GO
INSERT INTO dbo.before_it VALUES (2, -1);
GO

-- case: a view must be alone in its batch
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT 1 AS n;
CREATE VIEW dbo.not_alone AS SELECT 1 AS n;
GO

-- case: a view of columns without names is error 4511
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
CREATE VIEW dbo.no_names AS SELECT 1;
GO

-- case: a schema
-- page: sql/t-sql/statements/create-schema-transact-sql
CREATE SCHEMA stock;
GO
CREATE TABLE stock.item (id int);
SELECT SCHEMA_NAME(schema_id) AS s FROM sys.tables WHERE name = 'item';
GO
DROP SCHEMA stock;
GO
DROP TABLE stock.item;
DROP SCHEMA stock;
SELECT SCHEMA_ID('stock') AS id;
GO

-- case: sp_rename of a column and a table
-- page: sql/relational-databases/system-stored-procedures/sp-rename-transact-sql
CREATE TABLE dbo.old_name (a int);
GO
EXEC sp_rename N'dbo.old_name.a', N'b', N'COLUMN';
GO
EXEC sp_rename N'dbo.old_name', N'new_name';
GO
SELECT b FROM dbo.new_name;
GO

-- case: truncate table
-- page: sql/t-sql/statements/truncate-table-transact-sql
CREATE TABLE dbo.truncated (id int IDENTITY(1, 1), v int);
INSERT INTO dbo.truncated (v) VALUES (1), (2);
TRUNCATE TABLE dbo.truncated;
INSERT INTO dbo.truncated (v) VALUES (3);
SELECT id, v FROM dbo.truncated;
GO

-- case: truncate of a table that a key refers to is error 4712
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
CREATE TABLE dbo.referred (id int PRIMARY KEY);
CREATE TABLE dbo.referring (id int REFERENCES dbo.referred (id));
GO
TRUNCATE TABLE dbo.referred;
GO

-- case: an index on a column that is not there is error 1911
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.no_index (a int);
GO
CREATE INDEX ix ON dbo.no_index (b);
GO

-- case: an index that exists is error 1913
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.index_twice (a int);
CREATE INDEX ix_twice ON dbo.index_twice (a);
GO
CREATE INDEX ix_twice ON dbo.index_twice (a);
GO

-- case: a unique index over duplicates is error 1505
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.duplicates (a int);
INSERT INTO dbo.duplicates VALUES (1), (1);
GO
CREATE UNIQUE INDEX ix_duplicates ON dbo.duplicates (a);
GO

-- case: an index on a max type is error 1919
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.max_index (a nvarchar(max));
GO
CREATE INDEX ix_max ON dbo.max_index (a);
GO

-- case: drop an index that is not there is error 3701
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
CREATE TABLE dbo.drop_index (a int);
GO
DROP INDEX ix_none ON dbo.drop_index;
GO

-- case: an index with included columns
-- page: sql/t-sql/statements/create-index-transact-sql
CREATE TABLE dbo.covered (id int PRIMARY KEY, a int, b int);
CREATE NONCLUSTERED INDEX ix_covered ON dbo.covered (a DESC) INCLUDE (b) WITH (FILLFACTOR = 80);
DROP INDEX ix_covered ON dbo.covered;
SELECT COUNT(*) AS n FROM sys.indexes WHERE name = 'ix_covered';
GO

-- case: a synonym
-- page: sql/t-sql/statements/create-synonym-transact-sql
CREATE TABLE dbo.real_name (v int);
INSERT INTO dbo.real_name VALUES (4);
CREATE SYNONYM dbo.other_name FOR dbo.real_name;
GO
SELECT v FROM dbo.other_name;
GO

-- case: an alias type
-- page: sql/t-sql/statements/create-type-transact-sql
CREATE TYPE dbo.phone FROM varchar(20) NOT NULL;
GO
CREATE TABLE dbo.phones (p dbo.phone);
INSERT INTO dbo.phones VALUES ('0123');
SELECT p FROM dbo.phones;
GO
INSERT INTO dbo.phones VALUES (NULL);
GO

-- case: rows that are there keep null in a new column with a default
-- page: sql/t-sql/statements/alter-table-column-definition-transact-sql
CREATE TABLE dbo.late_default (a int);
INSERT INTO dbo.late_default VALUES (1);
GO
ALTER TABLE dbo.late_default ADD b int NULL DEFAULT 5;
GO
INSERT INTO dbo.late_default (a) VALUES (2);
SELECT a, b FROM dbo.late_default ORDER BY a;
GO

-- case: a column that a key, a check, an index or a computed column needs cannot be dropped
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-5000-to-5999
CREATE TABLE dbo.needed (a int CONSTRAINT pk_needed PRIMARY KEY, b int CONSTRAINT ck_needed CHECK (b > 0), c int, twice AS c * 2, d int);
CREATE INDEX ix_needed ON dbo.needed (d);
GO
ALTER TABLE dbo.needed DROP COLUMN a;
GO
ALTER TABLE dbo.needed DROP COLUMN b;
GO
ALTER TABLE dbo.needed DROP COLUMN c;
GO
ALTER TABLE dbo.needed DROP COLUMN d;
GO
ALTER TABLE dbo.needed ALTER COLUMN d bigint;
GO

-- case: a new column that must not be null goes into an empty table
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.still_empty (a int);
GO
ALTER TABLE dbo.still_empty ADD b int NOT NULL CONSTRAINT pk_still_empty PRIMARY KEY;
GO
SELECT COUNT(*) AS n FROM sys.key_constraints WHERE name = 'pk_still_empty';
GO

-- case: rows are changed and deleted through a view
-- page: sql/t-sql/statements/create-view-transact-sql
CREATE TABLE dbo.behind_two (id int PRIMARY KEY, v int, hidden int DEFAULT 9);
GO
CREATE VIEW dbo.before_two AS SELECT id AS number, v, v * 2 AS twice FROM dbo.behind_two WHERE v > 0;
GO
INSERT INTO dbo.before_two (number, v) VALUES (1, 5), (2, -5);
UPDATE dbo.before_two SET v = v + 1 WHERE number = 1;
SELECT id, v, hidden FROM dbo.behind_two ORDER BY id;
DELETE FROM dbo.before_two WHERE twice = 12;
SELECT COUNT(*) AS n FROM dbo.behind_two;
GO
UPDATE dbo.before_two SET twice = 1;
GO
SELECT with_check_option FROM sys.views WHERE name = N'before_two';
GO

-- case: an update that leaves the view with check option is error 550
-- page: sql/t-sql/statements/create-view-transact-sql
CREATE TABLE dbo.behind_checked (id int PRIMARY KEY, v int);
INSERT INTO dbo.behind_checked VALUES (1, 5);
GO
CREATE VIEW dbo.before_checked AS SELECT id, v FROM dbo.behind_checked WHERE v > 0 WITH CHECK OPTION;
GO
UPDATE dbo.before_checked SET v = -1;
GO
SELECT v, (SELECT with_check_option FROM sys.views WHERE name = N'before_checked') AS checked FROM dbo.behind_checked;
GO

-- case: alter view of nothing is error 208
-- page: sql/t-sql/statements/alter-view-transact-sql
ALTER VIEW dbo.no_such_view AS SELECT 1 AS n;
GO

-- case: rows are changed through a synonym
-- page: sql/t-sql/statements/create-synonym-transact-sql
CREATE TABLE dbo.base_table (id int PRIMARY KEY, v varchar(5));
CREATE SYNONYM dbo.base_alias FOR dbo.base_table;
GO
INSERT INTO dbo.base_alias (id, v) VALUES (1, 'a'), (2, 'b');
UPDATE dbo.base_alias SET v = 'c' WHERE id = 2;
DELETE FROM dbo.base_alias WHERE id = 1;
SELECT s.id, s.v FROM dbo.base_alias AS s;
SELECT base_object_name, type, type_desc FROM sys.synonyms WHERE name = N'base_alias';
GO

-- case: a synonym of something that is not there fails when it is used
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-5000-to-5999
CREATE SYNONYM dbo.dangling FOR dbo.nothing_there;
GO
SELECT * FROM dbo.dangling;
GO
CREATE TABLE dbo.nothing_there (a int);
GO
SELECT a FROM dbo.dangling;
GO

-- case: a synonym is dropped, renamed and in the way of others
-- page: sql/t-sql/statements/drop-synonym-transact-sql
CREATE TABLE dbo.behind_name (a int);
CREATE SYNONYM dbo.name_taken FOR dbo.behind_name;
GO
CREATE TABLE dbo.name_taken (a int);
GO
EXEC sp_rename N'dbo.name_taken', N'name_moved';
GO
SELECT a FROM dbo.name_moved;
GO
DROP SYNONYM dbo.name_moved;
DROP SYNONYM IF EXISTS dbo.name_moved;
GO
DROP SYNONYM dbo.name_moved;
GO

-- case: alter schema moves a table with its rows and indexes
-- page: sql/t-sql/statements/alter-schema-transact-sql
CREATE SCHEMA archive;
GO
CREATE TABLE dbo.moved_table (id int IDENTITY PRIMARY KEY, v int);
CREATE UNIQUE INDEX ix_moved ON dbo.moved_table (v);
INSERT INTO dbo.moved_table (v) VALUES (10);
GO
ALTER SCHEMA archive TRANSFER dbo.moved_table;
GO
INSERT INTO archive.moved_table (v) VALUES (20);
SELECT id, v FROM archive.moved_table ORDER BY id;
SELECT OBJECT_ID(N'dbo.moved_table') AS gone;
DROP INDEX ix_moved ON archive.moved_table;
INSERT INTO archive.moved_table (v) VALUES (20);
GO
ALTER SCHEMA archive TRANSFER dbo.moved_table;
GO
ALTER SCHEMA no_such_schema TRANSFER archive.moved_table;
GO

-- case: a column of an alias type says so in the catalog
-- page: sql/t-sql/statements/create-type-transact-sql
CREATE TYPE dbo.amount FROM decimal(9, 2) NULL;
GO
CREATE TABLE dbo.amounts (a amount, b dbo.amount NOT NULL);
DECLARE @a dbo.amount = 1.005;
INSERT INTO dbo.amounts VALUES (@a, 2);
SELECT a, b FROM dbo.amounts;
SELECT c.name, t.name AS type, t.is_user_defined, c.is_nullable, c.precision FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.user_type_id WHERE c.object_id = OBJECT_ID(N'dbo.amounts') ORDER BY c.column_id;
GO
DROP TYPE dbo.amount;
GO
DROP TABLE dbo.amounts;
DROP TYPE dbo.amount;
GO
CREATE TABLE dbo.amounts (a dbo.amount);
GO

-- case: an index is dropped after its table and it were renamed
-- page: sql/relational-databases/system-stored-procedures/sp-rename-transact-sql
CREATE TABLE dbo.renamed_indexed (v int, w nvarchar(10));
CREATE UNIQUE INDEX ix_before ON dbo.renamed_indexed (v);
GO
EXEC sp_rename N'dbo.renamed_indexed', N'renamed_again';
EXEC sp_rename N'dbo.renamed_again.ix_before', N'ix_after', N'INDEX';
GO
DROP INDEX ix_after ON dbo.renamed_again;
INSERT INTO dbo.renamed_again (v) VALUES (1), (1);
SELECT COUNT(*) AS n FROM dbo.renamed_again;
GO
