

-- case: merge updates, inserts and deletes
-- page: sql/t-sql/statements/merge-transact-sql
CREATE TABLE dbo.stock_a (id int PRIMARY KEY, n int);
INSERT INTO dbo.stock_a VALUES (1, 10), (2, 20), (3, 30);
MERGE INTO dbo.stock_a AS t
USING (VALUES (2, 22), (4, 44)) AS s (id, n) ON t.id = s.id
WHEN MATCHED THEN UPDATE SET n = s.n
WHEN NOT MATCHED BY TARGET THEN INSERT (id, n) VALUES (s.id, s.n)
WHEN NOT MATCHED BY SOURCE THEN DELETE;
SELECT @@ROWCOUNT AS rows;
SELECT id, n FROM dbo.stock_a ORDER BY id;
GO

-- case: merge with conditions
-- page: sql/t-sql/statements/merge-transact-sql
CREATE TABLE dbo.stock_b (id int PRIMARY KEY, n int);
INSERT INTO dbo.stock_b VALUES (1, 10), (2, 20);
MERGE dbo.stock_b AS t
USING (VALUES (1, -10), (2, 5)) AS s (id, change) ON t.id = s.id
WHEN MATCHED AND t.n + s.change <= 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET t.n = t.n + s.change;
SELECT id, n FROM dbo.stock_b;
GO

-- case: merge with output
-- page: sql/t-sql/statements/merge-transact-sql
CREATE TABLE dbo.stock_c (id int PRIMARY KEY, n int);
INSERT INTO dbo.stock_c VALUES (1, 10);
DECLARE @seen TABLE (what nvarchar(10), id int, was int);
MERGE dbo.stock_c AS t
USING (VALUES (1, 11), (2, 22)) AS s (id, n) ON t.id = s.id
WHEN MATCHED THEN UPDATE SET n = s.n
WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, s.n)
OUTPUT $action, inserted.id, deleted.n INTO @seen;
SELECT what, id, was FROM @seen ORDER BY id;
GO

-- case: merge that meets a row twice is error 8672
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.stock_d (id int PRIMARY KEY, n int);
INSERT INTO dbo.stock_d VALUES (1, 10);
GO
MERGE dbo.stock_d AS t
USING (VALUES (1, 11), (1, 12)) AS s (id, n) ON t.id = s.id
WHEN MATCHED THEN UPDATE SET n = s.n;
GO
SELECT n FROM dbo.stock_d;
GO

-- case: merge without a semicolon is error 10713
-- page: sql/t-sql/statements/merge-transact-sql
CREATE TABLE dbo.stock_e (id int PRIMARY KEY);
GO
MERGE dbo.stock_e AS t USING (VALUES (1)) AS s (id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)
GO

-- case: merge with holdlock
-- page: sql/t-sql/statements/merge-transact-sql
CREATE TABLE dbo.stock_f (id int PRIMARY KEY, n int DEFAULT 5);
MERGE dbo.stock_f WITH (HOLDLOCK) AS t USING (SELECT 1 AS id) AS s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);
SELECT id, n FROM dbo.stock_f;
GO

-- case: insert with output
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.out_insert (id int IDENTITY, v varchar(5));
INSERT INTO dbo.out_insert (v) OUTPUT inserted.id, inserted.v VALUES ('a');
GO

-- case: update with output
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.out_update (id int PRIMARY KEY, v int);
INSERT INTO dbo.out_update VALUES (1, 10);
UPDATE dbo.out_update SET v = v + 1 OUTPUT deleted.v AS was, inserted.v AS is_now WHERE id = 1;
GO

-- case: delete with output
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.out_delete (id int PRIMARY KEY, employee varchar(32));
INSERT INTO dbo.out_delete VALUES (1, 'Fred'), (2, 'Tom'), (3, 'Sally'), (4, 'Alice');
DECLARE @gone TABLE (id int, employee varchar(32));
DELETE FROM dbo.out_delete OUTPUT deleted.* INTO @gone WHERE id = 4 OR id = 2;
SELECT id, employee FROM dbo.out_delete ORDER BY id;
SELECT id, employee FROM @gone ORDER BY id;
GO

-- case: output into a table with a list of columns
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.out_source (id int IDENTITY(5, 1), v int);
CREATE TABLE dbo.out_log (n int IDENTITY, id int, note varchar(5) DEFAULT 'new');
INSERT INTO dbo.out_source (v) OUTPUT inserted.id INTO dbo.out_log (id) VALUES (1), (2);
SELECT id, note FROM dbo.out_log ORDER BY id;
GO

-- case: output of a joined column
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.out_join (id int PRIMARY KEY, v int);
INSERT INTO dbo.out_join VALUES (1, 10);
UPDATE t SET v = s.v OUTPUT inserted.id, s.name FROM dbo.out_join AS t JOIN (VALUES (1, 20, 'x')) AS s (id, v, name) ON s.id = t.id;
GO

