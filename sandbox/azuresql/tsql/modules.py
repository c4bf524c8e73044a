"""Procedures, functions and triggers of a database, as the interpreter finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool, read_int, read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

PROCEDURE: Final = "P"
SCALAR: Final = "FN"
INLINE: Final = "IF"
TABLE: Final = "TF"
TRIGGER: Final = "TR"
FUNCTIONS: Final = (SCALAR, INLINE, TABLE)

_READ: Final = """
SELECT m.object_id, n.nspname::text, m.folded, m.name, m.type, m.parent_id, m.is_disabled,
       m.definition, array_to_string(m.instead, ' '),
       coalesce(obj_description(n.oid, 'pg_namespace')::jsonb ->> 'name', n.nspname)
FROM store.modules m JOIN pg_namespace n ON n.oid = m.namespace ORDER BY m.object_id
"""


@dataclass(frozen=True, slots=True)
class Module:
    """One of them. `schema` and `name` are spelled as they were created."""

    id: int
    key: tuple[str, str]
    schema: str
    name: str
    kind: str
    parent: int
    disabled: bool
    definition: str
    instead: frozenset[str] = frozenset()
    """The operations that an INSTEAD OF trigger does: insert, update, delete."""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Modules:
    """All modules of one database, read at once."""

    by_name: dict[tuple[str, str], Module] = field(default_factory=dict)
    triggers: dict[int, tuple[Module, ...]] = field(default_factory=dict)
    """The enabled triggers of each table, by its number, in the order of their creation."""

    def find(self, name: ObjectName, *kinds: str) -> Module | None:
        found = self.by_name.get(name.key)
        return found if found is not None and found.kind in kinds else None


async def load(session: TsqlSession) -> Modules:
    """The database's modules, read again after a definition changed."""
    database = session.state.database
    if database.modules is None:
        epoch = database.epoch
        rows, _ = await session.link.fetch(_READ)
        found = _modules(rows)
        if epoch != database.epoch:
            return found
        database.modules = found
    return database.modules


def events(node: Node) -> frozenset[str]:
    """The operations that fire a `create_trigger`: insert, update, delete."""
    found: set[str] = set()
    for child in node.children:
        if child.kind == "keyword" and child.word == "AS":
            break
        if child.word in ("INSERT", "UPDATE", "DELETE"):
            found.add(child.word.lower())
    return frozenset(found)


def _modules(rows: list[list[bytes | None]]) -> Modules:
    found = Modules()
    for row in rows:
        module = Module(
            id=read_int(row[0]) or 0,
            key=(read_text(row[1]), read_text(row[2])),
            schema=read_text(row[9]),
            name=read_text(row[3]),
            kind=read_text(row[4]),
            parent=read_int(row[5]) or 0,
            disabled=read_bool(row[6]),
            definition=read_text(row[7]),
            instead=frozenset(read_text(row[8]).split()) if row[8] else frozenset(),
        )
        found.by_name[module.key] = module
        if module.kind == TRIGGER and not module.disabled:
            found.triggers[module.parent] = (*found.triggers.get(module.parent, ()), module)
    return found
