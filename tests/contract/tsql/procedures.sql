

-- case: a procedure with parameters and defaults
-- page: sql/t-sql/statements/create-procedure-transact-sql
CREATE PROCEDURE dbo.adds @a int, @b int = 10 AS
SELECT @a + @b AS s;
GO
EXEC dbo.adds 1;
EXEC dbo.adds 1, 2;
EXEC dbo.adds @b = 5, @a = 4;
EXEC dbo.adds 1, DEFAULT;
GO

-- case: a parameter that is needed is error 201
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE PROCEDURE dbo.needs @a int AS SELECT @a AS a;
GO
EXEC dbo.needs;
GO

-- case: too many arguments are error 8144
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE PROCEDURE dbo.takes_one @a int AS SELECT @a AS a;
GO
EXEC dbo.takes_one 1, 2;
GO

-- case: a parameter that it does not have is error 8145
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE PROCEDURE dbo.has_a @a int AS SELECT @a AS a;
GO
EXEC dbo.has_a @b = 1;
GO

-- case: output parameters
-- page: sql/t-sql/statements/create-procedure-transact-sql
CREATE PROCEDURE dbo.doubles @in int, @out int OUTPUT AS
SET @out = @in * 2;
GO
DECLARE @n int, @unchanged int = 5;
EXEC dbo.doubles 4, @n OUTPUT;
EXEC dbo.doubles 4, @unchanged;
SELECT @n AS n, @unchanged AS unchanged;
GO

-- case: the value that a procedure returns
-- page: sql/t-sql/language-elements/return-transact-sql
CREATE PROCEDURE dbo.returns @n int AS
IF @n > 0 RETURN @n;
PRINT 'not positive';
GO
DECLARE @r int;
EXEC @r = dbo.returns 7;
SELECT @r AS r;
EXEC @r = dbo.returns 0;
SELECT @r AS r;
GO

-- case: a procedure with several result sets
-- page: sql/t-sql/statements/create-procedure-transact-sql
CREATE PROCEDURE dbo.two_sets AS
BEGIN
    SET NOCOUNT ON;
    SELECT 1 AS a;
    SELECT 2 AS b, 'x' AS c;
END;
GO
EXECUTE dbo.two_sets;
GO

-- case: a procedure is called without exec when it comes first
-- page: sql/t-sql/language-elements/execute-transact-sql
CREATE PROCEDURE dbo.called_first AS SELECT 'called' AS r;
GO
dbo.called_first;
GO

-- case: an error inside of a procedure is caught outside
-- page: sql/t-sql/language-elements/try-catch-transact-sql
CREATE PROCEDURE dbo.fails AS
BEGIN
    DECLARE @zero int = 0, @n int;
    SET @n = 1 / @zero;
    PRINT 'goes on';
END;
GO
BEGIN TRY
    EXEC dbo.fails;
END TRY
BEGIN CATCH
    SELECT ERROR_LINE() AS line, ERROR_NUMBER() AS n;
END CATCH;
GO

-- case: a procedure that catches its own errors
-- page: sql/t-sql/language-elements/try-catch-transact-sql
CREATE PROCEDURE dbo.careful AS
BEGIN TRY
    THROW 50007, 'inside', 1;
END TRY
BEGIN CATCH
    PRINT ERROR_MESSAGE();
    RETURN 7;
END CATCH;
GO
DECLARE @r int;
EXEC @r = dbo.careful;
SELECT @r AS r;
GO

-- case: a procedure that exists is error 2714
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE PROCEDURE dbo.exists_twice AS SELECT 1 AS a;
GO
CREATE PROCEDURE dbo.exists_twice AS SELECT 2 AS a;
GO

-- case: create or alter
-- page: sql/t-sql/statements/create-procedure-transact-sql
CREATE OR ALTER PROCEDURE dbo.changing AS SELECT 1 AS a;
GO
CREATE OR ALTER PROCEDURE dbo.changing AS SELECT 2 AS a;
GO
EXEC dbo.changing;
GO
ALTER PROCEDURE dbo.changing AS SELECT 3 AS a;
GO
EXEC dbo.changing;
GO

