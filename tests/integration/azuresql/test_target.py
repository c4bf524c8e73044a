"""The rest of the target: what it holds, who may write, what `check` says."""

from __future__ import annotations

import pyarrow as pa
import pyodbc
import pytest

from connectors.azuresql.settings import AzureSqlSettings, parse_connection, render_connection
from connectors.azuresql.target import AzureSqlTarget
from model.catalog import Column, Table, TableName
from model.errors import Blocked, LoginRefused, ReplicatorError, Unreachable
from model.ports import TargetColumn
from model.types import Kind, LogicalType
from tests.integration.azuresql.conftest import Look

USERS = TableName("dbo", "us]ers")


@pytest.fixture
def users(sql: Look) -> None:
    sql(
        "CREATE TABLE dbo.[us]]ers] (id bigint IDENTITY(1, 1) NOT NULL, "
        "name nvarchar(50) COLLATE Latin1_General_100_BIN2 NOT NULL, bio nvarchar(max) NULL, "
        "price decimal(12, 3) NULL, at datetimeoffset(6) NULL, raw varbinary(max) NULL, "
        "twice AS (id * 2), CONSTRAINT pk_users PRIMARY KEY (name, id))"
    )


@pytest.mark.usefixtures("users")
def test_a_table_is_described_as_it_is(target: AzureSqlTarget) -> None:
    table = target.describe(USERS)
    assert table is not None
    assert table.key == ("name", "id")
    found = {column.name: column for column in table.columns}
    assert found["id"] == TargetColumn("id", "bigint", False, identity=True)
    assert found["name"] == TargetColumn(
        "name", "nvarchar(50)", False, collation="Latin1_General_100_BIN2"
    )
    assert [column.type for column in table.columns[2:6]] == [
        "nvarchar(max)",
        "decimal(12,3)",
        "datetimeoffset(6)",
        "varbinary(max)",
    ]
    assert found["twice"].computed
    assert target.describe(TableName("dbo", "absent")) is None


def test_a_script_runs_batch_by_batch(target: AzureSqlTarget, sql: Look) -> None:
    script = (
        "-- tables\nCREATE TABLE dbo.t (id int NOT NULL)\nGO\n"
        "INSERT INTO dbo.t VALUES (1), (2);\nUPDATE dbo.t SET id = id + 1\nGO\n"
        "CREATE SCHEMA shop\nGO\nCREATE TABLE shop.[go] (id int)\nGO\n"
    )
    ran = list(target.run_script(script))
    assert [first for first, _ in ran][:2] == ["-- tables", "INSERT INTO dbo.t VALUES (1), (2);"]
    assert ran[1][1] == 4
    assert sql("SELECT id FROM dbo.t ORDER BY id") == [(2,), (3,)]


def test_a_failing_batch_is_named_and_the_later_ones_do_not_run(
    target: AzureSqlTarget, sql: Look
) -> None:
    """✗ An error of a batch's second statement is only seen when the results are read on."""
    script = "CREATE TABLE dbo.t (id int PRIMARY KEY)\nGO\nINSERT INTO dbo.t VALUES (1);\n"
    script += "INSERT INTO dbo.t VALUES (1)\nGO\nCREATE TABLE dbo.never (id int)"
    with pytest.raises(ReplicatorError, match="2627") as raised:
        list(target.run_script(script))
    assert raised.value.object == "INSERT INTO dbo.t VALUES (1);"
    assert sql("SELECT COUNT(*) FROM sys.tables WHERE name = N'never'") == [(0,)]


@pytest.mark.usefixtures("users")
def test_a_probe_finds_exactly_its_key(target: AzureSqlTarget, sql: Look) -> None:
    sql("INSERT INTO dbo.[us]]ers] (name) VALUES (N'Ann')")
    table = target.describe(USERS)
    assert table is not None
    assert target.probe(table, '{"name":"Ann","id":1}')
    for key in ('{"name":"Ann ","id":1}', '{"name":"ann","id":1}', '{"name":"Ann","id":2}'):
        assert not target.probe(table, key)


