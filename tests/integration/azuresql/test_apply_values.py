"""Values of every type through a batch, and columns that the target numbers or computes."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from connectors.azuresql.apply import AzureSqlApplySession
from connectors.azuresql.state import AzureSqlState
from model.change import Op
from model.errors import DataRefused
from model.ports import Advance, KeyedChange
from model.position import Position
from tests.integration.azuresql.applying import batch, tracked
from tests.integration.azuresql.conftest import Look


def test_identities_computed_columns_and_row_versions(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    sql(
        "CREATE TABLE dbo.items (id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, "
        "price decimal(10, 2) NULL, twice AS (price * 2))"
    )
    sql("CREATE TABLE dbo.others (id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, n int NULL)")
    items = tracked(state, "items", "id")
    others = tracked(state, "others", "id")
    first = KeyedChange({"id": 40}, {"id": 40, "price": "1.25", "twice": "9"}, Op.CREATE)
    second = KeyedChange({"id": 7}, {"id": 7, "n": 1}, Op.CREATE)
    both = [Advance("items", 0, 0, 1, Position("1")), Advance("others", 0, 0, 1, Position("1"))]
    session.apply(both, [batch(first, table=items), batch(second, table=others)])
    assert [tuple(map(str, r)) for r in sql("SELECT id, price, twice FROM dbo.items")] == [
        ("40", "1.25", "2.50")
    ]
    again = [Advance("items", 0, 1, 2, Position("2")), Advance("others", 0, 1, 2, Position("2"))]
    with pytest.raises(DataRefused):
        session.apply(again, [batch(first, table=items), batch(second, table=others)])
    third = KeyedChange({"id": 8}, {"id": 8, "n": 2}, Op.CREATE)
    session.apply([again[1]], [batch(third, table=others)])
    assert sql("SELECT id FROM dbo.others ORDER BY id") == [(7,), (8,)]


EDGES: list[tuple[str, Any, str]] = [
    ("smallint", -32768, "-32768"),
    ("bigint", "9223372036854775807", "9223372036854775807"),
    ("decimal(38,10)", "-1234567890123456789012345678.0123456789", ""),
    ("decimal(19,4)", "922337203685477.5807", ""),
    ("float(53)", 1.7976931348623157e308, "1.7976931348623157E+308"),
    ("float(53)", 0.1, "0.1"),
    ("real", 3.4028235e38, "3.4028235E+38"),
    ("bit", True, "1"),
    ("nvarchar(max)", "  a'\"\\\n\t 😀 ÿ ", "  a'\"\\\n\t 😀 ÿ "),
    ("nvarchar(max)", "x" * 70_000, "x" * 70_000),
    ("nvarchar(10)", "", ""),
    ("nchar(4)", "a   ", "a   "),
    ("date", "0001-01-01", "0001-01-01"),
    ("date", "9999-12-31", "9999-12-31"),
    ("datetime2(6)", "2024-02-29T23:59:59.999999", "2024-02-29 23:59:59.999999"),
    ("datetimeoffset(6)", "2024-02-29T23:59:59.000001+00:00", "2024-02-29 23:59:59.000001 +00:00"),
    ("time(6)", "23:59:59.999999", "23:59:59.999999"),
    ("uniqueidentifier", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", ""),
]


def single(text: str) -> float:
    """The nearest single-precision number: a real prints with more digits than it needs."""
    found: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    return found


@pytest.mark.parametrize(("type", "value", "text"), EDGES, ids=[edge[0] for edge in EDGES])
def test_values_arrive_exactly(
    session: AzureSqlApplySession,
    state: AzureSqlState,
    sql: Look,
    type: str,
    value: Any,
    text: str,
) -> None:
    sql(f"CREATE TABLE dbo.edges (id int NOT NULL PRIMARY KEY, v {type} NULL)")
    edges = tracked(state, "edges", "id")
    rows = [{"id": 1, "v": value}, {"id": 2, "v": None}]
    changes = [KeyedChange({"id": r["id"]}, r, Op.CREATE) for r in rows]
    session.apply([Advance("edges", 0, 0, 2, Position("1"))], [batch(*changes, table=edges)])
    style = ", 3" if type in ("float(53)", "real") else ""
    printed = "v" if "char" in type else f"CONVERT(varchar(100), v{style})"
    found = [r[0] for r in sql(f"SELECT {printed} FROM dbo.edges ORDER BY id")]
    assert found[1] is None
    if type in ("float(53)", "real"):
        assert single(found[0]) == single(text) if type == "real" else float(found[0]) == value
    else:
        assert found[0].lower() == (text or str(value)).lower()


def test_bytes_travel_as_base64_and_arrive_as_bytes(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    import base64

    sql("CREATE TABLE dbo.blobs (id int NOT NULL PRIMARY KEY, v varbinary(max) NULL)")
    blobs = tracked(state, "blobs", "id")
    values = [b"", b"\x00", bytes(range(256)) * 400, None]
    changes = [
        KeyedChange(
            {"id": at},
            {"id": at, "v": None if v is None else base64.b64encode(v).decode()},
            Op.CREATE,
        )
        for at, v in enumerate(values)
    ]
    session.apply([Advance("blobs", 0, 0, 4, Position("1"))], [batch(*changes, table=blobs)])
    assert [r[0] for r in sql("SELECT v FROM dbo.blobs ORDER BY id")] == values
