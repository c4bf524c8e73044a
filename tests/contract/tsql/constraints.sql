CREATE TABLE dbo.parent (id int CONSTRAINT pk_parent PRIMARY KEY, code varchar(5) NULL CONSTRAINT uq_parent UNIQUE);
INSERT INTO dbo.parent VALUES (1, 'a'), (2, 'b'), (3, NULL);
GO

-- case: a duplicate primary key is error 2627
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
INSERT INTO dbo.parent (id, code) VALUES (1, 'z');
GO

-- case: a duplicate of a unique index is error 2601
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.unique_index (a int, b varchar(5));
CREATE UNIQUE INDEX ix_unique ON dbo.unique_index (a, b);
INSERT INTO dbo.unique_index VALUES (1, 'x');
GO
INSERT INTO dbo.unique_index VALUES (1, 'x');
GO

-- case: a statement with one bad row changes nothing
-- page: sql/t-sql/statements/insert-transact-sql
CREATE TABLE dbo.all_or_none (id int PRIMARY KEY);
GO
INSERT INTO dbo.all_or_none VALUES (1), (2), (1);
GO
SELECT COUNT(*) AS n FROM dbo.all_or_none;
GO

-- case: ignore_dup_key skips duplicates with a message
-- page: sql/t-sql/statements/create-index-transact-sql
CREATE TABLE dbo.ignoring (id int);
CREATE UNIQUE INDEX ix_ignoring ON dbo.ignoring (id) WITH (IGNORE_DUP_KEY = ON);
GO
INSERT INTO dbo.ignoring VALUES (1), (1), (2);
GO
SELECT COUNT(*) AS n FROM dbo.ignoring;
GO

-- case: a foreign key without its parent is error 547
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.child (id int, parent int CONSTRAINT fk_child REFERENCES dbo.parent (id));
GO
INSERT INTO dbo.child VALUES (1, 99);
GO

-- case: a parent with children cannot be deleted
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.holding (id int, parent int CONSTRAINT fk_holding REFERENCES dbo.parent (id));
INSERT INTO dbo.holding VALUES (1, 2);
GO
DELETE FROM dbo.parent WHERE id = 2;
GO
SELECT COUNT(*) AS n FROM dbo.parent;
GO

-- case: a foreign key with a null refers to nothing
-- page: sql/relational-databases/tables/primary-and-foreign-key-constraints
CREATE TABLE dbo.nullable_child (id int, parent int REFERENCES dbo.parent (id));
INSERT INTO dbo.nullable_child VALUES (1, NULL);
SELECT parent FROM dbo.nullable_child;
GO

