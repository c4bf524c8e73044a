"""What goes to PostgreSQL and what comes back: values, rows, refusals."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import NamedTuple

from psycopg import pq
from psycopg.pq import DiagnosticField

Pieces = AsyncGenerator[pq.abc.PGresult, None]
"""A statement's result as it comes; closing it early ends the statement."""


class Value(NamedTuple):
    """A parameter: PostgreSQL's type and its binary value (None is NULL)."""

    oid: int
    data: bytes | None


class ServerError(Exception):
    """PostgreSQL refused a statement; the fields are those of its error report."""

    def __init__(self, result: pq.abc.PGresult) -> None:
        def field(which: DiagnosticField) -> str:
            value = result.error_field(which)
            return value.decode("utf-8", "replace") if value else ""

        self.sqlstate = field(DiagnosticField.SQLSTATE)
        self.message = field(DiagnosticField.MESSAGE_PRIMARY)
        self.detail = field(DiagnosticField.MESSAGE_DETAIL)
        self.schema = field(DiagnosticField.SCHEMA_NAME)
        self.table = field(DiagnosticField.TABLE_NAME)
        self.column = field(DiagnosticField.COLUMN_NAME)
        self.type = field(DiagnosticField.DATATYPE_NAME)
        self.constraint = field(DiagnosticField.CONSTRAINT_NAME)
        super().__init__(f"{self.sqlstate} {self.message}")


def rows_of(result: pq.abc.PGresult) -> list[list[bytes | None]]:
    """The rows of one piece."""
    columns = range(result.nfields)
    value = result.get_value
    return [[value(row, column) for column in columns] for row in range(result.ntuples)]
