

-- case: variables begin as null
-- page: sql/t-sql/language-elements/declare-local-variable-transact-sql
DECLARE @a int, @b varchar(5) = 'x';
SELECT @a AS a, @b AS b;
GO

-- case: set from a query
-- page: sql/t-sql/language-elements/set-local-variable-transact-sql
DECLARE @n int;
SET @n = (SELECT MAX(v) FROM (VALUES (1), (5)) AS t (v));
SELECT @n AS n;
GO

-- case: set from a query of no rows is null
-- page: sql/t-sql/language-elements/set-local-variable-transact-sql
DECLARE @n int = 1;
SET @n = (SELECT v FROM (VALUES (1)) AS t (v) WHERE v = 2);
SELECT @n AS n;
GO

-- case: select from no rows leaves the variable
-- page: sql/t-sql/language-elements/select-local-variable-transact-sql
DECLARE @n int = 1;
SELECT @n = v FROM (VALUES (1)) AS t (v) WHERE v = 2;
SELECT @n AS n;
GO

-- case: select of several variables
-- page: sql/t-sql/language-elements/select-local-variable-transact-sql
DECLARE @a int, @b int;
SELECT @a = 1, @b = 2;
SELECT @a + @b AS s;
GO

-- case: select of a variable and a column is error 141
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
DECLARE @a int;
SELECT @a = v, v FROM (VALUES (1)) AS t (v);
GO

-- case: compound assignment
-- page: sql/t-sql/language-elements/compound-operators-transact-sql
DECLARE @n int = 10, @s varchar(10) = 'a';
SET @n += 5;
SET @n -= 1;
SET @n *= 2;
SET @n /= 3;
SET @s += 'b';
SELECT @n AS n, @s AS s, @n % 4 AS r;
GO

-- case: a variable ends with its batch
-- page: sql/t-sql/language-elements/declare-local-variable-transact-sql
DECLARE @gone int = 1;
GO
SELECT @gone AS v;
GO

-- case: a table variable
-- page: sql/t-sql/data-types/table-transact-sql
DECLARE @t TABLE (id int IDENTITY PRIMARY KEY, v nvarchar(5) DEFAULT N'x', CHECK (v <> N'bad'));
INSERT INTO @t (v) VALUES (N'a'), (DEFAULT);
UPDATE @t SET v = N'b' WHERE id = 1;
SELECT id, v FROM @t ORDER BY id;
GO

-- case: a table variable in a join
-- page: sql/t-sql/data-types/table-transact-sql
DECLARE @a TABLE (id int), @b TABLE (id int);
INSERT INTO @a VALUES (1), (2);
INSERT INTO @b VALUES (2), (3);
SELECT x.id FROM @a AS x JOIN @b AS y ON y.id = x.id;
DELETE FROM @a WHERE id = 1;
SELECT COUNT(*) AS n FROM @a;
GO

-- case: a local temporary table
-- page: sql/t-sql/statements/create-table-transact-sql
CREATE TABLE #work (id int PRIMARY KEY, v nvarchar(5));
INSERT INTO #work VALUES (1, N'a');
GO
SELECT v FROM #work;
DROP TABLE #work;
GO
SELECT v FROM #work;
GO

-- case: a temporary table belongs to its session
-- page: sql/t-sql/statements/create-table-transact-sql
CREATE TABLE #mine (v int);
INSERT INTO #mine VALUES (1);
GO
-- session: other
SELECT v FROM #mine;
GO
CREATE TABLE #mine (v int);
INSERT INTO #mine VALUES (2);
SELECT v FROM #mine;
GO
-- session: main
SELECT v FROM #mine;
GO

-- case: a temporary table from select into
-- page: sql/t-sql/queries/select-into-clause-transact-sql
SELECT id, name INTO #copied FROM (VALUES (1, N'a'), (2, N'b')) AS t (id, name);
SELECT COUNT(*) AS n, MAX(name) AS last FROM #copied;
SELECT CASE WHEN OBJECT_ID('tempdb..#copied') IS NULL THEN 'no' ELSE 'yes' END AS there;
GO

-- case: drop a temporary table if it exists
-- page: sql/t-sql/statements/drop-table-transact-sql
DROP TABLE IF EXISTS #never;
IF OBJECT_ID('tempdb..#never') IS NOT NULL DROP TABLE #never;
SELECT 1 AS fine;
GO

-- case: a temporary table of a procedure ends with it
-- page: sql/t-sql/statements/create-table-transact-sql
CREATE PROCEDURE dbo.makes_temporary AS
BEGIN
    CREATE TABLE #inside (v int);
    INSERT INTO #inside VALUES (1);
    SELECT v FROM #inside;
END;
GO
EXEC dbo.makes_temporary;
GO
SELECT v FROM #inside;
GO

-- case: a procedure sees the temporary table of its caller
-- page: sql/t-sql/statements/create-table-transact-sql
CREATE PROCEDURE dbo.reads_temporary AS SELECT v FROM #given;
GO
CREATE TABLE #given (v int);
INSERT INTO #given VALUES (3);
EXEC dbo.reads_temporary;
GO

-- case: a global temporary table is seen by all
-- page: sql/t-sql/statements/create-table-transact-sql
CREATE TABLE ##conformance_all (v int);
INSERT INTO ##conformance_all VALUES (1);
GO
-- session: other
SELECT v FROM ##conformance_all;
GO
-- session: main
DROP TABLE ##conformance_all;
GO

-- case: rowcount follows the last statement
-- page: sql/t-sql/functions/rowcount-transact-sql
DECLARE @n int;
SELECT v FROM (VALUES (1), (2), (3)) AS t (v) ORDER BY v;
SELECT @@ROWCOUNT AS rows;
SET @n = 1;
SELECT @@ROWCOUNT AS rows;
PRINT 'x';
SELECT @@ROWCOUNT AS rows;
GO

-- case: variables of the types keep their precision
-- page: sql/t-sql/language-elements/declare-local-variable-transact-sql
DECLARE @d decimal(10, 3) = 1.23456, @t datetime2(2) = '2020-01-02 03:04:05.678', @u uniqueidentifier = '6F9619FF-8B86-D011-B42D-00C04FC964FF', @b varbinary(3) = 0x010203, @m nvarchar(max) = REPLICATE(CAST(N'x' AS nvarchar(max)), 10000);
SELECT @d AS d, @t AS t, @u AS u, @b AS b, LEN(@m) AS m;
GO

-- case: a cursor
-- page: sql/t-sql/language-elements/declare-cursor-transact-sql
DECLARE @v int, @s int = 0;
DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT v FROM (VALUES (1), (2), (3)) AS t (v) ORDER BY v;
OPEN c;
FETCH NEXT FROM c INTO @v;
WHILE @@FETCH_STATUS = 0
BEGIN
    SET @s = @s * 10 + @v;
    FETCH NEXT FROM c INTO @v;
END
CLOSE c;
DEALLOCATE c;
SELECT @s AS s;
GO
