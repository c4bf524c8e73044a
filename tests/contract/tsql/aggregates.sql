CREATE TABLE dbo.sales (id int PRIMARY KEY, region varchar(10) NULL, product varchar(10) NOT NULL, amount int NULL);
INSERT INTO dbo.sales VALUES (1, 'north', 'pen', 10), (2, 'north', 'ink', 20), (3, 'south', 'pen', 5), (4, 'south', 'pen', NULL), (5, NULL, 'ink', 7);
GO

-- case: count of rows and of values
-- page: sql/t-sql/functions/count-transact-sql
SELECT COUNT(*) AS rows, COUNT(amount) AS amounts, COUNT(DISTINCT product) AS products FROM dbo.sales;
GO

-- case: aggregates leave nulls out
-- page: sql/t-sql/functions/sum-transact-sql
SELECT SUM(amount) AS s, AVG(amount) AS a, MIN(amount) AS mi, MAX(amount) AS ma FROM dbo.sales;
GO

-- case: aggregates of no rows
-- page: sql/t-sql/functions/sum-transact-sql
SELECT COUNT(*) AS n, SUM(amount) AS s, MAX(amount) AS m FROM dbo.sales WHERE id > 99;
GO

-- case: group by of no rows has no rows
-- page: sql/t-sql/queries/select-group-by-transact-sql
SELECT region, COUNT(*) AS n FROM dbo.sales WHERE id > 99 GROUP BY region;
GO

-- case: sum of small ints is an int and of ints overflows
-- page: sql/t-sql/functions/sum-transact-sql
SELECT SUM(v) AS s FROM (VALUES (CAST(30000 AS smallint)), (CAST(30000 AS smallint))) AS t (v);
GO
SELECT SUM(v) AS s FROM (VALUES (2147483647), (1)) AS t (v);
GO

-- case: sum and avg of decimals
-- page: sql/t-sql/functions/sum-transact-sql
SELECT SUM(v) AS s, AVG(v) AS a FROM (VALUES (CAST(1.10 AS decimal(5, 2))), (CAST(2.20 AS decimal(5, 2)))) AS t (v);
GO

-- case: avg of ints is truncated
-- page: sql/t-sql/functions/avg-transact-sql
SELECT AVG(v) AS a, AVG(CAST(v AS bigint)) AS b, AVG(CAST(v AS float)) AS f FROM (VALUES (1), (2)) AS t (v);
GO

-- case: sum of money and of bigint
-- page: sql/t-sql/functions/sum-transact-sql
SELECT SUM(CAST(v AS money)) AS m, SUM(CAST(v AS bigint)) AS b, SUM(CAST(v AS real)) AS r FROM (VALUES (1), (2)) AS t (v);
GO

-- case: sum of bits is an error
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT SUM(CAST(1 AS bit)) AS s;
GO

-- case: sum of distinct values
-- page: sql/t-sql/functions/sum-transact-sql
SELECT SUM(DISTINCT v) AS s, AVG(DISTINCT v) AS a FROM (VALUES (1), (1), (5)) AS t (v);
GO

-- case: count_big
-- page: sql/t-sql/functions/count-big-transact-sql
SELECT COUNT_BIG(*) AS n FROM dbo.sales;
GO

-- case: min and max of text
-- page: sql/t-sql/functions/max-transact-sql
SELECT MIN(product) AS mi, MAX(product) AS ma FROM dbo.sales;
GO

-- case: standard deviation and variance
-- page: sql/t-sql/functions/stdev-transact-sql
SELECT ROUND(STDEV(v), 6) AS s, STDEVP(v) AS sp, ROUND(VAR(v), 6) AS v, VARP(v) AS vp FROM (VALUES (2), (4), (4), (4), (5), (5), (7), (9)) AS t (v);
GO

-- case: group by with having
-- page: sql/t-sql/queries/select-having-transact-sql
SELECT region, SUM(amount) AS s FROM dbo.sales GROUP BY region HAVING COUNT(*) > 1 ORDER BY region;
GO

-- case: a column outside of group by is error 8120
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT region, product, COUNT(*) AS n FROM dbo.sales GROUP BY region;
GO

-- case: an aggregate in where is error 147
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT region FROM dbo.sales WHERE SUM(amount) > 1 GROUP BY region;
GO

-- case: an aggregate of an aggregate is error 130
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT SUM(COUNT(*)) AS n FROM dbo.sales GROUP BY region;
GO

-- case: rollup adds totals
-- page: sql/t-sql/queries/select-group-by-transact-sql
SELECT product, SUM(amount) AS s, GROUPING(product) AS g FROM dbo.sales GROUP BY ROLLUP (product) ORDER BY g, product;
GO

-- case: cube has all combinations
-- page: sql/t-sql/queries/select-group-by-transact-sql
SELECT a, b, SUM(n) AS s FROM (VALUES (1, 1, 10), (1, 2, 20)) AS t (a, b, n) GROUP BY CUBE (a, b) ORDER BY a, b;
GO

-- case: grouping sets
-- page: sql/t-sql/queries/select-group-by-transact-sql
SELECT a, b, SUM(n) AS s FROM (VALUES (1, 1, 10), (1, 2, 20)) AS t (a, b, n) GROUP BY GROUPING SETS ((a), (b), ()) ORDER BY a, b;
GO

-- case: group by an expression
-- page: sql/t-sql/queries/select-group-by-transact-sql
SELECT amount / 10 AS tens, COUNT(*) AS n FROM dbo.sales WHERE amount IS NOT NULL GROUP BY amount / 10 ORDER BY tens;
GO

-- case: string_agg leaves nulls out
-- page: sql/t-sql/functions/string-agg-transact-sql
SELECT STRING_AGG(region, ',') WITHIN GROUP (ORDER BY id) AS regions FROM dbo.sales;
SELECT STRING_AGG(ISNULL(region, 'N/A'), ',') WITHIN GROUP (ORDER BY id DESC) AS regions FROM dbo.sales;
GO

-- case: string_agg of numbers
-- page: sql/t-sql/functions/string-agg-transact-sql
SELECT STRING_AGG(amount, '+') WITHIN GROUP (ORDER BY amount) AS sum FROM dbo.sales;
GO

-- case: string_agg by group
-- page: sql/t-sql/functions/string-agg-transact-sql
SELECT product, STRING_AGG(CAST(id AS varchar(10)), ';') WITHIN GROUP (ORDER BY id) AS ids FROM dbo.sales GROUP BY product ORDER BY product;
GO

-- case: checksum_agg is the same for the same rows
-- page: sql/t-sql/functions/checksum-agg-transact-sql
SELECT CASE WHEN (SELECT CHECKSUM_AGG(id) FROM dbo.sales) = (SELECT CHECKSUM_AGG(id) FROM (SELECT TOP 100 id FROM dbo.sales ORDER BY id DESC) AS q) THEN 'same' ELSE 'other' END AS c;
GO

-- case: an aggregate of a case
-- page: sql/t-sql/language-elements/case-transact-sql
SELECT SUM(CASE WHEN product = 'pen' THEN 1 ELSE 0 END) AS pens, COUNT(CASE product WHEN 'ink' THEN 1 END) AS inks FROM dbo.sales;
GO

-- case: grouping_id numbers the level
-- page: sql/t-sql/functions/grouping-id-transact-sql
SELECT GROUPING_ID(a, b) AS g, COUNT(*) AS n FROM (VALUES (1, 1), (1, 2)) AS v (a, b) GROUP BY ROLLUP (a, b) ORDER BY g, n;
GO
