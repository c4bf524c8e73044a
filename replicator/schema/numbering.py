"""Columns that number themselves: as IDENTITY where that is the same, else from a sequence."""

from __future__ import annotations

from collections import Counter
from typing import Final

from model.catalog import Catalog, Column, Sequence, TableName
from model.types import Kind
from replicator.schema.expressions import parse_expression, shape
from replicator.schema.plan import PlannedTable, SchemaPlan
from replicator.schema.values import Inconvertible

_INTEGERS: Final = frozenset({Kind.INT16, Kind.INT32, Kind.INT64})


def identities(plan: SchemaPlan) -> dict[tuple[TableName, str], TableName]:
    """Columns that become IDENTITY, and the sequence that each no longer needs.

    One for each table, in its key, with a sequence that no other column uses: the target never
    updates an IDENTITY (8102), and the stream may update any column outside of the key.
    """
    uses = used_sequences(plan)
    owned: dict[tuple[TableName, str], TableName] = {}
    for table in plan.tables:
        for column in table.source.columns:
            identity = column.identity
            if identity is None or identity.sequence is None or not _in_key(table, column):
                continue
            if uses[identity.sequence] == 1 and column.type.kind in _INTEGERS:
                owned[(table.source.name, column.name)] = identity.sequence
                break
    return owned


def _in_key(table: PlannedTable, column: Column) -> bool:
    primary = table.source.primary_key
    return column.name in table.source.key or (
        primary is not None and column.name in primary.columns
    )


def used_sequences(plan: SchemaPlan) -> Counter[TableName]:
    """How many columns number themselves from each sequence."""
    return Counter(
        name
        for table in plan.tables
        for column in table.source.columns
        for name in _sequences_of(plan.catalog, column)
    )


def _sequences_of(catalog: Catalog, column: Column) -> list[TableName]:
    if column.identity is not None and column.identity.sequence is not None:
        return [column.identity.sequence]
    if column.default is None:
        return []
    try:
        name, content = shape(parse_expression(column.default))
        if name != "func_call" or content.funcname[-1].string.sval != "nextval":
            return []
        argument = content.args[0]
        while argument.WhichOneof("node") == "type_cast":
            argument = argument.type_cast.arg
        return [sequence_of(catalog, argument.a_const.sval.sval).name]
    except Inconvertible:
        return []


def sequence_of(catalog: Catalog, text: str) -> Sequence:
    """The sequence that `nextval` names, with or without its schema. Raises Inconvertible."""
    bare = text.replace('"', "")
    found = [s for s in catalog.sequences if bare in (str(s.name), s.name.name)]
    if len(found) != 1:
        raise Inconvertible(f"the sequence {text}")
    return found[0]
