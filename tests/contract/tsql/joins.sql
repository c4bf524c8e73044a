CREATE TABLE dbo.people (id int PRIMARY KEY, name nvarchar(20) NOT NULL, boss int NULL);
CREATE TABLE dbo.pets (id int PRIMARY KEY, owner int NULL, pet nvarchar(20) NOT NULL);
INSERT INTO dbo.people VALUES (1, N'Ann', NULL), (2, N'Bob', 1), (3, N'Cid', 1), (4, N'Dee', 2);
INSERT INTO dbo.pets VALUES (1, 1, N'cat'), (2, 1, N'dog'), (3, 3, N'owl'), (4, NULL, N'fox');
GO

-- case: inner join
-- page: sql/t-sql/queries/from-transact-sql
SELECT p.name, a.pet FROM dbo.people AS p INNER JOIN dbo.pets AS a ON a.owner = p.id ORDER BY a.id;
GO

-- case: left join keeps the left rows
-- page: sql/t-sql/queries/from-transact-sql
SELECT p.name, a.pet FROM dbo.people AS p LEFT OUTER JOIN dbo.pets AS a ON a.owner = p.id ORDER BY p.id, a.id;
GO

-- case: right join keeps the right rows
-- page: sql/t-sql/queries/from-transact-sql
SELECT p.name, a.pet FROM dbo.people AS p RIGHT JOIN dbo.pets AS a ON a.owner = p.id ORDER BY a.id;
GO

-- case: full join keeps both
-- page: sql/t-sql/queries/from-transact-sql
SELECT COUNT(*) AS n, COUNT(p.id) AS people, COUNT(a.id) AS pets FROM dbo.people AS p FULL OUTER JOIN dbo.pets AS a ON a.owner = p.id;
GO

-- case: cross join
-- page: sql/t-sql/queries/from-transact-sql
SELECT COUNT(*) AS n FROM dbo.people CROSS JOIN dbo.pets;
SELECT COUNT(*) AS n FROM dbo.people, dbo.pets;
GO

-- case: a table joined with itself
-- page: sql/t-sql/queries/from-transact-sql
SELECT p.name, b.name AS boss FROM dbo.people AS p LEFT JOIN dbo.people AS b ON b.id = p.boss ORDER BY p.id;
GO

-- case: cross apply leaves rows without a match out
-- page: sql/t-sql/queries/from-transact-sql
SELECT p.name, x.pet FROM dbo.people AS p CROSS APPLY (SELECT TOP (1) a.pet FROM dbo.pets AS a WHERE a.owner = p.id ORDER BY a.id DESC) AS x ORDER BY p.id;
GO

-- case: outer apply keeps them
-- page: sql/t-sql/queries/from-transact-sql
SELECT p.name, x.pet FROM dbo.people AS p OUTER APPLY (SELECT TOP (1) a.pet FROM dbo.pets AS a WHERE a.owner = p.id ORDER BY a.id) AS x ORDER BY p.id;
GO

-- case: cross apply of values unpivots
-- page: sql/t-sql/queries/from-transact-sql
SELECT v.k, v.n FROM (SELECT 1 AS a, 2 AS b) AS t CROSS APPLY (VALUES ('a', t.a), ('b', t.b)) AS v (k, n) ORDER BY v.k;
GO

-- case: a column that two tables have is error 209
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT id FROM dbo.people AS p JOIN dbo.pets AS a ON a.owner = p.id;
GO

-- case: an alias hides the name of its table
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
SELECT people.name FROM dbo.people AS p;
GO

-- case: two tables of the same name need aliases
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
SELECT 1 AS one FROM dbo.people JOIN dbo.people ON 1 = 1;
GO

-- case: a common table expression
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH owners (id, n) AS (SELECT owner, COUNT(*) FROM dbo.pets WHERE owner IS NOT NULL GROUP BY owner)
SELECT p.name, o.n FROM owners AS o JOIN dbo.people AS p ON p.id = o.id ORDER BY p.id;
GO

