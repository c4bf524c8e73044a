CREATE TABLE dbo.keyed (id int CONSTRAINT pk_keyed PRIMARY KEY);
INSERT INTO dbo.keyed VALUES (1);
GO

-- case: catch knows what happened
-- page: sql/t-sql/language-elements/try-catch-transact-sql
BEGIN TRY
    DECLARE @q int = 1 / 0;
END TRY
BEGIN CATCH
    SELECT ERROR_NUMBER() AS number, ERROR_SEVERITY() AS severity, ERROR_STATE() AS state, ERROR_PROCEDURE() AS source, ERROR_LINE() AS line, ERROR_MESSAGE() AS text;
END CATCH;
GO

-- case: outside of catch nothing is known
-- page: sql/t-sql/language-elements/try-catch-transact-sql
SELECT ERROR_NUMBER() AS number, ERROR_MESSAGE() AS text, ERROR_LINE() AS line;
GO

-- case: a duplicate key has severity 14
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
BEGIN TRY
    INSERT INTO dbo.keyed VALUES (1);
END TRY
BEGIN CATCH
    SELECT ERROR_NUMBER() AS n, ERROR_SEVERITY() AS s;
END CATCH;
GO

-- case: without an error catch is not run
-- page: sql/t-sql/language-elements/try-catch-transact-sql
BEGIN TRY
    PRINT 'tried';
END TRY
BEGIN CATCH
    PRINT 'caught';
END CATCH;
PRINT 'after';
GO

-- case: catch goes on after the end
-- page: sql/t-sql/language-elements/try-catch-transact-sql
BEGIN TRY
    THROW 50001, 'x', 1;
    PRINT 'never';
END TRY
BEGIN CATCH
    PRINT 'caught';
END CATCH;
PRINT 'after';
GO

-- case: catch inside of catch
-- page: sql/t-sql/language-elements/try-catch-transact-sql
BEGIN TRY
    THROW 50001, 'outer', 1;
END TRY
BEGIN CATCH
    BEGIN TRY
        THROW 50002, 'inner', 1;
    END TRY
    BEGIN CATCH
        PRINT ERROR_MESSAGE();
    END CATCH;
    PRINT ERROR_MESSAGE();
END CATCH;
GO

-- case: an error inside of catch goes to the caller
-- page: sql/t-sql/language-elements/try-catch-transact-sql
BEGIN TRY
    THROW 50001, 'first', 1;
END TRY
BEGIN CATCH
    THROW 50002, 'second', 1;
END CATCH;
GO

-- case: a table that is not there is not caught at the same level
-- page: sql/t-sql/language-elements/try-catch-transact-sql
BEGIN TRY
    SELECT * FROM dbo.nonexistent;
END TRY
BEGIN CATCH
    PRINT 'caught';
END CATCH;
GO

-- case: it is caught at a higher level
-- page: sql/t-sql/language-elements/try-catch-transact-sql
CREATE PROCEDURE dbo.reads_nothing AS SELECT * FROM dbo.nonexistent;
GO
BEGIN TRY
    EXEC dbo.reads_nothing;
END TRY
BEGIN CATCH
    SELECT ERROR_NUMBER() AS n, ERROR_MESSAGE() AS text;
END CATCH;
GO

-- case: error_procedure names the procedure without its schema
-- page: sql/t-sql/functions/error-procedure-transact-sql
-- requires: azure
CREATE PROCEDURE dbo.divides AS SET NOCOUNT ON; DECLARE @q int = 1 / 0;
GO
BEGIN TRY
    EXEC dbo.divides;
END TRY
BEGIN CATCH
    SELECT ERROR_PROCEDURE() AS p;
END CATCH;
GO

-- case: a syntax error ends the batch before it begins
-- page: sql/t-sql/language-elements/try-catch-transact-sql
PRINT 'begun';
BEGIN TRY
    SELEC 1;
END TRY
BEGIN CATCH
    PRINT 'caught';
END CATCH;
GO

-- case: a syntax error inside of executed text is caught
-- page: sql/t-sql/language-elements/try-catch-transact-sql
BEGIN TRY
    EXEC (N'SELECT 1 FROM');
END TRY
BEGIN CATCH
    SELECT ERROR_NUMBER() AS n;
END CATCH;
GO

-- case: throw
-- page: sql/t-sql/language-elements/throw-transact-sql
THROW 51000, 'The record does not exist.', 1;
GO

-- case: throw has severity 16 and its state
-- page: sql/t-sql/language-elements/throw-transact-sql
BEGIN TRY
    THROW 51000, N'mine', 7;
END TRY
BEGIN CATCH
    SELECT ERROR_NUMBER() AS n, ERROR_SEVERITY() AS s, ERROR_STATE() AS t;
END CATCH;
GO

-- case: throw by variables
-- page: sql/t-sql/language-elements/throw-transact-sql
DECLARE @n int = 60000, @text nvarchar(100) = N'by variable', @state tinyint = 3;
THROW @n, @text, @state;
GO

-- case: throw again
-- page: sql/t-sql/language-elements/throw-transact-sql
BEGIN TRY
    INSERT INTO dbo.keyed VALUES (1);
END TRY
BEGIN CATCH
    SELECT 'In catch block.' AS said;
    THROW;
END CATCH;
GO

