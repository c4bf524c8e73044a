

-- case: cast of a decimal to int truncates
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(10.6496 AS int) AS trunc1, CAST(-10.6496 AS int) AS trunc2, CAST(10.6496 AS numeric(10, 0)) AS round1, CAST(-10.6496 AS numeric) AS round2;
GO

-- case: cast of a decimal to a smaller scale rounds
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(10.3496847 AS money) AS m, CAST(10.555 AS decimal(5, 2)) AS d;
GO

-- case: cast of a float to int truncates
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(CAST(2.9 AS float) AS int) AS up, CAST(CAST(-2.9 AS float) AS int) AS down;
GO

-- case: text that is no number is error 245
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('abc' AS int) AS n;
GO

-- case: text with a decimal point is no int
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('1.5' AS int) AS n;
GO

-- case: empty and blank texts are zero
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST('' AS int) AS empty, CAST('  ' AS int) AS blank, CAST(' 42 ' AS int) AS spaced;
GO

-- case: text that is no decimal is error 8114
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT CAST('abc' AS decimal(10, 2)) AS n;
GO

-- case: text that is no bigint is error 8114
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT CAST('abc' AS bigint) AS n;
GO

-- case: text too big for an int is error 248
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('2147483648' AS int) AS n;
GO

-- case: a number too big for a tinyint is error 220
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
DECLARE @n int = 256;
SELECT CAST(@n AS tinyint) AS t;
GO

-- case: a bigint too big for an int is error 8115
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
DECLARE @n bigint = 3000000000;
SELECT CAST(@n AS int) AS t;
GO

-- case: a number too big for a decimal is error 8115
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT CAST(1000 AS decimal(4, 2)) AS d;
GO

-- case: an int too long for its char gives a star
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(12345 AS char(3)) AS c, CAST(12345 AS varchar(2)) AS v;
GO

-- case: an int too long for its nvarchar is an error
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(12345 AS nvarchar(3)) AS n;
GO

-- case: text is cut without a word by cast
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST('abcdef' AS varchar(3)) AS cut, CONVERT(char(2), 'xyz') AS c;
GO

-- case: varchar without a length is 30 in cast
-- page: sql/t-sql/data-types/char-and-varchar-transact-sql
SELECT DATALENGTH(CAST(REPLICATE('x', 50) AS varchar)) AS by_cast, DATALENGTH(CONVERT(varchar, REPLICATE('x', 50))) AS by_convert;
GO

-- case: varchar without a length is 1 in a declaration
-- page: sql/t-sql/data-types/char-and-varchar-transact-sql
DECLARE @v varchar = 'abc';
SELECT @v AS v;
GO

-- case: char is padded
-- page: sql/t-sql/data-types/char-and-varchar-transact-sql
DECLARE @c char(5) = 'ab';
SELECT '[' + @c + ']' AS c;
GO

-- case: bit from numbers and words
-- page: sql/t-sql/data-types/bit-transact-sql
SELECT CAST(7 AS bit) AS seven, CAST(0 AS bit) AS zero, CAST('TRUE' AS bit) AS yes, CAST('false' AS bit) AS no;
GO

-- case: bit from another word is an error
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('yes' AS bit) AS b;
GO

-- case: implicit conversion follows precedence
-- page: sql/t-sql/data-types/data-type-precedence-transact-sql
SELECT '10' + 5 AS added, 5 + '10' AS also;
GO

-- case: implicit conversion of a word to int fails
-- page: sql/t-sql/data-types/data-type-precedence-transact-sql
SELECT 'a' + 1 AS n;
GO

-- case: the branches of a case share the type of highest precedence
-- page: sql/t-sql/data-types/data-type-precedence-transact-sql
SELECT CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END AS n;
GO

-- case: a union takes the type of highest precedence
-- page: sql/t-sql/data-types/data-type-precedence-transact-sql
SELECT '7' AS n UNION ALL SELECT 8 ORDER BY n;
GO

-- case: try_cast gives null where cast fails
-- page: sql/t-sql/functions/try-cast-transact-sql
SELECT TRY_CAST('test' AS float) AS f, TRY_CAST('12' AS int) AS i, TRY_CAST('31/12/2010' AS datetime2) AS d;
GO

