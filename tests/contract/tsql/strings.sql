

-- case: len counts characters without trailing spaces
-- page: sql/t-sql/functions/len-transact-sql
SELECT LEN('abc  ') AS trailing, LEN('  abc') AS leading, LEN(N'') AS empty, LEN('   ') AS blank;
GO

-- case: len of nothing is null
-- page: sql/t-sql/functions/len-transact-sql
SELECT LEN(CAST(NULL AS varchar(10))) AS n;
GO

-- case: len of a max type is a bigint
-- page: sql/t-sql/functions/len-transact-sql
SELECT LEN(CAST('abc' AS varchar(max))) AS n;
GO

-- case: len counts the halves of a surrogate pair without an SC collation
-- page: sql/t-sql/functions/len-transact-sql
SELECT LEN(N'a😀') AS halves;
GO

-- case: datalength counts bytes with trailing spaces
-- page: sql/t-sql/functions/datalength-transact-sql
SELECT DATALENGTH('abc ') AS varchar_bytes, DATALENGTH(N'abc ') AS nvarchar_bytes, DATALENGTH(CAST('a' AS char(5))) AS padded;
GO

-- case: datalength of numbers is their storage
-- page: sql/t-sql/functions/datalength-transact-sql
SELECT DATALENGTH(CAST(1 AS int)) AS i, DATALENGTH(CAST(1 AS bigint)) AS b, DATALENGTH(CAST(1 AS tinyint)) AS t, DATALENGTH(CAST(NULL AS int)) AS nothing;
GO

-- case: substring counts from one
-- page: sql/t-sql/functions/substring-transact-sql
SELECT x = SUBSTRING('abcdef', 2, 3);
GO

-- case: substring that starts before the text loses the places before it
-- page: sql/t-sql/functions/substring-transact-sql
SELECT SUBSTRING('abcdef', 0, 3) AS zero, SUBSTRING('abcdef', -1, 3) AS minus, SUBSTRING('abcdef', -5, 3) AS nothing;
GO

-- case: substring beyond the end gives what there is
-- page: sql/t-sql/functions/substring-transact-sql
SELECT SUBSTRING('abc', 2, 100) AS rest, SUBSTRING('abc', 9, 1) AS beyond;
GO

-- case: substring of binary counts bytes
-- page: sql/t-sql/functions/substring-transact-sql
SELECT SUBSTRING(0x0102030405, 2, 2) AS bytes;
GO

-- case: substring with a negative length is error 537
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
DECLARE @n int = -1;
SELECT SUBSTRING(name, 1, @n) AS x FROM (VALUES ('abc')) AS t (name);
GO

-- case: left and right take characters from the ends
-- page: sql/t-sql/functions/left-transact-sql
SELECT LEFT('abcdefg', 2) AS l, RIGHT('abcdefg', 3) AS r, LEFT('ab', 9) AS long, LEFT('ab', 0) AS none;
GO

-- case: right of a null is null
-- page: sql/t-sql/functions/right-transact-sql
SELECT RIGHT(CAST(NULL AS varchar(5)), 2) AS r, RIGHT('abc', CAST(NULL AS int)) AS n;
GO

-- case: upper and lower
-- page: sql/t-sql/functions/upper-transact-sql
SELECT UPPER('aBc1é') AS u, LOWER(N'ABÇ') AS l;
GO

-- case: ltrim and rtrim remove spaces on one side
-- page: sql/t-sql/functions/ltrim-transact-sql
SELECT '[' + LTRIM('  a b  ') + ']' AS l, '[' + RTRIM('  a b  ') + ']' AS r;
GO

-- case: trim removes spaces on both sides
-- page: sql/t-sql/functions/trim-transact-sql
SELECT TRIM('     test    ') AS result;
GO

-- case: trim removes the characters that it is given
-- page: sql/t-sql/functions/trim-transact-sql
SELECT TRIM('.,! ' FROM '     #     test    .') AS result;
GO

-- case: replace finds by the collation
-- page: sql/t-sql/functions/replace-transact-sql
SELECT REPLACE('abcdefghicde', 'cde', 'xxx') AS r, REPLACE('ABC', 'b', '-') AS insensitive;
GO

