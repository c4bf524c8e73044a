"""A SELECT taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import for_json, for_xml
from sandbox.azuresql.tsql.expression import Expression
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.scope import Output
from sandbox.azuresql.tsql.tree import Node


@dataclass(slots=True)
class Select:
    """A SELECT taken apart; `text` puts it together again."""

    items: list[str] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    assignments: list[tuple[str, str, Expression]] = field(default_factory=list)
    """`@x operator value` of a SELECT that assigns."""
    distinct: bool = False
    limit: str = ""
    ties: bool = False
    offset: str = ""
    into: ObjectName | None = None
    source: str = ""
    where: str = ""
    group: str = ""
    having: str = ""
    order: str = ""
    locks: list[str] = field(default_factory=list)
    percent: bool = False
    document: for_json.Json | for_xml.Xml | None = None
    """FOR JSON or FOR XML: the rows become one text."""
    node: Node | None = None

    def text(self) -> str:
        """The query, its rows as JSON or XML where FOR says so."""
        if self.node is None or self.document is None:
            return self.rows()
        if isinstance(self.document, for_xml.Xml):
            return for_xml.text_of(self.document, self.rows(), self.outputs, self.node)
        return for_json.text_of(self.document, self.rows(), self.outputs, self.node)

    @property
    def shown(self) -> list[Output]:
        """The columns of the result."""
        if isinstance(self.document, for_xml.Xml):
            return self.document.shown()
        if self.document is not None:
            return [Output(for_json.COLUMN, SqlType("nvarchar", -1), json=True)]
        return self.outputs

    def rows(self) -> str:
        pieces = ["SELECT DISTINCT " if self.distinct else "SELECT ", ", ".join(self.items)]
        pieces.append(self.tail())
        return "".join(pieces)

    def tail(self) -> str:
        """Everything after the select list."""
        clauses = [
            f" FROM {self.source}" if self.source else "",
            f" WHERE {self.where}" if self.where else "",
            f" GROUP BY {self.group}" if self.group else "",
            f" HAVING {self.having}" if self.having else "",
            f" ORDER BY {self.order}" if self.order else "",
            f" OFFSET {self.offset}" if self.offset else "",
        ]
        if self.percent:
            whole = Select(
                **{**_fields(self), "limit": "", "percent": False, "ties": False, "locks": []}
            )
            share = f"ceil(count(*) * {self.limit} / 100.0)::int8"
            count = f'(SELECT {share} FROM ({whole.rows()}) AS "~all")'
            ties = f" FETCH FIRST {count} ROWS WITH TIES"
            clauses.append(ties if self.ties else f" LIMIT {count}")
        elif self.limit and self.ties:
            clauses.append(f" FETCH FIRST {self.limit} ROWS WITH TIES")
        elif self.limit:
            clauses.append(f" LIMIT {self.limit}")
        clauses.extend(f" {lock}" for lock in self.locks)
        return "".join(clauses)


def _fields(select: Select) -> dict[str, Any]:
    return {one.name: getattr(select, one.name) for one in fields(select)}