@pytest.mark.usefixtures("users")
def test_a_table_is_emptied(target: AzureSqlTarget, sql: Look) -> None:
    sql("INSERT INTO dbo.[us]]ers] (name) VALUES (N'a'), (N'b')")
    assert target.count(USERS) == 2
    target.truncate(USERS)
    assert target.count(USERS) == 0


def test_check_proves_reachability_rights_and_settings(target: AzureSqlTarget) -> None:
    results = target.check()
    assert results[0].passed
    assert results[0].name.startswith("reachable ")
    failed = [result for result in results if not result.passed]
    assert all(result.fix for result in failed)
    assert {"right INSERT", "snapshot isolation", "compatibility level"} <= {
        result.name for result in results
    }


def test_a_wrong_password_is_refused_and_never_shown(target_database: str) -> None:
    pairs = parse_connection(target_database) | {"PWD": "hunter2"}
    settings = AzureSqlSettings.model_validate({"connection": render_connection(pairs)})
    target = AzureSqlTarget(settings)
    with pytest.raises(LoginRefused) as raised:
        target.count(USERS)
    assert "hunter2" not in str(raised.value)
    results = target.check()
    assert [result.passed for result in results] == [False]
    assert "hunter2" not in str(results)
    target.close()


def test_an_unreachable_server_is_told_at_once(target_database: str) -> None:
    pairs = parse_connection(target_database) | {"Server": "tcp:127.0.0.1,9"}
    settings = AzureSqlSettings.model_validate(
        {"connection": render_connection(pairs), "connect_timeout": "1s"}
    )
    with pytest.raises(Unreachable, match="does not answer"):
        AzureSqlTarget(settings).count(USERS)


@pytest.mark.usefixtures("users")
def test_writing_is_denied_and_the_grants_come_back_as_they_were(
    target: AzureSqlTarget, sql: Look
) -> None:
    """✗ DENY and REVOKE on the principal itself would take its own GRANT away for good."""
    sql("CREATE USER app WITHOUT LOGIN; CREATE USER reader WITHOUT LOGIN")
    sql("GRANT SELECT, INSERT, DELETE TO app; GRANT SELECT TO reader")
    assert target.writers() == ["app"]
    assert target.write_allowed("app", USERS)
    assert not target.write_allowed("reader", USERS)
    for _ in range(2):
        target.deny_writes(["app"])
        assert target.writers() == []
        assert not target.write_allowed("app", USERS)
    for _ in range(2):
        target.allow_writes(["app"])
        assert target.writers() == ["app"]
        assert target.write_allowed("app", USERS)
    with pytest.raises(Blocked, match="no user or role nobody"):
        target.deny_writes(["nobody"])


def texts(stream: object) -> list[tuple[object, ...]]:
    table = pa.RecordBatchReader.from_stream(stream).read_all()
    return sorted(tuple(row.values()) for row in table.to_pylist())


SOURCE = Table(
    TableName("public", "us]ers"),
    (
        Column("id", LogicalType(Kind.INT64), False, "bigint"),
        Column("name", LogicalType(Kind.TEXT), False, "text"),
    ),
)


@pytest.mark.usefixtures("users")
def test_rows_are_read_as_they_were_at_one_moment(target: AzureSqlTarget, sql: Look) -> None:
    """✗ A transaction that has begun but read nothing sees what is written after it."""
    sql("INSERT INTO dbo.[us]]ers] (name) VALUES (N'a')")
    with target.frozen() as frozen:
        sql("INSERT INTO dbo.[us]]ers] (name) VALUES (N'b')")
        table = frozen.describe(USERS)
        assert table is not None
        for _ in range(2):
            assert texts(frozen.comparable(table, SOURCE)) == [("1", "a")]
    assert texts(target.comparable(table, SOURCE)) == [("1", "a"), ("2", "b")]


def test_no_error_of_a_driver_leaks(target: AzureSqlTarget) -> None:
    """Every way to fail raises one of `model.errors`, with the driver's error as its cause."""
    for call in (
        lambda: target.count(TableName("no", "table")),
        lambda: list(target.run_script("SELEC 1")),
        lambda: target.truncate(TableName("no", "table")),
    ):
        with pytest.raises(ReplicatorError) as raised:
            call()
        assert isinstance(raised.value.__cause__, pyodbc.Error)
