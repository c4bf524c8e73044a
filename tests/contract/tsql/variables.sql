

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

-- case: a declaration in a loop makes its variable once
-- page: sql/t-sql/language-elements/declare-local-variable-transact-sql
DECLARE @i int = 0;
WHILE @i < 3
BEGIN
    DECLARE @kept int, @set int = 5, @t TABLE (v int);
    INSERT INTO @t VALUES (@i);
    SELECT @i += 1, @kept = ISNULL(@kept, 0) + 1, @set += 1;
END
SELECT @kept AS kept, @set AS given, COUNT(*) AS rows FROM @t;
GO

-- case: a scroll cursor goes to any row
-- page: sql/t-sql/language-elements/fetch-transact-sql
DECLARE @n int, @t nvarchar(20);
DECLARE c SCROLL CURSOR FOR SELECT n, t FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) AS v (n, t) ORDER BY n;
OPEN c;
FETCH LAST FROM c;
FETCH PRIOR FROM c;
FETCH ABSOLUTE 1 FROM c INTO @n, @t;
SELECT @n AS n, @t AS t;
FETCH RELATIVE 2 FROM c INTO @n, @t;
SELECT @n AS n, @t AS t, @@FETCH_STATUS AS status;
FETCH NEXT FROM c INTO @n, @t;
SELECT @@FETCH_STATUS AS status;
FETCH ABSOLUTE -2 FROM c;
CLOSE c;
DEALLOCATE c;
GO

-- case: a forward-only cursor has no prior row
-- page: sql/t-sql/language-elements/declare-cursor-transact-sql
DECLARE c CURSOR LOCAL FOR SELECT 1 AS a;
OPEN c;
FETCH PRIOR FROM c;
GO

-- case: a global cursor lasts until it is deallocated
-- page: sql/t-sql/language-elements/declare-cursor-transact-sql
DECLARE c CURSOR GLOBAL FOR SELECT 1 AS a;
OPEN c;
GO
FETCH NEXT FROM c;
DEALLOCATE c;
GO
FETCH NEXT FROM c;
GO

-- case: a cursor is declared once
-- page: sql/t-sql/language-elements/declare-cursor-transact-sql
DECLARE c CURSOR LOCAL FOR SELECT 1 AS a;
DECLARE c CURSOR LOCAL FOR SELECT 2 AS a;
GO

-- case: a cursor that is not open
-- page: sql/t-sql/language-elements/close-transact-sql
DECLARE c CURSOR LOCAL FOR SELECT 1 AS a;
FETCH NEXT FROM c;
GO

-- case: a cursor that is open already
-- page: sql/t-sql/language-elements/open-transact-sql
DECLARE c CURSOR LOCAL FOR SELECT 1 AS a;
OPEN c;
OPEN c;
GO

-- case: fetch into another number of variables
-- page: sql/t-sql/language-elements/fetch-transact-sql
DECLARE @a int, @b int;
DECLARE c CURSOR LOCAL FOR SELECT 1 AS a;
OPEN c;
FETCH NEXT FROM c INTO @a, @b;
GO

-- case: a cursor variable shares its cursor
-- page: sql/t-sql/language-elements/deallocate-transact-sql
DECLARE @c CURSOR, @d CURSOR, @x int = 5;
SET @c = CURSOR STATIC FOR SELECT @x AS a UNION ALL SELECT 7;
SET @x = 6;
OPEN @c;
SELECT @@CURSOR_ROWS AS rows;
SET @d = @c;
FETCH NEXT FROM @c;
DEALLOCATE @c;
FETCH NEXT FROM @d;
FETCH NEXT FROM @c;
GO

-- case: where current of changes the row of the cursor
-- page: sql/t-sql/queries/update-transact-sql
CREATE TABLE dbo.under_cursor (id int PRIMARY KEY, v nvarchar(10));
INSERT INTO dbo.under_cursor VALUES (1, N'a'), (2, N'b'), (3, N'c'), (4, N'd');
DECLARE @v nvarchar(10);
DECLARE c CURSOR LOCAL FOR SELECT v FROM dbo.under_cursor ORDER BY id FOR UPDATE OF v;
OPEN c;
FETCH NEXT FROM c INTO @v;
WHILE @@FETCH_STATUS = 0
BEGIN
    IF @v IN (N'b', N'c') UPDATE dbo.under_cursor SET v = @v + N'!' WHERE CURRENT OF c;
    IF @v = N'd' DELETE FROM dbo.under_cursor WHERE CURRENT OF c;
    FETCH NEXT FROM c INTO @v;
END
SELECT id, v FROM dbo.under_cursor ORDER BY id;
GO

-- case: a static cursor is read only
-- page: sql/t-sql/language-elements/declare-cursor-transact-sql
CREATE TABLE dbo.under_static (id int PRIMARY KEY);
INSERT INTO dbo.under_static VALUES (1);
DECLARE @id int;
DECLARE c CURSOR LOCAL STATIC FOR SELECT id FROM dbo.under_static;
OPEN c;
FETCH NEXT FROM c INTO @id;
DELETE FROM dbo.under_static WHERE CURRENT OF c;
GO

-- case: a global temporary table has one owner
-- page: sql/t-sql/statements/create-table-transact-sql
SELECT v INTO ##conformance_owned FROM (VALUES (1), (2)) AS t (v);
GO
-- session: other
UPDATE ##conformance_owned SET v = v * 10;
CREATE TABLE ##conformance_owned (v int);
GO
-- session: main
SELECT v FROM ##conformance_owned ORDER BY v;
DROP TABLE ##conformance_owned;
SELECT v FROM ##conformance_owned;
GO

-- case: cursor_status tells what became of a cursor
-- page: sql/t-sql/functions/cursor-status-transact-sql
DECLARE @c CURSOR;
DECLARE c CURSOR LOCAL STATIC FOR SELECT 1 AS a;
SELECT CURSOR_STATUS('local', 'c') AS declared, CURSOR_STATUS('variable', '@c') AS unassigned, CURSOR_STATUS('global', 'c') AS missing;
OPEN c;
SELECT CURSOR_STATUS('local', 'c') AS opened;
CLOSE c;
SELECT CURSOR_STATUS('local', 'c') AS closed;
DEALLOCATE c;
SELECT CURSOR_STATUS('local', 'c') AS gone;
GO
