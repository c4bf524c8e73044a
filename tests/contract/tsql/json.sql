

-- case: openjson of an object gives keys, values and types
-- page: sql/t-sql/functions/openjson-transact-sql
DECLARE @json nvarchar(4000) = N'{"StringValue":"John","IntValue":45,"TrueValue":true,"FalseValue":false,"NullValue":null,"ArrayValue":["a","r","r","a","y"],"ObjectValue":{"obj":"ect"}}';
SELECT [key], value, type FROM OPENJSON(@json);
GO

-- case: openjson of an array gives places
-- page: sql/t-sql/functions/openjson-transact-sql
SELECT [key], value FROM OPENJSON(N'["en-GB", "en-UK", 3]');
GO

-- case: openjson with a path
-- page: sql/t-sql/functions/openjson-transact-sql
DECLARE @json nvarchar(4000) = N'{"path": {"to": {"sub-object": ["en-GB", "de-AT"]}}}';
SELECT [key], value FROM OPENJSON(@json, '$.path.to."sub-object"');
GO

-- case: openjson with columns
-- page: sql/t-sql/functions/openjson-transact-sql
DECLARE @json nvarchar(max) = N'[{"Order": {"Number":"SO43659","Date":"2011-05-31T00:00:00"},"AccountNumber":"AW29825","Item": {"Price":2024.9940,"Quantity":1}},{"Order": {"Number":"SO43661","Date":"2011-06-01T00:00:00"},"AccountNumber":"AW73565","Item": {"Price":2024.9940,"Quantity":3}}]';
SELECT * FROM OPENJSON(@json) WITH (Number varchar(200) '$.Order.Number', Date datetime '$.Order.Date', Customer varchar(200) '$.AccountNumber', Quantity int '$.Item.Quantity', [Order] nvarchar(max) AS JSON);
GO

-- case: openjson converts to the types of its columns
-- page: sql/t-sql/functions/openjson-transact-sql
SELECT * FROM OPENJSON(N'{"b":"9007199254740993","d":12.345,"t":"2020-02-03T04:05:06.1234567","u":"6F9619FF-8B86-D011-B42D-00C04FC964FF","y":true}') WITH (b bigint, d decimal(9, 2), t datetime2(6), u uniqueidentifier, y bit);
GO

-- case: openjson gives null for what is not there
-- page: sql/t-sql/functions/openjson-transact-sql
SELECT * FROM OPENJSON(N'[{"a":1},{"a":null},{"b":2}]') WITH (a int, b int);
GO

-- case: openjson finds properties by their case
-- page: sql/t-sql/functions/openjson-transact-sql
SELECT * FROM OPENJSON(N'{"Name":"x"}') WITH (name nvarchar(10), other nvarchar(10) '$.Name');
GO

-- case: openjson in strict mode fails for what is not there
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-13000-to-13999
SELECT * FROM OPENJSON(N'{"a":1}') WITH (b int 'strict $.b');
GO

-- case: openjson of text that is no json is error 13609
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-13000-to-13999
SELECT * FROM OPENJSON(N'{a}') WITH (a int);
GO

-- case: openjson of null has no rows
-- page: sql/t-sql/functions/openjson-transact-sql
DECLARE @json nvarchar(max);
SELECT COUNT(*) AS n FROM OPENJSON(@json);
GO

-- case: cross apply openjson
-- page: sql/t-sql/functions/openjson-transact-sql
SELECT t.id, j.value FROM (VALUES (1, N'["a","b"]'), (2, N'["c"]'), (3, N'[]')) AS t (id, tags) CROSS APPLY OPENJSON(t.tags) AS j ORDER BY t.id, j.[key];
GO

-- case: openjson with a path of the whole element
-- page: sql/t-sql/functions/openjson-transact-sql
SELECT v FROM OPENJSON(N'[3, 1, 2]') WITH (v int '$') ORDER BY v;
GO

-- case: json_value by path
-- page: sql/t-sql/functions/json-value-transact-sql
DECLARE @j nvarchar(max) = N'{"info":{"type":1,"address":{"town":"Bristol","county":"Avon","country":"England"},"tags":["Sport","Water polo"]},"type":"Basic"}';
SELECT JSON_VALUE(@j, '$') AS root, JSON_VALUE(@j, '$.info.type') AS type, JSON_VALUE(@j, '$.info.address.town') AS town, JSON_VALUE(@j, '$.info."address"') AS address, JSON_VALUE(@j, '$.info.tags[1]') AS tag, JSON_VALUE(@j, '$.info.none') AS none;
GO

-- case: json_value in strict mode
-- page: sql/t-sql/functions/json-value-transact-sql
SELECT JSON_VALUE(N'{"a":1}', 'strict $.none') AS v;
GO

-- case: json_value of booleans
-- page: sql/t-sql/functions/json-value-transact-sql
SELECT JSON_VALUE(N'{"a":true,"b":null}', '$.a') AS a, JSON_VALUE(N'{"a":true,"b":null}', '$.b') AS b;
GO

-- case: json_query by path
-- page: sql/t-sql/functions/json-query-transact-sql
DECLARE @j nvarchar(max) = N'{"info":{"type":1,"tags":["Sport"]},"type":"Basic"}';
SELECT JSON_QUERY(@j, '$.info.tags') AS tags, JSON_QUERY(@j, '$.type') AS scalar, JSON_QUERY(@j, '$.none') AS none;
GO