-- case: replace by a case-sensitive collation
-- page: sql/t-sql/functions/replace-transact-sql
SELECT REPLACE('This is a Test' COLLATE Latin1_General_BIN, 'Test', 'desk') AS r, REPLACE('ABC' COLLATE Latin1_General_BIN, 'b', '-') AS same;
GO

-- case: replace with a null argument is null
-- page: sql/t-sql/functions/replace-transact-sql
SELECT REPLACE('abc', 'b', NULL) AS r;
GO

-- case: replace by nothing removes
-- page: sql/t-sql/functions/replace-transact-sql
SELECT REPLACE('a-b-c', '-', '') AS r;
GO

-- case: charindex finds the first place
-- page: sql/t-sql/functions/charindex-transact-sql
SELECT CHARINDEX('is', 'This is a string') AS first, CHARINDEX('is', 'This is a string', 4) AS later, CHARINDEX('zz', 'abc') AS none;
GO

-- case: charindex compares by the collation of its input
-- page: sql/t-sql/functions/charindex-transact-sql
SELECT CHARINDEX('TEST', 'This is a Test') AS insensitive, CHARINDEX('TEST', 'This is a Test' COLLATE Latin1_General_CS_AS) AS sensitive;
GO

-- case: charindex with a null is null
-- page: sql/t-sql/functions/charindex-transact-sql
SELECT CHARINDEX(NULL, 'abc') AS n;
GO

-- case: patindex finds a pattern
-- page: sql/t-sql/functions/patindex-transact-sql
SELECT position = PATINDEX('%ter%', 'interesting data');
GO

-- case: patindex takes the wildcards of like
-- page: sql/t-sql/functions/patindex-transact-sql
SELECT PATINDEX('%en_ure%', 'Please ensure the door is locked!') AS one, PATINDEX('%[^ 0-9A-z]%', 'Please ensure the door is locked!') AS odd, PATINDEX('a%', 'abc') AS start, PATINDEX('%a', 'cba') AS ending, PATINDEX('%z%', 'abc') AS none;
GO

-- case: stuff deletes and inserts
-- page: sql/t-sql/functions/stuff-transact-sql
SELECT STUFF('abcdef', 2, 3, 'ijklmn') AS s;
GO

-- case: stuff outside of the text is null
-- page: sql/t-sql/functions/stuff-transact-sql
SELECT STUFF('abc', 0, 1, 'x') AS zero, STUFF('abc', 4, 1, 'x') AS beyond, STUFF('abc', 1, -1, 'x') AS negative;
GO

-- case: stuff with null inserts nothing
-- page: sql/t-sql/functions/stuff-transact-sql
SELECT STUFF('abcdef', 2, 3, NULL) AS s;
GO

-- case: replicate repeats
-- page: sql/t-sql/functions/replicate-transact-sql
SELECT REPLICATE('0', 4) AS r, REPLICATE('ab', 0) AS none, REPLICATE('a', -1) AS negative;
GO

-- case: space makes spaces
-- page: sql/t-sql/functions/space-transact-sql
SELECT 'a' + SPACE(2) + 'b' AS s, SPACE(-1) AS negative;
GO

-- case: reverse
-- page: sql/t-sql/functions/reverse-transact-sql
SELECT REVERSE('abc') AS r, REVERSE(1234) AS digits;
GO

-- case: ascii and char
-- page: sql/t-sql/functions/char-transact-sql
SELECT CHAR(65) AS a, CHAR(256) AS beyond, CHAR(-1) AS negative, ASCII('Apple') AS code;
GO

-- case: unicode and nchar
-- page: sql/t-sql/functions/nchar-transact-sql
SELECT NCHAR(8364) AS euro, UNICODE(N'€5') AS code, NCHAR(-1) AS outside;
GO

-- case: concat takes nulls for empty texts
-- page: sql/t-sql/functions/concat-transact-sql
SELECT CONCAT('Happy ', 'Birthday ', 11, '/', '25') AS result, CONCAT('a', NULL, 'b') AS skipped, CONCAT(NULL, NULL) AS empty;
GO

-- case: concat needs two arguments
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CONCAT('a') AS r;
GO

