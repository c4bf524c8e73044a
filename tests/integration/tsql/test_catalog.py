"""The catalog views: each documented column, its type, and what the stand-in's objects show."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pyodbc
import pytest

from tests.patience import PATIENCE_S, until

Rows = list[tuple[Any, ...]]

TABLES = """
CREATE TABLE dbo.Orders (
  id int IDENTITY (10, 5) NOT NULL CONSTRAINT PK_Orders PRIMARY KEY,
  Name nvarchar(50) NOT NULL CONSTRAINT DF_Orders_Name DEFAULT N'x',
  amount decimal(18, 2) NULL CONSTRAINT CK_Orders_amount CHECK (amount > 0),
  made datetime2(6) NULL,
  doubled AS (id * 2),
  body varbinary(max) NULL,
  stamp rowversion);
CREATE TABLE dbo.Lines (
  order_id int NOT NULL, n int NOT NULL, note nvarchar(20) NULL,
  CONSTRAINT PK_Lines PRIMARY KEY (order_id, n),
  CONSTRAINT UQ_Lines UNIQUE (n),
  CONSTRAINT FK_Lines FOREIGN KEY (order_id) REFERENCES dbo.Orders (id) ON DELETE CASCADE);
CREATE INDEX IX_Lines ON dbo.Lines (note DESC) INCLUDE (n) WHERE note IS NOT NULL;
CREATE SEQUENCE dbo.Numbers AS bigint START WITH 7 INCREMENT BY 3
"""


@pytest.fixture(scope="module")
def connection(database: str) -> Iterator[pyodbc.Connection]:
    with closing(pyodbc.connect(database, autocommit=True, timeout=20)) as opened:
        opened.execute(TABLES)
        opened.execute("CREATE VIEW dbo.Seen AS SELECT id, Name FROM dbo.Orders")
        yield opened


def rows(connection: pyodbc.Connection, query: str, *parameters: Any) -> Rows:
    return [tuple(row) for row in connection.execute(query, *parameters)]


def names(connection: pyodbc.Connection, view: str) -> list[str]:
    """The view's columns, in order."""
    with closing(connection.execute(f"SELECT TOP (0) * FROM {view}")) as cursor:
        return [column[0] for column in cursor.description]


