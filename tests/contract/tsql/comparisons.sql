

-- case: spaces at the end do not count
-- page: sql/t-sql/language-elements/string-comparison-assignment
SELECT CASE WHEN 'abc' = 'abc  ' THEN 'equal' ELSE 'different' END AS varchars, CASE WHEN N'abc' = N'abc  ' THEN 'equal' ELSE 'different' END AS nvarchars, CASE WHEN '' = '   ' THEN 'equal' ELSE 'different' END AS blank, CASE WHEN ' abc' = 'abc' THEN 'equal' ELSE 'different' END AS leading;
GO

-- case: a unique key does not tell spaces at the end apart
-- page: sql/t-sql/language-elements/string-comparison-assignment
CREATE TABLE dbo.spaces (v nvarchar(10) CONSTRAINT uq_spaces UNIQUE);
INSERT INTO dbo.spaces VALUES (N'abc');
GO
INSERT INTO dbo.spaces VALUES (N'abc  ');
GO

-- case: spaces at the end are kept
-- page: sql/t-sql/data-types/char-and-varchar-transact-sql
CREATE TABLE dbo.kept (v varchar(10));
INSERT INTO dbo.kept VALUES ('abc  ');
SELECT v, DATALENGTH(v) AS bytes FROM dbo.kept WHERE v = 'abc';
GO

-- case: group by and distinct do not tell spaces at the end apart
-- page: sql/t-sql/language-elements/string-comparison-assignment
SELECT COUNT(*) AS n FROM (SELECT DISTINCT v FROM (VALUES ('a'), ('a '), ('b')) AS t (v)) AS q;
GO

-- case: the default collation is case-insensitive and accent-sensitive
-- page: sql/relational-databases/collations/collation-and-unicode-support
SELECT CASE WHEN 'abc' = 'ABC' THEN 'equal' ELSE 'different' END AS letters, CASE WHEN N'resume' = N'résumé' THEN 'equal' ELSE 'different' END AS accents;
GO

-- case: collate makes a comparison case-sensitive
-- page: sql/t-sql/statements/collations
SELECT CASE WHEN 'abc' = 'ABC' COLLATE Latin1_General_CS_AS THEN 'equal' ELSE 'different' END AS cs, CASE WHEN 'abc' = 'ABC' COLLATE Latin1_General_BIN2 THEN 'equal' ELSE 'different' END AS bin;
GO

-- case: collate makes a comparison accent-insensitive
-- page: sql/t-sql/statements/collations
SELECT CASE WHEN N'resume' = N'RÉSUMÉ' COLLATE Latin1_General_CI_AI THEN 'equal' ELSE 'different' END AS ai;
GO

-- case: two collations cannot be compared
-- page: sql/t-sql/statements/collation-precedence-transact-sql
CREATE TABLE dbo.two_collations (a nvarchar(10) COLLATE Latin1_General_CS_AS, b nvarchar(10) COLLATE Latin1_General_CI_AI);
GO
SELECT COUNT(*) AS n FROM dbo.two_collations WHERE a = b;
GO

-- case: an explicit collation beats that of a column
-- page: sql/t-sql/statements/collation-precedence-transact-sql
CREATE TABLE dbo.explicit_collation (a nvarchar(10) COLLATE Latin1_General_CS_AS);
INSERT INTO dbo.explicit_collation VALUES (N'abc');
SELECT COUNT(*) AS sensitive FROM dbo.explicit_collation WHERE a = N'ABC';
SELECT COUNT(*) AS insensitive FROM dbo.explicit_collation WHERE a = N'ABC' COLLATE Latin1_General_CI_AS;
GO

-- case: an unknown collation is error 448
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT 'a' COLLATE No_Such_Collation AS v;
GO

-- case: text is ordered without regard to case
-- page: sql/t-sql/statements/collations
SELECT v FROM (VALUES ('b'), ('C'), ('a'), ('D')) AS t (v) ORDER BY v;
SELECT v FROM (VALUES ('b'), ('C'), ('a'), ('D')) AS t (v) ORDER BY v COLLATE Latin1_General_BIN2;
GO

-- case: a unique key with a case-sensitive collation
-- page: sql/t-sql/statements/collations
CREATE TABLE dbo.sensitive_key (v nvarchar(10) COLLATE Latin1_General_CS_AS PRIMARY KEY);
INSERT INTO dbo.sensitive_key VALUES (N'a'), (N'A');
SELECT COUNT(*) AS n FROM dbo.sensitive_key;
GO

