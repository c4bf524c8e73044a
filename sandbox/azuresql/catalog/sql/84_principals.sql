-- Principals, permissions and extended properties, kept in tables of the store.

CREATE VIEW sys.database_principals AS
  SELECT store.name(name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, principal_id, type::sys.char(1) AS type,
         store.name(CASE type WHEN 'R' THEN 'DATABASE_ROLE' ELSE 'SQL_USER' END) AS type_desc,
         CASE WHEN type = 'S' THEN store.name('dbo') END AS default_schema_name, created AS create_date, created AS modify_date, 1 AS owning_principal_id,
         int4send(principal_id)::sys.varbinary AS sid, store.flag(name IN ('db_owner', 'db_datareader', 'db_datawriter', 'db_ddladmin', 'db_securityadmin', 'db_accessadmin', 'db_backupoperator',
                                                                         'db_denydatareader', 'db_denydatawriter')) AS is_fixed_role,
         CASE type WHEN 'R' THEN 0 ELSE 1 END AS authentication_type, store.name(CASE type WHEN 'R' THEN 'NONE' ELSE 'INSTANCE' END) AS authentication_type_desc
  FROM store.principals;
CREATE VIEW sys.database_role_members AS
  SELECT role_id AS role_principal_id, member_id AS member_principal_id FROM store.role_members;
CREATE VIEW sys.database_permissions AS
  SELECT class::int2::sys.tinyint AS class, store.name(CASE class WHEN 0 THEN 'DATABASE' WHEN 1 THEN 'OBJECT_OR_COLUMN' WHEN 3 THEN 'SCHEMA' END) AS class_desc, major_id, minor_id,
         grantee_id AS grantee_principal_id, 1 AS grantor_principal_id,
         rpad(CASE upper(permission) WHEN 'SELECT' THEN 'SL' WHEN 'INSERT' THEN 'IN' WHEN 'UPDATE' THEN 'UP' WHEN 'DELETE' THEN 'DL' WHEN 'EXECUTE' THEN 'EX' WHEN 'REFERENCES' THEN 'RF'
                                     WHEN 'CONTROL' THEN 'CL' WHEN 'ALTER' THEN 'AL' WHEN 'CONNECT' THEN 'CO' WHEN 'VIEW DEFINITION' THEN 'VW' ELSE left(upper(permission), 4) END, 4)::sys.char(4) AS type,
         store.name(upper(permission)) AS permission_name, state::sys.char(1) AS state,
         store.name(CASE state WHEN 'D' THEN 'DENY' WHEN 'W' THEN 'GRANT_WITH_GRANT_OPTION' ELSE 'GRANT' END) AS state_desc
  FROM store.permissions;
CREATE VIEW sys.extended_properties AS
  SELECT class::int2::sys.tinyint AS class, store.name(CASE class WHEN 0 THEN 'DATABASE' WHEN 1 THEN 'OBJECT_OR_COLUMN' WHEN 3 THEN 'SCHEMA' WHEN 7 THEN 'INDEX' END) AS class_desc,
         major_id, minor_id, store.name(name) COLLATE sys.sql_latin1_general_cp1_ci_as AS name, value::sys.nvarchar AS value
  FROM store.extended_properties;
