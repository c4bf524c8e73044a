-- Text as the bytes that SQL Server stores: UTF-16 for nvarchar, UTF-8 for varchar.
CREATE FUNCTION sys.bytes_of(sys.nvarchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.utf16($1::text)::sys.varbinary';
CREATE FUNCTION sys.bytes_of(sys.nchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sys.utf16($1::text)::sys.varbinary';
CREATE FUNCTION sys.bytes_of(sys.varchar) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT convert_to($1::text, ''UTF8'')::sys.varbinary';
CREATE FUNCTION sys.bytes_of(sys.char) RETURNS sys.varbinary LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT convert_to($1::text, ''UTF8'')::sys.varbinary';
-- LEN under a collation whose name ends in _SC: characters, blanks at the end left out.
CREATE FUNCTION sys.len_characters(value sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT char_length(rtrim($1::text, '' ''))';
