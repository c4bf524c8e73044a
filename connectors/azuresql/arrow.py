"""Arrow batches made to fit a target table: types that the bulk copy takes, nothing lost.

What the snapshot hands over and what the target's column wants differ in two places: digits
without a declared precision come as text and become the column's decimal, and a scale may shrink
as long as only zeros fall away.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from connectors.azuresql.columns import NUMBER_ROUNDED, family, insertable
from model.errors import DataRefused
from model.ports import TargetColumn, TargetTable

_DECIMALS: Final = frozenset({"decimal", "numeric", "money", "smallmoney"})
_MEASURES: Final = {"money": (19, 4), "smallmoney": (10, 4)}


def fitted(table: TargetTable, reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same rows in the types of the table's columns.

    Raises DataRefused for a column that the target lacks; a value that would lose digits raises
    it while the batches are read.
    """
    columns = {column.name: column for column in insertable(table)}
    for name in reader.schema.names:
        if name not in columns:
            raise DataRefused(
                f"the target has no column {name} to load",
                object=str(table.name),
                hint="deploy the schema again, or leave the column out",
            )
    schema = pa.schema(
        [(field.name, _fit(field.type, columns[field.name])) for field in reader.schema]
    )
    return pa.RecordBatchReader.from_batches(schema, _converted(table, reader, schema))


def _fit(type: pa.DataType, column: TargetColumn) -> pa.DataType:
    if family(column) in _DECIMALS and (pa.types.is_string(type) or pa.types.is_decimal(type)):
        return pa.decimal128(*_measures(column))
    return type


def _measures(column: TargetColumn) -> tuple[int, int]:
    if family(column) in _MEASURES:
        return _MEASURES[family(column)]
    given = [int(digits) for digits in re.findall(r"\d+", column.type)]
    return (given[0], given[1] if len(given) > 1 else 0) if given else (18, 0)


def _converted(
    table: TargetTable, reader: pa.RecordBatchReader, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        arrays = [
            array if array.type == field.type else _cast(table, array, field)
            for array, field in zip(batch.columns, schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _cast(table: TargetTable, array: pa.Array, field: pa.Field) -> pa.Array:
    try:
        if pa.types.is_string(array.type):
            array = _plain_digits(array)
        return pc.cast(array, field.type, safe=True)
    except pa.ArrowInvalid as exc:
        raise DataRefused(
            f"a value of column {field.name} does not fit {field.type}: {exc}",
            object=str(table.name),
            hint="give the target column more digits",
            number=NUMBER_ROUNDED,
        ) from exc


def _plain_digits(array: pa.Array) -> pa.Array:
    """Digits without zeros at the end of a fraction: those are no loss."""
    trimmed = pc.replace_substring_regex(array, r"(\.[0-9]*?)0+$", r"\1")
    return pc.replace_substring_regex(trimmed, r"\.$", "")


def texts(batch: pa.RecordBatch) -> list[list[Any]]:
    """Each column as Python texts (bytes for binary columns), in forms that T-SQL converts."""
    return [_column_texts(array) for array in batch.columns]


def _column_texts(array: pa.Array) -> list[Any]:
    type = array.type
    if pa.types.is_fixed_size_binary(type):
        return [None if v is None else str(uuid.UUID(bytes=v)) for v in array.to_pylist()]
    if pa.types.is_binary(type) or pa.types.is_large_binary(type):
        return list(array.to_pylist())
    if pa.types.is_floating(type):
        # The shortest text that reads back as the same double; a real's is exact as one, too.
        return [None if v is None else repr(v) for v in array.to_pylist()]
    if pa.types.is_boolean(type):
        return [None if v is None else str(int(v)) for v in array.to_pylist()]
    if pa.types.is_decimal(type):
        # Arrow writes a zero of ten decimals as 0E-10, which T-SQL takes for no decimal (8114).
        return [None if v is None else f"{v:f}" for v in array.to_pylist()]
    if pa.types.is_timestamp(type):
        offset = "+00:00" if type.tz else ""
        plain = pc.cast(pc.cast(array, pa.timestamp(type.unit)), pa.string())
        return list(pc.binary_join_element_wise(plain, offset, "").to_pylist())
    return list(pc.cast(array, pa.string()).to_pylist())
