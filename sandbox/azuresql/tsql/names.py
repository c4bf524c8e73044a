"""Names: T-SQL compares them without case, PostgreSQL stores them folded to lower case."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sandbox.azuresql.tsql.tree import Node

_LONGEST = 63
"""PostgreSQL cuts identifiers after 63 bytes; T-SQL allows 128 characters."""


def fold(name: str) -> str:
    """The name in PostgreSQL: lower case; a long one is shortened with a digest of its whole."""
    folded = name.lower()
    encoded = folded.encode()
    if len(encoded) <= _LONGEST:
        return folded
    digest = hashlib.sha256(encoded).hexdigest()[:12]
    return encoded[:48].decode(errors="ignore") + "~" + digest


def quote(name: str) -> str:
    """A PostgreSQL identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A PostgreSQL string constant (standard_conforming_strings is on)."""
    return "'" + text.replace("'", "''") + "'"


def bracket(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def plain(text: str) -> str:
    """An identifier as it is meant: without brackets or double quotes."""
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1].replace("]]", "]")
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('""', '"')
    return text


def split_name(text: str) -> list[str]:
    """`[a].[b]` inside a string, at the dots outside of brackets."""
    parts_found: list[str] = [""]
    inside = False
    for sign in text:
        if sign == "." and not inside:
            parts_found.append("")
            continue
        inside = (sign == "[") or (inside and sign != "]")
        parts_found[-1] += sign
    return parts_found


_IDENTIFIERS = frozenset(
    {"naked_identifier", "quoted_identifier", "hash_identifier", "function_name_identifier"}
)


def parts(node: Node) -> list[str]:
    """`[a].b..c` as ["a", "b", "", "c"]."""
    found: list[str] = []
    expecting = True
    for child in node.tokens():
        if child.kind == "dot":
            if expecting:
                found.append("")
            expecting = True
        else:
            found.append(plain(child.text))
            expecting = False
    return found


def is_identifier(node: Node) -> bool:
    return node.kind in _IDENTIFIERS


_SCHEMAS = {"information_schema": "infoschema"}
"""PostgreSQL's own information_schema keeps its name."""


_SHARED = "##"


@dataclass(frozen=True, slots=True)
class ObjectName:
    """A table, view or other object: database and schema may be empty. Spelled as written."""

    schema: str
    name: str
    database: str = ""

    @classmethod
    def of(cls, node: Node) -> ObjectName:
        return cls.from_parts(parts(node))

    @classmethod
    def from_parts(cls, names: list[str]) -> ObjectName:
        name = names[-1]
        schema = names[-2] if len(names) > 1 else ""
        database = names[-3] if len(names) > 2 else ""
        return cls(schema, name, database)

    @property
    def temporary(self) -> bool:
        return self.name.startswith("#") and not self.shared

    @property
    def shared(self) -> bool:
        """A global temporary table (`##t`), which all sessions of the database see."""
        return self.name.startswith(_SHARED)

    @property
    def folded_schema(self) -> str:
        if self.temporary:
            return "pg_temp"
        if self.shared:
            return _SHARED
        folded = fold(self.schema or "dbo")
        return _SCHEMAS.get(folded, folded)

    @property
    def key(self) -> tuple[str, str]:
        return self.folded_schema, fold(self.name)

    @property
    def sql(self) -> str:
        """The name in PostgreSQL's words, quoted and with its schema."""
        schema = self.folded_schema
        shown = schema if schema == "pg_temp" else quote(schema)
        return f"{shown}.{quote(fold(self.name))}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name
