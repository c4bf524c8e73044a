

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

-- case: a table-valued parameter cannot be changed
-- page: sql/relational-databases/tables/use-table-valued-parameters-database-engine
CREATE TYPE dbo.fixed_numbers AS TABLE (n int PRIMARY KEY);
GO
CREATE PROCEDURE dbo.changes_list @list dbo.fixed_numbers READONLY AS DELETE FROM @list;
GO

-- case: a table-valued parameter that is left out is empty
-- page: sql/relational-databases/tables/use-table-valued-parameters-database-engine
CREATE TYPE dbo.some_numbers AS TABLE (n int PRIMARY KEY);
GO
CREATE PROCEDURE dbo.counts_list @list dbo.some_numbers READONLY AS SELECT COUNT(*) AS n FROM @list;
GO
EXEC dbo.counts_list;
GO

-- case: a table-valued parameter of sp_executesql
-- page: sql/relational-databases/tables/use-table-valued-parameters-database-engine
CREATE TYPE dbo.sql_numbers AS TABLE (n int PRIMARY KEY, t nvarchar(10));
GO
DECLARE @l dbo.sql_numbers;
INSERT INTO @l VALUES (1, N'a'), (2, N'b'), (3, N'c');
EXEC sp_executesql N'SELECT n, t FROM @p WHERE n > @q ORDER BY n', N'@p dbo.sql_numbers READONLY, @q int', @l, 1;
GO

-- case: a function fills and returns a table
-- page: sql/t-sql/statements/create-function-transact-sql
CREATE TABLE dbo.staff_tree (id int PRIMARY KEY, boss int, name nvarchar(20));
INSERT INTO dbo.staff_tree VALUES (1, NULL, N'ann'), (2, 1, N'bob'), (3, 2, N'cid'), (4, 1, N'dan');
GO
CREATE FUNCTION dbo.staff_below (@id int) RETURNS @found TABLE (id int PRIMARY KEY, name nvarchar(20) NOT NULL, depth int DEFAULT 0) AS
BEGIN
    DECLARE @depth int = 0, @next TABLE (id int);
    INSERT INTO @next VALUES (@id);
    WHILE EXISTS (SELECT * FROM @next)
    BEGIN
        INSERT INTO @found SELECT s.id, s.name, @depth FROM dbo.staff_tree AS s JOIN @next AS n ON n.id = s.id;
        DELETE FROM @next;
        INSERT INTO @next SELECT s.id FROM dbo.staff_tree AS s JOIN @found AS f ON f.id = s.boss WHERE s.id NOT IN (SELECT id FROM @found);
        SET @depth += 1;
    END;
    UPDATE @found SET name = UPPER(name) WHERE depth = 0;
    RETURN;
END;
GO
SELECT id, name, depth FROM dbo.staff_below(1) ORDER BY id;
SELECT s.id, COUNT(*) AS n FROM dbo.staff_tree AS s CROSS APPLY dbo.staff_below(s.id) AS f GROUP BY s.id ORDER BY s.id;
SELECT type_desc FROM sys.objects WHERE name = 'staff_below';
GO

-- case: a function changes no table but its own
-- page: sql/t-sql/statements/create-function-transact-sql
CREATE TABLE dbo.not_its_own (v int);
GO
CREATE FUNCTION dbo.side_effect () RETURNS @r TABLE (v int) AS BEGIN INSERT INTO dbo.not_its_own VALUES (1); RETURN; END;
GO

-- case: a function ends with return
-- page: sql/t-sql/statements/create-function-transact-sql
CREATE FUNCTION dbo.no_return () RETURNS @r TABLE (v int) AS BEGIN INSERT INTO @r VALUES (1); END;
GO

-- case: a scalar function with a table variable and a loop
-- page: sql/t-sql/statements/create-function-transact-sql
CREATE FUNCTION dbo.sum_to (@n int) RETURNS int AS
BEGIN
    DECLARE @t TABLE (v int), @i int = 0;
    WHILE @i < @n
    BEGIN
        SET @i += 1;
        IF @i = 3 CONTINUE;
        IF @i > 5 BREAK;
        INSERT INTO @t VALUES (@i);
    END;
    RETURN (SELECT SUM(v) FROM @t);
END;
GO
SELECT dbo.sum_to(4) AS a, dbo.sum_to(100) AS b;
GO

-- case: sp_executesql gives back a value beside a table
-- page: sql/relational-databases/system-stored-procedures/sp-executesql-transact-sql
CREATE TYPE dbo.beside_numbers AS TABLE (n int PRIMARY KEY);
GO
DECLARE @l dbo.beside_numbers, @sum int;
INSERT INTO @l VALUES (1), (2), (4);
EXEC sp_executesql N'SELECT @out = SUM(n) FROM @p', N'@p dbo.beside_numbers READONLY, @out int OUTPUT', @l, @sum OUTPUT;
SELECT @sum AS s;
GO
