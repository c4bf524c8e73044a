-- Who sees what ("Metadata visibility configuration"): a user sees what he owns or has some right on.
-- store.viewer is the session's user, empty for one who sees everything without being asked (dbo, the stand-in itself).

CREATE FUNCTION store.sees_all() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT coalesce(current_setting('store.viewer', true), '') = '' $$;

-- Tables, views, sequences and modules: whether the viewer sees them, and their definitions too. A DENY of one right leaves the others; one of VIEW DEFINITION or CONTROL hides all.
-- PL/pgSQL, so that the views that ask it are planned without it.
CREATE FUNCTION store.securables() RETURNS TABLE (object_id int4, shown boolean, defined boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE roles int4[] := ARRAY(SELECT r FROM store.roles_of(current_setting('store.viewer')) AS r);
        owner boolean := roles && ARRAY[1, 16384];
BEGIN
  RETURN QUERY
  WITH said AS MATERIALIZED (
    SELECT p.class, p.major_id, p.permission, p.state = 'D' AS denied FROM store.permissions p WHERE p.grantee_id = ANY (roles)
    UNION ALL SELECT 0, 0, f.permission, f.denied
    FROM (VALUES (16390, 'SELECT', false), (16391, 'INSERT', false), (16391, 'UPDATE', false), (16391, 'DELETE', false), (16387, 'ALTER', false), (16387, 'REFERENCES', false),
                 (16386, 'VIEW DEFINITION', false), (16392, 'SELECT', true), (16393, 'INSERT', true), (16393, 'UPDATE', true), (16393, 'DELETE', true)) AS f (role, permission, denied)
    WHERE f.role = ANY (roles)),
  things AS (
    SELECT c.oid::int4 AS id, c.relnamespace::int4 AS namespace, c.relkind <> 'S' AS holds_rows, false AS runs FROM pg_class c WHERE c.relkind IN ('r', 'v', 'S')
    UNION ALL SELECT m.object_id, m.namespace::int4, m.type IN ('IF', 'TF'), m.type IN ('P', 'FN') FROM store.modules m),
  held AS (
    SELECT t.id, s.permission, bool_or(s.denied) AS denied
    FROM things t JOIN said s ON s.class = 0 OR s.class = 3 AND s.major_id = t.namespace OR s.class = 1 AND s.major_id = t.id
    WHERE s.permission IN ('ALTER', 'CONTROL', 'TAKE OWNERSHIP', 'VIEW DEFINITION', 'REFERENCES') OR t.runs AND s.permission = 'EXECUTE' OR NOT t.runs AND NOT t.holds_rows AND s.permission = 'UPDATE'
       OR t.holds_rows AND s.permission IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'VIEW CHANGE TRACKING')
    GROUP BY t.id, s.permission)
  SELECT t.id, owner OR coalesce(bool_or(NOT h.denied) AND NOT bool_or(h.denied AND h.permission IN ('VIEW DEFINITION', 'CONTROL')), false),
         owner OR coalesce(bool_or(NOT h.denied AND h.permission IN ('ALTER', 'CONTROL', 'TAKE OWNERSHIP', 'VIEW DEFINITION')) AND NOT bool_or(h.denied AND h.permission IN ('VIEW DEFINITION', 'CONTROL')), false)
  FROM things t LEFT JOIN held h ON h.id = t.id GROUP BY t.id;
END $$;
CREATE VIEW store.visible AS SELECT object_id FROM store.securables() WHERE shown;
CREATE VIEW store.definable AS SELECT object_id FROM store.securables() WHERE defined;

-- A trigger is seen by who sees its table.
CREATE VIEW store.visible_modules AS
  SELECT m.* FROM store.modules m WHERE store.sees_all() OR CASE m.type WHEN 'TR' THEN m.parent_id ELSE m.object_id END IN (SELECT v.object_id FROM store.visible v);
