CREATE TABLE dbo.one (a int NOT NULL PRIMARY KEY);
CREATE TABLE dbo.many (a int NOT NULL REFERENCES dbo.one (a));
INSERT INTO dbo.one VALUES (1), (3), (4), (6);
GO

-- case: trancount follows begin, commit and rollback
-- page: sql/t-sql/functions/trancount-transact-sql
SELECT @@TRANCOUNT AS n;
BEGIN TRAN;
SELECT @@TRANCOUNT AS n;
BEGIN TRAN;
SELECT @@TRANCOUNT AS n;
COMMIT;
SELECT @@TRANCOUNT AS n;
COMMIT;
SELECT @@TRANCOUNT AS n;
GO

-- case: rollback ends all levels
-- page: sql/t-sql/language-elements/rollback-transaction-transact-sql
CREATE TABLE dbo.rolled (v int);
BEGIN TRAN;
BEGIN TRAN;
INSERT INTO dbo.rolled VALUES (1);
COMMIT;
ROLLBACK;
SELECT @@TRANCOUNT AS n, (SELECT COUNT(*) FROM dbo.rolled) AS rows;
GO

-- case: a named transaction
-- page: sql/t-sql/language-elements/rollback-transaction-transact-sql
CREATE TABLE dbo.value_table (value int);
DECLARE @TransactionName varchar(20) = 'Transaction1';
BEGIN TRAN @TransactionName;
INSERT INTO dbo.value_table VALUES (1), (2);
ROLLBACK TRAN @TransactionName;
INSERT INTO dbo.value_table VALUES (3), (4);
SELECT value FROM dbo.value_table ORDER BY value;
GO

-- case: commit without a transaction is error 3902
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
COMMIT TRANSACTION;
GO

-- case: rollback without a transaction is error 3903
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
ROLLBACK TRANSACTION;
GO

-- case: a savepoint
-- page: sql/t-sql/language-elements/save-transaction-transact-sql
CREATE TABLE dbo.saved (v int);
BEGIN TRAN;
INSERT INTO dbo.saved VALUES (1);
SAVE TRAN here;
INSERT INTO dbo.saved VALUES (2);
ROLLBACK TRAN here;
SELECT @@TRANCOUNT AS n;
INSERT INTO dbo.saved VALUES (3);
COMMIT;
SELECT v FROM dbo.saved ORDER BY v;
GO

-- case: a savepoint that is not there is error 6401
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-6000-to-6999
BEGIN TRAN;
ROLLBACK TRAN nowhere;
GO

-- case: a savepoint without a transaction is error 628
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SAVE TRAN here;
GO

-- case: a failed statement leaves the transaction open
-- page: sql/t-sql/statements/set-xact-abort-transact-sql
SET XACT_ABORT OFF;
BEGIN TRANSACTION;
INSERT INTO dbo.many VALUES (1);
INSERT INTO dbo.many VALUES (2);
INSERT INTO dbo.many VALUES (3);
COMMIT TRANSACTION;
GO
SELECT a FROM dbo.many ORDER BY a;
GO

-- case: xact_abort rolls the transaction back
-- page: sql/t-sql/statements/set-xact-abort-transact-sql
CREATE TABLE dbo.aborted (a int NOT NULL REFERENCES dbo.one (a));
GO
SET XACT_ABORT ON;
BEGIN TRANSACTION;
INSERT INTO dbo.aborted VALUES (4);
INSERT INTO dbo.aborted VALUES (5);
INSERT INTO dbo.aborted VALUES (6);
COMMIT TRANSACTION;
GO
SELECT @@TRANCOUNT AS n, (SELECT COUNT(*) FROM dbo.aborted) AS rows;
GO

-- case: the option xact_abort in @@options
-- page: sql/t-sql/statements/set-xact-abort-transact-sql
SET XACT_ABORT ON;
SELECT CASE WHEN (16384 & @@OPTIONS) = 16384 THEN 'ON' ELSE 'OFF' END AS x;
SET XACT_ABORT OFF;
SELECT CASE WHEN (16384 & @@OPTIONS) = 16384 THEN 'ON' ELSE 'OFF' END AS x;
GO

-- case: xact_state tells what a transaction can do
-- page: sql/t-sql/functions/xact-state-transact-sql
SELECT XACT_STATE() AS s;
BEGIN TRAN;
SELECT XACT_STATE() AS s;
ROLLBACK;
GO

-- case: an error under xact_abort makes the transaction uncommittable
-- page: sql/t-sql/functions/xact-state-transact-sql
SET XACT_ABORT ON;
BEGIN TRY
    BEGIN TRAN;
    INSERT INTO dbo.many VALUES (99);
    COMMIT;
END TRY
BEGIN CATCH
    SELECT XACT_STATE() AS s, @@TRANCOUNT AS n, ERROR_NUMBER() AS e;
    ROLLBACK;
    SELECT XACT_STATE() AS s, @@TRANCOUNT AS n;
END CATCH;
GO