-- case: try_convert gives null where convert fails
-- page: sql/t-sql/functions/try-convert-transact-sql
SELECT TRY_CONVERT(float, 'test') AS f, TRY_CONVERT(int, '7') AS i, TRY_CONVERT(tinyint, 300) AS t;
GO

-- case: try_convert fails when the conversion is not permitted
-- page: sql/t-sql/functions/try-convert-transact-sql
SELECT TRY_CONVERT(xml, 4) AS x;
GO

-- case: try_parse gives null for a word
-- page: sql/t-sql/functions/try-parse-transact-sql
SELECT CASE WHEN TRY_PARSE('Aragorn' AS decimal USING 'sr-Latn-CS') IS NULL THEN 'True' ELSE 'False' END AS result;
GO

-- case: int to date is not allowed
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST(1 AS date) AS d;
GO

-- case: an int is days since 1900 for a datetime
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(1 AS datetime) AS d;
GO

-- case: text that is no date is error 241
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('abc' AS datetime2) AS d;
GO

-- case: text beyond the range of datetime is error 242
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('1752-12-31' AS datetime) AS d;
GO

-- case: text that is no uniqueidentifier is error 8169
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
SELECT CAST('abc' AS uniqueidentifier) AS g;
GO

-- case: uniqueidentifier from text ignores what is too long
-- page: sql/t-sql/data-types/uniqueidentifier-transact-sql
DECLARE @text nvarchar(max) = N'0E984725-C51C-4BF4-9960-E1C80E27ABA0wrong';
SELECT CONVERT(uniqueidentifier, @text) AS g;
GO

-- case: uniqueidentifier in text is 36 characters
-- page: sql/t-sql/data-types/uniqueidentifier-transact-sql
SELECT CAST(CAST('6f9619ff-8b86-d011-b42d-00c04fc964ff' AS uniqueidentifier) AS char(36)) AS t;
GO

-- case: binary from text and back
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST('Name' AS varbinary(10)) AS bytes, CAST(0x4E616D65 AS varchar(10)) AS name;
GO

-- case: nvarchar in binary has two bytes a character
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(CAST(0x41 AS nvarchar(5)) AS varbinary(10)) AS padded, CAST(N'A' AS varbinary(10)) AS letter;
GO

-- case: binary styles 1 and 2
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CONVERT(char(8), 0x4E616d65, 0) AS style0, CONVERT(char(8), 0x4E616d65, 1) AS style1, CONVERT(char(8), 0x4E616d65, 2) AS style2;
GO

-- case: text to binary by styles 1 and 2
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CONVERT(binary(8), '0x4E616D65', 1) AS style1, CONVERT(varbinary(8), '4E616D65', 2) AS style2;
GO

-- case: an int in binary is big-endian
-- page: sql/t-sql/data-types/binary-and-varbinary-transact-sql
SELECT CAST(CAST(256 AS int) AS binary(4)) AS i, CAST(CAST(1 AS smallint) AS varbinary(8)) AS s, CAST(0x00000100 AS int) AS back;
GO

-- case: binary is padded on the right for text and cut on the left for numbers
-- page: sql/t-sql/data-types/binary-and-varbinary-transact-sql
SELECT CAST('a' AS binary(3)) AS padded, CAST(123456 AS binary(2)) AS cut;
GO

-- case: money in text by style
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CONVERT(varchar(20), CAST(4235.9819 AS money)) AS style0, CONVERT(varchar(20), CAST(3510.9200 AS money), 1) AS style1, CONVERT(varchar(20), CAST(4235.9819 AS money), 2) AS style2;
GO

-- case: float in text has six digits
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(CAST(3.14159265358979 AS float) AS varchar(30)) AS pi, CAST(CAST(1234567.8 AS float) AS varchar(30)) AS big, CAST(CAST(1 AS float) AS varchar(30)) AS one;
GO

-- case: float in text by style 1 has eight digits
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CONVERT(varchar(30), CAST(1234.5 AS float), 1) AS e8;
GO

-- case: decimal in text keeps its scale
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(CAST(5 AS decimal(9, 3)) AS varchar(20)) AS d, CAST(-0.50 AS varchar(20)) AS negative;
GO

