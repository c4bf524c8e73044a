

-- case: identity counts by its seed and step
-- page: sql/t-sql/statements/create-table-transact-sql-identity-property
CREATE TABLE dbo.counting (id int IDENTITY(10, 5), v char(1));
INSERT INTO dbo.counting (v) VALUES ('a'), ('b');
INSERT INTO dbo.counting VALUES ('c');
SELECT id, v FROM dbo.counting ORDER BY id;
GO

-- case: scope_identity, @@identity and ident_current
-- page: sql/t-sql/functions/scope-identity-transact-sql
CREATE TABLE dbo.last_ids (id bigint IDENTITY(7, 1), v int);
INSERT INTO dbo.last_ids (v) VALUES (1), (2);
SELECT SCOPE_IDENTITY() AS s, @@IDENTITY AS i, IDENT_CURRENT('dbo.last_ids') AS c;
GO

-- case: scope_identity is null before an insert
-- page: sql/t-sql/functions/scope-identity-transact-sql
SELECT SCOPE_IDENTITY() AS s, @@IDENTITY AS i;
GO

-- case: @@identity is kept from batch to batch
-- page: sql/t-sql/functions/identity-transact-sql
CREATE TABLE dbo.kept_scope (id int IDENTITY, v int);
INSERT INTO dbo.kept_scope (v) VALUES (1);
GO
SELECT @@IDENTITY AS i;
GO

-- case: seed, step and current value
-- page: sql/t-sql/functions/ident-seed-transact-sql
CREATE TABLE dbo.described (id int IDENTITY(100, 10), v int);
INSERT INTO dbo.described (v) VALUES (1);
SELECT IDENT_SEED('dbo.described') AS seed, IDENT_INCR('dbo.described') AS step, IDENT_CURRENT('dbo.described') AS now, IDENT_SEED('dbo.nix') AS nothing;
GO

-- case: a value for an identity is error 544
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.own_value (id int IDENTITY, v int);
GO
INSERT INTO dbo.own_value (id, v) VALUES (5, 1);
GO

-- case: identity_insert lets a value in and moves the count
-- page: sql/t-sql/statements/set-identity-insert-transact-sql
CREATE TABLE dbo.given_value (id int IDENTITY, v int);
SET IDENTITY_INSERT dbo.given_value ON;
INSERT INTO dbo.given_value (id, v) VALUES (50, 1);
SET IDENTITY_INSERT dbo.given_value OFF;
INSERT INTO dbo.given_value (v) VALUES (2);
SELECT id FROM dbo.given_value ORDER BY id;
GO

-- case: identity_insert needs a list of columns
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.unlisted (id int IDENTITY, v int);
GO
SET IDENTITY_INSERT dbo.unlisted ON;
INSERT INTO dbo.unlisted VALUES (1, 2);
GO

-- case: identity_insert must name the identity
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.unnamed (id int IDENTITY, v int);
GO
SET IDENTITY_INSERT dbo.unnamed ON;
INSERT INTO dbo.unnamed (v) VALUES (2);
GO

-- case: identity_insert is on for one table at a time
-- page: sql/t-sql/statements/set-identity-insert-transact-sql
CREATE TABLE dbo.first_insert (id int IDENTITY);
CREATE TABLE dbo.second_insert (id int IDENTITY);
GO
SET IDENTITY_INSERT dbo.first_insert ON;
SET IDENTITY_INSERT dbo.second_insert ON;
GO

-- case: identity_insert of a table without an identity is error 8106
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.no_identity (id int);
GO
SET IDENTITY_INSERT dbo.no_identity ON;
GO

-- case: an identity cannot be updated
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.fixed_id (id int IDENTITY, v int);
GO
UPDATE dbo.fixed_id SET id = 1;
GO

-- case: a rollback leaves a gap
-- page: sql/t-sql/statements/create-table-transact-sql-identity-property
CREATE TABLE dbo.gaps (id int IDENTITY, v int);
BEGIN TRANSACTION;
INSERT INTO dbo.gaps (v) VALUES (1);
ROLLBACK;
INSERT INTO dbo.gaps (v) VALUES (2);
SELECT id FROM dbo.gaps;
GO

-- case: checkident reseeds
-- page: sql/t-sql/database-console-commands/dbcc-checkident-transact-sql
CREATE TABLE dbo.reseeded (id int IDENTITY, v int);
INSERT INTO dbo.reseeded (v) VALUES (1);
DBCC CHECKIDENT ('dbo.reseeded', RESEED, 100) WITH NO_INFOMSGS;
INSERT INTO dbo.reseeded (v) VALUES (2);
SELECT id FROM dbo.reseeded ORDER BY id;
GO

-- case: checkident before the first row starts with the new value
-- page: sql/t-sql/database-console-commands/dbcc-checkident-transact-sql
CREATE TABLE dbo.reseeded_empty (id int IDENTITY, v int);
DBCC CHECKIDENT ('dbo.reseeded_empty', RESEED, 100) WITH NO_INFOMSGS;
INSERT INTO dbo.reseeded_empty (v) VALUES (2);
SELECT id FROM dbo.reseeded_empty;
GO

-- case: checkident tells what it found
-- page: sql/t-sql/database-console-commands/dbcc-checkident-transact-sql
CREATE TABLE dbo.told (id int IDENTITY, v int);
INSERT INTO dbo.told (v) VALUES (1), (2);
DBCC CHECKIDENT ('dbo.told', NORESEED);
GO

-- case: two identities are error 2744
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.two_ids (a int IDENTITY, b int IDENTITY);
GO

-- case: an identity of text is error 2749
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.text_id (a varchar(5) IDENTITY);
GO