-- case: an uncommittable transaction cannot write
-- page: sql/t-sql/functions/xact-state-transact-sql
SET XACT_ABORT ON;
BEGIN TRY
    BEGIN TRAN;
    INSERT INTO dbo.many VALUES (99);
END TRY
BEGIN CATCH
    INSERT INTO dbo.one VALUES (100);
END CATCH;
GO
SELECT @@TRANCOUNT AS n;
GO

-- case: a batch that leaves an uncommittable transaction is told so
-- page: sql/t-sql/language-elements/try-catch-transact-sql
SET XACT_ABORT ON;
BEGIN TRY
    BEGIN TRAN;
    INSERT INTO dbo.many VALUES (99);
END TRY
BEGIN CATCH
    SELECT 'caught' AS said;
END CATCH;
GO
SELECT @@TRANCOUNT AS n;
GO

-- case: a constraint without xact_abort leaves the transaction committable
-- page: sql/t-sql/functions/xact-state-transact-sql
CREATE TABLE dbo.committable (v int);
SET XACT_ABORT OFF;
BEGIN TRY
    BEGIN TRAN;
    INSERT INTO dbo.committable VALUES (1);
    INSERT INTO dbo.many VALUES (99);
END TRY
BEGIN CATCH
    SELECT XACT_STATE() AS s;
    COMMIT;
END CATCH;
SELECT v FROM dbo.committable;
GO

-- case: a conversion error ends the batch and the transaction
-- page: sql/t-sql/statements/set-xact-abort-transact-sql
CREATE TABLE dbo.doomed (v int);
GO
BEGIN TRAN;
INSERT INTO dbo.doomed VALUES (1);
SELECT CAST('abc' AS int) AS n;
INSERT INTO dbo.doomed VALUES (2);
GO
SELECT @@TRANCOUNT AS n, (SELECT COUNT(*) FROM dbo.doomed) AS rows;
GO

-- case: division by zero ends the statement only
-- page: sql/t-sql/statements/set-xact-abort-transact-sql
CREATE TABLE dbo.survived (v int);
GO
DECLARE @zero int = 0;
BEGIN TRAN;
INSERT INTO dbo.survived VALUES (1);
INSERT INTO dbo.survived VALUES (1 / @zero);
INSERT INTO dbo.survived VALUES (3);
COMMIT;
GO
SELECT @@TRANCOUNT AS n, COUNT(*) AS rows FROM dbo.survived;
GO

-- case: definitions are rolled back too
-- page: sql/t-sql/language-elements/rollback-transaction-transact-sql
BEGIN TRAN;
CREATE TABLE dbo.made_and_unmade (v int);
INSERT INTO dbo.made_and_unmade VALUES (1);
ROLLBACK;
SELECT OBJECT_ID('dbo.made_and_unmade') AS id;
GO

-- case: variables and table variables are not rolled back
-- page: sql/t-sql/language-elements/rollback-transaction-transact-sql
DECLARE @n int = 0, @t TABLE (v int);
BEGIN TRAN;
SET @n = 1;
INSERT INTO @t VALUES (1);
ROLLBACK;
SELECT @n AS n, COUNT(*) AS rows FROM @t;
GO

-- case: implicit transactions begin by themselves
-- page: sql/t-sql/statements/set-implicit-transactions-transact-sql
SET IMPLICIT_TRANSACTIONS ON;
SELECT COUNT(*) AS n FROM dbo.one;
SELECT @@TRANCOUNT AS n;
ROLLBACK;
SET IMPLICIT_TRANSACTIONS OFF;
SELECT @@TRANCOUNT AS n;
GO

-- case: a reader sees the last committed version
-- page: sql/t-sql/statements/set-transaction-isolation-level-transact-sql
CREATE TABLE dbo.versions (id int PRIMARY KEY, v int);
INSERT INTO dbo.versions VALUES (1, 10);
GO
-- session: writer
BEGIN TRAN;
UPDATE dbo.versions SET v = 11 WHERE id = 1;
GO
-- session: main
SELECT v FROM dbo.versions WHERE id = 1;
GO
-- session: writer
COMMIT;
GO
-- session: main
SELECT v FROM dbo.versions WHERE id = 1;
GO

-- case: a snapshot does not change
-- page: sql/t-sql/statements/set-transaction-isolation-level-transact-sql
CREATE TABLE dbo.snapshots (id int PRIMARY KEY, v int);
INSERT INTO dbo.snapshots VALUES (1, 10);
GO
-- session: reader
SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
BEGIN TRAN;
SELECT v FROM dbo.snapshots;
GO
-- session: main
UPDATE dbo.snapshots SET v = 11;
GO
-- session: reader
SELECT v FROM dbo.snapshots;
COMMIT;
SELECT v FROM dbo.snapshots;
GO

