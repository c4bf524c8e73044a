"""The comparison form: every value as text that both ends print alike.

`select` is one half, `connectors.azuresql.comparison.select` the other. Dates and times carry
seven fractional digits, binary values are hexadecimal, padding of `char(n)` is left out;
decimals and floats are brought to one form by `replicator.validation`, which knows both scales.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from connectors.postgresql.names import quote
from connectors.postgresql.selection import source_of
from model.catalog import Column, Table
from model.types import Kind

_DATE: Final = "YYYY-MM-DD"
_MOMENT: Final = "YYYY-MM-DD HH24:MI:SS.US"
_CLOCK: Final = "HH24:MI:SS.US"

_PLAIN: Final = "{0}::text"
_OUTPUT: Final = "CASE WHEN {0} IS NOT NULL THEN format('%s', {0}) END"
_STRUCTURED: Final = "to_json({0})::text"

_FORMS: Final[dict[Kind, str]] = {
    Kind.MONEY: "{0}::numeric::text",
    Kind.BOOLEAN: "{0}::int::text",
    Kind.BYTES: "upper(encode({0}, 'hex'))",
    Kind.DATE: (
        f"CASE WHEN isfinite({{0}}) THEN to_char({{0}}, '{_DATE}') "
        "WHEN {0} = 'infinity' THEN '9999-12-31' WHEN {0} = '-infinity' THEN '0001-01-01' END"
    ),
    Kind.TIMESTAMP: (
        f"CASE WHEN isfinite({{0}}) THEN to_char({{0}}, '{_MOMENT}') || '0' "
        "WHEN {0} = 'infinity' THEN '9999-12-31 00:00:00.0000000' "
        "WHEN {0} = '-infinity' THEN '0001-01-01 00:00:00.0000000' END"
    ),
    Kind.TIMESTAMPTZ: (
        f"CASE WHEN isfinite({{0}}) THEN to_char({{0}} AT TIME ZONE 'UTC', '{_MOMENT}') "
        "|| '0 +00:00' WHEN {0} = 'infinity' THEN '9999-12-31 00:00:00.0000000 +00:00' "
        "WHEN {0} = '-infinity' THEN '0001-01-01 00:00:00.0000000 +00:00' END"
    ),
    Kind.TIME: f"to_char({{0}}, '{_CLOCK}') || '0'",
    Kind.TIMETZ: "{0}::text || CASE WHEN {0}::text ~ '[+-]\\d\\d$' THEN ':00' ELSE '' END",
    Kind.KEYVALUE: "{0}::json::text",
    Kind.ARRAY: _STRUCTURED,
    Kind.COMPOSITE: _STRUCTURED,
    Kind.RANGE: _STRUCTURED,
    Kind.NETWORK: _OUTPUT,
    Kind.XML: _OUTPUT,
    Kind.GEOMETRIC: _OUTPUT,
    Kind.SPATIAL: _OUTPUT,
    Kind.UNKNOWN: _OUTPUT,
}
"""`{0}` is the quoted column. `inet::text` adds `/32` and `xml::text` keeps a declaration; output
functions (and so `COPY`, the log and `format`) do not. `bpchar::text` drops the padding, which is
wanted here."""

_NOT_NUMBERS: Final[dict[Kind, str]] = {
    Kind.DECIMAL: "{0} IN ('NaN', 'Infinity', '-Infinity')",
    Kind.FLOAT32: "{0} IN ('NaN', 'Infinity', '-Infinity')",
    Kind.FLOAT64: "{0} IN ('NaN', 'Infinity', '-Infinity')",
    Kind.INTERVAL: "NOT isfinite({0})",
}
_MIDNIGHTS: Final[dict[Kind, str]] = {
    Kind.TIME: "{0} = '24:00:00'",
    Kind.TIMETZ: "{0}::time = '24:00:00'",
}


def select(
    table: Table,
    *,
    not_a_number: str = "stop",
    midnight_24: str = "stop",
    partitioned: bool = False,
) -> str:
    """The query that prints every row of `table.carried` in comparison form, in no order.

    Wants the session settings of `connectors.postgresql.sessions`. A policy `null` turns the values
    that it concerns into NULL, as the load and the log reader do.
    """
    form = _former(not_a_number, midnight_24)
    columns = ", ".join(f"{form(column)} AS {quote(column.name)}" for column in table.carried)
    source = source_of(table, partitioned=partitioned)
    return f"/* replicator:compare */ SELECT {columns} FROM {source}"


def _former(not_a_number: str, midnight_24: str) -> Callable[[Column], str]:
    nulled: dict[Kind, str] = {}
    if not_a_number == "null":
        nulled |= _NOT_NUMBERS
    if midnight_24 == "null":
        nulled |= _MIDNIGHTS

    def form(column: Column) -> str:
        name = quote(column.name)
        text = _FORMS.get(column.type.kind, _PLAIN).format(name)
        special = nulled.get(column.type.kind)
        return (
            text
            if special is None
            else f"CASE WHEN {special.format(name)} THEN NULL ELSE {text} END"
        )

    return form
