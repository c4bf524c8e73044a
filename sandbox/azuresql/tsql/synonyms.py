"""Synonyms: other names of tables and views, looked up when a statement names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_SYNONYMS: Final = """
SELECT n.nspname::text, s.folded, s.base_schema, s.base_folded
FROM store.synonyms s JOIN pg_namespace n ON n.oid = s.namespace
"""


async def resolve(
    session: TsqlSession, names: list[ObjectName], line: int
) -> dict[tuple[str, str], Relation]:
    """The tables and views behind those of these names that are synonyms.

    Raises Refused 5313 for one whose object is gone.
    """
    known = session.state.database.synonyms
    if known is None:
        rows, _ = await session.link.fetch(_SYNONYMS)
        texts = ([read_text(value) for value in row] for row in rows)
        known = {(schema, name): (there, base) for schema, name, there, base in texts}
        session.state.database.synonyms = known
    meant = {name: known[name.key] for name in names if name.key in known}
    if not meant:
        return {}
    found = await reader.relations(session.link, meant.values())
    for name, base in meant.items():
        if base not in found:
            text = f"Synonym '{name}' refers to an invalid object."
            raise Refused(5313, text, line=line)
    return {name.key: found[base] for name, base in meant.items()}
