

-- case: union removes duplicates
-- page: sql/t-sql/language-elements/set-operators-union-transact-sql
SELECT 1 AS n UNION SELECT 1 UNION SELECT 2 ORDER BY n;
GO

-- case: union all keeps them
-- page: sql/t-sql/language-elements/set-operators-union-transact-sql
SELECT 1 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 ORDER BY n;
GO

-- case: union takes the names of the first
-- page: sql/t-sql/language-elements/set-operators-union-transact-sql
SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y' AS c ORDER BY a;
GO

-- case: except and intersect
-- page: sql/t-sql/language-elements/set-operators-except-and-intersect-transact-sql
SELECT n FROM (VALUES (1), (2), (2), (3)) AS t (n) EXCEPT SELECT 3 ORDER BY n;
SELECT n FROM (VALUES (1), (2), (2)) AS t (n) INTERSECT SELECT n FROM (VALUES (2), (3)) AS u (n);
GO

-- case: except and intersect take nulls as equal
-- page: sql/t-sql/language-elements/set-operators-except-and-intersect-transact-sql
SELECT n FROM (VALUES (1), (NULL)) AS t (n) INTERSECT SELECT CAST(NULL AS int);
SELECT n FROM (VALUES (1), (NULL)) AS t (n) EXCEPT SELECT CAST(NULL AS int);
GO

-- case: intersect comes before union
-- page: sql/t-sql/language-elements/set-operators-except-and-intersect-transact-sql
SELECT 1 AS n UNION SELECT 2 INTERSECT SELECT 3 ORDER BY n;
(SELECT 1 AS n UNION SELECT 2) INTERSECT SELECT 2;
GO

-- case: parts with different numbers of columns are error 205
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT 1 AS a UNION SELECT 1, 2;
GO

-- case: a union that cannot convert is an error
-- page: sql/t-sql/language-elements/set-operators-union-transact-sql
SELECT 'abc' AS v UNION ALL SELECT 1;
GO

-- case: a union compares as the collation does
-- page: sql/t-sql/language-elements/set-operators-union-transact-sql
SELECT COUNT(*) AS n FROM (SELECT 'a' AS v UNION SELECT 'A' UNION SELECT 'a ') AS t;
GO

-- case: select into makes a table
-- page: sql/t-sql/queries/select-into-clause-transact-sql
SELECT CAST(n AS bigint) AS n, CAST(n AS decimal(5, 2)) AS d INTO dbo.made FROM (VALUES (1), (2)) AS t (n);
SELECT n, d FROM dbo.made ORDER BY n;
SELECT @@ROWCOUNT AS rows;
GO

-- case: select into an existing table is error 2714
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
SELECT 1 AS n INTO dbo.twice;
SELECT 1 AS n INTO dbo.twice;
GO

-- case: select into a column without a name is error 1038
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
SELECT 1 INTO dbo.nameless;
GO

-- case: insert from select
-- page: sql/t-sql/statements/insert-transact-sql
CREATE TABLE dbo.copies (n int, v varchar(5) DEFAULT 'none');
INSERT INTO dbo.copies (n) SELECT n FROM (VALUES (1), (2)) AS t (n);
INSERT dbo.copies DEFAULT VALUES;
INSERT INTO dbo.copies VALUES (3, DEFAULT);
SELECT n, v FROM dbo.copies ORDER BY n;
GO

-- case: insert with too few values is error 213
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.two_columns (a int, b int);
GO
INSERT INTO dbo.two_columns VALUES (1);
GO

-- case: insert with more columns than values is error 109
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.more_columns (a int, b int);
GO
INSERT INTO dbo.more_columns (a, b) VALUES (1);
GO

-- case: insert with fewer columns than values is error 110
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.more_values (a int, b int);
GO
INSERT INTO dbo.more_values (a) VALUES (1, 2);
GO

-- case: a column named twice in insert is error 264
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.named_twice (a int, b int);
GO
INSERT INTO dbo.named_twice (a, a) VALUES (1, 2);
GO

-- case: update from a join
-- page: sql/t-sql/queries/update-transact-sql
CREATE TABLE dbo.targets (id int PRIMARY KEY, v int);
INSERT INTO dbo.targets VALUES (1, 0), (2, 0), (3, 0);
UPDATE t SET v = s.v FROM dbo.targets AS t JOIN (VALUES (1, 10), (3, 30)) AS s (id, v) ON s.id = t.id;
SELECT @@ROWCOUNT AS rows;
SELECT id, v FROM dbo.targets ORDER BY id;
GO

