

-- case: a comparison with null is unknown
-- page: sql/t-sql/language-elements/null-and-unknown-transact-sql
SELECT CASE WHEN NULL = NULL THEN 'true' ELSE 'not true' END AS equal, CASE WHEN NOT (1 = NULL) THEN 'true' ELSE 'not true' END AS negated, CASE WHEN NULL IS NULL THEN 'true' ELSE 'not true' END AS is_null;
GO

-- case: and and or with unknown
-- page: sql/t-sql/language-elements/null-and-unknown-transact-sql
DECLARE @n int;
SELECT CASE WHEN 1 = 1 OR @n = 1 THEN 'true' ELSE 'not true' END AS a, CASE WHEN 1 = 0 AND @n = 1 THEN 'true' ELSE 'not true' END AS b, CASE WHEN NOT (1 = 0 AND @n = 1) THEN 'true' ELSE 'not true' END AS c;
GO

-- case: not in with a null finds nothing
-- page: sql/t-sql/language-elements/in-transact-sql
SELECT v FROM (VALUES (1), (2)) AS t (v) WHERE v NOT IN (1, NULL);
SELECT v FROM (VALUES (1), (2)) AS t (v) WHERE v IN (1, NULL);
GO

-- case: is distinct from takes nulls as equal
-- page: sql/t-sql/queries/is-distinct-from-transact-sql
SELECT v FROM (VALUES (1), (17), (NULL)) AS t (v) WHERE v IS DISTINCT FROM 17 ORDER BY v;
SELECT v FROM (VALUES (1), (17), (NULL)) AS t (v) WHERE v IS NOT DISTINCT FROM NULL;
GO

-- case: isnull takes the type of its first argument
-- page: sql/t-sql/functions/isnull-transact-sql
DECLARE @short varchar(3);
SELECT ISNULL(@short, 'abcdef') AS cut, ISNULL(NULL, 7) AS seven, ISNULL(CAST(NULL AS int), 1.9) AS whole;
GO

-- case: coalesce takes the type of highest precedence
-- page: sql/t-sql/language-elements/coalesce-transact-sql
DECLARE @short varchar(3);
SELECT COALESCE(@short, 'abcdef') AS kept, COALESCE(CAST(NULL AS int), 1.9) AS d, COALESCE(NULL, NULL, 3) AS third;
GO

-- case: coalesce of untyped nulls only is error 4127
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
SELECT COALESCE(NULL, NULL) AS n;
GO

-- case: nullif
-- page: sql/t-sql/language-elements/nullif-transact-sql
SELECT NULLIF(4, 4) AS same, NULLIF(5, 7) AS other, NULLIF('a', 'A') AS insensitive;
GO

-- case: nulls sort first
-- page: sql/t-sql/queries/select-order-by-clause-transact-sql
SELECT v FROM (VALUES (2), (NULL), (1)) AS t (v) ORDER BY v;
SELECT v FROM (VALUES (2), (NULL), (1)) AS t (v) ORDER BY v DESC;
GO

-- case: group by and distinct take nulls as equal
-- page: sql/t-sql/queries/select-group-by-transact-sql
SELECT v, COUNT(*) AS n FROM (VALUES (1), (NULL), (NULL)) AS t (v) GROUP BY v ORDER BY v;
SELECT COUNT(*) AS n FROM (SELECT DISTINCT v FROM (VALUES (1), (NULL), (NULL)) AS t (v)) AS q;
GO

-- case: a unique constraint takes nulls as equal
-- page: sql/relational-databases/tables/unique-constraints-and-check-constraints
CREATE TABLE dbo.one_null (v int CONSTRAINT uq_one_null UNIQUE);
INSERT INTO dbo.one_null VALUES (NULL);
GO
INSERT INTO dbo.one_null VALUES (NULL);
GO

-- case: a filtered unique index lets many nulls in
-- page: sql/relational-databases/indexes/create-filtered-indexes
CREATE TABLE dbo.many_nulls (v int);
CREATE UNIQUE INDEX ix_many_nulls ON dbo.many_nulls (v) WHERE v IS NOT NULL;
INSERT INTO dbo.many_nulls VALUES (NULL), (NULL), (1);
SELECT COUNT(*) AS n FROM dbo.many_nulls;
GO
INSERT INTO dbo.many_nulls VALUES (1);
GO

-- case: a check that is unknown lets the row in
-- page: sql/relational-databases/tables/unique-constraints-and-check-constraints
CREATE TABLE dbo.unknown_check (v int CONSTRAINT ck_unknown CHECK (v > 0));
INSERT INTO dbo.unknown_check VALUES (NULL);
SELECT v FROM dbo.unknown_check;
GO

-- case: an empty text is no null
-- page: sql/t-sql/language-elements/null-and-unknown-transact-sql
SELECT CASE WHEN '' IS NULL THEN 'null' ELSE 'not null' END AS empty, COUNT(v) AS n FROM (VALUES (''), (NULL)) AS t (v);
GO

-- case: concat_null_yields_null is on
-- page: sql/t-sql/statements/set-concat-null-yields-null-transact-sql
SELECT 'abc' + NULL AS n, CAST(SESSIONPROPERTY('CONCAT_NULL_YIELDS_NULL') AS int) AS setting;
GO

-- case: iif and choose
-- page: sql/t-sql/functions/logical-functions-iif-transact-sql
DECLARE @a int = 45, @b int = 40;
SELECT IIF(@a > @b, 'TRUE', 'FALSE') AS result, IIF(NULL = 1, 'yes', 'no') AS unknown;
GO

-- case: choose takes a place in a list
-- page: sql/t-sql/functions/logical-functions-choose-transact-sql
SELECT CHOOSE(3, 'Manager', 'Director', 'Developer', 'Tester') AS third, CHOOSE(5, 'a', 'b') AS beyond, CHOOSE(0, 'a') AS zero;
GO

-- case: greatest and least leave nulls out
-- page: sql/t-sql/functions/logical-functions-greatest-transact-sql
SELECT GREATEST(6.62, 33.1415, 7) AS g, LEAST(6.62, 33.1415, 7) AS l, GREATEST(NULL, 2, 1) AS skipped;
GO

-- case: nullif of an untyped null is error 4151
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
SELECT NULLIF(NULL, 1) AS n;
GO