-- case: deleted is not known in an insert
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.out_wrong (id int);
GO
INSERT INTO dbo.out_wrong OUTPUT deleted.id VALUES (1);
GO

-- case: update top
-- page: sql/t-sql/queries/update-transact-sql
CREATE TABLE dbo.top_update (v int);
INSERT INTO dbo.top_update VALUES (0), (0), (0);
UPDATE TOP (2) dbo.top_update SET v = 1;
SELECT SUM(v) AS s FROM dbo.top_update;
GO

-- case: delete through a common table expression
-- page: sql/t-sql/statements/delete-transact-sql
CREATE TABLE dbo.deduplicated (id int, v int);
INSERT INTO dbo.deduplicated VALUES (1, 1), (2, 1), (3, 2);
WITH numbered AS (SELECT id, ROW_NUMBER() OVER (PARTITION BY v ORDER BY id) AS n FROM dbo.deduplicated)
DELETE FROM numbered WHERE n > 1;
SELECT id FROM dbo.deduplicated ORDER BY id;
GO

-- case: insert from a common table expression
-- page: sql/t-sql/statements/insert-transact-sql
CREATE TABLE dbo.from_cte (v int);
WITH n AS (SELECT 1 AS v UNION ALL SELECT 2)
INSERT INTO dbo.from_cte SELECT v FROM n;
SELECT COUNT(*) AS n FROM dbo.from_cte;
GO

-- case: insert from a procedure
-- page: sql/t-sql/statements/insert-transact-sql
CREATE PROCEDURE dbo.gives_rows AS SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y';
GO
CREATE TABLE dbo.from_exec (a int, b varchar(5));
INSERT INTO dbo.from_exec EXEC dbo.gives_rows;
SELECT a, b FROM dbo.from_exec ORDER BY a;
GO

-- case: more than a thousand rows of values are error 10738
-- page: sql/t-sql/queries/table-value-constructor-transact-sql
CREATE TABLE dbo.thousand (v int);
DECLARE @values nvarchar(max) = REPLICATE(CAST(N'(1),' AS nvarchar(max)), 1000) + N'(1)';
EXEC (N'INSERT INTO dbo.thousand VALUES ' + @values);
GO

-- case: delete through a common table expression of the first row
-- page: sql/t-sql/statements/delete-transact-sql
CREATE TABLE dbo.queued (id int PRIMARY KEY, v int);
INSERT INTO dbo.queued VALUES (1, 10), (2, 20), (3, 30);
WITH first AS (SELECT TOP (1) id, v FROM dbo.queued WITH (READPAST, UPDLOCK, ROWLOCK) ORDER BY id)
DELETE FROM first OUTPUT deleted.id, deleted.v;
SELECT id FROM dbo.queued ORDER BY id;
GO

-- case: update through a derived table
-- page: sql/t-sql/statements/update-transact-sql
CREATE TABLE dbo.derived (id int PRIMARY KEY, v int);
INSERT INTO dbo.derived VALUES (1, 10), (2, 20), (3, 30);
UPDATE d SET v = d.v + 1 FROM (SELECT TOP (2) id, v FROM dbo.derived ORDER BY id DESC) AS d;
SELECT id, v FROM dbo.derived ORDER BY id;
GO

-- case: update through a common table expression with groups is error 4403
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
CREATE TABLE dbo.grouped (id int PRIMARY KEY, v int);
GO
WITH g AS (SELECT v FROM dbo.grouped GROUP BY v) DELETE FROM g;
GO

-- case: update of a variable and a column at once
-- page: sql/t-sql/statements/update-transact-sql
CREATE TABLE dbo.numbers_given (name char(1) PRIMARY KEY, last int NOT NULL);
INSERT INTO dbo.numbers_given VALUES ('a', 7);
DECLARE @given int, @before int;
UPDATE dbo.numbers_given SET @before = last, @given = last = last + 1 WHERE name = 'a';
SELECT @before AS before, @given AS given, last FROM dbo.numbers_given;
GO

-- case: merge with output of source columns
-- page: sql/t-sql/queries/output-clause-transact-sql
CREATE TABLE dbo.merged_out (id int PRIMARY KEY, v int);
INSERT INTO dbo.merged_out VALUES (1, 10);
DECLARE @seen TABLE (id int, name varchar(5), before int);
MERGE dbo.merged_out AS t USING (VALUES (1, 20, 'x'), (2, 30, 'y')) AS s (id, v, name) ON s.id = t.id
WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)
OUTPUT inserted.id, s.name, deleted.v INTO @seen;
SELECT id, name, before FROM @seen ORDER BY id;
GO
