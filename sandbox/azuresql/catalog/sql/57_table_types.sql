-- Table types are kept as the text of their columns: a value of one is a table variable made from it.
CREATE TABLE store.table_types (schema text NOT NULL, name text NOT NULL, definition text NOT NULL);
CREATE UNIQUE INDEX ON store.table_types (schema, lower(name));
