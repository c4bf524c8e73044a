

-- case: integer division drops the fraction
-- page: sql/t-sql/language-elements/divide-transact-sql
SELECT 7 / 2 AS q, -7 / 2 AS negative, 7 / 2.0 AS d;
GO

-- case: division by zero is error 8134
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT 1 / 0 AS q;
GO

-- case: modulo of a decimal by zero is error 8134 too
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
DECLARE @n decimal(5, 2) = 0;
SELECT 1 % @n AS q;
GO

-- case: modulo takes the sign of the dividend
-- page: sql/t-sql/language-elements/modulo-transact-sql
SELECT 38 / 5 AS q, 38 % 5 AS r, -38 % 5 AS negative, 7.5 % 2 AS d;
GO

-- case: int overflow is error 8115
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
DECLARE @n int = 2147483647;
SELECT @n + 1 AS n;
GO

-- case: bigint holds what int does not
-- page: sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
DECLARE @n int = 2147483647;
SELECT CAST(@n AS bigint) + 1 AS n;
GO

-- case: two smallints give a smallint
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
DECLARE @a smallint = 2, @b smallint = 3;
SELECT @a + @b AS s, @a * @b AS p;
GO

-- case: a sum has one digit more
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(99.99 AS decimal(4, 2)) + CAST(0.1 AS decimal(3, 1)) AS s;
GO

-- case: a difference
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(1 AS decimal(9, 4)) - CAST(0.25 AS decimal(5, 2)) AS s;
GO

-- case: a product adds precisions and scales
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(1.25 AS decimal(5, 2)) * CAST(2.5 AS decimal(4, 1)) AS p;
GO

-- case: a quotient has at least six decimals
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(1 AS decimal(5, 2)) / CAST(3 AS decimal(3, 0)) AS q;
GO

-- case: a quotient of wide decimals
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(10 AS decimal(10, 4)) / CAST(3 AS decimal(10, 4)) AS q;
GO

-- case: a remainder
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(10.5 AS decimal(6, 2)) % CAST(3 AS decimal(4, 1)) AS r;
GO

-- case: a product that does not fit loses scale
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(0.0000009000 AS decimal(30, 20)) * CAST(1.0000000000 AS decimal(30, 20)) AS p;
GO

-- case: a product that does not fit keeps six decimals
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(0.0000009000 AS decimal(30, 10)) * CAST(1.0000000000 AS decimal(30, 10)) AS p;
GO

-- case: a sum of the widest decimals keeps the integral part
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(1.5 AS decimal(38, 10)) + CAST(1.5 AS decimal(38, 2)) AS s;
GO

-- case: an int counts as decimal of ten digits
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
DECLARE @n int = 3;
SELECT @n * CAST(1.50 AS decimal(5, 2)) AS p;
GO

-- case: a union takes the wider parts
-- page: sql/t-sql/data-types/precision-scale-and-length-transact-sql
SELECT CAST(1.5 AS decimal(3, 1)) AS n UNION ALL SELECT CAST(2.25 AS decimal(10, 2)) ORDER BY n;
GO

-- case: decimal without precision is 18 digits and no scale
-- page: sql/t-sql/data-types/decimal-and-numeric-transact-sql
SELECT CAST(1.5 AS decimal) AS d, CAST(1.5 AS numeric(5)) AS n;
GO

-- case: decimal literals have their own digits
-- page: sql/t-sql/data-types/constants-transact-sql
SELECT 1894.1204 AS a, 2.0 AS b, 0.001 AS c;
GO

-- case: a decimal of 38 digits
-- page: sql/t-sql/data-types/decimal-and-numeric-transact-sql
SELECT CAST('99999999999999999999999999999999999999' AS decimal(38, 0)) AS d, CAST('-0.12345678901234567890123456789012345678' AS decimal(38, 38)) AS s;
GO

-- case: a scale beyond the precision is error 192
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
DECLARE @d decimal(5, 6);
GO

-- case: money has four decimals
-- page: sql/t-sql/data-types/money-and-smallmoney-transact-sql
SELECT CAST('$1,234.56789' AS money) AS m, CAST(100 AS money) / 3 AS third;
GO

