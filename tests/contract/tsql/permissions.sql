CREATE TABLE dbo.secret (id int, v int);
CREATE TABLE dbo.open_book (id int, v int);
INSERT INTO dbo.secret VALUES (1, 1);
INSERT INTO dbo.open_book VALUES (1, 1);
GO

-- case: a new user may read nothing
-- page: sql/t-sql/statements/create-user-transact-sql
-- requires: azure
CREATE USER nobody_yet WITH PASSWORD = 'Conformance-Only-1';
GO
-- session: guest as nobody_yet
SELECT USER_NAME() AS me;
SELECT v FROM dbo.secret;
GO

-- case: grant select lets a user read and no more
-- page: sql/t-sql/statements/grant-object-permissions-transact-sql
-- requires: azure
CREATE USER reads_one WITH PASSWORD = 'Conformance-Only-1';
GRANT SELECT ON dbo.open_book TO reads_one;
GO
-- session: guest as reads_one
SELECT v FROM dbo.open_book;
GO
INSERT INTO dbo.open_book VALUES (2, 2);
GO
SELECT v FROM dbo.secret;
GO

-- case: deny beats grant
-- page: sql/t-sql/statements/deny-transact-sql
-- requires: azure
CREATE USER denied_one WITH PASSWORD = 'Conformance-Only-1';
ALTER ROLE db_datareader ADD MEMBER denied_one;
DENY SELECT ON dbo.secret TO denied_one;
GO
-- session: guest as denied_one
SELECT v FROM dbo.open_book;
GO
SELECT v FROM dbo.secret;
GO

-- case: revoke takes a grant back
-- page: sql/t-sql/statements/revoke-transact-sql
-- requires: azure
CREATE USER revoked_one WITH PASSWORD = 'Conformance-Only-1';
GRANT SELECT ON dbo.secret TO revoked_one;
REVOKE SELECT ON dbo.secret FROM revoked_one;
GO
-- session: guest as revoked_one
SELECT v FROM dbo.secret;
GO

-- case: a role gives its members what it has
-- page: sql/t-sql/statements/create-role-transact-sql
-- requires: azure
CREATE ROLE auditors;
CREATE USER audits WITH PASSWORD = 'Conformance-Only-1';
GRANT SELECT, UPDATE ON dbo.secret TO auditors;
ALTER ROLE auditors ADD MEMBER audits;
GO
-- session: guest as audits
UPDATE dbo.secret SET v = v;
SELECT COUNT(*) AS n FROM dbo.secret;
SELECT IS_MEMBER('auditors') AS member, IS_ROLEMEMBER('db_owner') AS owner;
GO
-- session: main
ALTER ROLE auditors DROP MEMBER audits;
GO
-- session: again as audits
SELECT COUNT(*) AS n FROM dbo.secret;
GO

-- case: db_datareader and db_datawriter
-- page: sql/relational-databases/security/authentication-access/database-level-roles
-- requires: azure
CREATE USER reads_all WITH PASSWORD = 'Conformance-Only-1';
CREATE USER writes_all WITH PASSWORD = 'Conformance-Only-1';
ALTER ROLE db_datareader ADD MEMBER reads_all;
ALTER ROLE db_datawriter ADD MEMBER writes_all;
GO
-- session: reader as reads_all
SELECT COUNT(*) AS n FROM dbo.secret;
GO
DELETE FROM dbo.secret WHERE id = 99;
GO
-- session: writer as writes_all
INSERT INTO dbo.open_book VALUES (9, 9);
GO
SELECT COUNT(*) AS n FROM dbo.secret;
GO

-- case: a table needs the permission to create one
-- page: sql/t-sql/statements/grant-database-permissions-transact-sql
-- requires: azure
CREATE USER builds_nothing WITH PASSWORD = 'Conformance-Only-1';
GO
-- session: guest as builds_nothing
CREATE TABLE dbo.built (id int);
GO

-- case: execute on a procedure reaches the tables of its owner
-- page: sql/relational-databases/tutorial-ownership-chains-and-context-switching
-- requires: azure
CREATE USER executes WITH PASSWORD = 'Conformance-Only-1';
GO
CREATE PROCEDURE dbo.reads_secret AS SELECT id FROM dbo.secret;
GO
-- session: early as executes
EXEC dbo.reads_secret;
GO
-- session: main
GRANT EXECUTE ON dbo.reads_secret TO executes;
GO
-- session: late as executes
EXEC dbo.reads_secret;
GO

-- case: a schema's grant covers its tables
-- page: sql/t-sql/statements/grant-schema-permissions-transact-sql
-- requires: azure
CREATE USER reads_schema WITH PASSWORD = 'Conformance-Only-1';
GRANT SELECT ON SCHEMA::dbo TO reads_schema;
GO
-- session: guest as reads_schema
SELECT COUNT(*) AS n FROM dbo.secret;
GO
INSERT INTO dbo.secret VALUES (3, 3);
GO