OBJECT = (
    "name object_id principal_id schema_id parent_object_id type type_desc create_date modify_date "
    "is_ms_shipped is_published is_schema_published"
)
COLUMN = (
    "object_id name column_id system_type_id user_type_id max_length precision scale "
    "collation_name is_nullable is_ansi_padded is_rowguidcol is_identity is_computed is_filestream "
    "is_replicated is_non_sql_subscribed is_merge_published is_dts_replicated is_xml_document "
    "xml_collection_id default_object_id rule_object_id is_sparse is_column_set "
    "generated_always_type generated_always_type_desc encryption_type encryption_type_desc "
    "encryption_algorithm_name column_encryption_key_id column_encryption_key_database_name "
    "is_hidden is_masked graph_type graph_type_desc is_data_deletion_filter_column "
    "ledger_view_column_type ledger_view_column_type_desc is_dropped_ledger_column"
)
DOCUMENTED = {
    "sys.schemas": "name schema_id principal_id",
    "sys.objects": OBJECT,
    "sys.columns": COLUMN,
    "sys.all_columns": COLUMN,
    "sys.identity_columns": f"{COLUMN} seed_value increment_value last_value "
    "is_not_for_replication",
    "sys.computed_columns": f"{COLUMN} definition uses_database_collation is_persisted",
    "sys.types": "name system_type_id user_type_id schema_id principal_id max_length precision "
    "scale collation_name is_nullable is_user_defined is_assembly_type default_object_id "
    "rule_object_id is_table_type",
    "sys.table_types": "name system_type_id user_type_id schema_id principal_id max_length "
    "precision scale collation_name is_nullable is_user_defined is_assembly_type "
    "default_object_id rule_object_id is_table_type type_table_object_id is_memory_optimized",
    "sys.indexes": "object_id name index_id type type_desc is_unique data_space_id ignore_dup_key "
    "is_primary_key is_unique_constraint fill_factor is_padded is_disabled is_hypothetical "
    "is_ignored_in_optimization allow_row_locks allow_page_locks has_filter filter_definition "
    "compression_delay suppress_dup_key_messages auto_created optimize_for_sequential_key",
    "sys.index_columns": "object_id index_id index_column_id column_id key_ordinal "
    "partition_ordinal is_descending_key is_included_column column_store_order_ordinal "
    "data_clustering_ordinal",
    "sys.key_constraints": f"{OBJECT} unique_index_id is_system_named is_enforced",
    "sys.foreign_keys": f"{OBJECT} referenced_object_id key_index_id is_disabled "
    "is_not_for_replication is_not_trusted delete_referential_action "
    "delete_referential_action_desc update_referential_action update_referential_action_desc "
    "is_system_named",
    "sys.foreign_key_columns": "constraint_object_id constraint_column_id parent_object_id "
    "parent_column_id referenced_object_id referenced_column_id",
    "sys.check_constraints": f"{OBJECT} is_disabled is_not_for_replication is_not_trusted "
    "parent_column_id definition uses_database_collation is_system_named",
    "sys.default_constraints": f"{OBJECT} parent_column_id definition is_system_named",
    "sys.sequences": f"{OBJECT} start_value increment minimum_value maximum_value is_cycling "
    "is_cached cache_size system_type_id user_type_id precision scale current_value is_exhausted "
    "last_used_value",
    "sys.sql_modules": "object_id definition uses_ansi_nulls uses_quoted_identifier "
    "is_schema_bound uses_database_collation is_recompiled null_on_null_input "
    "execute_as_principal_id uses_native_compilation inline_type is_inlineable",
    "sys.triggers": "name object_id parent_class parent_class_desc parent_id type type_desc "
    "create_date modify_date is_ms_shipped is_disabled is_not_for_replication "
    "is_instead_of_trigger",
    "sys.procedures": f"{OBJECT} is_auto_executed is_execution_replicated "
    "is_repl_serializable_only skips_repl_constraints",
    "sys.parameters": "object_id name parameter_id system_type_id user_type_id max_length "
    "precision scale is_output is_cursor_ref has_default_value is_xml_document default_value "
    "xml_collection_id is_readonly is_nullable encryption_type encryption_type_desc "
    "encryption_algorithm_name column_encryption_key_id column_encryption_key_database_name",
    "sys.partitions": "partition_id object_id index_id partition_number hobt_id rows "
    "filestream_filegroup_id data_compression data_compression_desc xml_compression "
    "xml_compression_desc",
    "sys.dm_db_partition_stats": "partition_id object_id index_id partition_number "
    "in_row_data_page_count in_row_used_page_count in_row_reserved_page_count "
    "lob_used_page_count lob_reserved_page_count row_overflow_used_page_count "
    "row_overflow_reserved_page_count used_page_count reserved_page_count row_count",
    "sys.database_principals": "name principal_id type type_desc default_schema_name create_date "
    "modify_date owning_principal_id sid is_fixed_role authentication_type "
    "authentication_type_desc default_language_name default_language_lcid "
    "allow_encrypted_value_modifications",
    "sys.database_role_members": "role_principal_id member_principal_id",
    "sys.database_permissions": "class class_desc major_id minor_id grantee_principal_id "
    "grantor_principal_id type permission_name state state_desc",
    "sys.dm_db_resource_stats": "end_time avg_cpu_percent avg_data_io_percent "
    "avg_log_write_percent avg_memory_usage_percent xtp_storage_percent max_worker_percent "
    "max_session_percent dtu_limit avg_login_rate_percent avg_instance_cpu_percent "
    "avg_instance_memory_percent cpu_limit replica_role",
    "sys.dm_tran_locks": "resource_type resource_subtype resource_database_id "
    "resource_description resource_associated_entity_id resource_lock_partition request_mode "
    "request_type request_status request_reference_count request_lifetime request_session_id "
    "request_exec_context_id request_request_id request_owner_type request_owner_id "
    "request_owner_guid request_owner_lockspace_id lock_owner_address",
    "INFORMATION_SCHEMA.TABLES": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE",
    "INFORMATION_SCHEMA.COLUMNS": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME "
    "ORDINAL_POSITION COLUMN_DEFAULT IS_NULLABLE DATA_TYPE CHARACTER_MAXIMUM_LENGTH "
    "CHARACTER_OCTET_LENGTH NUMERIC_PRECISION NUMERIC_PRECISION_RADIX NUMERIC_SCALE "
    "DATETIME_PRECISION CHARACTER_SET_CATALOG CHARACTER_SET_SCHEMA CHARACTER_SET_NAME "
    "COLLATION_CATALOG COLLATION_SCHEMA COLLATION_NAME DOMAIN_CATALOG DOMAIN_SCHEMA DOMAIN_NAME",
    "INFORMATION_SCHEMA.KEY_COLUMN_USAGE": "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME "
    "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION",
}