-- case: smallmoney is limited
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT CAST(214748.3648 AS smallmoney) AS m;
GO

-- case: round
-- page: sql/t-sql/functions/round-transact-sql
SELECT ROUND(123.9994, 3) AS a, ROUND(123.9995, 3) AS b, ROUND(123.4545, 2) AS c, ROUND(123.45, -2) AS d;
GO

-- case: round truncates with a third argument
-- page: sql/t-sql/functions/round-transact-sql
SELECT ROUND(150.75, 0) AS r, ROUND(150.75, 0, 1) AS t;
GO

-- case: round beyond the digits is zero
-- page: sql/t-sql/functions/round-transact-sql
SELECT ROUND(748.58, -1) AS a, ROUND(748.58, -2) AS b, ROUND(748.58, -4) AS c;
GO

-- case: round that needs one digit more overflows
-- page: sql/t-sql/functions/round-transact-sql
SELECT ROUND(748.58, -3) AS r;
GO

-- case: round of an int is an int
-- page: sql/t-sql/functions/round-transact-sql
SELECT ROUND(1250, -2) AS r, ROUND(CAST(2.5 AS float), 0) AS f;
GO

-- case: floor and ceiling
-- page: sql/t-sql/functions/floor-transact-sql
SELECT FLOOR(123.45) AS a, FLOOR(-123.45) AS b, CEILING(123.45) AS c, CEILING(-123.45) AS d, FLOOR(CAST(123.45 AS money)) AS m;
GO

-- case: abs and sign
-- page: sql/t-sql/functions/abs-transact-sql
SELECT ABS(-1.5) AS a, ABS(0) AS z, SIGN(-125) AS minus, SIGN(0) AS zero, SIGN(564) AS plus;
GO

-- case: abs of the least int overflows
-- page: sql/t-sql/functions/abs-transact-sql
DECLARE @i int = -2147483648;
SELECT ABS(@i) AS a;
GO

-- case: power has the type of its first argument
-- page: sql/t-sql/functions/power-transact-sql
SELECT POWER(2, 10) AS i, POWER(2.0, 3) AS d, POWER(CAST(2 AS float), 0.5) AS f;
GO

-- case: power that overflows is error 232
-- page: sql/t-sql/functions/power-transact-sql
SELECT POWER(2, 40) AS p;
GO

-- case: square root and square
-- page: sql/t-sql/functions/sqrt-transact-sql
SELECT SQRT(16) AS r, SQUARE(3) AS s, EXP(0) AS e, LOG(1) AS l, LOG10(1000) AS ten, PI() AS pi;
GO

-- case: square root of a negative number is error 3623
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
SELECT SQRT(-1) AS r;
GO

-- case: bitwise operators
-- page: sql/t-sql/language-elements/bitwise-and-transact-sql
SELECT 170 & 75 AS a, 170 | 75 AS o, 170 ^ 75 AS x, ~CAST(170 AS int) AS n;
GO

-- case: float arithmetic is binary
-- page: sql/t-sql/data-types/float-and-real-transact-sql
SELECT CAST(0.1 AS float) + CAST(0.2 AS float) AS f, CAST(0.1 AS real) AS r;
GO

-- case: decimal with float gives float
-- page: sql/t-sql/data-types/data-type-precedence-transact-sql
SELECT CAST(1.5 AS decimal(5, 2)) * CAST(2 AS float) AS f;
GO

-- case: precedence of the operators
-- page: sql/t-sql/language-elements/operator-precedence-transact-sql
SELECT 2 * (4 + (5 - 3)) AS nested, 2 * 4 + 5 AS plain, 10 - 4 - 3 AS lefts, 2 + 3 * 4 % 5 AS mixed, - 2 + 5 AS unary;
GO

-- case: a value that does not fit its column is error 8115
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.narrow (d decimal(4, 2));
INSERT INTO dbo.narrow VALUES (99.994);
INSERT INTO dbo.narrow VALUES (99.996);
GO
SELECT d FROM dbo.narrow;
GO

-- case: power of a decimal has 38 digits
-- page: sql/t-sql/functions/power-transact-sql
SELECT POWER(CAST(2.0 AS decimal(5, 1)), 3) AS p;
GO