-- case: dates in text by style
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
DECLARE @d datetime = '2006-04-25T15:50:59.997';
SELECT CONVERT(varchar(30), @d) AS s0, CONVERT(varchar(30), @d, 101) AS s101, CONVERT(varchar(30), @d, 103) AS s103, CONVERT(varchar(30), @d, 104) AS s104, CONVERT(varchar(30), @d, 108) AS s108, CONVERT(varchar(30), @d, 112) AS s112, CONVERT(varchar(30), @d, 120) AS s120, CONVERT(varchar(30), @d, 121) AS s121, CONVERT(varchar(30), @d, 126) AS s126;
GO

-- case: style 126 leaves zero milliseconds out
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CONVERT(varchar(30), CAST('2012-11-07T18:26:20.000' AS datetime), 126) AS t;
GO

-- case: the styles 1 to 12 have two digits of the year
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
DECLARE @d date = '2006-04-25';
SELECT CONVERT(varchar(10), @d, 1) AS s1, CONVERT(varchar(10), @d, 3) AS s3, CONVERT(varchar(10), @d, 11) AS s11, CONVERT(varchar(10), @d, 12) AS s12;
GO

-- case: text to a date by style
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CONVERT(date, '25/04/2006', 103) AS british, CONVERT(date, '04/25/2006', 101) AS us, CONVERT(date, '25.04.2006', 104) AS german, CONVERT(date, '20060425', 112) AS iso;
GO

-- case: datetime2 in text has its own digits
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(CAST('2006-04-25 15:50:59.1234567' AS datetime2(7)) AS varchar(40)) AS seven, CAST(CAST('2006-04-25 15:50:59' AS datetime2(0)) AS varchar(40)) AS none, CAST(CAST('15:50:59.12' AS time(2)) AS varchar(40)) AS t;
GO

-- case: datetimeoffset in text has its offset
-- page: sql/t-sql/data-types/datetimeoffset-transact-sql
SELECT CAST(CAST('12-10-25 12:32:10 +01:00' AS datetimeoffset(4)) AS varchar(40)) AS o;
GO

-- case: isnumeric
-- page: sql/t-sql/functions/isnumeric-transact-sql
SELECT ISNUMERIC('12.5') AS yes, ISNUMERIC('abc') AS no, ISNUMERIC('$') AS currency, ISNUMERIC('+') AS plus;
GO

-- case: isdate
-- page: sql/t-sql/functions/isdate-transact-sql
SELECT ISDATE('2009-05-12 10:19:41.177') AS yes, ISDATE('2009-13-01') AS no;
GO

-- case: sql_variant tells its base type
-- page: sql/t-sql/functions/sql-variant-property-transact-sql
SELECT CAST(SQL_VARIANT_PROPERTY(CAST(46279.1 AS decimal(8, 2)), 'BaseType') AS varchar(20)) AS base, CAST(SQL_VARIANT_PROPERTY(CAST(46279.1 AS decimal(8, 2)), 'Precision') AS int) AS precision_, CAST(SQL_VARIANT_PROPERTY(CAST(46279.1 AS decimal(8, 2)), 'Scale') AS int) AS scale;
GO

-- case: integer literals are int, then decimal
-- page: sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
SELECT 2147483647 AS i, 2147483648 AS d, 500 AS small;
GO

-- case: hexadecimal literals are binary
-- page: sql/t-sql/data-types/constants-transact-sql
SELECT 0xAE AS one, 0x12Ef AS two, 0x AS none;
GO

-- case: literals with an exponent are float
-- page: sql/t-sql/data-types/constants-transact-sql
SELECT 101.5E5 AS f, 0.5E-2 AS g;
GO

-- case: parse reads a moment and money of a culture
-- page: sql/t-sql/functions/parse-transact-sql
SELECT PARSE('Monday, 13 December 2010' AS datetime2 USING 'en-US') AS moment, PARSE('€345,98' AS money USING 'de-DE') AS money_, PARSE('12/16/2010' AS datetime2) AS implicit;
GO

