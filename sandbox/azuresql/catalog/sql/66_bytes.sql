-- Text as the bytes that SQL Server stores: UTF-16 for nvarchar, UTF-8 for varchar.
CREATE FUNCTION sys.bytes_of(sys.nvarchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.utf16($1::text)::sys.varbinary';
CREATE FUNCTION sys.bytes_of(sys.nchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.utf16($1::text)::sys.varbinary';
CREATE FUNCTION sys.bytes_of(sys.varchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT convert_to($1::text, ''UTF8'')::sys.varbinary';
CREATE FUNCTION sys.bytes_of(sys.char) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT convert_to($1::text, ''UTF8'')::sys.varbinary';