-- case: drop procedure
-- page: sql/t-sql/statements/drop-procedure-transact-sql
CREATE PROCEDURE dbo.short_lived AS SELECT 1 AS a;
GO
DROP PROCEDURE dbo.short_lived;
DROP PROCEDURE IF EXISTS dbo.short_lived;
GO
DROP PROCEDURE dbo.short_lived;
GO

-- case: a procedure may name tables that come later
-- page: sql/t-sql/statements/create-procedure-transact-sql
CREATE PROCEDURE dbo.hopeful AS SELECT v FROM dbo.later;
GO
CREATE TABLE dbo.later (v int);
INSERT INTO dbo.later VALUES (1);
GO
EXEC dbo.hopeful;
GO

-- case: a procedure that calls itself
-- page: sql/t-sql/statements/create-procedure-transact-sql
CREATE PROCEDURE dbo.factorial @n int, @f int OUTPUT AS RETURN;
GO
ALTER PROCEDURE dbo.factorial @n int, @f int OUTPUT AS
BEGIN
    IF @n <= 1 BEGIN SET @f = 1; RETURN; END;
    DECLARE @less int = @n - 1, @part int;
    EXEC dbo.factorial @less, @part OUTPUT;
    SET @f = @n * @part;
END;
GO
DECLARE @f int;
EXEC dbo.factorial 5, @f OUTPUT;
SELECT @f AS f;
GO

-- case: nesting deeper than 32 is error 217
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE PROCEDURE dbo.endless AS RETURN;
GO
ALTER PROCEDURE dbo.endless AS EXEC dbo.endless;
GO
EXEC dbo.endless;
GO

-- case: nestlevel
-- page: sql/t-sql/functions/nestlevel-transact-sql
CREATE PROCEDURE dbo.how_deep AS SELECT @@NESTLEVEL AS n;
GO
SELECT @@NESTLEVEL AS n;
EXEC dbo.how_deep;
GO

-- case: a table-valued parameter
-- page: sql/relational-databases/tables/use-table-valued-parameters-database-engine
CREATE TYPE dbo.numbers AS TABLE (n int PRIMARY KEY);
GO
CREATE PROCEDURE dbo.sums @list dbo.numbers READONLY AS SELECT SUM(n) AS s FROM @list;
GO
DECLARE @l dbo.numbers;
INSERT INTO @l VALUES (1), (2), (3);
EXEC dbo.sums @l;
GO

-- case: set options end with the procedure
-- page: sql/t-sql/statements/set-statements-transact-sql
CREATE PROCEDURE dbo.sets_option AS
BEGIN
    SET XACT_ABORT ON;
    SELECT CASE WHEN (16384 & @@OPTIONS) = 16384 THEN 'ON' ELSE 'OFF' END AS x;
END;
GO
EXEC dbo.sets_option;
SELECT CASE WHEN (16384 & @@OPTIONS) = 16384 THEN 'ON' ELSE 'OFF' END AS x;
GO

-- case: a transaction that a procedure leaves open is told
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE PROCEDURE dbo.leaves_open AS BEGIN TRAN;
GO
EXEC dbo.leaves_open;
GO
SELECT @@TRANCOUNT AS n;
ROLLBACK;
GO

-- case: a scalar function
-- page: sql/t-sql/statements/create-function-transact-sql
CREATE FUNCTION dbo.twice (@n int) RETURNS int AS
BEGIN
    DECLARE @r int = @n * 2;
    RETURN @r;
END;
GO
SELECT dbo.twice(4) AS n, dbo.twice(NULL) AS nothing;
GO

-- case: an inline table function
-- page: sql/t-sql/statements/create-function-transact-sql
CREATE FUNCTION dbo.up_to (@n int) RETURNS TABLE AS
RETURN (SELECT v FROM (VALUES (1), (2), (3), (4)) AS t (v) WHERE v <= @n);
GO
SELECT v FROM dbo.up_to(2) ORDER BY v;
GO

-- case: objects know their text
-- page: sql/t-sql/functions/object-definition-transact-sql
CREATE PROCEDURE dbo.quoted AS SELECT 1 AS a;
GO
SELECT OBJECT_DEFINITION(OBJECT_ID('dbo.quoted')) AS text;
GO
