

-- case: an after insert trigger sees the new rows
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.t_insert (id int, v int);
CREATE TABLE dbo.t_insert_log (id int, n int);
GO
CREATE TRIGGER dbo.tr_insert ON dbo.t_insert AFTER INSERT AS
INSERT INTO dbo.t_insert_log SELECT MAX(id), COUNT(*) FROM inserted;
GO
INSERT INTO dbo.t_insert VALUES (1, 1), (2, 2);
SELECT id, n FROM dbo.t_insert_log;
GO

-- case: an update trigger sees old and new
-- page: sql/relational-databases/triggers/use-the-inserted-and-deleted-tables
CREATE TABLE dbo.t_update (id int PRIMARY KEY, v int);
CREATE TABLE dbo.t_update_log (id int, was int, is_now int);
INSERT INTO dbo.t_update VALUES (1, 10), (2, 20);
GO
CREATE TRIGGER dbo.tr_update ON dbo.t_update FOR UPDATE AS
INSERT INTO dbo.t_update_log SELECT i.id, d.v, i.v FROM inserted AS i JOIN deleted AS d ON d.id = i.id;
GO
UPDATE dbo.t_update SET v = v + 1;
SELECT id, was, is_now FROM dbo.t_update_log ORDER BY id;
GO

-- case: a delete trigger
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.t_delete (id int);
CREATE TABLE dbo.t_delete_log (id int);
INSERT INTO dbo.t_delete VALUES (1), (2);
GO
CREATE TRIGGER dbo.tr_delete ON dbo.t_delete AFTER DELETE AS
INSERT INTO dbo.t_delete_log SELECT id FROM deleted;
GO
DELETE FROM dbo.t_delete WHERE id = 2;
SELECT id FROM dbo.t_delete_log;
GO

-- case: a trigger runs once for a statement without rows
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.t_none (id int);
GO
CREATE TRIGGER dbo.tr_none ON dbo.t_none AFTER UPDATE AS
PRINT CONCAT('rows: ', (SELECT COUNT(*) FROM inserted));
GO
UPDATE dbo.t_none SET id = 1;
GO

-- case: a trigger for several events
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.t_events (id int);
GO
CREATE TRIGGER dbo.tr_events ON dbo.t_events AFTER INSERT, UPDATE, DELETE AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @i int = (SELECT COUNT(*) FROM inserted), @d int = (SELECT COUNT(*) FROM deleted);
    PRINT CONCAT('in ', @i, ' out ', @d);
END;
GO
INSERT INTO dbo.t_events VALUES (1);
UPDATE dbo.t_events SET id = 2;
DELETE FROM dbo.t_events;
GO

-- case: a rollback in a trigger undoes the statement and ends the batch
-- page: sql/t-sql/language-elements/rollback-transaction-transact-sql
CREATE TABLE dbo.t_refused (id int);
CREATE TABLE dbo.t_after (id int);
GO
CREATE TRIGGER dbo.tr_refused ON dbo.t_refused AFTER INSERT AS
ROLLBACK TRANSACTION;
GO
INSERT INTO dbo.t_refused VALUES (1);
INSERT INTO dbo.t_after VALUES (1);
GO
SELECT (SELECT COUNT(*) FROM dbo.t_refused) AS refused, (SELECT COUNT(*) FROM dbo.t_after) AS after;
GO

-- case: a throw in a trigger undoes the statement
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.t_thrown (id int);
GO
CREATE TRIGGER dbo.tr_thrown ON dbo.t_thrown AFTER INSERT AS
THROW 50009, 'not here', 1;
GO
INSERT INTO dbo.t_thrown VALUES (1);
GO
SELECT COUNT(*) AS n FROM dbo.t_thrown;
GO

-- case: a disabled trigger does not run
-- page: sql/t-sql/statements/disable-trigger-transact-sql
CREATE TABLE dbo.t_disabled (id int);
GO
CREATE TRIGGER dbo.tr_disabled ON dbo.t_disabled AFTER INSERT AS PRINT 'run';
GO
DISABLE TRIGGER dbo.tr_disabled ON dbo.t_disabled;
INSERT INTO dbo.t_disabled VALUES (1);
SELECT is_disabled FROM sys.triggers WHERE name = 'tr_disabled';
ENABLE TRIGGER dbo.tr_disabled ON dbo.t_disabled;
INSERT INTO dbo.t_disabled VALUES (2);
GO

-- case: alter table disables and enables a trigger
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.t_altered (id int);
GO
CREATE TRIGGER dbo.tr_altered ON dbo.t_altered AFTER INSERT AS PRINT 'run';
GO
ALTER TABLE dbo.t_altered DISABLE TRIGGER tr_altered;
INSERT INTO dbo.t_altered VALUES (1);
ALTER TABLE dbo.t_altered ENABLE TRIGGER ALL;
INSERT INTO dbo.t_altered VALUES (2);
GO

-- case: update of a column
-- page: sql/t-sql/functions/update-trigger-functions-transact-sql
CREATE TABLE dbo.t_column (a int, b int);
INSERT INTO dbo.t_column VALUES (1, 1);
GO
CREATE TRIGGER dbo.tr_column ON dbo.t_column AFTER UPDATE AS
IF UPDATE(a) PRINT 'a' ELSE PRINT 'not a';
GO
UPDATE dbo.t_column SET a = 1;
UPDATE dbo.t_column SET b = 2;
GO

