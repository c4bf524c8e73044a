-- HAS_PERMS_BY_NAME(securable, class, permission) for the current user (first argument).
CREATE FUNCTION sys.has_perms_by_name(principal text, securable text, class text, permission text) RETURNS int4 LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN class IS NULL OR lower(class) = 'database' THEN store.may($1, upper(permission), 0)::int4
              WHEN lower(class) = 'schema' THEN (SELECT store.may($1, upper(permission), 0)::int4 WHERE sys.schema_id(securable::sys.nvarchar) IS NOT NULL)
              ELSE (SELECT store.may($1, upper(permission), sys.object_id(securable::sys.nvarchar))::int4 WHERE sys.object_id(securable::sys.nvarchar) IS NOT NULL) END $$;
CREATE FUNCTION sys.has_perms_by_name(principal text, securable text, class text, permission text, sub text, sub_class text) RETURNS int4 LANGUAGE sql STABLE AS
  'SELECT sys.has_perms_by_name($1, $2, $3, $4)';
