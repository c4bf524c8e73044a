"""Rows of fragments as JSON objects: whole rows, what is known of them, and their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from orjson import dumps

from connectors.postgresql.values import Fragment, Row
from model.catalog import Table
from model.change import JsonObject
from model.types import Kind

WriteKey = Callable[[Row], JsonObject | None]
WriteRow = Callable[[Row], JsonObject]


def key_writer(table: Table) -> WriteKey:
    """The function that writes a record's key, in canonical form, from a row of `carried`.

    It returns None for a keyless table and when the row lacks a part of the key.
    """
    if not table.key:
        return lambda row: None
    place = {column.name: number for number, column in enumerate(table.carried)}
    parts = []
    for name, column in zip(table.key, map(table.column, table.key), strict=True):
        wrap = canonical(column.type.kind)
        parts.append(f"{wrap}(row[{place[name]}])" if wrap else f"row[{place[name]}]")
    names: dict[str, Any] = {**CANONICAL_NAMES, "template": _template(table.key)}
    present = " and ".join(f"row[{place[name]}] is not None" for name in table.key)
    text = f"write = lambda row: template % ({', '.join(parts)},) if {present} else None"
    exec(compile(text, "<key writer>", "exec"), names)
    write: WriteKey = names["write"]
    return write


def row_writer(table: Table) -> WriteRow:
    """The function that writes a row of `carried`; it leaves out what is None."""
    columns = tuple(column.name for column in table.carried)
    members = tuple(dumps(name) + b":" for name in columns)
    template = _template(columns)

    def write(row: Row) -> JsonObject:
        if None not in row:
            return template % row
        pairs = zip(members, row, strict=True)
        return b"{" + b",".join(name + value for name, value in pairs if value is not None) + b"}"

    return write


def canonical(kind: Kind) -> str:
    """The name in CANONICAL_NAMES of what makes equal keys one fragment; empty when they are."""
    return _CANONICAL.get(kind, "")


def canonical_decimal(fragment: Fragment) -> Fragment:
    """Without trailing zeros: `"1.00"` and `"1.0"` are one key."""
    if b"." not in fragment:
        return fragment
    return fragment[:-1].rstrip(b"0").rstrip(b".") + b'"'


def canonical_float(fragment: Fragment) -> Fragment:
    """−0 as 0."""
    return b"0" if fragment == b"-0.0" else fragment


CANONICAL_NAMES: Final = {
    "canonical_decimal": canonical_decimal,
    "canonical_float": canonical_float,
}
_CANONICAL: Final = {
    Kind.DECIMAL: "canonical_decimal",
    Kind.FLOAT32: "canonical_float",
    Kind.FLOAT64: "canonical_float",
}


def _template(names: tuple[str, ...]) -> bytes:
    """A JSON object with one `%b` for each value."""
    members = [dumps(name).replace(b"%", b"%%") + b":%b" for name in names]
    return b"{" + b",".join(members) + b"}"
