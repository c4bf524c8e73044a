-- Table types are kept as the text of their columns: a value of one is a table variable made from it.
CREATE SEQUENCE store.user_type_ids START 257;
CREATE TABLE store.table_types (schema text NOT NULL, name text NOT NULL, definition text NOT NULL, user_type_id int4 NOT NULL DEFAULT nextval('store.user_type_ids')::int4,
  object_id int4 NOT NULL DEFAULT nextval('store.module_ids')::int4);
CREATE UNIQUE INDEX ON store.table_types (schema, lower(name));

-- Alias types: CREATE TYPE … FROM. A column of one keeps its number in its comment.
CREATE TABLE store.alias_types (user_type_id int4 PRIMARY KEY DEFAULT nextval('store.user_type_ids')::int4, schema text NOT NULL, folded text NOT NULL, name text NOT NULL, type text NOT NULL,
  length int4 NOT NULL, precision int4 NOT NULL, scale int4 NOT NULL, nullable boolean NOT NULL,
  typmod int4 GENERATED ALWAYS AS (CASE WHEN type IN ('time', 'datetime2', 'datetimeoffset') THEN scale + 5 WHEN type = 'decimal' THEN (precision << 16) + scale + 4
                                        WHEN length <= 0 THEN -1 ELSE length + 4 END) STORED, UNIQUE (schema, folded));