-- case: update sees the values from before
-- page: sql/t-sql/queries/update-transact-sql
CREATE TABLE dbo.swapped (id int PRIMARY KEY, a int, b int);
INSERT INTO dbo.swapped VALUES (1, 1, 2);
UPDATE dbo.swapped SET a = b, b = a;
UPDATE dbo.swapped SET id = id + 1;
SELECT id, a, b FROM dbo.swapped;
GO

-- case: unique keys are checked at the end of the statement
-- page: sql/relational-databases/tables/unique-constraints-and-check-constraints
CREATE TABLE dbo.shifted (id int PRIMARY KEY);
INSERT INTO dbo.shifted VALUES (1), (2), (3);
UPDATE dbo.shifted SET id = id + 1;
UPDATE dbo.shifted SET id = CASE id WHEN 2 THEN 3 WHEN 3 THEN 2 ELSE id END;
SELECT id FROM dbo.shifted ORDER BY id;
GO

-- case: compound assignment in update
-- page: sql/t-sql/language-elements/compound-operators-transact-sql
CREATE TABLE dbo.compound (v int);
INSERT INTO dbo.compound VALUES (27);
UPDATE dbo.compound SET v += 2;
UPDATE dbo.compound SET v *= 2;
UPDATE dbo.compound SET v %= 10;
SELECT v FROM dbo.compound;
GO

-- case: delete from a join
-- page: sql/t-sql/statements/delete-transact-sql
CREATE TABLE dbo.deleted_from (id int PRIMARY KEY);
INSERT INTO dbo.deleted_from VALUES (1), (2), (3);
DELETE t FROM dbo.deleted_from AS t JOIN (VALUES (1), (2)) AS s (id) ON s.id = t.id;
SELECT @@ROWCOUNT AS rows;
DELETE dbo.deleted_from WHERE id = 99;
SELECT @@ROWCOUNT AS rows;
SELECT id FROM dbo.deleted_from;
GO

-- case: delete top
-- page: sql/t-sql/statements/delete-transact-sql
CREATE TABLE dbo.deleted_top (id int);
INSERT INTO dbo.deleted_top VALUES (1), (1), (1);
DELETE TOP (2) FROM dbo.deleted_top;
SELECT COUNT(*) AS n FROM dbo.deleted_top;
GO

-- case: counts are told unless nocount is on
-- page: sql/t-sql/statements/set-nocount-transact-sql
CREATE TABLE dbo.counted (id int);
GO
SET NOCOUNT OFF;
INSERT INTO dbo.counted VALUES (1), (2);
UPDATE dbo.counted SET id = id + 1 WHERE id = 1;
DELETE FROM dbo.counted WHERE id > 99;
GO

-- case: intersect and except compare as the collation does
-- page: sql/t-sql/language-elements/set-operators-except-and-intersect-transact-sql
SELECT 'a' AS v INTERSECT SELECT 'A ';
SELECT 'a' AS v EXCEPT SELECT 'A ';
DECLARE @a nvarchar(5) = N'x', @b nvarchar(5) = N'X';
SELECT @a AS v UNION SELECT @b;
GO

-- case: distinct and order by of text that no column gives
-- page: sql/t-sql/statements/collation-precedence-transact-sql
SELECT COUNT(*) AS n FROM (SELECT DISTINCT UPPER(v) AS u FROM (VALUES ('a'), ('A '), ('b')) AS t (v)) AS d;
SELECT 'b' AS v UNION ALL SELECT 'C' UNION ALL SELECT 'a' ORDER BY v;
GO

-- case: select into gives text that no column gives the collation of the database
-- page: sql/t-sql/queries/select-into-clause-transact-sql
SELECT 'x' AS a, N'p' + N'q' AS b INTO dbo.made_of_text;
SELECT COUNT(*) AS n FROM dbo.made_of_text WHERE a = 'X' AND b = N'PQ ';
GO

-- case: top in each part of a union
-- page: sql/t-sql/queries/top-transact-sql
SELECT TOP (1) v FROM (VALUES (1), (1)) AS a (v) UNION ALL SELECT TOP (2) v FROM (VALUES (2), (2), (2)) AS b (v) ORDER BY v;
GO