@pytest.mark.parametrize("view", DOCUMENTED)
def test_a_view_has_the_documented_columns_in_order(
    connection: pyodbc.Connection, view: str
) -> None:
    assert names(connection, view) == DOCUMENTED[view].split()


def test_every_view_can_be_read(connection: pyodbc.Connection) -> None:
    listed = rows(
        connection,
        "SELECT s.name, v.name FROM sys.all_views AS v "
        "JOIN sys.schemas AS s ON s.schema_id = v.schema_id WHERE v.is_ms_shipped = 1",
    )
    assert len(listed) > 50
    for schema, name in listed:
        rows(connection, f"SELECT * FROM {schema}.{name}")


def test_names_are_sysname_and_flags_are_bit(connection: pyodbc.Connection) -> None:
    with closing(connection.execute("SELECT name, type, is_published FROM sys.tables")) as cursor:
        assert [(c[1], c[3]) for c in cursor.description] == [(str, 128), (str, 2), (bool, 1)]


def test_a_table_shows_when_it_was_made_and_changed(connection: pyodbc.Connection) -> None:
    connection.execute("CREATE TABLE dbo.Dated (id int)")
    dates = "SELECT create_date, modify_date FROM sys.tables WHERE name = N'Dated'"
    ((made, changed),) = rows(connection, dates)
    now = datetime.now(UTC).replace(tzinfo=None)
    assert made == changed
    assert abs(now - made) < timedelta(minutes=5)
    time.sleep(0.01)  # the dates are of 3 ms
    connection.execute("ALTER TABLE dbo.Dated ADD more int NULL")
    ((same, later),) = rows(connection, dates)
    assert same == made
    assert later > made


def test_identity_and_sequence_tell_their_values(connection: pyodbc.Connection) -> None:
    connection.execute("INSERT INTO dbo.Orders (amount) VALUES (1), (2)")
    assert rows(
        connection,
        "SELECT seed_value, increment_value, last_value FROM sys.identity_columns "
        "WHERE object_id = OBJECT_ID(N'dbo.Orders')",
    ) == [(10, 5, 15)]
    assert rows(
        connection,
        "SELECT start_value, increment, current_value, last_used_value FROM sys.sequences",
    ) == [(7, 3, 7, None)]


def test_keys_and_indexes_tell_their_columns(connection: pyodbc.Connection) -> None:
    assert rows(
        connection,
        "SELECT i.name, i.type_desc, i.is_primary_key, i.is_unique_constraint, c.name, "
        "x.key_ordinal, x.is_descending_key, x.is_included_column, i.has_filter "
        "FROM sys.indexes AS i JOIN sys.index_columns AS x ON x.object_id = i.object_id "
        "AND x.index_id = i.index_id JOIN sys.columns AS c ON c.object_id = x.object_id "
        "AND c.column_id = x.column_id WHERE i.object_id = OBJECT_ID(N'dbo.Lines') "
        "ORDER BY i.index_id, x.index_column_id",
    ) == [
        ("PK_Lines", "CLUSTERED", True, False, "order_id", 1, False, False, False),
        ("PK_Lines", "CLUSTERED", True, False, "n", 2, False, False, False),
        ("UQ_Lines", "NONCLUSTERED", False, True, "n", 1, False, False, False),
        ("IX_Lines", "NONCLUSTERED", False, False, "note", 1, True, False, True),
        ("IX_Lines", "NONCLUSTERED", False, False, "n", 0, False, True, True),
    ]