-- case: json_modify
-- page: sql/t-sql/functions/json-modify-transact-sql
DECLARE @info nvarchar(100) = '{"name":"John","skills":["C#","SQL"]}';
SELECT JSON_MODIFY(@info, '$.name', 'Mike') AS changed, JSON_MODIFY(@info, '$.surname', 'Smith') AS added, JSON_MODIFY(@info, '$.name', NULL) AS removed, JSON_MODIFY(@info, 'append $.skills', 'Azure') AS appended;
GO

-- case: isjson
-- page: sql/t-sql/functions/isjson-transact-sql
SELECT ISJSON(N'{"a":1}') AS yes, ISJSON(N'{a}') AS no, ISJSON(NULL) AS nothing;
GO

-- case: for json path
-- page: sql/relational-databases/json/format-nested-json-output-with-path-mode-sql-server
SELECT (SELECT id AS [id], name AS [info.name], NULL AS [info.none] FROM (VALUES (1, N'a'), (2, N'b"c')) AS t (id, name) ORDER BY id FOR JSON PATH) AS j;
GO

-- case: for json without an array wrapper and with nulls
-- page: sql/relational-databases/json/include-null-values-in-json-include-null-values-option
SELECT (SELECT 1 AS a, NULL AS b FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER) AS j;
GO

-- case: for json with a root
-- page: sql/relational-databases/json/add-a-root-node-to-json-output-with-the-root-option-sql-server
SELECT (SELECT 1 AS a FOR JSON PATH, ROOT('info')) AS j;
GO

-- case: a check that text is json
-- page: sql/relational-databases/json/store-json-documents-in-sql-tables
CREATE TABLE dbo.documents (id int PRIMARY KEY, doc nvarchar(max) CONSTRAINT ck_doc CHECK (ISJSON(doc) = 1));
INSERT INTO dbo.documents VALUES (1, N'{"severity":3}');
SELECT JSON_VALUE(doc, '$.severity') AS severity FROM dbo.documents;
GO
INSERT INTO dbo.documents VALUES (2, N'not json');
GO

-- case: json_object of keys and values
-- page: sql/t-sql/functions/json-object-transact-sql
SELECT JSON_OBJECT() AS none, JSON_OBJECT('name':'value', 'type':1) AS two, JSON_OBJECT('name':'value', 'type':NULL ABSENT ON NULL) AS absent, JSON_OBJECT('name':'value', 'type':NULL) AS null_, JSON_OBJECT('name':'value', 'type':JSON_ARRAY(1, 2)) AS nested;
GO

-- case: json_array of values
-- page: sql/t-sql/functions/json-array-transact-sql
SELECT JSON_ARRAY() AS none, JSON_ARRAY('a', 1, 'b', 2) AS four, JSON_ARRAY('a', 1, 'b', NULL) AS absent, JSON_ARRAY('a', 1, NULL, 2 NULL ON NULL) AS null_, JSON_ARRAY('a', JSON_OBJECT('name':'value', 'type':1), JSON_ARRAY(1, null, 2 NULL ON NULL)) AS nested;
GO

-- case: json_modify keeps the text around the change
-- page: sql/t-sql/functions/json-modify-transact-sql
DECLARE @stats nvarchar(100) = '{"click_count": 173}';
SELECT JSON_MODIFY(@stats, '$.click_count', CAST(JSON_VALUE(@stats, '$.click_count') AS int) + 1) AS counted, JSON_MODIFY('{"price":49.99}', '$.Price', CAST(49.99 AS numeric(4, 2))) AS added, JSON_MODIFY('{"a":[]}', '$.a', JSON_QUERY('["C#","T-SQL"]')) AS json, JSON_MODIFY('{"a":1}', '$.user.theme', 'x') AS unchanged;
GO

-- case: json_modify in strict mode needs the property
-- page: sql/t-sql/functions/json-modify-transact-sql
SELECT JSON_MODIFY('{"a":1}', 'strict $.a', NULL) AS null_;
SELECT JSON_MODIFY('{"a":1}', 'strict $.b', 2) AS none;
GO

-- case: json_path_exists
-- page: sql/t-sql/functions/json-path-exists-transact-sql
DECLARE @jsonInfo nvarchar(max) = N'{"info":{"address":[{"town":"Paris"},{"town":"London"}]}}';
SELECT JSON_PATH_EXISTS(@jsonInfo, '$.info.address') AS there, JSON_PATH_EXISTS(@jsonInfo, '$.info.addresses') AS not_there;
GO

-- case: json_value in strict mode of an object is error 13623
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-13000-to-13999
SELECT JSON_VALUE(N'{"a":{}}', 'strict $.a') AS v;
GO

-- case: openjson with a strict path
-- page: sql/t-sql/functions/openjson-transact-sql
SELECT x FROM OPENJSON(N'{"a":[{"x":1},{"x":2}]}', 'strict $.a') WITH (x int 'strict $.x');
SELECT x FROM OPENJSON(N'{"a":[{"x":1},{"x":2}]}', 'strict $.b') WITH (x int);
GO
