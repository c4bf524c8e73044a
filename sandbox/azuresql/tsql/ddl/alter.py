"""ALTER TABLE: columns, constraints, and whether constraints are enabled and trusted.

PostgreSQL knows both states: NOT ENFORCED is `is_disabled`, NOT VALID is `is_not_trusted`.
A constraint changes between them by being made again under its name.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import alias_types, evaluate, refusal
from sandbox.azuresql.tsql.ddl import altered_columns, columns, dependents, keys, running
from sandbox.azuresql.tsql.ddl.constraints import (
    constraint_sql,
    table_constraint,
)
from sandbox.azuresql.tsql.ddl.foreign_keys import around_foreign_key
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.held_keys import drop_triggers
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts, quote
from sandbox.azuresql.tsql.ordering import split
from sandbox.azuresql.tsql.scope import Context, Relation
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool, read_text
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_CONSTRAINTS = """
SELECT k.conname::text, k.contype::text, pg_get_constraintdef(k.oid),
       obj_description(k.oid, 'pg_constraint'),
       coalesce(quote_ident(n.nspname) || '.' || quote_ident(f.relname), ''),
       k.conenforced, k.convalidated
FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_namespace n ON n.oid = f.relnamespace
WHERE k.conrelid = $1::text::regclass AND k.contype IN ('f', 'c', 'p', 'u') ORDER BY k.conname
"""


async def alter_table(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("ALTER", "TABLE")
    name = ObjectName.of(walk.need("table_reference"))
    session = interpreter.session
    relations = await evaluate.load(session, node)
    relation = running.must_exist(Context(relations), name, node)
    running.require(interpreter, "ALTER", name, node)
    trusted: bool | None = None
    if walk.words("WITH", "NOCHECK"):
        trusted = False
    elif walk.words("WITH", "CHECK"):
        trusted = True
    statements: list[str]
    if walk.words("ADD"):
        text = running.text_of(interpreter, node)
        known = await keys.of(session.link, relation)
        context = Context(relations, aliases=await alias_types.load(session, node))
        statements = _added(walk, name, relation, context, text, trusted is not False, known)
        await evaluate.ensure_collations(session, context.collations)
    elif walk.words("DROP"):
        statements = drop_triggers(relation)
        statements += await _dropped(interpreter, walk, name, relation)
    elif walk.words("ALTER", "COLUMN"):
        context = Context(relations, aliases=await alias_types.load(session, node))
        column = walk.need("column_definition")
        changed = columns.read_column(column, relation.name, context.aliases)
        statements = drop_triggers(relation)
        statements += altered_columns.altered(changed, relation, context, node)
        await dependents.check_change(session.link, relation, changed, node)
        interpreter.target = _changed(relation, changed)
        await evaluate.ensure_collations(session, context.collations)
    elif (word := walk.any_word("CHECK", "NOCHECK")) is not None:
        walk.need_words("CONSTRAINT")
        statements = await _switched(
            interpreter, walk.rest, relation, enabled=word == "CHECK", validate=trusted is True
        )
        walk = Walk(node, [])
    elif (word := walk.any_word("ENABLE", "DISABLE")) is not None:
        walk.need_words("TRIGGER")
        statements = [trigger_switch(relation, walk.rest, enabled=word == "ENABLE")]
        walk = Walk(node, [])
    else:
        raise refusal.unknown(walk.here or node)
    walk.done()
    if statements:
        async for result in running.run(interpreter, statements, node):
            yield result


def _changed(relation: Relation, definition: columns.Definition) -> Relation:
    """The table with the column's new type: what an error of a value that does not fit names."""
    return replace(
        relation,
        columns=tuple(
            replace(column, type=definition.type)
            for column in relation.columns
            if fold(column.name) == fold(definition.name)
        ),
    )


def _added(
    walk: Walk,
    name: ObjectName,
    relation: Relation,
    context: Context,
    text: str,
    trusted: bool,
    known: keys.Keys,
) -> list[str]:
    first = walk.here
    if first is not None and first.kind == "column_constraint_segment":
        return altered_columns.default_for(walk, name, relation, context, text)
    statements: list[str] = []
    there = list(relation.columns)
    for group in split(walk.rest):
        item = group[0]
        if item.kind == "table_constraint":
            constraint = table_constraint(item, relation.name)
            keys.check_added(constraint, there, known, name, item.line)
            table = ObjectName(relation.schema, relation.name) if not name.temporary else name
            statements += constraint_sql(
                constraint,
                table,
                there,
                context,
                text,
                trusted=trusted,
                line=item.line,
            )
        elif item.kind in ("column_definition", "computed_column_definition"):
            definition = columns.read_column(item, relation.name, context.aliases)
            keys.settle(definition.constraints, name, item.line, clustered=bool(known.clustered))
            statements += altered_columns.added(definition, name, relation, context, text)
            there.append(definition.column)
        else:
            raise refusal.unknown(item)
    while walk.here is not None:
        walk.skip()
    return statements


