-- Other names of tables and views: resolved when a statement names them (tsql/synonyms.py).
CREATE TABLE store.synonyms (object_id int4 PRIMARY KEY DEFAULT nextval('store.module_ids')::int4, namespace oid NOT NULL, folded text NOT NULL, name text NOT NULL,
  base_schema text NOT NULL, base_folded text NOT NULL, base_object_name text NOT NULL, created timestamptz NOT NULL DEFAULT now(), UNIQUE (namespace, folded));