-- case: throw ends the batch
-- page: sql/t-sql/language-elements/throw-transact-sql
CREATE TABLE dbo.after_throw (v int);
GO
THROW 51000, 'stop', 1;
INSERT INTO dbo.after_throw VALUES (1);
GO
SELECT COUNT(*) AS n FROM dbo.after_throw;
GO

-- case: throw with a number below 50000 is error 35100
-- page: sql/t-sql/language-elements/throw-transact-sql
THROW 49999, 'x', 1;
GO

-- case: throw alone outside of catch is error 10704
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-10000-to-10999
THROW;
GO

-- case: raiserror has number 50000 and goes on
-- page: sql/t-sql/language-elements/raiserror-transact-sql
CREATE TABLE dbo.after_raise (v int);
GO
RAISERROR (N'This is message %s %d.', 16, 1, N'number', 5);
INSERT INTO dbo.after_raise VALUES (1);
GO
SELECT COUNT(*) AS n FROM dbo.after_raise;
GO

-- case: raiserror below severity 11 is a message
-- page: sql/t-sql/language-elements/raiserror-transact-sql
RAISERROR (N'This is message %s %d.', 10, 1, N'number', 5);
RAISERROR (N'<<%7.3s>>', 10, 1, N'abcde');
RAISERROR (N'<<%*.*s>>', 10, 1, 7, 3, N'abcde');
GO

-- case: raiserror formats numbers
-- page: sql/t-sql/language-elements/raiserror-transact-sql
RAISERROR (N'%d|%05d|%-5d|%+d|%x|%X|%#x|%o|%u|%%', 10, 1, 42, 42, 42, 42, 255, 255, 255, 8, 7);
GO

-- case: raiserror tells its severity and state to catch
-- page: sql/t-sql/language-elements/raiserror-transact-sql
BEGIN TRY
    RAISERROR ('Error raised in TRY block.', 15, 9);
END TRY
BEGIN CATCH
    SELECT ERROR_NUMBER() AS n, ERROR_SEVERITY() AS s, ERROR_STATE() AS t, ERROR_MESSAGE() AS text;
END CATCH;
GO

-- case: @@error holds the number of the last statement
-- page: sql/t-sql/functions/error-transact-sql
DECLARE @zero int = 0, @first int, @second int;
INSERT INTO dbo.keyed VALUES (2 / @zero);
SET @first = @@ERROR;
SET @second = @@ERROR;
INSERT INTO dbo.keyed VALUES (@first + @second);
GO
SELECT id FROM dbo.keyed WHERE id > 8000;
GO

-- case: formatmessage
-- page: sql/t-sql/functions/formatmessage-transact-sql
SELECT FORMATMESSAGE('This is the %s and this is the %s.', 'first variable', 'second variable') AS text, FORMATMESSAGE('%05i|%x', 7, 255) AS numbers;
GO

-- case: print of a number
-- page: sql/t-sql/language-elements/print-transact-sql
DECLARE @n int = 5;
PRINT @n;
PRINT N'a' + N'b';
GO

-- case: an unknown table is error 208
-- page: sql/relational-databases/errors-events/mssqlserver-208-database-engine-error
SELECT * FROM dbo.nix;
GO

-- case: an unknown column is error 207
-- page: sql/relational-databases/errors-events/mssqlserver-207-database-engine-error
SELECT nix FROM dbo.keyed;
GO

-- case: an unknown function is error 195
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT NIX(1) AS v;
GO

-- case: an unknown procedure is error 2812
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
EXEC dbo.nix;
GO

-- case: an unknown variable is error 137
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT @nix AS v;
GO

-- case: a variable declared twice is error 134
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
DECLARE @a int;
DECLARE @a int;
GO

-- case: a syntax error names the place
-- page: sql/relational-databases/errors-events/mssqlserver-102-database-engine-error
SELECT * FORM dbo.keyed;
GO

-- case: an open text is error 105
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT 'abc;
GO

-- case: the line of an error is counted from the batch
-- page: sql/t-sql/functions/error-line-transact-sql
BEGIN TRY


    DECLARE @q int = 1 / 0;
END TRY
BEGIN CATCH
    SELECT ERROR_LINE() AS line;
END CATCH;
GO

-- case: a wrong number of arguments is error 174
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT LEN('a', 'b') AS n;
GO

-- case: an open comment is error 113
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT 1 AS one; /* begun
GO

-- case: formatmessage has flags and widths
-- page: sql/t-sql/functions/formatmessage-transact-sql
SELECT FORMATMESSAGE('Signed int %i, %d %i, %d, %+i, %+d, %+i, %+d', 5, -5, 50, -50, -11, -11, 11, 11) AS m;
SELECT FORMATMESSAGE('Signed int with up to 3 leading zeros %03i', 5) AS m;
SELECT FORMATMESSAGE('Signed int with leading zero 0 %020i', -55) AS m;
SELECT FORMATMESSAGE('Unsigned int %u, %u', 50, -50) AS m;
SELECT FORMATMESSAGE('Unsigned octal with prefix: %#o, %#o', 50, -50) AS m;
SELECT FORMATMESSAGE('Unsigned hexadecimal with prefix: %#x, %#X, %#X, %X, %x', 11, 11, -11, 50, -50) AS m;
SELECT FORMATMESSAGE('Hello %20s!', 'TEST') AS m;
SELECT FORMATMESSAGE('Hello %-20s!', 'TEST') AS m;
SELECT FORMATMESSAGE('Hello %20s!', 'TEST') AS m;
GO