async def _dropped(
    interpreter: Interpreter, walk: Walk, name: ObjectName, relation: Relation
) -> list[str]:
    kind = walk.any_word("COLUMN", "CONSTRAINT") or "CONSTRAINT"
    tolerant = walk.words("IF", "EXISTS")
    names = [parts(node)[-1] for node in walk.rest if node.kind != "comma"]
    line = walk.node.line
    while walk.here is not None:
        walk.skip()
    statements: list[str] = []
    known = await _known(interpreter, relation)
    for wanted in names:
        if kind == "COLUMN":
            column = relation.column(wanted)
            if column is None:
                if tolerant:
                    continue
                raise Refused(
                    4924,
                    f"ALTER TABLE DROP COLUMN failed because column '{wanted}' does not exist in "
                    f"table '{relation.name}'.",
                    line=line,
                )
            await dependents.check_drop(interpreter.session.link, relation, column, walk.node)
            statements.append(f"ALTER TABLE {relation.sql} DROP COLUMN {column.sql}")
            continue
        statement = _constraint_drop(wanted, relation, known) or await _default_drop(
            interpreter, wanted, relation
        )
        if statement:
            statements += statement
        elif not tolerant:
            raise Refused(3728, f"'{wanted}' is not a constraint.", line=line)
    return statements


def _constraint_drop(wanted: str, relation: Relation, known: list[list[bytes | None]]) -> list[str]:
    for row in known:
        if read_text(row[0]) == fold(wanted):
            return [f"ALTER TABLE {relation.sql} DROP CONSTRAINT {quote(fold(wanted))}"]
    return []


async def _default_drop(interpreter: Interpreter, wanted: str, relation: Relation) -> list[str]:
    rows, _ = await interpreter.session.link.fetch(
        "SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = $1::text::regclass "
        "AND lower(col_description(a.attrelid, a.attnum)::jsonb ->> 'default_name') = lower($2)",
        [Value(25, relation.sql.encode()), Value(25, wanted.encode())],
    )
    if not rows:
        return []
    column = quote(read_text(rows[0][0]))
    return [
        f"ALTER TABLE {relation.sql} ALTER COLUMN {column} DROP DEFAULT",
        altered_columns.merge_notes(relation, column, {"default": None, "default_name": None}),
    ]


async def _known(interpreter: Interpreter, relation: Relation) -> list[list[bytes | None]]:
    rows, _ = await interpreter.session.link.fetch(_CONSTRAINTS, [Value(25, relation.sql.encode())])
    return rows


async def _switched(
    interpreter: Interpreter,
    nodes: list[Node],
    relation: Relation,
    *,
    enabled: bool,
    validate: bool,
) -> list[str]:
    """CHECK or NOCHECK CONSTRAINT: the constraints made again in their new state."""
    known = [row for row in await _known(interpreter, relation) if row[1] in (b"f", b"c")]
    everything = len(nodes) == 1 and nodes[0].word == "ALL"
    wanted = [] if everything else [parts(n)[-1] for n in nodes if n.kind != "comma"]
    for name in wanted:
        if not any(read_text(row[0]) == fold(name) for row in known):
            raise Refused(4917, f"Constraint '{name}' does not exist.", state=0, line=nodes[0].line)
    statements: list[str] = []
    for row in known:
        if everything or read_text(row[0]) in [fold(name) for name in wanted]:
            statements += _again(row, relation, enabled=enabled, validate=validate)
    return statements


def _again(
    row: list[bytes | None], relation: Relation, *, enabled: bool, validate: bool
) -> list[str]:
    name, kind, definition, comment, referenced = (read_text(value) for value in row[:5])
    enforced, valid = read_bool(row[5]), read_bool(row[6])
    if enforced == enabled and (valid or not validate):
        return []
    if enforced and enabled:
        # Reads and writes go on meanwhile; made anew, it would lock both tables against them.
        return [f"ALTER TABLE {relation.sql} VALIDATE CONSTRAINT {quote(name)}"]
    body = definition.removesuffix(" NOT VALID").removesuffix(" NOT ENFORCED")
    state = "" if enabled and validate else " NOT VALID" if enabled else " NOT ENFORCED"
    made = f"ALTER TABLE {relation.sql} ADD CONSTRAINT {quote(name)} {body}{state}"
    statements = [f"ALTER TABLE {relation.sql} DROP CONSTRAINT {quote(name)}"]
    statements += around_foreign_key(referenced, made) if kind == "f" else [made]
    if comment:
        statements.append(
            f"COMMENT ON CONSTRAINT {quote(name)} ON {relation.sql} IS {literal(comment)}"
        )
    return statements


def trigger_switch(relation: Relation, nodes: list[Node], *, enabled: bool) -> str:
    """ENABLE or DISABLE TRIGGER: what sys.triggers shows. Raises Refused 4917 in PostgreSQL."""
    names = [parts(node)[-1] for node in nodes if node.kind != "comma"]
    state = "false" if enabled else "true"
    where = f"parent_id = {relation.oid}"
    if [name.upper() for name in names] == ["ALL"]:
        return f"UPDATE store.triggers SET is_disabled = {state} WHERE {where}"
    listed = ", ".join(f"lower({literal(name)})" for name in names)
    return f"CALL store.switch_triggers({relation.oid}, ARRAY[{listed}], {state})"
