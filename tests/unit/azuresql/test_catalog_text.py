"""Types from the catalog's figures, and what `check` prints."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from connectors.azuresql import checks, describe
from connectors.azuresql.columns import collated, insertable, stage_type
from model.catalog import TableName
from model.ports import TargetColumn


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        (("nvarchar", 100, 0, 0), "nvarchar(50)"),
        (("nvarchar", -1, 0, 0), "nvarchar(max)"),
        (("nchar", 20, 0, 0), "nchar(10)"),
        (("varbinary", -1, 0, 0), "varbinary(max)"),
        (("varchar", 30, 0, 0), "varchar(30)"),
        (("decimal", 9, 12, 3), "decimal(12,3)"),
        (("datetime2", 8, 26, 6), "datetime2(6)"),
        (("datetimeoffset", 10, 34, 7), "datetimeoffset(7)"),
        (("time", 5, 16, 3), "time(3)"),
        (("float", 8, 53, 0), "float"),
        (("real", 4, 24, 0), "real"),
        (("bigint", 8, 19, 0), "bigint"),
        (("uniqueidentifier", 16, 0, 0), "uniqueidentifier"),
    ],
)
def test_type_text(figures: tuple[str, int, int, int], text: str) -> None:
    assert describe.type_text(*figures) == text


def row(name: str, type_name: str, **more: object) -> SimpleNamespace:
    figures = {"max_length": 8, "precision": 0, "scale": 0, "is_nullable": 1, "is_identity": 0}
    rest = {"is_computed": 0, "generated_always_type": 0, "collation_name": None}
    return SimpleNamespace(name=name, type_name=type_name, **(figures | rest | more))


def test_a_table_as_the_catalog_has_it() -> None:
    name = TableName("dbo", "t")
    columns = [
        row("id", "int", is_nullable=0, is_identity=1),
        row("v", "timestamp"),
        row("sum", "int", is_computed=1),
        row("valid_to", "datetime2", scale=7, generated_always_type=2),
    ]
    table = describe.read(name, columns, [("id",)])
    assert table is not None
    assert table.key == ("id",)
    assert table.columns[0] == TargetColumn("id", "int", False, identity=True)
    assert [column.name for column in insertable(table)] == ["id"]
    assert describe.read(name, [], []) is None


def test_collations_are_said_where_two_would_meet() -> None:
    text = TargetColumn("k", "nvarchar(9)", False, collation="Danish_Norwegian_CI_AS")
    assert collated("j.k0", text) == "j.k0 COLLATE Danish_Norwegian_CI_AS"
    assert stage_type(text) == "nvarchar(9) COLLATE Danish_Norwegian_CI_AS"
    assert collated("j.k0", TargetColumn("n", "int", False)) == "j.k0"


def test_a_missing_right_comes_with_its_grant() -> None:
    held = [1] * len(checks.RIGHTS)
    held[list(checks.RIGHTS).index("INSERT")] = 0
    missing = [r for r in checks.right_results(held, "mover]") if not r.passed]
    assert [(r.name, r.fix) for r in missing] == [("right INSERT", "GRANT INSERT TO [mover]]]")]


def test_a_right_that_the_server_does_not_know_is_no_failure() -> None:
    results = checks.right_results([None] * len(checks.RIGHTS), "x")
    assert all(result.passed for result in results)


def test_database_settings_come_with_their_statement() -> None:
    found = checks.database_results(
        SimpleNamespace(
            snapshot_isolation_state=0,
            is_read_committed_snapshot_on=True,
            compatibility_level=120,
            is_read_only=False,
        )
    )
    assert [(r.name, r.passed, r.fix) for r in found] == [
        ("snapshot isolation", False, "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON"),
        ("read committed snapshot", True, ""),
        ("writable", True, ""),
        (
            "compatibility level",
            False,
            "ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 160",
        ),
    ]