-- case: a common table expression that refers to itself
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH chain AS (
    SELECT id, name, 0 AS depth FROM dbo.people WHERE boss IS NULL
    UNION ALL
    SELECT p.id, p.name, c.depth + 1 FROM dbo.people AS p JOIN chain AS c ON c.id = p.boss
)
SELECT name, depth FROM chain ORDER BY depth, name;
GO

-- case: recursion ends after a hundred rounds
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT MAX(i) AS i FROM n;
GO

-- case: maxrecursion allows more
-- page: sql/t-sql/queries/hints-transact-sql-query
WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT MAX(i) AS i FROM n OPTION (MAXRECURSION 1000);
GO

-- case: several common table expressions
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a)
SELECT a.n AS x, b.n AS y FROM a CROSS JOIN b;
GO

-- case: a scalar subquery of several rows is error 512
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT (SELECT pet FROM dbo.pets) AS pet;
GO

-- case: a scalar subquery of no rows is null
-- page: sql/relational-databases/performance/subqueries
SELECT (SELECT pet FROM dbo.pets WHERE id = 99) AS pet;
GO

-- case: a correlated subquery
-- page: sql/relational-databases/performance/subqueries
SELECT p.name, (SELECT COUNT(*) FROM dbo.pets AS a WHERE a.owner = p.id) AS n FROM dbo.people AS p WHERE EXISTS (SELECT 1 FROM dbo.people AS c WHERE c.boss = p.id) ORDER BY p.id;
GO

-- case: a subquery with two columns is error 116
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT name FROM dbo.people WHERE id IN (SELECT id, owner FROM dbo.pets);
GO

-- case: values make a table
-- page: sql/t-sql/queries/table-value-constructor-transact-sql
SELECT a, b FROM (VALUES (1, N'x'), (2, NULL)) AS t (a, b) ORDER BY a;
GO

-- case: pivot turns rows into columns
-- page: sql/t-sql/queries/from-using-pivot-and-unpivot
SELECT [1] AS ann, [3] AS cid FROM (SELECT owner, id FROM dbo.pets) AS s PIVOT (COUNT(id) FOR owner IN ([1], [3])) AS p;
GO

-- case: a join by hint
-- page: sql/t-sql/queries/hints-transact-sql-query
SELECT COUNT(*) AS n FROM dbo.people AS p JOIN dbo.pets AS a ON a.owner = p.id OPTION (HASH JOIN);
GO

-- case: pivot groups by the columns that it does not name
-- page: sql/t-sql/queries/from-using-pivot-and-unpivot
SELECT owner, cat, dog FROM (SELECT owner, id, pet FROM dbo.pets) AS s PIVOT (MAX(id) FOR pet IN (cat, dog)) AS p ORDER BY owner;
GO

-- case: unpivot turns columns into rows and leaves nulls out
-- page: sql/t-sql/queries/from-using-pivot-and-unpivot
SELECT id, n, v FROM (SELECT id, boss, id * 10 AS tens FROM dbo.people) AS s UNPIVOT (v FOR n IN (boss, tens)) AS u WHERE id < 3 ORDER BY id, n;
GO

-- case: unpivot of columns of several types is error 8167
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT v FROM dbo.people UNPIVOT (v FOR n IN (name, boss)) AS u;
GO

-- case: maxrecursion changes the limit of rounds
-- page: sql/t-sql/queries/hints-transact-sql-query
WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 101) SELECT MAX(i) AS i FROM n;
WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT MAX(i) AS i FROM n OPTION (MAXRECURSION 0);
WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT MAX(i) AS i FROM n OPTION (MAXRECURSION 5);
GO

-- case: maxrecursion has a greatest value
-- page: sql/t-sql/queries/hints-transact-sql-query
WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n OPTION (MAXRECURSION 32768);
GO

-- case: a recursive member without union all is error 252
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH n AS (SELECT 1 AS i UNION SELECT i FROM n) SELECT i FROM n;
GO

-- case: a recursive query may have several anchors
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH n (a, b) AS (SELECT 1, 'x' UNION SELECT 2, 'y' UNION ALL SELECT k.a + 10, k.b FROM n AS k WHERE k.a < 10)
SELECT * FROM n ORDER BY a;
GO