-- case: a unique key of the default collation
-- page: sql/t-sql/statements/collations
CREATE TABLE dbo.insensitive_key (v nvarchar(10) PRIMARY KEY);
GO
INSERT INTO dbo.insensitive_key VALUES (N'a'), (N'A');
GO
SELECT COUNT(*) AS n FROM dbo.insensitive_key;
GO

-- case: collationproperty and the collation of the database
-- page: sql/t-sql/functions/collation-functions-collationproperty-transact-sql
SELECT CAST(COLLATIONPROPERTY('Latin1_General_CS_AS', 'CodePage') AS int) AS page, CASE WHEN DATABASEPROPERTYEX(DB_NAME(), 'Collation') IS NULL THEN 0 ELSE 1 END AS known;
GO

-- case: comparison operators
-- page: sql/t-sql/language-elements/comparison-operators-transact-sql
SELECT CASE WHEN 2 <> 1 AND 2 != 1 AND 2 !> 2 AND 2 !< 2 AND 2 >= 2 AND 2 <= 2 THEN 'all' ELSE 'some' END AS c;
GO

-- case: between includes both ends
-- page: sql/t-sql/language-elements/between-transact-sql
SELECT v FROM (VALUES (1), (2), (3), (4)) AS t (v) WHERE v BETWEEN 2 AND 3;
SELECT v FROM (VALUES (1), (2), (3), (4)) AS t (v) WHERE v NOT BETWEEN 2 AND 3;
SELECT v FROM (VALUES (1), (2)) AS t (v) WHERE v BETWEEN 2 AND 1;
GO

-- case: exists and a subquery with null
-- page: sql/t-sql/language-elements/exists-transact-sql
SELECT CASE WHEN EXISTS (SELECT NULL) THEN 'true' ELSE 'false' END AS e, CASE WHEN EXISTS (SELECT 1 WHERE 1 = 0) THEN 'true' ELSE 'false' END AS none;
GO

-- case: all and any
-- page: sql/t-sql/language-elements/all-transact-sql
SELECT v FROM (VALUES (1), (2), (3)) AS t (v) WHERE v > ALL (SELECT n FROM (VALUES (1), (2)) AS u (n));
SELECT v FROM (VALUES (1), (2), (3)) AS t (v) WHERE v > ANY (SELECT n FROM (VALUES (1), (2)) AS u (n)) ORDER BY v;
SELECT COUNT(*) AS n FROM (VALUES (1), (2), (3)) AS t (v) WHERE v > ALL (SELECT 1 WHERE 1 = 0);
GO

-- case: binary values compare byte by byte
-- page: sql/t-sql/data-types/binary-and-varbinary-transact-sql
SELECT CASE WHEN 0x01 < 0x02 THEN 1 ELSE 0 END AS less, CASE WHEN 0x0102 > 0x01 THEN 1 ELSE 0 END AS longer;
GO

-- case: a number is compared with text as a number
-- page: sql/t-sql/data-types/data-type-precedence-transact-sql
SELECT CASE WHEN 10 = '010' THEN 'equal' ELSE 'different' END AS n, CASE WHEN '10' = '010' THEN 'equal' ELSE 'different' END AS t;
GO

-- case: a date is compared with text as a date
-- page: sql/t-sql/data-types/data-type-precedence-transact-sql
SELECT CASE WHEN CAST('2020-01-02' AS date) = '20200102' THEN 'equal' ELSE 'different' END AS d;
GO

-- case: literals in a list, a range and a subquery compare as the database does
-- page: sql/t-sql/statements/collation-precedence-transact-sql
DECLARE @v nvarchar(10) = N'B';
SELECT CASE WHEN @v IN ('a', 'b ') THEN 1 ELSE 0 END AS listed, CASE WHEN @v BETWEEN 'a' AND 'c' THEN 1 ELSE 0 END AS between_them, CASE WHEN @v IN (SELECT 'b') THEN 1 ELSE 0 END AS queried, CASE WHEN @v = ANY (SELECT N'b') THEN 1 ELSE 0 END AS anyone, CASE @v WHEN 'b' THEN 1 ELSE 0 END AS chosen;
GO

