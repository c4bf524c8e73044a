"""Changes of tables without a key, applied one by one."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.azuresql.apply import AzureSqlApplySession
from connectors.azuresql.state import AzureSqlState
from model.change import Op
from model.errors import DataRefused
from model.ports import Advance, KeylessChange, TableBatch
from model.position import Position
from model.state import TrackedTable
from tests.integration.azuresql.applying import tracked
from tests.integration.azuresql.conftest import Look


@pytest.fixture
def log(session: AzureSqlApplySession, state: AzureSqlState, sql: Look) -> TrackedTable:
    sql("CREATE TABLE dbo.log (n int NULL, what nvarchar(50) NULL)")
    return tracked(state, "log")


def line(n: int | None, what: str | None) -> dict[str, Any]:
    return {"n": n, "what": what}


def test_keyless_changes_are_applied_one_by_one_in_order(
    session: AzureSqlApplySession, log: TrackedTable, sql: Look
) -> None:
    """✗ Doubled rows: each change touches exactly one of them."""
    steps = [
        KeylessChange(Op.CREATE, None, line(1, "a")),
        KeylessChange(Op.CREATE, None, line(1, "a")),
        KeylessChange(Op.CREATE, None, line(None, None)),
        KeylessChange(Op.UPDATE, line(1, "a"), line(2, "b")),
        KeylessChange(Op.DELETE, line(None, None), None),
        KeylessChange(Op.CREATE, None, line(1, "A")),
        KeylessChange(Op.DELETE, line(1, "a"), None),
    ]
    session.apply([Advance("log", 0, 0, 7, Position("1"))], [TableBatch(log, True, [], steps)])
    assert sorted(sql("SELECT n, what FROM dbo.log")) == [(1, "A"), (2, "b")]


def test_a_keyless_change_that_finds_no_row_is_refused(
    session: AzureSqlApplySession, log: TrackedTable, state: AzureSqlState, sql: Look
) -> None:
    sql("INSERT INTO dbo.log VALUES (1, N'a')")
    steps = [
        KeylessChange(Op.CREATE, None, line(5, "new")),
        KeylessChange(Op.DELETE, line(1, "a "), None),
    ]
    with pytest.raises(DataRefused) as raised:
        session.apply([Advance("log", 0, 0, 2, Position("1"))], [TableBatch(log, True, [], steps)])
    assert raised.value.number == 50304
    assert raised.value.object == "public.log"
    assert sql("SELECT n, what FROM dbo.log") == [(1, "a")]
