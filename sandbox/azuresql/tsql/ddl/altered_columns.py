"""ALTER TABLE's columns: added, given a default, changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import normal_form, types
from sandbox.azuresql.tsql.ddl import columns, identity_columns
from sandbox.azuresql.tsql.ddl.constraints import constraint_sql, remark
from sandbox.azuresql.tsql.ddl.tables import stamps
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts, quote
from sandbox.azuresql.tsql.scope import Context, Relation
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


def added(
    definition: columns.Definition,
    name: ObjectName,
    relation: Relation,
    context: Context,
    text: str,
) -> list[str]:
    """ADD of a column. Raises Refused 2705 and 2744, and 4901 where the table has rows."""
    node = definition.node
    if definition.identity is not None and relation.identity is not None:
        raise identity_columns.several(name, node)
    if relation.column(definition.name) is not None:
        raise Refused(
            2705,
            f"Column names in each table must be unique. Column name '{definition.name}' in table "
            f"'{name}' is specified more than once.",
            state=4,
            line=node.line,
        )
    before, after = columns.counter(definition, name)
    made, notes = columns.column_sql(definition, list(relation.columns), context, text)
    statements = [*before, *_required(definition, relation)]
    if definition.default is not None and definition.nullable is not False:
        statements += _later_default(definition, relation, context, text)
    else:
        statements.append(f"ALTER TABLE {relation.sql} ADD COLUMN {made}")
    statements += after
    statements += remark("COLUMN", f"{relation.sql}.{quote(fold(definition.name))}", notes)
    known = [*relation.columns, definition.column]
    for constraint in definition.constraints:
        statements += constraint_sql(constraint, name, known, context, text, line=node.line)
    return statements + stamps(name, [definition])


def _later_default(
    definition: columns.Definition, relation: Relation, context: Context, text: str
) -> list[str]:
    """Rows that are there already keep NULL, unless the default is said to be WITH VALUES."""
    column = f"{relation.sql} ALTER COLUMN {quote(fold(definition.name))}"
    value = columns.default_sql(definition.default_nodes, definition, context)
    plain = replace(definition, default=None)
    made, _ = columns.column_sql(plain, list(relation.columns), context, text)
    if definition.with_values:
        made += f" DEFAULT {value}"
    return [
        f"ALTER TABLE {relation.sql} ADD COLUMN {made}",
        f"ALTER TABLE {column} SET DEFAULT {value}",
    ]


def _required(definition: columns.Definition, relation: Relation) -> list[str]:
    """A column that every row must fill, but nothing does, goes into an empty table only."""
    filled = definition.identity or definition.computed or definition.default is not None
    stamped = definition.type is not None and definition.type.name == "rowversion"
    if definition.nullable is not False or filled or stamped:
        return []
    text = (
        "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT "
        "definition specified, or the column being added is an identity or timestamp column, or "
        "alternatively if none of the previous conditions are satisfied the table must be empty "
        f"to allow addition of this column. Column '{definition.name}' cannot be added to "
        f"non-empty table '{relation.name}' because it does not satisfy these conditions."
    )
    rows = f"SELECT FROM {relation.sql}"
    return [f"SELECT store.fail(4901, {literal(text)}) WHERE EXISTS ({rows})"]


def default_for(
    walk: Walk, name: ObjectName, relation: Relation, context: Context, text: str
) -> list[str]:
    """`ADD CONSTRAINT d DEFAULT (x) FOR c`."""
    segment = walk.need("column_constraint_segment")
    walk.need_words("FOR")
    reference = walk.need("column_reference", "naked_identifier", "quoted_identifier")
    column = relation.column(parts(reference)[-1])
    if column is None:
        raise Refused(
            1752,
            f"Column '{parts(reference)[-1]}' in table '{relation.name}' is invalid for creating a "
            "default constraint.",
            state=0,
            line=segment.line,
        )
    if column.default:
        text = "Column already has a DEFAULT bound to it."
        raise Refused(1781, text, line=segment.line)
    holder = Node("column_definition", "", segment.line)
    definition = columns.Definition(column.name, column.type, holder)
    columns._segment(definition, segment, relation.name)
    value = columns.default_sql(definition.default_nodes, definition, context)
    notes: dict[str, str | None] = {
        "default": normal_form.definition(definition.default_nodes, text),
        "default_name": definition.default_name,
    }
    return [
        f"ALTER TABLE {relation.sql} ALTER COLUMN {column.sql} SET DEFAULT {value}",
        merge_notes(relation, column.sql, notes),
    ]


def merge_notes(relation: Relation, column: str, notes: Mapping[str, int | str | None]) -> str:
    """Add to a column's comment (None takes a note away)."""
    kept = json.dumps(notes, ensure_ascii=False)
    return (
        f"CALL store.annotate({literal(relation.sql)}::regclass, "
        f"{literal(column.strip(chr(34)).replace(chr(34) * 2, chr(34)))}, {literal(kept)}::jsonb)"
    )


def altered(
    definition: columns.Definition, relation: Relation, context: Context, node: Node
) -> list[str]:
    """`ALTER COLUMN c type [COLLATE x] [NULL | NOT NULL]`."""
    column = relation.column(definition.name)
    if column is None or definition.type is None:
        raise Refused(
            4924,
            f"ALTER TABLE ALTER COLUMN failed because column '{definition.name}' does not exist in "
            f"table '{relation.name}'.",
            line=node.line,
        )
    type: SqlType = definition.type
    collation = ""
    if type.name in types.STRINGS:
        chosen = definition.collation or column.collation or "database_default"
        collation = f" COLLATE {types.collation(context.collation(chosen))}"
    head = f"ALTER TABLE {relation.sql} ALTER COLUMN {column.sql}"
    target = types.postgresql(type)
    fitting = types.STRINGS | types.BINARIES
    alike = column.type is not None and {column.type.name, type.name} <= fitting
    # Without the length it is an assignment, which refuses to cut.
    using = types.bare(type) if alike else target
    null = "SET NOT NULL" if definition.nullable is False else "DROP NOT NULL"
    kept: dict[str, int | str | None] = {}
    kept["user_type"] = definition.alias.id if definition.alias is not None else None
    return [
        merge_notes(relation, column.sql, kept),
        f"{head} TYPE {target}{collation} USING {column.sql}::{using}",
        f"{head} {null}",
    ]