-- case: a literal beside a column takes the column's collation
-- page: sql/t-sql/statements/collation-precedence-transact-sql
CREATE TABLE dbo.binary_text (k nvarchar(10) COLLATE Latin1_General_100_BIN2);
INSERT INTO dbo.binary_text VALUES (N'a'), (N'A');
SELECT k FROM dbo.binary_text WHERE 'A' IN (k);
SELECT COUNT(*) AS n FROM dbo.binary_text AS t JOIN (VALUES ('A')) AS v (k) ON v.k = t.k;
SELECT COUNT(*) AS n FROM (SELECT k FROM dbo.binary_text UNION SELECT 'A') AS u;
GO

-- case: what a function gives of no column compares as the database does
-- page: sql/t-sql/statements/collation-precedence-transact-sql
SELECT CASE WHEN OBJECT_NAME(OBJECT_ID(N'sys.objects')) = 'OBJECTS' THEN 1 ELSE 0 END AS named, CASE WHEN CONCAT(1, 'a') = '1A' THEN 1 ELSE 0 END AS joined, CASE WHEN CONVERT(varchar(5), 1) + 'b' = '1B ' THEN 1 ELSE 0 END AS added, NULLIF('a', 'A') AS none;
GO

-- case: text of a case expression is grouped and sorted as the database does
-- page: sql/t-sql/statements/collation-precedence-transact-sql
SELECT CASE WHEN n = 1 THEN 'x' ELSE 'X ' END AS k, COUNT(*) AS n FROM (VALUES (1), (2)) AS t (n) GROUP BY CASE WHEN n = 1 THEN 'x' ELSE 'X ' END HAVING CASE WHEN n = 1 THEN 'x' ELSE 'X ' END = 'X';
SELECT v + '!' AS e FROM (VALUES ('b'), ('A'), ('c')) AS t (v) ORDER BY v + '!';
GO

-- case: rows of values are grouped, counted and numbered as the database compares
-- page: sql/t-sql/statements/collation-precedence-transact-sql
SELECT COUNT(*) AS n FROM (SELECT v FROM (VALUES ('a'), ('A'), ('b ')) AS t (v) GROUP BY v) AS g;
SELECT COUNT(DISTINCT v) AS n, MAX(v) AS last FROM (VALUES ('a'), ('A'), ('B')) AS t (v);
SELECT MAX(n) AS twins FROM (SELECT ROW_NUMBER() OVER (PARTITION BY v ORDER BY v) AS n FROM (VALUES ('a'), ('A'), ('b')) AS t (v)) AS r;
GO

-- case: elements of json and of a list compare as the database does
-- page: sql/t-sql/statements/collation-precedence-transact-sql
SELECT COUNT(*) AS n FROM (SELECT DISTINCT k FROM OPENJSON(N'[{"k":"a"},{"k":"A"}]') WITH (k nvarchar(5))) AS j;
SELECT COUNT(*) AS n FROM STRING_SPLIT('a,A,b', ',') AS s WHERE s.value = 'A';
GO

-- case: two explicit collations are error 468
-- page: sql/t-sql/statements/collation-precedence-transact-sql
SELECT CASE WHEN 'a' COLLATE Latin1_General_CI_AS = 'a' COLLATE Latin1_General_CS_AS THEN 1 ELSE 0 END AS n;
GO

-- case: any, some and all
-- page: sql/t-sql/language-elements/some-any-transact-sql
SELECT CASE WHEN 2 > ANY (SELECT v FROM (VALUES (1), (3)) AS a (v)) THEN 1 ELSE 0 END AS a, CASE WHEN 2 > ALL (SELECT v FROM (VALUES (1), (3)) AS a (v)) THEN 1 ELSE 0 END AS b, CASE WHEN 3 = SOME (SELECT v FROM (VALUES (1), (3)) AS a (v)) THEN 1 ELSE 0 END AS c;
GO

-- case: collationproperty tells the style and null for what is no collation
-- page: sql/t-sql/functions/collation-functions-collationproperty-transact-sql
SELECT CAST(COLLATIONPROPERTY('Latin1_General_BIN2', 'ComparisonStyle') AS int) AS style, CAST(COLLATIONPROPERTY('Latin1_General_100_CI_AS_SC_UTF8', 'CodePage') AS int) AS page, CAST(COLLATIONPROPERTY('No_Such', 'LCID') AS int) AS nothing;
GO