-- case: try_parse tells a moment from a word
-- page: sql/t-sql/functions/try-parse-transact-sql
SELECT TRY_PARSE('Jabberwokkie' AS datetime2 USING 'en-US') AS word, IIF(TRY_PARSE('01/01/2011' AS datetime2) IS NULL, 'True', 'False') AS moment;
GO

-- case: parse of what the culture does not write is error 9819
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-9000-to-9999
SELECT PARSE('one' AS int USING 'en-US') AS n;
GO

-- case: a culture that is none is error 9818
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-9000-to-9999
SELECT PARSE('1' AS int USING 'no-culture') AS n;
GO

-- case: date to int is error 529
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST(CAST('2020-01-01' AS date) AS int) AS n;
GO

-- case: text that is no money is error 235
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('much' AS money) AS m;
GO

-- case: text that overflows an int is error 248
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('3000000000' AS int) AS n;
GO

-- case: text that overflows a smallint is error 244
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('99999' AS smallint) AS n;
GO

-- case: try_cast converts what cast converts
-- page: sql/t-sql/functions/try-cast-transact-sql
SELECT TRY_CAST(12.7 AS int) AS cut, TRY_CAST('12.7' AS int) AS word, TRY_CAST(300 AS tinyint) AS large, TRY_CAST('12/31/2010' AS datetime2) AS moment;
GO

-- case: styles of date and time
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
DECLARE @d datetime = '2006-04-05T13:02:03.123';
SELECT CONVERT(varchar(30), @d, 0) AS s0, CONVERT(varchar(30), @d, 9) AS s9, CONVERT(varchar(30), @d, 13) AS s13, CONVERT(varchar(30), @d, 14) AS s14, CONVERT(varchar(30), @d, 6) AS s6, CONVERT(varchar(30), @d, 107) AS s107, CONVERT(varchar(30), @d, 110) AS s110, CONVERT(varchar(30), @d, 105) AS s105;
GO

-- case: a style says which number is the day
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CONVERT(date, '05/04/2006', 103) AS british, CONVERT(date, '05/04/2006', 101) AS american, CONVERT(date, '05/04/49', 3) AS cutoff, CONVERT(date, '05/04/50', 3) AS past;
GO

-- case: datetime to a number counts days since 1900
-- page: sql/t-sql/functions/cast-and-convert-transact-sql
SELECT CAST(CAST('1900-01-02T12:00:00' AS datetime) AS float) AS days, CAST(1.5 AS datetime) AS moment;
GO

-- case: a column of sql_variant keeps each base type
-- page: sql/t-sql/data-types/sql-variant-transact-sql
CREATE TABLE dbo.kinds (id int PRIMARY KEY, v sql_variant);
INSERT INTO dbo.kinds VALUES (1, CAST(46279.1 AS decimal(8, 2))), (2, 1689), (3, N'text'), (4, CAST('2024-02-29' AS date)), (5, NULL);
SELECT id, CAST(SQL_VARIANT_PROPERTY(v, 'BaseType') AS varchar(20)) AS base, CAST(SQL_VARIANT_PROPERTY(v, 'Precision') AS int) AS precision_, CAST(SQL_VARIANT_PROPERTY(v, 'Scale') AS int) AS scale, CAST(SQL_VARIANT_PROPERTY(v, 'MaxLength') AS int) AS length FROM dbo.kinds ORDER BY id;
GO

-- case: sql_variant compares by family, then by value
-- page: sql/t-sql/data-types/sql-variant-transact-sql
DECLARE @number sql_variant = 9, @larger sql_variant = 10.5, @text sql_variant = '999', @moment sql_variant = CAST('1900-01-01' AS datetime);
SELECT IIF(@number < @larger, 1, 0) AS by_value, IIF(@text < @number, 1, 0) AS text_first, IIF(@moment > @larger, 1, 0) AS moment_last;
GO

-- case: sql_variant converts back by its base type
-- page: sql/t-sql/data-types/sql-variant-transact-sql
DECLARE @v sql_variant = CAST(12.7 AS decimal(5, 1));
SELECT CAST(@v AS int) AS whole, CAST(@v AS varchar(10)) AS text_, CAST(@v AS decimal(6, 2)) AS number;
GO
