

-- case: if and else
-- page: sql/t-sql/language-elements/if-else-transact-sql
IF 1 = 2
    PRINT 'yes';
ELSE IF 2 = 2
    PRINT 'else if';
ELSE
    PRINT 'no';
GO

-- case: if with a null takes the else branch
-- page: sql/t-sql/language-elements/if-else-transact-sql
DECLARE @n int;
IF @n = 1 PRINT 'yes'; ELSE PRINT 'no';
GO

-- case: if exists
-- page: sql/t-sql/language-elements/if-else-transact-sql
IF EXISTS (SELECT 1 WHERE 1 = 1) SELECT 'found' AS r;
IF NOT EXISTS (SELECT 1 WHERE 1 = 0) SELECT 'none' AS r;
GO

-- case: only one statement belongs to if
-- page: sql/t-sql/language-elements/if-else-transact-sql
IF 1 = 2
    PRINT 'first';
    PRINT 'second';
GO

-- case: begin and end group statements
-- page: sql/t-sql/language-elements/begin-end-transact-sql
IF 1 = 2
BEGIN
    PRINT 'first';
    PRINT 'second';
END
PRINT 'third';
GO

-- case: while with break and continue
-- page: sql/t-sql/language-elements/while-transact-sql
DECLARE @i int = 0, @s varchar(20) = '';
WHILE @i < 10
BEGIN
    SET @i += 1;
    IF @i = 2 CONTINUE;
    IF @i = 5 BREAK;
    SET @s += CAST(@i AS varchar(5));
END
SELECT @i AS i, @s AS s;
GO

-- case: while that never begins
-- page: sql/t-sql/language-elements/while-transact-sql
WHILE 1 = 0 PRINT 'never';
PRINT 'done';
GO

-- case: return ends the batch
-- page: sql/t-sql/language-elements/return-transact-sql
PRINT 'a';
RETURN;
PRINT 'b';
GO

-- case: goto
-- page: sql/t-sql/language-elements/goto-transact-sql
DECLARE @i int = 0;
again:
SET @i += 1;
IF @i < 3 GOTO again;
SELECT @i AS i;
GO

-- case: waitfor
-- page: sql/t-sql/language-elements/waitfor-transact-sql
WAITFOR DELAY '00:00:00.010';
SELECT 1 AS waited;
GO

-- case: case takes the first that fits
-- page: sql/t-sql/language-elements/case-transact-sql
SELECT CASE WHEN 1 = 2 THEN 'a' WHEN 1 = 1 THEN 'b' WHEN 2 = 2 THEN 'c' END AS searched, CASE 3 WHEN 1 THEN 'x' WHEN 3 THEN 'y' END AS simple, CASE 9 WHEN 1 THEN 'x' END AS none;
GO

-- case: case does not compute what it does not take
-- page: sql/t-sql/language-elements/case-transact-sql
DECLARE @zero int = 0;
SELECT CASE WHEN @zero = 0 THEN -1 ELSE 1 / @zero END AS n;
GO

-- case: case without a result that has a type is error 8133
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT CASE WHEN 1 = 1 THEN NULL ELSE NULL END AS n;
GO

-- case: comments, also nested
-- page: sql/t-sql/language-elements/slash-star-comment-transact-sql
SELECT 1 AS a /* one /* two */ still */, 2 AS b -- three
;
GO

-- case: execute text
-- page: sql/t-sql/language-elements/execute-transact-sql
EXEC (N'SELECT 1 AS a; SELECT 2 AS b');
GO

-- case: execute text of several parts
-- page: sql/t-sql/language-elements/execute-transact-sql
DECLARE @t sysname = N'x';
EXEC ('SELECT 5 AS ' + @t);
GO

-- case: sp_executesql with parameters
-- page: sql/relational-databases/system-stored-procedures/sp-executesql-transact-sql
EXEC sp_executesql N'SELECT @a + @b AS s', N'@a int, @b int', @a = 1, @b = 2;
EXECUTE sys.sp_executesql N'SELECT @x AS x', N'@x nvarchar(10)', N'y';
GO

-- case: sp_executesql with output
-- page: sql/relational-databases/system-stored-procedures/sp-executesql-transact-sql
DECLARE @n int;
EXEC sp_executesql N'SELECT @out = 6 * @in', N'@in int, @out int OUTPUT', @in = 7, @out = @n OUTPUT;
SELECT @n AS n;
GO

-- case: sp_executesql without a parameter that it needs is error 8178
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
EXEC sp_executesql N'SELECT @a AS a', N'@a int';
GO

-- case: variables do not reach into executed text
-- page: sql/t-sql/language-elements/execute-transact-sql
DECLARE @n int = 1;
EXEC (N'SELECT @n AS n');
GO

-- case: goto leaves a loop and a try block
-- page: sql/t-sql/language-elements/goto-transact-sql
DECLARE @i int = 0;
WHILE 1 = 1
BEGIN
    BEGIN TRY
        SET @i += 1;
        IF @i = 4 GOTO done;
    END TRY
    BEGIN CATCH
        PRINT 'never';
    END CATCH
END
PRINT 'never';
done:
SELECT @i AS i;
GO

-- case: goto to a label that is not there is error 133
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
PRINT 'begun';
GOTO nowhere;
GO

-- case: a label declared twice is error 132
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
again:
PRINT 'begun';
again:
GOTO again;
GO
