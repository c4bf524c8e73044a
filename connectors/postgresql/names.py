"""Quoting of names and literals in SQL text."""

from __future__ import annotations

from collections.abc import Iterable

from model.catalog import TableName


def quote(name: str) -> str:
    """An identifier, always quoted."""
    return '"' + name.replace('"', '""') + '"'


def qualified(name: TableName) -> str:
    """`"schema"."table"`."""
    return f"{quote(name.schema)}.{quote(name.name)}"


def literal(text: str) -> str:
    """A string literal that reads the same whatever `standard_conforming_strings` says."""
    escaped = text.replace("'", "''")
    if "\\" in escaped:
        return " E'" + escaped.replace("\\", "\\\\") + "'"
    return f"'{escaped}'"


def listed(names: Iterable[str]) -> str:
    """Identifiers, quoted and separated by commas."""
    return ", ".join(quote(name) for name in names)
