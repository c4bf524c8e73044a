-- Global temporary tables (`##t`) are tables of a schema that the catalog does not show. Each goes with the session that made it.

CREATE SCHEMA "##";
CREATE TABLE store.global_tables (relation oid PRIMARY KEY, session_of text NOT NULL);
CREATE FUNCTION store.backend(pid int4) RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT format('%s at %s', a.pid, extract(epoch FROM a.backend_start)) FROM pg_stat_activity a WHERE a.pid = $1 $$;
CREATE PROCEDURE store.keep_global(relation regclass) LANGUAGE sql AS
  $$ INSERT INTO store.global_tables VALUES (relation, store.backend(pg_backend_pid())) ON CONFLICT DO NOTHING $$;
-- Those of this session, and those whose session is gone.
CREATE PROCEDURE store.drop_global_tables() LANGUAGE plpgsql AS $$
DECLARE kept record;
BEGIN
  FOR kept IN SELECT g.relation, c.oid::regclass AS name FROM store.global_tables g LEFT JOIN pg_class c ON c.oid = g.relation
              WHERE g.session_of = store.backend(pg_backend_pid()) OR g.session_of NOT IN (SELECT store.backend(a.pid) FROM pg_stat_activity a WHERE a.backend_start IS NOT NULL) LOOP
    IF kept.name IS NOT NULL THEN
      EXECUTE format('DROP TABLE %s', kept.name);
    END IF;
    DELETE FROM store.global_tables WHERE relation = kept.relation;
  END LOOP;
END $$;
