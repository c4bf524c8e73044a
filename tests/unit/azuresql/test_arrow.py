"""Arrow batches made to fit the target's columns."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from connectors.azuresql.arrow import fitted, texts
from model.catalog import TableName
from model.errors import DataRefused
from model.ports import TargetColumn, TargetTable


def fit(type: str, array: pa.Array) -> pa.Array:
    table = TargetTable(TableName("dbo", "t"), (TargetColumn("v", type, True),))
    batch = pa.RecordBatch.from_arrays([array], names=["v"])
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    return fitted(table, reader).read_all().column(0).combine_chunks()


def test_digits_become_the_columns_decimal() -> None:
    found = fit("decimal(38,10)", pa.array(["1.5", "-3", None, "1.500000000000000"]))
    assert found.type == pa.decimal128(38, 10)
    assert found.to_pylist() == [Decimal("1.5"), Decimal("-3"), None, Decimal("1.5")]


@pytest.mark.parametrize("value", ["1.12345678901", "123456789012345678901234567890.1", "NaN"])
def test_digits_that_do_not_fit_are_refused(value: str) -> None:
    with pytest.raises(DataRefused) as raised:
        fit("decimal(38,10)", pa.array([value]))
    assert raised.value.object == "dbo.t"


def test_a_scale_may_shrink_over_zeros_only() -> None:
    assert fit("decimal(10,2)", pa.array([Decimal("1.5000")], pa.decimal128(12, 4))).type == (
        pa.decimal128(10, 2)
    )
    with pytest.raises(DataRefused):
        fit("decimal(10,2)", pa.array([Decimal("1.5001")], pa.decimal128(12, 4)))


def test_money_has_four_digits() -> None:
    assert fit("money", pa.array([Decimal("1.25")], pa.decimal128(19, 2))).type == (
        pa.decimal128(19, 4)
    )


def test_what_fits_already_is_handed_on_as_it_is() -> None:
    array = pa.array([1, None], pa.int64())
    assert fit("bigint", array).equals(array)


def test_a_column_that_the_target_lacks_is_refused_before_a_row_moves() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1])], names=["v"])
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    with pytest.raises(DataRefused, match="no column v to load"):
        fitted(TargetTable(TableName("dbo", "t"), ()), reader)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([1, None], pa.int32()), ["1", None]),
        (pa.array([1e22, 0.1, 5e-324]), ["1e+22", "0.1", "5e-324"]),
        (pa.array([True, False, None]), ["1", "0", None]),
        (pa.array([Decimal("1.50"), None], pa.decimal128(5, 2)), ["1.50", None]),
        (pa.array([Decimal("0")], pa.decimal128(38, 10)), ["0.0000000000"]),
        (pa.array([b"\x00\xff", None], pa.binary()), [b"\x00\xff", None]),
        (pa.array([uuid.UUID(int=1).bytes], pa.binary(16)), [str(uuid.UUID(int=1))]),
        (pa.array([dt.date(2024, 2, 29)]), ["2024-02-29"]),
        (
            pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, 600), None], pa.timestamp("us", "UTC")),
            ["2024-01-02 03:04:05.000600+00:00", None],
        ),
        (
            pa.array([dt.datetime(2024, 1, 2, 3, 4, 5)], pa.timestamp("us")),
            ["2024-01-02 03:04:05.000000"],
        ),
        (pa.array([dt.time(1, 2, 3, 4)], pa.time64("us")), ["01:02:03.000004"]),
        (pa.array(["é ", ""]), ["é ", ""]),
    ],
)
def test_rows_as_texts(array: pa.Array, expected: list[Any]) -> None:
    assert texts(pa.RecordBatch.from_arrays([array], names=["v"])) == [expected]