-- case: on delete cascade and set null
-- page: sql/relational-databases/tables/primary-and-foreign-key-constraints
CREATE TABLE dbo.top_level (id int PRIMARY KEY);
CREATE TABLE dbo.cascaded (id int, t int REFERENCES dbo.top_level (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE dbo.cleared (id int, t int REFERENCES dbo.top_level (id) ON DELETE SET NULL);
INSERT INTO dbo.top_level VALUES (1), (2);
INSERT INTO dbo.cascaded VALUES (10, 1), (20, 2);
INSERT INTO dbo.cleared VALUES (30, 1);
GO
DELETE FROM dbo.top_level WHERE id = 1;
UPDATE dbo.top_level SET id = 5 WHERE id = 2;
SELECT id, t FROM dbo.cascaded;
SELECT id, t FROM dbo.cleared;
GO

-- case: a foreign key to columns that are no key is error 1776
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.no_key (v int);
GO
CREATE TABLE dbo.to_no_key (v int REFERENCES dbo.no_key (v));
GO

-- case: a foreign key to a table that is not there is error 1767
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.to_nothing (v int REFERENCES dbo.not_there (v));
GO

-- case: a parent table cannot be dropped
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
CREATE TABLE dbo.kept_parent (id int PRIMARY KEY);
CREATE TABLE dbo.keeping_child (id int REFERENCES dbo.kept_parent (id));
GO
DROP TABLE dbo.kept_parent;
GO

-- case: a check refuses what is false
-- page: sql/relational-databases/tables/unique-constraints-and-check-constraints
CREATE TABLE dbo.checked (v int CONSTRAINT ck_checked CHECK (v >= 0));
GO
INSERT INTO dbo.checked VALUES (-1);
GO

-- case: a check over existing rows that break it is error 547
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.broken (v int);
INSERT INTO dbo.broken VALUES (-1);
GO
ALTER TABLE dbo.broken ADD CONSTRAINT ck_broken CHECK (v >= 0);
GO
ALTER TABLE dbo.broken WITH NOCHECK ADD CONSTRAINT ck_broken CHECK (v >= 0);
SELECT is_not_trusted, is_disabled FROM sys.check_constraints WHERE name = 'ck_broken';
GO
INSERT INTO dbo.broken VALUES (-2);
GO

-- case: a foreign key is disabled, enabled and trusted again
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.fk_parent (id int PRIMARY KEY);
CREATE TABLE dbo.fk_child (p int CONSTRAINT fk_trust REFERENCES dbo.fk_parent (id));
ALTER TABLE dbo.fk_child NOCHECK CONSTRAINT fk_trust;
INSERT INTO dbo.fk_child VALUES (9);
SELECT is_disabled, is_not_trusted FROM sys.foreign_keys WHERE name = 'fk_trust';
GO
ALTER TABLE dbo.fk_child WITH CHECK CHECK CONSTRAINT fk_trust;
GO
ALTER TABLE dbo.fk_child CHECK CONSTRAINT fk_trust;
SELECT is_disabled, is_not_trusted FROM sys.foreign_keys WHERE name = 'fk_trust';
DELETE FROM dbo.fk_child;
ALTER TABLE dbo.fk_child WITH CHECK CHECK CONSTRAINT fk_trust;
SELECT is_disabled, is_not_trusted FROM sys.foreign_keys WHERE name = 'fk_trust';
GO

-- case: null into a column that must not be null is error 515
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
CREATE TABLE dbo.required (id int NOT NULL, v int);
GO
INSERT INTO dbo.required (v) VALUES (1);
GO

-- case: text that does not fit is error 2628
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.short_text (v varchar(3));
GO
INSERT INTO dbo.short_text VALUES ('abcd');
GO
INSERT INTO dbo.short_text VALUES ('abc   ');
SELECT v, DATALENGTH(v) AS bytes FROM dbo.short_text;
GO

-- case: a variable cuts text without a word
-- page: sql/t-sql/data-types/char-and-varchar-transact-sql
DECLARE @v varchar(3) = 'abcdef';
SELECT @v AS v;
GO

-- case: binary that does not fit is error 2628
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
CREATE TABLE dbo.short_binary (v varbinary(2));
GO
INSERT INTO dbo.short_binary VALUES (0x010203);
GO

-- case: two primary keys are error 8110
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.two_keys (a int PRIMARY KEY, b int PRIMARY KEY);
GO

-- case: a primary key on a column that may be null is error 8111
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.nullable_key (a int NULL);
GO
ALTER TABLE dbo.nullable_key ADD CONSTRAINT pk_nullable PRIMARY KEY (a);
GO

-- case: two clustered indexes are error 1902
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.two_clustered (a int PRIMARY KEY CLUSTERED, b int);
GO
CREATE CLUSTERED INDEX ix_second ON dbo.two_clustered (b);
GO

-- case: a constraint that is not there is error 3728
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
CREATE TABLE dbo.no_constraint (a int);
GO
ALTER TABLE dbo.no_constraint DROP CONSTRAINT nix;
GO

-- case: drop and add a primary key
-- page: sql/t-sql/statements/alter-table-transact-sql
CREATE TABLE dbo.rekeyed (a int NOT NULL CONSTRAINT pk_rekeyed PRIMARY KEY, b int NOT NULL);
GO
ALTER TABLE dbo.rekeyed DROP CONSTRAINT pk_rekeyed;
ALTER TABLE dbo.rekeyed ADD CONSTRAINT pk_rekeyed PRIMARY KEY (b DESC);
INSERT INTO dbo.rekeyed VALUES (1, 1), (1, 2);
SELECT COUNT(*) AS n FROM dbo.rekeyed;
GO

-- case: defaults are filled in
-- page: sql/relational-databases/tables/specify-default-values-for-columns
CREATE TABLE dbo.defaulted (id int, v varchar(10) DEFAULT 'x', d date DEFAULT '2020-01-02', n int CONSTRAINT df_n DEFAULT (1 + 2));
INSERT INTO dbo.defaulted (id) VALUES (1);
INSERT INTO dbo.defaulted (id, v) VALUES (2, NULL);
SELECT id, v, d, n FROM dbo.defaulted ORDER BY id;
GO

-- case: a second default for a column is error 1781
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.default_twice (a int DEFAULT 1);
GO
ALTER TABLE dbo.default_twice ADD DEFAULT 2 FOR a;
GO

-- case: a foreign key of two columns
-- page: sql/relational-databases/tables/primary-and-foreign-key-constraints
CREATE TABLE dbo.pair (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE dbo.pair_child (x int, y int, CONSTRAINT fk_pair FOREIGN KEY (x, y) REFERENCES dbo.pair (a, b));
INSERT INTO dbo.pair VALUES (1, 2);
INSERT INTO dbo.pair_child VALUES (1, 2), (1, NULL);
SELECT COUNT(*) AS n FROM dbo.pair_child;
GO
INSERT INTO dbo.pair_child VALUES (2, 1);
GO

-- case: a second primary key is error 1779
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.keyed_already (a int NOT NULL PRIMARY KEY, b int NOT NULL);
GO
ALTER TABLE dbo.keyed_already ADD CONSTRAINT pk_second PRIMARY KEY (b);
GO

-- case: a primary key is not clustered where another index is
-- page: sql/t-sql/statements/create-table-transact-sql
CREATE TABLE dbo.clustered_elsewhere (a int CONSTRAINT pk_elsewhere PRIMARY KEY, b int CONSTRAINT uq_elsewhere UNIQUE CLUSTERED);
SELECT name, type_desc FROM sys.indexes WHERE object_id = OBJECT_ID(N'dbo.clustered_elsewhere') ORDER BY name;
GO

-- case: two clustered constraints are error 8112
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
CREATE TABLE dbo.clustered_twice (a int PRIMARY KEY CLUSTERED, b int UNIQUE CLUSTERED);
GO

-- case: a foreign key of or to a column that is not there is error 1769 or 1770
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
CREATE TABLE dbo.fk_columns (a int, CONSTRAINT fk_own FOREIGN KEY (nix) REFERENCES dbo.parent (id));
GO
CREATE TABLE dbo.fk_columns (a int, CONSTRAINT fk_other FOREIGN KEY (a) REFERENCES dbo.parent (nix));
GO
