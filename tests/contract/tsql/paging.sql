CREATE TABLE dbo.letters (n int PRIMARY KEY, c char(1) NOT NULL, g int NOT NULL);
INSERT INTO dbo.letters VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 2), (4, 'd', 2), (5, 'e', 3);
GO

-- case: offset and fetch
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
SELECT c FROM dbo.letters ORDER BY n OFFSET 1 ROW FETCH NEXT 2 ROWS ONLY;
GO

-- case: offset alone
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
SELECT c FROM dbo.letters ORDER BY n OFFSET 3 ROWS;
GO

-- case: offset beyond the rows
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
SELECT c FROM dbo.letters ORDER BY n OFFSET 10 ROWS FETCH FIRST 5 ROWS ONLY;
GO

-- case: offset and fetch by variables
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
DECLARE @skip int = 2, @take bigint = 1;
SELECT c FROM dbo.letters ORDER BY n OFFSET @skip ROWS FETCH NEXT @take ROWS ONLY;
GO

-- case: fetch of no rows is error 10744
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-10000-to-10999
SELECT c FROM dbo.letters ORDER BY n OFFSET 0 ROWS FETCH NEXT 0 ROWS ONLY;
GO

-- case: a negative offset is error 10742
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-10000-to-10999
SELECT c FROM dbo.letters ORDER BY n OFFSET -1 ROWS;
GO

-- case: offset with top is error 10741
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-10000-to-10999
SELECT TOP (1) c FROM dbo.letters ORDER BY n OFFSET 1 ROWS;
GO

-- case: top
-- page: sql/t-sql/queries/top-transact-sql
SELECT TOP (2) c FROM dbo.letters ORDER BY n DESC;
SELECT TOP 1 c FROM dbo.letters ORDER BY n;
SELECT TOP (0) c FROM dbo.letters;
GO

-- case: top with ties
-- page: sql/t-sql/queries/top-transact-sql
SELECT TOP (1) WITH TIES c, g FROM dbo.letters ORDER BY g;
GO

-- case: top percent rounds up
-- page: sql/t-sql/queries/top-transact-sql
SELECT TOP (50) PERCENT n FROM dbo.letters ORDER BY n;
GO

-- case: top by a variable
-- page: sql/t-sql/queries/top-transact-sql
DECLARE @p int = 3;
SELECT TOP (@p) n FROM dbo.letters ORDER BY n;
GO

-- case: with ties without order by is error 1062
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
SELECT TOP (1) WITH TIES c FROM dbo.letters;
GO

-- case: order by a place and an alias
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
SELECT n, -n AS m FROM dbo.letters WHERE n < 3 ORDER BY m;
SELECT c, n FROM dbo.letters WHERE n < 3 ORDER BY 2 DESC;
GO

-- case: order by a place that is not there is error 108
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT c FROM dbo.letters ORDER BY 2;
GO

-- case: distinct orders only by what it selects
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT DISTINCT g FROM dbo.letters ORDER BY n;
GO

-- case: order by in a derived table without top is error 1033
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
SELECT c FROM (SELECT c FROM dbo.letters ORDER BY n) AS t;
GO

-- case: rowcount limits what follows
-- page: sql/t-sql/statements/set-rowcount-transact-sql
SET ROWCOUNT 2;
SELECT n FROM dbo.letters ORDER BY n;
SET ROWCOUNT 0;
SELECT COUNT(*) AS n FROM dbo.letters;
GO

-- case: order by a case
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
SELECT c FROM dbo.letters WHERE n < 4 ORDER BY CASE WHEN c = 'b' THEN 0 ELSE 1 END, n DESC;
GO

-- case: fetch of no rows by a variable is error 10744
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
DECLARE @n int = 0;
SELECT n FROM dbo.letters ORDER BY n OFFSET 0 ROWS FETCH NEXT @n ROWS ONLY;
GO

-- case: top of a negative number is error 127
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
DECLARE @n int = -1;
SELECT TOP (@n) n FROM dbo.letters;
GO

-- case: top of more than all percent is error 1031
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
SELECT TOP (101) PERCENT n FROM dbo.letters;
GO

-- case: top percent with ties
-- page: sql/t-sql/queries/top-transact-sql
SELECT TOP (10) PERCENT WITH TIES n FROM dbo.letters ORDER BY g;
GO

-- case: order by in a common table expression is error 1033
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH q AS (SELECT n FROM dbo.letters ORDER BY n) SELECT n FROM q;
GO

-- case: order by in a derived table with top or offset
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
SELECT SUM(n) AS s FROM (SELECT TOP (2) n FROM dbo.letters ORDER BY n DESC) AS t;
SELECT SUM(n) AS s FROM (SELECT n FROM dbo.letters ORDER BY n DESC OFFSET 3 ROWS) AS t;
GO

-- case: order by of rows that are inserted
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
CREATE TABLE dbo.numbered (id int IDENTITY PRIMARY KEY, n int);
INSERT INTO dbo.numbered (n) SELECT n FROM dbo.letters ORDER BY n DESC;
SELECT n FROM dbo.numbered WHERE id = 1;
GO
