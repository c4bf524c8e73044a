"""From the driver's Arrow types to those that suit a native bulk load, a column at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from connectors.postgresql.values import Policies
from model.catalog import Column, Table
from model.errors import DataRefused
from model.types import Kind, LogicalType

Array = Any
Convert = Callable[[Array], Array]

_TYPES: Final[dict[Kind, Any]] = {
    Kind.INT16: pa.int16(),
    Kind.INT32: pa.int32(),
    Kind.INT64: pa.int64(),
    Kind.MONEY: pa.decimal128(19, 2),
    Kind.FLOAT32: pa.float32(),
    Kind.FLOAT64: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.BYTES: pa.binary(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.TIMESTAMPTZ: pa.timestamp("us", tz="UTC"),
    Kind.TIME: pa.time64("us"),
    Kind.UUID: pa.binary(16),
}
_FIRST_DAY, _LAST_DAY = -719162, 2932896
_DAY_US: Final = 86_400_000_000
_RANGES: Final = {
    Kind.DATE: (pa.int32(), _FIRST_DAY, _LAST_DAY),
    Kind.TIMESTAMP: (pa.int64(), _FIRST_DAY * _DAY_US, (_LAST_DAY + 1) * _DAY_US - 1),
    Kind.TIMESTAMPTZ: (pa.int64(), _FIRST_DAY * _DAY_US, (_LAST_DAY + 1) * _DAY_US - 1),
}
_NOT_NUMBERS: Final = pa.array(["nan", "inf", "-inf", "infinity", "-infinity"])
"""As the driver writes them for numeric, and the server for interval; in lower case."""


def arrow_type(type_: LogicalType) -> Any:
    """The type in which a column leaves the snapshot; text for all that has no better one."""
    if type_.kind is Kind.DECIMAL:
        return _decimal_type(type_)
    return _TYPES.get(type_.kind, pa.string())


def _decimal_type(type_: LogicalType) -> Any:
    if type_.precision is None or type_.scale is None:
        return pa.string()
    scale = max(type_.scale, 0)
    precision = max(type_.precision - min(type_.scale, 0), scale)
    return pa.decimal128(precision, scale) if precision <= 38 else pa.string()


def schema(table: Table) -> Any:
    """The stream's schema: `table.carried` by name, in order."""
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in table.carried])


class BatchConverter:
    """Converts one table's batches, vectorised. Raises DataRefused naming table and column."""

    def __init__(self, table: Table, policies: Policies) -> None:
        self.schema = schema(table)
        self._converters = [_converter(table, column, policies) for column in table.carried]

    def convert(self, batch: Any) -> Any:
        """A batch of the driver as one of ours."""
        return pa.RecordBatch.from_arrays(
            [
                convert(array)
                for convert, array in zip(self._converters, batch.columns, strict=True)
            ],
            schema=self.schema,
        )


def _converter(table: Table, column: Column, policies: Policies) -> Convert:
    kind, wanted = column.type.kind, arrow_type(column.type)

    def refuse(what: str) -> DataRefused:
        return DataRefused(
            f"column {column.name} holds {what}, which the target cannot represent",
            object=str(table.name),
            hint="correct the rows, or set a policy for such values in the source section",
        )

    def plain(array: Array) -> Array:
        storage = array.storage if isinstance(array.type, pa.BaseExtensionType) else array
        return storage if storage.type == wanted else storage.cast(wanted)

    if kind in _RANGES:
        return _in_range(kind, plain, refuse)
    if kind is Kind.DECIMAL or kind is Kind.INTERVAL:
        return _numeric(plain, refuse, null=policies.not_a_number_is_null)
    if kind in (Kind.FLOAT32, Kind.FLOAT64):
        return _finite(refuse, null=policies.not_a_number_is_null)
    if kind is Kind.TIME:
        return _time(refuse, null=policies.midnight_24_is_null)
    if kind is Kind.TIMETZ:
        return _timetz(refuse, null=policies.midnight_24_is_null)
    return plain


Refuse = Callable[[str], DataRefused]


def _in_range(kind: Kind, plain: Convert, refuse: Refuse) -> Convert:
    integer, least, most = _RANGES[kind]

    def convert(array: Array) -> Array:
        bounds = pc.min_max(array.view(integer))
        low, high = bounds["min"].as_py(), bounds["max"].as_py()
        if low is not None and (low < least or high > most):
            raise refuse("a date before the year 1 or after 9999")
        return plain(array)

    return convert


def _numeric(plain: Convert, refuse: Refuse, *, null: bool) -> Convert:
    def convert(array: Array) -> Array:
        texts = array.storage if isinstance(array.type, pa.BaseExtensionType) else array
        special = pc.is_in(pc.ascii_lower(texts), value_set=_NOT_NUMBERS)
        if pc.any(special).as_py():
            if not null:
                raise refuse("NaN or an infinity")
            texts = pc.if_else(special, pa.scalar(None, texts.type), texts)
        return plain(texts)

    return convert


def _finite(refuse: Refuse, *, null: bool) -> Convert:
    def convert(array: Array) -> Array:
        finite = pc.is_finite(array)
        if pc.all(finite).as_py() is False:
            if not null:
                raise refuse("NaN or an infinity")
            return pc.if_else(finite, array, pa.scalar(None, array.type))
        return array

    return convert


def _time(refuse: Refuse, *, null: bool) -> Convert:
    def convert(array: Array) -> Array:
        midnight = pc.equal(array.view(pa.int64()), _DAY_US)
        if pc.any(midnight).as_py():
            if not null:
                raise refuse("the time 24:00:00")
            return pc.if_else(midnight, pa.scalar(None, array.type), array)
        return array

    return convert


def _timetz(refuse: Refuse, *, null: bool) -> Convert:
    def convert(array: Array) -> Array:
        midnight = pc.starts_with(array, pattern="24")
        if pc.any(midnight).as_py():
            if not null:
                raise refuse("the time 24:00:00")
            return pc.if_else(midnight, pa.scalar(None, array.type), array)
        return array

    return convert