-- case: the right to drop a table
-- page: sql/t-sql/statements/drop-table-transact-sql
-- requires: azure
CREATE USER drops_nothing WITH PASSWORD = 'Conformance-Only-1';
GRANT SELECT ON dbo.secret TO drops_nothing;
GO
-- session: guest as drops_nothing
DROP TABLE dbo.secret;
GO

-- case: has_perms_by_name
-- page: sql/t-sql/functions/has-perms-by-name-transact-sql
-- requires: azure
CREATE USER asks WITH PASSWORD = 'Conformance-Only-1';
GRANT SELECT ON dbo.secret TO asks;
GO
-- session: guest as asks
SELECT HAS_PERMS_BY_NAME('dbo.secret', 'OBJECT', 'SELECT') AS s, HAS_PERMS_BY_NAME('dbo.secret', 'OBJECT', 'INSERT') AS i, HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') AS c;
GO

-- case: database principals and permissions
-- page: sql/relational-databases/system-catalog-views/sys-database-permissions-transact-sql
-- requires: azure
CREATE USER listed WITH PASSWORD = 'Conformance-Only-1';
GRANT UPDATE ON dbo.secret TO listed;
DENY DELETE ON dbo.secret TO listed;
GO
SELECT p.name AS name, p.type AS type, d.permission_name AS permission, d.state_desc AS state, OBJECT_NAME(d.major_id) AS object FROM sys.database_permissions AS d JOIN sys.database_principals AS p ON p.principal_id = d.grantee_principal_id WHERE p.name = 'listed' AND d.class = 1 ORDER BY d.permission_name;
GO

-- case: a user that exists is error 15023
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-15000-to-15999
-- requires: azure
CREATE USER exists_twice WITH PASSWORD = 'Conformance-Only-1';
GO
CREATE USER exists_twice WITH PASSWORD = 'Conformance-Only-1';
GO

-- case: a role that is not there is error 15151
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-15000-to-15999
ALTER ROLE no_such_role ADD MEMBER dbo;
GO

-- case: a grant to nobody is error 15151
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-15000-to-15999
GRANT SELECT ON dbo.secret TO no_such_user;
GO

-- case: a user is dropped
-- page: sql/t-sql/statements/drop-user-transact-sql
-- requires: azure
CREATE USER leaves WITH PASSWORD = 'Conformance-Only-1';
DROP USER leaves;
DROP USER IF EXISTS leaves;
SELECT DATABASE_PRINCIPAL_ID('leaves') AS id;
GO

-- case: the administrator is the owner
-- page: sql/t-sql/functions/current-user-transact-sql
SELECT CURRENT_USER AS c, USER_NAME() AS u, IS_ROLEMEMBER('db_owner') AS owner;
GO

-- case: a table is seen by who has some right on it
-- page: sql/relational-databases/security/metadata-visibility-configuration
-- requires: azure
CREATE USER sees_one WITH PASSWORD = 'Conformance-Only-1';
GRANT INSERT ON dbo.open_book TO sees_one;
GO
-- session: guest as sees_one
SELECT name FROM sys.tables WHERE name IN (N'open_book', N'secret') ORDER BY name;
SELECT COUNT(*) AS hidden FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = N'secret';
SELECT OBJECT_ID(N'dbo.secret') AS id, OBJECT_NAME(OBJECT_ID(N'dbo.open_book')) AS seen;
GO

-- case: definitions are shown to who may view them
-- page: sql/relational-databases/security/metadata-visibility-configuration
-- requires: azure
CREATE TABLE dbo.ruled (n int CONSTRAINT rule_of_n CHECK (n > 0));
CREATE USER reads_ruled WITH PASSWORD = 'Conformance-Only-1';
CREATE USER views_ruled WITH PASSWORD = 'Conformance-Only-1';
GRANT SELECT ON dbo.ruled TO reads_ruled;
GRANT VIEW DEFINITION ON dbo.ruled TO views_ruled;
GO
-- session: guest as reads_ruled
SELECT COUNT(*) AS rules, COUNT(definition) AS texts FROM sys.check_constraints WHERE name = N'rule_of_n';
GO
-- session: viewer as views_ruled
SELECT COUNT(*) AS rules, COUNT(definition) AS texts FROM sys.check_constraints WHERE name = N'rule_of_n';
SELECT n FROM dbo.ruled;
GO

-- case: view definition on the database shows everything
-- page: sql/relational-databases/security/metadata-visibility-configuration
-- requires: azure
CREATE USER views_all WITH PASSWORD = 'Conformance-Only-1';
GRANT VIEW DEFINITION TO views_all;
GO
-- session: guest as views_all
SELECT name FROM sys.tables WHERE name IN (N'open_book', N'secret') ORDER BY name;
GO
SELECT v FROM dbo.secret;
GO
