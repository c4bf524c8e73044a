"""HOLDLOCK on the row of a unique key: the key is held, whether its row is there or not.

Both sides take an advisory lock of the key's bucket: who holds the key takes it alone, who inserts
a row or gives one another key shares it (the trigger of `59_held_keys.sql`, which fires for every
writer: statements, bulk loads, cascades). The trigger is made when a table's key is first held.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from sandbox.azuresql.tsql import types
from sandbox.azuresql.tsql.expression import Expression
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.hints import table_lock
from sandbox.azuresql.tsql.names import parts
from sandbox.azuresql.tsql.scope import Column, Context, Held, Relation, Source
from sandbox.azuresql.tsql.tree import Node

_WHOLE: Final = frozenset({"bigint", "int", "smallint", "tinyint"})
_VALUES: Final = frozenset(
    {"integer_literal", "numeric_literal", "quoted_literal", "single_quote_with_n", "parameter"}
    | {"sign_indicator", "expression", "column_reference", "raw_comparison_operator"}
    | {"naked_identifier", "quoted_identifier", "dot"}
)
"""What a key's value may consist of: nothing that gives another value when it is asked again."""


@dataclass(frozen=True, slots=True)
class Range:
    """A table whose rows a hint keeps as they are: `mode` locks all of it."""

    mode: str
    source: Source
    relation: Relation


def of_change(
    words: list[str], source: Source, relation: Relation, context: Context
) -> list[Range]:
    """What the hints of a change's own table keep; TABLOCKX locks it at once."""
    mode = table_lock([*words, "UPDLOCK"])
    if mode is None or relation.temporary:
        return []
    if mode == "EXCLUSIVE":
        context.table_locks.add((mode, relation.sql))
        return []
    return [Range(mode, source, relation)]


def settle(
    ranges: list[Range], conditions: list[Node], expressions: Expressions, rows: str = ""
) -> None:
    """Each range as a held key where the conditions name one, as a lock of the table elsewhere.

    `rows` is a FROM whose columns may be a key's values (MERGE).
    """
    context = expressions.context
    for one in ranges:
        cells = _cells(one, conditions, expressions, bool(rows))
        if cells is None or one.mode == "SHARE":
            context.table_locks.add((one.mode, one.relation.sql))
        else:
            context.held.append(Held(one.relation, one.mode, cells, rows))


def _cells(
    one: Range, conditions: list[Node], expressions: Expressions, joined: bool
) -> tuple[str, ...] | None:
    """The values of the key's columns; None when the conditions leave one open."""
    found: dict[str, str] = {}
    for left, right in (pair for node in conditions for pair in _equalities(node)):
        for side, other in ((left, right), (right, left)):
            column = _column(side, one.source, expressions)
            if column is not None and _is_value(other, one.source, expressions, joined):
                cell = comparable(expressions.value(other, other[0]), column, expressions.context)
                if cell is not None:
                    found.setdefault(column.sql, cell)
    key = one.relation.key
    return tuple(found[name] for name in key) if key and found.keys() >= set(key) else None


def _equalities(node: Node) -> list[tuple[list[Node], list[Node]]]:
    """The comparisons with = that must all be true."""
    found: list[tuple[list[Node], list[Node]]] = []
    group: list[Node] = []
    words = {child.word for child in node.children if child.kind == "keyword"}
    if node.kind not in ("expression", "bracketed") or words - {"AND"}:
        return found
    if node.kind == "bracketed":
        return [pair for child in node.children for pair in _equalities(child)]
    for child in [*node.children, None]:
        if child is None or child.word == "AND":
            signs = [n for n, item in enumerate(group) if item.kind == "comparison_operator"]
            if len(group) == 1:
                found += _equalities(group[0])
            elif len(signs) == 1 and group[signs[0]].text == "=":
                found.append((group[: signs[0]], group[signs[0] + 1 :]))
            group = []
        else:
            group.append(child)
    return found


def _column(side: list[Node], source: Source, expressions: Expressions) -> Column | None:
    if len(side) != 1 or side[0].kind != "column_reference":
        return None
    found, column = expressions.scope.resolve(parts(side[0]), side[0])
    return column if found is source else None


def _is_value(side: list[Node], source: Source, expressions: Expressions, joined: bool) -> bool:
    nodes = [node for item in side for node in _below(item)]
    if not nodes or any(node.kind not in _VALUES for node in nodes):
        return False
    references = [node for node in nodes if node.kind == "column_reference"]
    return all(
        joined and expressions.scope.resolve(parts(node), node)[0] is not source
        for node in references
    )


def _below(node: Node) -> list[Node]:
    return [node, *(below for child in node.children for below in _below(child))]


def comparable(value: Expression, column: Column, context: Context) -> str | None:
    """The value in the form in which equal keys are the same; None when it has none."""
    type, own = value.type, column.type
    if type is None or own is None or value.is_null:
        return None
    if own.name in _WHOLE and type.name in _WHOLE and not value.open:
        return f"({value.text})::int8"
    if own.name in types.STRINGS and type.name in types.STRINGS:
        name = types.collation(column.collation or context.default_collation)
        return f"({value.text})::sys.nvarchar COLLATE {name}"
    if own.name == "uniqueidentifier" and (type.name == own.name or value.open):
        return f"({value.text})::uuid"
    return None


@dataclass(frozen=True, slots=True)
class Triggers:
    """What makes every writer of a table respect its held keys; `known` asks if it is there."""

    known: str
    make: tuple[str, ...]


def drop_triggers(relation: Relation) -> list[str]:
    """Before columns change. The triggers come back when a key is held again."""
    names = () if relation.temporary else ("~held", "~held_anew")
    return [f'DROP TRIGGER IF EXISTS "{name}" ON {relation.sql}' for name in names]


def triggers(held: Held, context: Context) -> Triggers:
    """Of the table's key, as its columns are called now."""
    relation = held.relation
    columns = [column for column in relation.columns if column.sql in relation.key]
    ordered = sorted(columns, key=lambda column: relation.key.index(column.sql))
    new = _row(ordered, "NEW", context)
    old = _row(ordered, "OLD", context)
    holds = f"store.held({relation.oid}, {new})"
    digest = hashlib.sha256(new.encode()).hexdigest()[:16]
    ending = f"ON {relation.sql} FOR EACH ROW WHEN"
    call = f"EXECUTE FUNCTION store.never('{digest}')"
    known = (
        f"SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = {relation.oid} AND tgname = "
        f"'~held' AND strpos(encode(tgargs, 'escape'), '{digest}') = 1)"
    )
    make = (
        f'CREATE OR REPLACE TRIGGER "~held" BEFORE INSERT {ending} ({holds}) {call}',
        f'CREATE OR REPLACE TRIGGER "~held_anew" BEFORE UPDATE {ending} '
        f"(CASE WHEN {old} <> {new} THEN {holds} ELSE false END) {call}",
    )
    return Triggers(known, make)


def _row(columns: list[Column], record: str, context: Context) -> str:
    cells = []
    for column in columns:
        value = Expression(f"{record}.{column.sql}", column.type, bound=True)
        cells.append(comparable(value, column, context))
    return bucket(tuple(cell for cell in cells if cell is not None))


def bucket(cells: tuple[str, ...]) -> str:
    """Which of the table's 256 locks stands for a key."""
    return f"hash_record(ROW({', '.join(cells)})) & 255"
