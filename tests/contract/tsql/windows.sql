CREATE TABLE dbo.scores (id int PRIMARY KEY, team varchar(5) NOT NULL, points int NULL);
INSERT INTO dbo.scores VALUES (1, 'a', 10), (2, 'a', 20), (3, 'a', 20), (4, 'b', 5), (5, 'b', NULL);
GO

-- case: row_number
-- page: sql/t-sql/functions/row-number-transact-sql
SELECT id, ROW_NUMBER() OVER (PARTITION BY team ORDER BY points DESC, id) AS n FROM dbo.scores ORDER BY id;
GO

-- case: rank and dense_rank
-- page: sql/t-sql/functions/rank-transact-sql
SELECT id, RANK() OVER (ORDER BY points DESC) AS r, DENSE_RANK() OVER (ORDER BY points DESC) AS d FROM dbo.scores ORDER BY id;
GO

-- case: ntile makes the first groups larger
-- page: sql/t-sql/functions/ntile-transact-sql
SELECT id, NTILE(2) OVER (ORDER BY id) AS half FROM dbo.scores ORDER BY id;
GO

-- case: lag and lead
-- page: sql/t-sql/functions/lag-transact-sql
SELECT id, LAG(points) OVER (ORDER BY id) AS before, LEAD(points, 1, 0) OVER (ORDER BY id) AS after, LAG(id, 2, -1) OVER (PARTITION BY team ORDER BY id) AS two FROM dbo.scores ORDER BY id;
GO

-- case: first_value and last_value
-- page: sql/t-sql/functions/first-value-transact-sql
SELECT id, FIRST_VALUE(id) OVER (PARTITION BY team ORDER BY id) AS first, LAST_VALUE(id) OVER (PARTITION BY team ORDER BY id) AS so_far, LAST_VALUE(id) OVER (PARTITION BY team ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last FROM dbo.scores ORDER BY id;
GO

-- case: a running sum includes peers by default
-- page: sql/t-sql/queries/select-over-clause-transact-sql
SELECT id, SUM(id) OVER (ORDER BY team) AS by_range, SUM(id) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS by_rows FROM dbo.scores ORDER BY id;
GO

-- case: a moving frame
-- page: sql/t-sql/queries/select-over-clause-transact-sql
SELECT id, SUM(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s, COUNT(*) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS rest FROM dbo.scores ORDER BY id;
GO

-- case: aggregates over a partition
-- page: sql/t-sql/queries/select-over-clause-transact-sql
SELECT id, COUNT(*) OVER (PARTITION BY team) AS n, MAX(id) OVER () AS top_id FROM dbo.scores ORDER BY id;
GO

-- case: percent_rank and cume_dist
-- page: sql/t-sql/functions/percent-rank-transact-sql
SELECT id, PERCENT_RANK() OVER (ORDER BY id) AS p, CUME_DIST() OVER (ORDER BY id) AS c FROM dbo.scores ORDER BY id;
GO

-- case: percentile_cont and percentile_disc
-- page: sql/t-sql/functions/percentile-cont-transact-sql
SELECT DISTINCT team, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY id) OVER (PARTITION BY team) AS c, PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY id) OVER (PARTITION BY team) AS d FROM dbo.scores ORDER BY team;
GO

-- case: ranking without order by is error 4112
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
SELECT ROW_NUMBER() OVER (PARTITION BY team) AS n FROM dbo.scores;
GO

-- case: a window function in where is error 4108
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
SELECT id FROM dbo.scores WHERE ROW_NUMBER() OVER (ORDER BY id) = 1;
GO

-- case: a window over groups
-- page: sql/t-sql/queries/select-over-clause-transact-sql
SELECT team, SUM(id) AS s, SUM(SUM(id)) OVER () AS total FROM dbo.scores GROUP BY team ORDER BY team;
GO

-- case: the newest row of each group
-- page: sql/t-sql/queries/with-common-table-expression-transact-sql
WITH numbered AS (SELECT id, team, ROW_NUMBER() OVER (PARTITION BY team ORDER BY id DESC) AS n FROM dbo.scores)
SELECT team, id FROM numbered WHERE n = 1 ORDER BY team;
GO

-- case: a named window
-- page: sql/t-sql/queries/select-window-transact-sql
SELECT id, SUM(id) OVER w AS s FROM dbo.scores WINDOW w AS (PARTITION BY team ORDER BY id) ORDER BY id;
GO

-- case: first_value and last_value that ignore nulls
-- page: sql/t-sql/functions/last-value-transact-sql
SELECT id, LAST_VALUE(points) IGNORE NULLS OVER (ORDER BY id) AS l, FIRST_VALUE(points) IGNORE NULLS OVER (ORDER BY id DESC) AS f, LAST_VALUE(points) RESPECT NULLS OVER (ORDER BY id) AS r FROM dbo.scores ORDER BY id;
GO

-- case: lag and lead that ignore nulls
-- page: sql/t-sql/functions/lag-transact-sql
SELECT id, LAG(points) IGNORE NULLS OVER (ORDER BY id DESC) AS b, LEAD(points) IGNORE NULLS OVER (ORDER BY id DESC) AS a FROM dbo.scores WHERE id > 2 ORDER BY id;
GO

-- case: a named window that builds on another
-- page: sql/t-sql/queries/select-window-transact-sql
SELECT id, SUM(id) OVER (w ROWS UNBOUNDED PRECEDING) AS s, COUNT(*) OVER t AS c FROM dbo.scores WINDOW w AS (t ORDER BY id DESC), t AS (PARTITION BY team) ORDER BY id;
GO

-- case: percentile_disc of descending values
-- page: sql/t-sql/functions/percentile-disc-transact-sql
SELECT DISTINCT PERCENTILE_DISC(0.25) WITHIN GROUP (ORDER BY points DESC) OVER (PARTITION BY team) AS d, team FROM dbo.scores ORDER BY team;
GO

-- case: a range up to the current row takes its peers
-- page: sql/t-sql/queries/select-over-clause-transact-sql
SELECT id, COUNT(*) OVER (ORDER BY points RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS r, COUNT(*) OVER (ORDER BY points, id ROWS 1 PRECEDING) AS p FROM dbo.scores ORDER BY id;
GO