def test_information_schema_tells_types_as_the_standard_does(
    connection: pyodbc.Connection,
) -> None:
    assert rows(
        connection,
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, "
        "NUMERIC_PRECISION, NUMERIC_PRECISION_RADIX, NUMERIC_SCALE, DATETIME_PRECISION, "
        "CHARACTER_SET_NAME, COLUMN_DEFAULT, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_NAME = N'orders' ORDER BY ORDINAL_POSITION",
    ) == [
        ("id", "int", None, None, 10, 10, 0, None, None, None, "NO"),
        ("Name", "nvarchar", 50, 100, None, None, None, None, "UNICODE", "(N'x')", "NO"),
        ("amount", "decimal", None, None, 18, 10, 2, None, None, None, "YES"),
        ("made", "datetime2", None, None, None, None, None, 6, None, None, "YES"),
        ("doubled", "int", None, None, 10, 10, 0, None, None, None, "YES"),
        ("body", "varbinary", -1, -1, None, None, None, None, None, None, "YES"),
        ("stamp", "timestamp", None, None, None, None, None, None, None, None, "NO"),
    ]


def test_a_session_sees_its_request_and_its_locks(connection: pyodbc.Connection) -> None:
    ((own,),) = rows(connection, "SELECT @@SPID")
    assert rows(
        connection,
        "SELECT status, command, blocking_session_id, transaction_isolation_level "
        f"FROM sys.dm_exec_requests WHERE session_id = {own}",
    ) == [("running", "SELECT", 0, 2)]
    connection.execute("BEGIN TRANSACTION; INSERT INTO dbo.Lines VALUES (10, 1, NULL)")
    try:
        locks = rows(
            connection,
            "SELECT request_mode, request_status FROM sys.dm_tran_locks WHERE request_session_id "
            f"= {own} AND resource_type = 'OBJECT' AND resource_associated_entity_id = "
            "OBJECT_ID(N'dbo.Lines')",
        )
    finally:
        connection.execute("ROLLBACK")
    assert locks == [("IX", "GRANT")]


def test_a_waiting_request_names_who_blocks_it(
    connection: pyodbc.Connection, database: str
) -> None:
    seen: Rows = []
    ((blocker,),) = rows(connection, "SELECT @@SPID")
    connection.execute("CREATE TABLE dbo.Wanted (n int); INSERT INTO dbo.Wanted VALUES (1)")
    connection.execute("BEGIN TRANSACTION; UPDATE dbo.Wanted SET n = 2")
    try:
        with closing(pyodbc.connect(database, autocommit=True, timeout=20)) as waiting:
            ((waiter,),) = rows(waiting, "SELECT @@SPID")
            request = (
                "SELECT status, command, blocking_session_id, wait_type FROM sys.dm_exec_requests "
                f"WHERE session_id = {waiter}"
            )

            def suspended() -> bool:
                nonlocal seen
                seen = rows(looking, request)
                return bool(seen) and seen[0][0] == "suspended"

            looking = pyodbc.connect(database, autocommit=True, timeout=20)
            with closing(looking), ThreadPoolExecutor(1) as pool:
                blocked = pool.submit(waiting.execute, "UPDATE dbo.Wanted SET n = 3")
                try:
                    until(suspended, lambda: seen)
                finally:
                    connection.execute("ROLLBACK")
                blocked.result(PATIENCE_S)
    finally:
        connection.execute("IF @@TRANCOUNT > 0 ROLLBACK; DROP TABLE dbo.Wanted")
    assert seen == [("suspended", "UPDATE", blocker, "LCK_M_X")]


def test_a_database_is_listed_with_master_only(connection: pyodbc.Connection) -> None:
    ((own,),) = rows(connection, "SELECT DB_NAME()")
    listed = rows(
        connection,
        "SELECT name, state_desc, is_read_committed_snapshot_on, snapshot_isolation_state_desc, "
        "collation_name FROM sys.databases ORDER BY database_id",
    )
    shown = ("ONLINE", True, "ON", "SQL_Latin1_General_CP1_CI_AS")
    assert listed == [("master", *shown), (own, *shown)]