-- case: a snapshot that writes what another wrote is error 3960
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
CREATE TABLE dbo.conflicts (id int PRIMARY KEY, v int);
INSERT INTO dbo.conflicts VALUES (1, 10);
GO
-- session: slow
SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
BEGIN TRAN;
SELECT v FROM dbo.conflicts;
GO
-- session: main
UPDATE dbo.conflicts SET v = 11;
GO
-- session: slow
UPDATE dbo.conflicts SET v = 12;
GO
SELECT @@TRANCOUNT AS n;
GO

-- case: a lock that takes too long is error 1222
-- page: sql/t-sql/statements/set-lock-timeout-transact-sql
CREATE TABLE dbo.locked (id int PRIMARY KEY, v int);
INSERT INTO dbo.locked VALUES (1, 10);
GO
-- session: holder
BEGIN TRAN;
UPDATE dbo.locked SET v = 11;
GO
-- session: main
SET LOCK_TIMEOUT 50;
SELECT @@LOCK_TIMEOUT AS ms;
UPDATE dbo.locked SET v = 12 WHERE id = 1;
GO
-- session: holder
ROLLBACK;
GO
-- session: main
SELECT v FROM dbo.locked;
GO

-- case: readpast skips locked rows
-- page: sql/t-sql/queries/hints-transact-sql-table
CREATE TABLE dbo.queue (id int PRIMARY KEY, v char(1));
INSERT INTO dbo.queue VALUES (1, 'a'), (2, 'b');
GO
-- session: taker
BEGIN TRAN;
UPDATE dbo.queue SET v = 'x' WHERE id = 1;
GO
-- session: main
SELECT TOP (1) id FROM dbo.queue WITH (UPDLOCK, READPAST, ROWLOCK) ORDER BY id;
GO
-- session: taker
ROLLBACK;
GO

-- case: an application lock
-- page: sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql
BEGIN TRAN;
DECLARE @got int;
EXEC @got = sp_getapplock @Resource = N'job', @LockMode = N'Exclusive', @LockTimeout = 0;
SELECT @got AS got;
GO
-- session: rival
BEGIN TRAN;
DECLARE @got int;
EXEC @got = sp_getapplock @Resource = N'job', @LockMode = N'Exclusive', @LockTimeout = 0;
SELECT @got AS got;
ROLLBACK;
GO
-- session: main
DECLARE @released int;
EXEC @released = sp_releaseapplock @Resource = N'job';
SELECT @released AS released;
COMMIT;
GO

-- case: rowversion changes with each write
-- page: sql/t-sql/data-types/rowversion-transact-sql
CREATE TABLE dbo.stamped (id int PRIMARY KEY, v int, stamp rowversion);
INSERT INTO dbo.stamped (id, v) VALUES (1, 1);
DECLARE @before binary(8) = (SELECT stamp FROM dbo.stamped);
UPDATE dbo.stamped SET v = 2;
SELECT DATALENGTH(stamp) AS bytes, CASE WHEN stamp > @before THEN 1 ELSE 0 END AS grew FROM dbo.stamped;
GO

-- case: a rollback to a savepoint leaves table variables alone
-- page: sql/t-sql/data-types/table-transact-sql
DECLARE @t TABLE (v int IDENTITY(5, 1), w nvarchar(20));
INSERT INTO @t (w) VALUES (N'first');
BEGIN TRAN;
SAVE TRAN s;
INSERT INTO @t (w) VALUES (N'"second", \'), (NULL);
ROLLBACK TRAN s;
INSERT INTO @t (w) VALUES (N'fourth');
COMMIT;
SELECT v, w FROM @t ORDER BY v;
GO

-- case: an error that dooms the transaction undoes its own statement in a table variable
-- page: sql/t-sql/data-types/table-transact-sql
DECLARE @t TABLE (v int PRIMARY KEY);
SET XACT_ABORT ON;
BEGIN TRY
    BEGIN TRAN;
    INSERT INTO @t VALUES (1), (2);
    INSERT INTO @t VALUES (3), (1);
END TRY
BEGIN CATCH
    SELECT XACT_STATE() AS state, ERROR_NUMBER() AS number;
    ROLLBACK;
END CATCH;
SELECT v FROM @t ORDER BY v;
GO

-- case: an application lock of the session outlives the transaction
-- page: sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql
DECLARE @got int;
BEGIN TRAN;
EXEC @got = sp_getapplock @Resource = N'lasting', @LockMode = N'Exclusive', @LockOwner = N'Session';
EXEC @got = sp_getapplock @Resource = N'passing', @LockMode = N'Exclusive';
COMMIT;
GO
-- session: rival
DECLARE @lasting int, @passing int;
EXEC @lasting = sp_getapplock @Resource = N'lasting', @LockMode = N'Shared', @LockOwner = N'Session', @LockTimeout = 0;
EXEC @passing = sp_getapplock @Resource = N'passing', @LockMode = N'Shared', @LockOwner = N'Session', @LockTimeout = 0;
SELECT @lasting AS lasting, @passing AS passing;
GO
-- session: main
EXEC sp_releaseapplock @Resource = N'lasting', @LockOwner = N'Session';
EXEC sp_releaseapplock @Resource = N'lasting', @LockOwner = N'Session';
GO
