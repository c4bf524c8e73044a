"""Alias types: what `CREATE TYPE … FROM` made, where a statement declares something of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import types
from sandbox.azuresql.tsql.names import fold
from sandbox.azuresql.tsql.scope import Alias
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool, read_int, read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_ALIASES: Final = """
SELECT a.schema, a.folded, a.user_type_id, a.type, a.length, a.precision, a.scale, a.nullable
FROM store.alias_types a
"""


async def load(session: TsqlSession, node: Node) -> Mapping[tuple[str, str], Alias]:
    """The alias types by schema and name; none where the node names no type of a user."""
    if not _named(node):
        return {}
    known = session.state.database.aliases
    if known is None:
        rows, _ = await session.link.fetch(_ALIASES)
        known = {(read_text(row[0]), read_text(row[1])): _alias(row[2:]) for row in rows}
        session.state.database.aliases = known
    return known


def _alias(row: list[bytes | None]) -> Alias:
    length, precision, scale = (read_int(value) or 0 for value in row[2:5])
    type = SqlType(read_text(row[1]), length, precision, scale)
    return Alias(read_int(row[0]) or 0, type, read_bool(row[5]))


def _named(node: Node) -> bool:
    found = node.memory.get("alias types")
    if found is None:
        found = any(not types.is_known(types.name_of(n)[1]) for n in node.all("data_type"))
        node.memory["alias types"] = found
    return bool(found)


def read(node: Node, aliases: Mapping[tuple[str, str], Alias]) -> tuple[SqlType, Alias | None]:
    """A `data_type` node that may name an alias type. Raises Refused as `types.read_type`."""
    schema, name = types.name_of(node)
    alias = None if types.is_known(name) else aliases.get((fold(schema or "dbo"), fold(name)))
    return (alias.type, alias) if alias is not None else (types.read_type(node), None)