-- case: concat_ws separates and skips nulls
-- page: sql/t-sql/functions/concat-ws-transact-sql
SELECT CONCAT_WS(',', '1 Microsoft Way', NULL, NULL, 'Redmond', 'WA', 98052) AS address;
GO

-- case: plus concatenates
-- page: sql/t-sql/language-elements/string-concatenation-transact-sql
SELECT 'a' + N'b' + 'c' AS s, 'a' + '' + 'b' AS empty, 'a' + NULL AS nothing;
GO

-- case: quotename doubles what closes
-- page: sql/t-sql/functions/quotename-transact-sql
SELECT QUOTENAME('abc[]def') AS brackets, QUOTENAME('it''s', '''') AS quotes, QUOTENAME('a"b', '"') AS doubled;
GO

-- case: quotename of more than 128 characters is null
-- page: sql/t-sql/functions/quotename-transact-sql
SELECT QUOTENAME(REPLICATE('a', 129)) AS q;
GO

-- case: quotename with a sign that does not quote is null
-- page: sql/t-sql/functions/quotename-transact-sql
SELECT QUOTENAME('abc', '!') AS q;
GO

-- case: str rounds and aligns to the right
-- page: sql/t-sql/functions/str-transact-sql
SELECT STR(123.45, 6, 1) AS one, STR(FLOOR(123.45), 8, 3) AS three, STR(12) AS ten;
GO

-- case: str that does not fit gives stars
-- page: sql/t-sql/functions/str-transact-sql
SELECT STR(123.45, 2, 2) AS stars;
GO

-- case: translate
-- page: sql/t-sql/functions/translate-transact-sql
SELECT TRANSLATE('2*[3+4]/{7-2}', '[]{}', '()()') AS t, TRANSLATE('abc', 'abc', NULL) AS nothing;
GO

-- case: translate with lists of different lengths is an error
-- page: sql/t-sql/functions/translate-transact-sql
SELECT TRANSLATE('abc', 'ab', 'x') AS t;
GO

-- case: soundex and difference
-- page: sql/t-sql/functions/soundex-transact-sql
SELECT SOUNDEX('Smith') AS a, SOUNDEX('Smythe') AS b;
GO

-- case: difference of names that sound the same
-- page: sql/t-sql/functions/difference-transact-sql
SELECT DIFFERENCE('Smithers', 'Smythers') AS same, DIFFERENCE('Anothers', 'Brothers') AS near, DIFFERENCE('Blotchet-Halls', 'Greene') AS far;
GO

-- case: string_split gives a row for each piece
-- page: sql/t-sql/functions/string-split-transact-sql
SELECT value FROM STRING_SPLIT('a,,b', ',') ORDER BY value;
GO

-- case: string_split with an ordinal
-- page: sql/t-sql/functions/string-split-transact-sql
SELECT value, ordinal FROM STRING_SPLIT('E-D-C-B-A', '-', 1) ORDER BY ordinal DESC;
GO

-- case: string_split of null has no rows
-- page: sql/t-sql/functions/string-split-transact-sql
SELECT value FROM STRING_SPLIT(CAST(NULL AS varchar(10)), ',');
GO

-- case: string_escape for json
-- page: sql/t-sql/functions/string-escape-transact-sql
SELECT STRING_ESCAPE('\   /  "', 'json') AS escaped;
GO

-- case: like with percent and underscore
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT CASE WHEN 'Dean' LIKE '_ean' THEN 1 ELSE 0 END AS one, CASE WHEN 'The computer book' LIKE '%computer%' THEN 1 ELSE 0 END AS many, CASE WHEN 'ean' LIKE '_ean' THEN 1 ELSE 0 END AS none;
GO

-- case: like with sets and ranges
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT v FROM (VALUES ('Carsen'), ('Larsen'), ('Tarsen'), ('Karl')) AS t (v) WHERE v LIKE '[C-P]arsen' ORDER BY v;
GO

-- case: like with a set that is excluded
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT v FROM (VALUES ('dean'), ('dell'), ('de'), ('del')) AS t (v) WHERE v LIKE 'de[^l]%';
GO

-- case: like with wildcards as literals
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT v FROM (VALUES ('5%'), ('50'), ('_n'), ('an')) AS t (v) WHERE v LIKE '5[%]';
SELECT v FROM (VALUES ('5%'), ('50'), ('_n'), ('an')) AS t (v) WHERE v LIKE '[_]n';
GO

-- case: like with escape
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT c FROM (VALUES ('Discount is 10-15% off'), ('Discount is .10-.15 off'), ('10-15 and off')) AS t (c) WHERE c LIKE '%10-15!% off%' ESCAPE '!';
GO

-- case: like is as case-sensitive as the collation
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT CASE WHEN 'ABC' LIKE 'a%' THEN 1 ELSE 0 END AS insensitive, CASE WHEN 'ABC' COLLATE Latin1_General_CS_AS LIKE 'a%' THEN 1 ELSE 0 END AS sensitive;
GO

-- case: spaces at the end of a pattern are significant
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT CASE WHEN 'abc' LIKE 'abc ' THEN 1 ELSE 0 END AS pattern, CASE WHEN 'abc  ' LIKE 'abc' THEN 1 ELSE 0 END AS value;
GO

-- case: spaces at the end of an nchar are significant in like
-- page: sql/t-sql/language-elements/like-transact-sql
SELECT CASE WHEN CAST(N'Robert King' AS nchar(30)) LIKE N'% King' THEN 1 ELSE 0 END AS padded, CASE WHEN RTRIM(CAST(N'Robert King' AS nchar(30))) LIKE N'% King' THEN 1 ELSE 0 END AS trimmed;
GO

-- case: hashbytes
-- page: sql/t-sql/functions/hashbytes-transact-sql
SELECT HASHBYTES('MD5', 'abc') AS md5, HASHBYTES('SHA2_256', CAST('abc' AS varchar(10))) AS sha;
GO

-- case: a backslash at the end of a line continues a literal
-- page: sql/t-sql/language-elements/sql-server-utilities-statements-backslash
SELECT 'abc\
def' AS s;
GO

-- case: trim on one side only
-- page: sql/t-sql/functions/trim-transact-sql
SELECT TRIM(LEADING '.,! ' FROM '     .#     test    .') AS leading_, TRIM(TRAILING '.,! ' FROM '.#     test    .') AS trailing_, TRIM(BOTH '123' FROM '123abc123') AS both_;
GO

-- case: ltrim and rtrim remove the characters that they are given
-- page: sql/t-sql/functions/ltrim-transact-sql
SELECT LTRIM('123abc.', '123.') AS l, RTRIM('.123abc.', 'abc.') AS r;
GO

-- case: replicate ends at 8000 bytes unless the text is a max type
-- page: sql/t-sql/functions/replicate-transact-sql
SELECT LEN(REPLICATE('ab', 5000)) AS limited, LEN(REPLICATE(CAST('ab' AS varchar(max)), 5000)) AS max_, DATALENGTH(REPLICATE(N'a', 5000)) AS wide;
GO

-- case: replace is national only where an argument is
-- page: sql/t-sql/functions/replace-transact-sql
SELECT DATALENGTH(REPLACE('a', 'a', 'b')) AS narrow, DATALENGTH(REPLACE('a', 'a', N'b')) AS wide;
GO

-- case: concat of narrow texts is narrow
-- page: sql/t-sql/functions/concat-transact-sql
SELECT DATALENGTH(CONCAT('a', 'b', 1)) AS narrow, DATALENGTH(CONCAT('a', N'b')) AS wide;
GO

-- case: quotename with other brackets
-- page: sql/t-sql/functions/quotename-transact-sql
SELECT QUOTENAME('a)b', '(') AS round_, QUOTENAME('a>b', '<') AS angle, QUOTENAME('a}b', '{') AS curly, QUOTENAME('a`b', '`') AS tick;
GO

-- case: string_split without an ordinal, asked for by 0
-- page: sql/t-sql/functions/string-split-transact-sql
SELECT * FROM STRING_SPLIT('E-D-C-B-A', '-', 0);
GO

-- case: string_split at more than one character is error 214
-- page: sql/t-sql/functions/string-split-transact-sql
SELECT value FROM STRING_SPLIT('a--b', '--');
GO

-- case: nchar beyond 65535 is null without an SC collation
-- page: sql/t-sql/functions/nchar-transact-sql
SELECT NCHAR(0x1F600) AS n;
GO
