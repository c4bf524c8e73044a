-- Principals, permissions and extended properties, kept in tables of the store.

CALL store.view('sys.database_principals', $$
  name sysname = p.name
  principal_id int = p.principal_id
  type char(1) = p.type
  type_desc nvarchar(60) = CASE p.type WHEN 'R' THEN 'DATABASE_ROLE' ELSE 'SQL_USER' END
  default_schema_name sysname = CASE WHEN p.name = 'guest' THEN 'guest' WHEN p.type = 'S' AND p.principal_id NOT IN (3, 4) THEN 'dbo' END
  create_date datetime = store.moment(p.created)
  modify_date datetime = store.moment(p.created)
  owning_principal_id int = CASE p.type WHEN 'R' THEN 1 END
  sid varbinary(85) = CASE WHEN p.principal_id = 1 THEN '\x01' WHEN p.principal_id = 2 THEN '\x00' WHEN p.principal_id NOT IN (3, 4) THEN decode(md5(lower(p.name)), 'hex') END
  is_fixed_role bit = p.type = 'R' AND p.fixed AND p.principal_id > 0
  authentication_type int = CASE WHEN p.type = 'R' OR p.login IS NULL AND p.hash IS NULL AND p.principal_id <> 1 THEN 0 WHEN p.hash IS NOT NULL THEN 2 ELSE 1 END
  authentication_type_desc nvarchar(60) = CASE WHEN p.type = 'R' OR p.login IS NULL AND p.hash IS NULL AND p.principal_id <> 1 THEN 'NONE' WHEN p.hash IS NOT NULL THEN 'DATABASE' ELSE 'INSTANCE' END
  default_language_name sysname = NULL
  default_language_lcid int = NULL
  allow_encrypted_value_modifications bit = 0
$$, 'FROM store.principals p');
CALL store.view('sys.database_role_members', $$
  role_principal_id int = m.role_id
  member_principal_id int = m.member_id
$$, 'FROM store.role_members m');

-- Four letters for each permission; every user has been granted CONNECT.
CREATE TABLE store.permission_names (name text PRIMARY KEY, letters text NOT NULL, classes int4[] NOT NULL);
INSERT INTO store.permission_names VALUES ('SELECT', 'SL', '{0,1,3}'), ('INSERT', 'IN', '{0,1,3}'), ('UPDATE', 'UP', '{0,1,3}'), ('DELETE', 'DL', '{0,1,3}'), ('EXECUTE', 'EX', '{0,1,3}'), ('REFERENCES', 'RF', '{0,1,3}'),
  ('CONTROL', 'CL', '{0,1,3}'), ('ALTER', 'AL', '{0,1,3}'), ('VIEW DEFINITION', 'VW', '{0,1,3}'), ('TAKE OWNERSHIP', 'TO', '{0,1,3}'), ('VIEW CHANGE TRACKING', 'VWCT', '{1,3}'), ('CREATE SEQUENCE', 'CRSO', '{0,3}'),
  ('CONNECT', 'CO', '{0}'), ('VIEW DATABASE STATE', 'VWDS', '{0}'), ('CREATE TABLE', 'CRTB', '{0}'), ('CREATE VIEW', 'CRVW', '{0}'), ('CREATE PROCEDURE', 'CRPR', '{0}'), ('CREATE FUNCTION', 'CRFN', '{0}'),
  ('CREATE SCHEMA', 'CRSM', '{0}'), ('CREATE ROLE', 'CRRL', '{0}'), ('CREATE TYPE', 'CRTY', '{0}'), ('CREATE SYNONYM', 'CRSN', '{0}'), ('CREATE USER', 'CUSR', '{0}'), ('ALTER ANY USER', 'ALUS', '{0}'),
  ('ALTER ANY ROLE', 'ALRL', '{0}'), ('ALTER ANY SCHEMA', 'ALSM', '{0}'), ('SHOWPLAN', 'SPLN', '{0}'), ('UNMASK', 'UMSK', '{0}'), ('KILL DATABASE CONNECTION', 'KIDC', '{0}'),
  ('ADMINISTER DATABASE BULK OPERATIONS', 'DABO', '{0}'), ('BACKUP DATABASE', 'BADB', '{0}');
CALL store.view('sys.database_permissions', $$
  class tinyint = p.class
  class_desc nvarchar(60) = CASE p.class WHEN 0 THEN 'DATABASE' WHEN 1 THEN 'OBJECT_OR_COLUMN' WHEN 3 THEN 'SCHEMA' END
  major_id int = CASE WHEN p.class = 3 THEN (SELECT s.schema_id FROM store.schemas s WHERE s.oid = p.major_id::oid) ELSE p.major_id END
  minor_id int = p.minor_id
  grantee_principal_id int = p.grantee_id
  grantor_principal_id int = 1
  type char(4) = rpad(n.letters, 4)
  permission_name nvarchar(128) = p.permission
  state char(1) = p.state
  state_desc nvarchar(60) = CASE p.state WHEN 'D' THEN 'DENY' WHEN 'W' THEN 'GRANT_WITH_GRANT_OPTION' ELSE 'GRANT' END
$$, $$FROM (SELECT class, major_id, minor_id, grantee_id, permission, state FROM store.permissions
        UNION ALL SELECT 0, 0, 0, principal_id, 'CONNECT', 'G' FROM store.principals WHERE type = 'S' AND (principal_id = 1 OR NOT fixed)) AS p JOIN store.permission_names n ON n.name = p.permission$$);
CALL store.view('sys.extended_properties', $$
  class tinyint = p.class
  class_desc nvarchar(60) = CASE p.class WHEN 0 THEN 'DATABASE' WHEN 1 THEN 'OBJECT_OR_COLUMN' WHEN 3 THEN 'SCHEMA' WHEN 7 THEN 'INDEX' END
  major_id int = p.major_id
  minor_id int = p.minor_id
  name sysname = p.name
  value nvarchar(max) = p.value
$$, 'FROM store.extended_properties p WHERE p.class <> 1 OR store.sees_all() OR p.major_id IN (SELECT v.object_id FROM store.visible v)');