def test_the_governor_tells_the_log_rate(connection: pyodbc.Connection) -> None:
    assert rows(
        connection,
        "SELECT database_name, primary_max_log_rate, cpu_limit "
        "FROM sys.dm_user_db_resource_governance",
    ) == [(rows(connection, "SELECT DB_NAME()")[0][0], 9437184, 2)]


def test_what_was_granted_goes_with_the_object(connection: pyodbc.Connection) -> None:
    connection.execute("CREATE ROLE readers; CREATE TABLE dbo.Passing (id int)")
    connection.execute("GRANT SELECT ON dbo.Passing TO readers")
    granted = (
        "SELECT type, permission_name, state_desc FROM sys.database_permissions "
        "WHERE grantee_principal_id = DATABASE_PRINCIPAL_ID(N'readers')"
    )
    assert rows(connection, granted) == [("SL  ", "SELECT", "GRANT")]
    connection.execute("DROP TABLE dbo.Passing")
    assert rows(connection, granted) == []


QUESTIONS = {
    "OBJECT_NAME(OBJECT_ID(N'[dbo].[orders]'))": "Orders",
    "OBJECT_ID(N'dbo.Orders', N'V')": None,
    "OBJECT_ID(N'elsewhere.dbo.Orders')": None,
    "OBJECT_SCHEMA_NAME(OBJECT_ID(N'Orders'), DB_ID())": "dbo",
    "OBJECTPROPERTY(OBJECT_ID(N'Orders'), 'TableHasIdentity')": 1,
    "OBJECTPROPERTY(OBJECT_ID(N'Seen'), 'IsView')": 1,
    "OBJECTPROPERTY(OBJECT_ID(N'FK_Lines'), 'CnstIsDeleteCascade')": 1,
    "OBJECTPROPERTY(OBJECT_ID(N'Orders'), 'NoSuchProperty')": None,
    "COLUMNPROPERTY(OBJECT_ID(N'Orders'), 'Name', 'Precision')": 50,
    "COLUMNPROPERTY(OBJECT_ID(N'Orders'), 'doubled', 'IsComputed')": 1,
    "COLUMNPROPERTY(OBJECT_ID(N'Orders'), 'nothing', 'ColumnId')": None,
    "COL_LENGTH(N'dbo.Orders', N'Name')": 100,
    "INDEX_COL(N'dbo.Lines', 1, 2)": "n",
    "TYPE_NAME(TYPE_ID(N'sys.datetime2'))": "datetime2",
    "TYPE_ID(N'rowversion')": 189,
    "DATABASEPROPERTYEX(DB_NAME(), 'Version')": 904,
    "DATABASEPROPERTYEX(N'elsewhere', 'Status')": None,
    "SERVERPROPERTY('EngineEdition')": 5,
    "SERVERPROPERTY('NoSuchProperty')": None,
    "HAS_PERMS_BY_NAME(N'dbo.Orders', 'OBJECT', 'SELECT')": 1,
    "HAS_PERMS_BY_NAME(N'dbo.Orders', 'OBJECT', 'NO SUCH RIGHT')": None,
    "HAS_PERMS_BY_NAME(N'dbo.Nothing', 'OBJECT', 'SELECT')": None,
    "HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ANY')": 1,
    "IS_ROLEMEMBER('db_owner')": 1,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_functions_of_metadata(connection: pyodbc.Connection, question: str) -> None:
    assert rows(connection, f"SELECT {question}") == [(QUESTIONS[question],)]


def test_functions_take_the_names_of_rows(connection: pyodbc.Connection) -> None:
    assert rows(
        connection,
        "SELECT name, HAS_PERMS_BY_NAME(name, 'OBJECT', 'SELECT') FROM sys.tables "
        "WHERE OBJECT_ID(name) = object_id AND name = N'Orders'",
    ) == [("Orders", 1)]