-- case: an identity that overflows is error 8115
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.tiny_id (id tinyint IDENTITY(255, 1), v int);
GO
INSERT INTO dbo.tiny_id (v) VALUES (1);
INSERT INTO dbo.tiny_id (v) VALUES (2);
GO

-- case: default values alone
-- page: sql/t-sql/statements/insert-transact-sql
CREATE TABLE dbo.only_id (id int IDENTITY);
INSERT INTO dbo.only_id DEFAULT VALUES;
INSERT INTO dbo.only_id DEFAULT VALUES;
SELECT MAX(id) AS id FROM dbo.only_id;
GO

-- case: a sequence
-- page: sql/t-sql/statements/create-sequence-transact-sql
CREATE SEQUENCE dbo.seq_plain AS int START WITH 5 INCREMENT BY 5;
GO
SELECT NEXT VALUE FOR dbo.seq_plain AS a;
SELECT NEXT VALUE FOR dbo.seq_plain AS b;
GO

-- case: a sequence without a start begins with the least value
-- page: sql/t-sql/statements/create-sequence-transact-sql
CREATE SEQUENCE dbo.seq_least AS tinyint;
GO
SELECT NEXT VALUE FOR dbo.seq_least AS t;
CREATE SEQUENCE dbo.seq_big;
GO
SELECT NEXT VALUE FOR dbo.seq_big AS b;
GO

-- case: a sequence that is exhausted is error 11728
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-11000-to-12999
CREATE SEQUENCE dbo.seq_short AS int START WITH 2 MINVALUE 1 MAXVALUE 2 NO CYCLE;
GO
SELECT NEXT VALUE FOR dbo.seq_short AS n;
SELECT NEXT VALUE FOR dbo.seq_short AS n;
GO

-- case: a sequence that cycles
-- page: sql/t-sql/statements/create-sequence-transact-sql
CREATE SEQUENCE dbo.seq_round AS int START WITH 2 MINVALUE 1 MAXVALUE 2 CYCLE;
GO
SELECT NEXT VALUE FOR dbo.seq_round AS a;
SELECT NEXT VALUE FOR dbo.seq_round AS b;
GO

-- case: a sequence as default
-- page: sql/t-sql/functions/next-value-for-transact-sql
CREATE SEQUENCE dbo.seq_default START WITH 1;
GO
CREATE TABLE dbo.numbered (id bigint DEFAULT (NEXT VALUE FOR dbo.seq_default), v char(1));
INSERT INTO dbo.numbered (v) VALUES ('a'), ('b');
SELECT COUNT(DISTINCT id) AS n, MIN(id) AS least FROM dbo.numbered;
GO

-- case: one row takes one number
-- page: sql/t-sql/functions/next-value-for-transact-sql
CREATE SEQUENCE dbo.seq_row AS int START WITH 1;
GO
SELECT NEXT VALUE FOR dbo.seq_row AS a, NEXT VALUE FOR dbo.seq_row AS b;
GO

-- case: restart a sequence
-- page: sql/t-sql/statements/alter-sequence-transact-sql
CREATE SEQUENCE dbo.seq_again AS int START WITH 1;
GO
SELECT NEXT VALUE FOR dbo.seq_again AS n;
ALTER SEQUENCE dbo.seq_again RESTART WITH 50;
SELECT NEXT VALUE FOR dbo.seq_again AS n;
GO

-- case: an identity of decimals counts too
-- page: sql/t-sql/statements/create-table-transact-sql-identity-property
CREATE TABLE dbo.decimal_id (id decimal(10, 0) IDENTITY(5, 5), v int);
INSERT INTO dbo.decimal_id (v) VALUES (1), (2);
SET IDENTITY_INSERT dbo.decimal_id ON;
INSERT INTO dbo.decimal_id (id, v) VALUES (100, 3);
SET IDENTITY_INSERT dbo.decimal_id OFF;
INSERT INTO dbo.decimal_id (v) VALUES (4);
SELECT id FROM dbo.decimal_id ORDER BY id;
SELECT is_identity FROM sys.columns WHERE object_id = OBJECT_ID(N'dbo.decimal_id') AND name = N'id';
GO

-- case: truncate of a tinyint identity starts it again
-- page: sql/t-sql/statements/truncate-table-transact-sql
CREATE TABLE dbo.tiny_again (id tinyint IDENTITY(3, 2), v int);
INSERT INTO dbo.tiny_again (v) VALUES (1), (2);
TRUNCATE TABLE dbo.tiny_again;
INSERT INTO dbo.tiny_again (v) VALUES (3);
SELECT id FROM dbo.tiny_again;
GO

-- case: an identity that may be null is error 8147
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.null_id (a int IDENTITY NULL);
GO

-- case: a second identity cannot be added
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.added_id (a int IDENTITY);
GO
ALTER TABLE dbo.added_id ADD b int IDENTITY;
GO

-- case: a sequence of decimals has their type
-- page: sql/t-sql/statements/create-sequence-transact-sql
CREATE SEQUENCE dbo.seq_decimal AS decimal(5, 0) START WITH 7;
GO
SELECT NEXT VALUE FOR dbo.seq_decimal AS d;
GO

-- case: a sequence of text is error 11702
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-11000-to-12999
CREATE SEQUENCE dbo.seq_text AS varchar(5);
GO

-- case: a sequence whose last value was taken cycles to its least
-- page: sql/t-sql/statements/create-sequence-transact-sql
CREATE SEQUENCE dbo.seq_down AS smallint START WITH 1 INCREMENT BY -1 MINVALUE 0 MAXVALUE 5 CYCLE;
GO
SELECT NEXT VALUE FOR dbo.seq_down AS a;
SELECT NEXT VALUE FOR dbo.seq_down AS b;
SELECT NEXT VALUE FOR dbo.seq_down AS c;
GO
