CREATE TABLE dbo.notes (id int PRIMARY KEY, owner int NULL, body nvarchar(20) NOT NULL, made date NULL, open_ bit NOT NULL);
INSERT INTO dbo.notes VALUES (1, 7, N'a <b> & "c"', '2020-01-02', 1), (2, NULL, N'plain', NULL, 0);
GO

-- case: raw gives an element for each row and leaves nulls out
-- page: sql/relational-databases/xml/use-raw-mode-with-for-xml
SELECT id, owner, body FROM dbo.notes ORDER BY id FOR XML RAW;
GO

-- case: raw with a name, elements and a root
-- page: sql/relational-databases/xml/use-raw-mode-with-for-xml
SELECT id, owner, made, open_ FROM dbo.notes ORDER BY id FOR XML RAW ('note'), ELEMENTS, ROOT ('notes');
GO

-- case: auto names the element as the query names the table
-- page: sql/relational-databases/xml/use-auto-mode-with-for-xml
SELECT id FROM dbo.notes AS n ORDER BY id FOR XML AUTO;
GO

-- case: path makes attributes, elements and levels of names
-- page: sql/relational-databases/xml/use-path-mode-with-for-xml
SELECT id AS '@id', body AS 'text/full', owner AS 'text/owner', id * 2 AS twice FROM dbo.notes ORDER BY id FOR XML PATH ('note'), ROOT;
GO

-- case: path without a row name joins the values of columns without names
-- page: sql/relational-databases/xml/columns-without-a-name
SELECT STUFF((SELECT N',' + CAST(id AS nvarchar(9)) FROM dbo.notes ORDER BY id FOR XML PATH (N'')), 1, 1, N'') AS ids;
GO

-- case: value gives the text of xml
-- page: sql/t-sql/xml/value-method-xml-data-type
SELECT (SELECT body + N';' FROM dbo.notes ORDER BY id FOR XML PATH (N''), TYPE).value('.', 'nvarchar(max)') AS bodies;
GO

-- case: a typed subquery stands inside as xml
-- page: sql/relational-databases/xml/type-directive-in-for-xml-queries
SELECT id AS '@id', (SELECT body AS b FROM dbo.notes AS i WHERE i.id = o.id FOR XML PATH (''), TYPE) FROM dbo.notes AS o WHERE id = 2 FOR XML PATH ('o');
GO

-- case: a subquery of no rows is null
-- page: sql/relational-databases/xml/for-xml-sql-server
SELECT (SELECT id FROM dbo.notes WHERE id > 9 FOR XML RAW) AS x;
GO

-- case: a column without a name is error 6809 in raw
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-6000-to-6999
SELECT id + 1 FROM dbo.notes FOR XML RAW;
GO

-- case: an attribute behind an element is error 6852
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-6000-to-6999
SELECT id, body AS '@b' FROM dbo.notes FOR XML PATH;
GO

-- case: an attribute without a row is error 6864
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-6000-to-6999
SELECT id AS '@b' FROM dbo.notes FOR XML PATH ('');
GO
