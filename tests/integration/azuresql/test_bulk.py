"""Native bulk load: a chunk is one transaction, columns go by name, doubt is settled by a probe."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from connectors.azuresql.target import AzureSqlTarget
from model.catalog import TableName
from model.errors import DataRefused, InDoubt
from model.ports import TargetTable
from tests.integration.azuresql.conftest import Look

NAME = TableName("dbo", "things")
APPLICATION = "replicator:social:public.things:host"


def described(target: AzureSqlTarget, name: TableName = NAME) -> TargetTable:
    table = target.describe(name)
    assert table is not None
    return table


def stream(*batches: dict[str, list[Any]], **types: pa.DataType) -> pa.RecordBatchReader:
    schema = pa.schema(list(types.items()))
    made = [pa.RecordBatch.from_pydict(batch, schema=schema) for batch in batches]
    return pa.RecordBatchReader.from_batches(schema, made)


@pytest.fixture
def things(sql: Look) -> None:
    sql("CREATE TABLE dbo.things (b nvarchar(5) NULL DEFAULT N'dflt', id int NOT NULL PRIMARY KEY)")


@pytest.mark.usefixtures("things")
def test_columns_go_by_name_and_null_is_not_the_default(target: AzureSqlTarget, sql: Look) -> None:
    """✗ By ordinal, `id` would land in `b`; without keep_nulls NULL would become the default."""
    rows = stream(
        {"id": [1, 2], "b": ["x", None]}, {"id": [3], "b": [""]}, id=pa.int32(), b=pa.string()
    )
    assert target.bulk(APPLICATION).write(described(target), rows) == 3
    assert sql("SELECT id, b FROM dbo.things ORDER BY id") == [(1, "x"), (2, None), (3, "")]
    assert target.count(NAME) == 3


@pytest.mark.usefixtures("things")
def test_an_empty_chunk_is_no_error(target: AzureSqlTarget) -> None:
    rows = stream(id=pa.int32(), b=pa.string())
    assert target.bulk(APPLICATION).write(described(target), rows) == 0


@pytest.mark.usefixtures("things")
def test_a_failed_chunk_leaves_nothing_and_its_second_attempt_knows_the_number(
    target: AzureSqlTarget, sql: Look
) -> None:
    """✗ A chunk of several transactions would leave its first half; the driver's words decide
    nothing."""
    first: list[dict[str, list[Any]]] = [
        {"id": list(range(at, at + 500)), "b": ["x"] * 500} for at in range(0, 2000, 500)
    ]
    twice: dict[str, list[Any]] = {"id": [7], "b": ["y"]}
    writer = target.bulk(APPLICATION)
    with pytest.raises(InDoubt) as doubt:
        writer.write(described(target), stream(*first, twice, id=pa.int32(), b=pa.string()))
    assert doubt.value.object == "dbo.things"
    assert sql("SELECT COUNT(*) FROM dbo.things") == [(0,)]
    assert not target.probe(described(target), '{"id":0}')
    with pytest.raises(DataRefused) as refused:
        target.bulk(APPLICATION).write(
            described(target), stream(*first, twice, id=pa.int32(), b=pa.string())
        )
    assert refused.value.number == 2627
    assert sql("SELECT COUNT(*) FROM dbo.things") == [(0,)]
    assert writer.write(described(target), stream(*first, id=pa.int32(), b=pa.string())) == 2000
    assert target.probe(described(target), '{"id":0}')


@pytest.mark.usefixtures("things")
def test_too_long_a_text_is_refused(target: AzureSqlTarget, sql: Look) -> None:
    def rows() -> pa.RecordBatchReader:
        return stream({"id": [1], "b": ["toolong"]}, id=pa.int32(), b=pa.string())

    with pytest.raises(InDoubt):
        target.bulk(APPLICATION).write(described(target), rows())
    with pytest.raises(DataRefused):
        target.bulk(APPLICATION).write(described(target), rows())
    assert sql("SELECT COUNT(*) FROM dbo.things") == [(0,)]


def test_identities_keep_the_sources_numbers(target: AzureSqlTarget, sql: Look) -> None:
    sql("CREATE TABLE dbo.things (id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, twice AS (id * 2))")
    rows = stream({"id": [70, 80]}, id=pa.int32())
    assert target.bulk(APPLICATION).write(described(target), rows) == 2
    assert sql("SELECT id, twice FROM dbo.things ORDER BY id") == [(70, 140), (80, 160)]


TYPES: list[tuple[str, pa.DataType, list[Any], str, list[Any]]] = [
    ("smallint", pa.int16(), [-32768, 32767], "v", [-32768, 32767]),
    ("bigint", pa.int64(), [-(2**63), 2**63 - 1], "v", [-(2**63), 2**63 - 1]),
    ("real", pa.float32(), [1.5, -0.0], "v", [1.5, 0.0]),
    ("float", pa.float64(), [0.1, 1e308], "v", [0.1, 1e308]),
    ("bit", pa.bool_(), [True, False], "v", [True, False]),
    (
        "decimal(38,10)",
        pa.string(),
        ["-1234567890123456789012345678.0123456789", "0"],
        "CONVERT(varchar(50), v)",
        ["-1234567890123456789012345678.0123456789", "0.0000000000"],
    ),
    (
        "decimal(12,3)",
        pa.decimal128(12, 3),
        [Decimal("999999999.999"), Decimal("-0.001")],
        "v",
        [Decimal("999999999.999"), Decimal("-0.001")],
    ),
    (
        "decimal(19,4)",
        pa.decimal128(19, 2),
        [Decimal("92233720368547.75"), Decimal("0")],
        "v",
        [Decimal("92233720368547.7500"), Decimal("0.0000")],
    ),
    ("nvarchar(max)", pa.string(), ["é 😀 " * 9000, ""], "v", ["é 😀 " * 9000, ""]),
    ("nvarchar(20)", pa.string(), ["trailing  ", "😀"], "v", ["trailing  ", "😀"]),
    ("nchar(4)", pa.string(), ["ab", "abcd"], "v", ["ab  ", "abcd"]),
    ("varbinary(max)", pa.binary(), [b"", b"\x00\xff" * 9000], "v", [b"", b"\x00\xff" * 9000]),
    (
        "date",
        pa.date32(),
        [dt.date(1, 1, 1), dt.date(9999, 12, 31)],
        "v",
        [dt.date(1, 1, 1), dt.date(9999, 12, 31)],
    ),
    (
        "datetime2(6)",
        pa.timestamp("us"),
        [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)],
        "CONVERT(varchar(27), v, 121)",
        ["0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"],
    ),
    (
        "datetimeoffset(6)",
        pa.timestamp("us", "UTC"),
        [dt.datetime(2024, 2, 29, 1, 2, 3, 4, dt.UTC), dt.datetime(1969, 12, 31, tzinfo=dt.UTC)],
        "CONVERT(varchar(34), v, 121)",
        ["2024-02-29 01:02:03.000004 +00:00", "1969-12-31 00:00:00.000000 +00:00"],
    ),
    (
        "time(6)",
        pa.time64("us"),
        [dt.time(0), dt.time(23, 59, 59, 999999)],
        "CONVERT(varchar(16), v, 121)",
        ["00:00:00.000000", "23:59:59.999999"],
    ),
    (
        "uniqueidentifier",
        pa.binary(16),
        [uuid.UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff").bytes, uuid.UUID(int=1).bytes],
        "LOWER(CONVERT(varchar(36), v))",
        ["6f9619ff-8b86-d011-b42d-00cf4fc964ff", str(uuid.UUID(int=1))],
    ),
]


@pytest.mark.parametrize("native", [True, False], ids=["native", "row-wise"])
@pytest.mark.parametrize(
    ("type", "arrow", "values", "printed", "expected"), TYPES, ids=[t[0] for t in TYPES]
)
def test_values_arrive_exactly(
    target: AzureSqlTarget,
    sql: Look,
    type: str,
    arrow: pa.DataType,
    values: list[Any],
    printed: str,
    expected: list[Any],
    native: bool,
) -> None:
    sql(f"CREATE TABLE dbo.things (id int NOT NULL PRIMARY KEY, v {type} NULL)")
    rows = stream({"id": [1, 2, 3], "v": [*values, None]}, id=pa.int32(), v=arrow)
    if not native:
        target._suspects.add(NAME)
    assert target.bulk(APPLICATION).write(described(target), rows) == 3
    found = sql(f"SELECT {printed} FROM dbo.things ORDER BY id")
    assert [row[0] for row in found] == [*expected, None]


@pytest.mark.usefixtures("things")
def test_a_bulk_session_is_found_by_its_name_and_ended(target: AzureSqlTarget, sql: Look) -> None:
    """✗ A loader that died may still have a session that commits after the gate opened."""
    seen: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        schema = pa.schema({"id": pa.int32(), "b": pa.string()})
        for at in range(100):
            numbers = list(range(at * 1000, at * 1000 + 1000))
            yield pa.RecordBatch.from_pydict({"id": numbers, "b": ["x"] * 1000}, schema=schema)
            if at == 50:
                seen.append(target.end_bulk_sessions("replicator:social:public.other:"))
                seen.append(target.end_bulk_sessions("replicator:social:public.things:"))

    schema = pa.schema({"id": pa.int32(), "b": pa.string()})
    rows = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(InDoubt):
        target.bulk(APPLICATION).write(described(target), rows)
    assert seen[0] == 0
    assert seen[1] >= 1
    assert target.end_bulk_sessions("replicator:social:public.things:") == 0
    assert sql("SELECT COUNT(*) FROM dbo.things") == [(0,)]