-- case: an instead of trigger does the work itself
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.t_instead (id int, v int);
GO
CREATE TRIGGER dbo.tr_instead ON dbo.t_instead INSTEAD OF INSERT AS
INSERT INTO dbo.t_instead SELECT id, v * 10 FROM inserted;
GO
INSERT INTO dbo.t_instead VALUES (1, 5);
SELECT id, v FROM dbo.t_instead;
GO

-- case: scope_identity does not see what a trigger inserts
-- page: sql/t-sql/functions/scope-identity-transact-sql
CREATE TABLE dbo.t_scope (id int IDENTITY(1, 1), v int);
CREATE TABLE dbo.t_scope_log (id int IDENTITY(100, 1), v int);
GO
CREATE TRIGGER dbo.tr_scope ON dbo.t_scope AFTER INSERT AS
INSERT INTO dbo.t_scope_log (v) SELECT v FROM inserted;
GO
INSERT INTO dbo.t_scope (v) VALUES (1);
SELECT SCOPE_IDENTITY() AS s, @@IDENTITY AS i;
GO

-- case: output without into is refused on a table with a trigger
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.t_output (id int);
GO
CREATE TRIGGER dbo.tr_output ON dbo.t_output AFTER INSERT AS PRINT 'run';
GO
INSERT INTO dbo.t_output OUTPUT inserted.id VALUES (1);
GO

-- case: trancount inside of a trigger
-- page: sql/t-sql/language-elements/rollback-transaction-transact-sql
CREATE TABLE dbo.t_count (id int);
GO
CREATE TRIGGER dbo.tr_count ON dbo.t_count AFTER INSERT AS
PRINT CONCAT('level ', @@TRANCOUNT);
GO
INSERT INTO dbo.t_count VALUES (1);
GO

-- case: drop trigger
-- page: sql/t-sql/statements/drop-trigger-transact-sql
CREATE TABLE dbo.t_dropped (id int);
GO
CREATE TRIGGER dbo.tr_dropped ON dbo.t_dropped AFTER INSERT AS PRINT 'run';
GO
DROP TRIGGER dbo.tr_dropped;
INSERT INTO dbo.t_dropped VALUES (1);
SELECT COUNT(*) AS n FROM sys.triggers WHERE name = 'tr_dropped';
GO

-- case: an instead of trigger of update and delete sees the old and new rows
-- page: sql/relational-databases/triggers/use-the-inserted-and-deleted-tables
CREATE TABLE dbo.t_kept (id int PRIMARY KEY, v int, gone bit NOT NULL DEFAULT 0);
INSERT INTO dbo.t_kept (id, v) VALUES (1, 1), (2, 2), (3, 3);
GO
CREATE TRIGGER dbo.tr_kept ON dbo.t_kept INSTEAD OF UPDATE, DELETE AS
IF EXISTS (SELECT * FROM inserted)
    SELECT d.id, d.v AS old, i.v AS new FROM inserted AS i JOIN deleted AS d ON d.id = i.id ORDER BY d.id;
ELSE
    UPDATE dbo.t_kept SET gone = 1 WHERE id IN (SELECT id FROM deleted);
GO
UPDATE dbo.t_kept SET v = v + 10 WHERE v > 1;
DELETE FROM dbo.t_kept WHERE v = 2;
SELECT @@ROWCOUNT AS rows;
SELECT id, v, gone FROM dbo.t_kept ORDER BY id;
GO

-- case: an instead of trigger makes a view of two tables writable
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.v_left (id int PRIMARY KEY, n nvarchar(10));
CREATE TABLE dbo.v_right (id int PRIMARY KEY, m nvarchar(10));
GO
CREATE VIEW dbo.v_both AS SELECT l.id, l.n, r.m FROM dbo.v_left AS l JOIN dbo.v_right AS r ON r.id = l.id;
GO
CREATE TRIGGER dbo.tr_both ON dbo.v_both INSTEAD OF INSERT AS
BEGIN
    INSERT INTO dbo.v_left SELECT id, n FROM inserted;
    INSERT INTO dbo.v_right SELECT id, m FROM inserted;
END;
GO
INSERT INTO dbo.v_both (id, n, m) VALUES (1, N'a', N'b'), (2, N'c', N'd');
SELECT id, n, m FROM dbo.v_both ORDER BY id;
GO

-- case: one instead of trigger for each operation
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE TABLE dbo.t_single (id int);
GO
CREATE TRIGGER dbo.tr_single ON dbo.t_single INSTEAD OF INSERT AS SELECT 1 AS a;
GO
CREATE TRIGGER dbo.tr_double ON dbo.t_single INSTEAD OF INSERT, UPDATE AS SELECT 2 AS a;
GO

-- case: after triggers cannot be defined on views
-- page: sql/t-sql/statements/create-trigger-transact-sql
CREATE VIEW dbo.v_untriggered AS SELECT 1 AS a;
GO
CREATE TRIGGER dbo.tr_untriggered ON dbo.v_untriggered AFTER INSERT AS SELECT 1 AS a;
GO
