-- Procedures, functions and triggers: T-SQL text. A function is also one of PostgreSQL under its name.

CREATE SEQUENCE store.module_ids START 1900000000;
CREATE TABLE store.modules (object_id int4 PRIMARY KEY DEFAULT nextval('store.module_ids')::int4, namespace oid NOT NULL, folded text NOT NULL, name text NOT NULL,
  type text NOT NULL CHECK (type IN ('P', 'FN', 'IF', 'TR')), parent_id int4 NOT NULL DEFAULT 0, is_disabled boolean NOT NULL DEFAULT false, definition text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(), modified timestamptz NOT NULL DEFAULT now(), UNIQUE (namespace, folded));
CREATE VIEW store.triggers AS SELECT object_id, name, parent_id, is_disabled, definition FROM store.modules WHERE type = 'TR';
