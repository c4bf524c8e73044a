"""Column definitions: types, identities, defaults, computed columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import alias_types, normal_form, queries, refusal, types
from sandbox.azuresql.tsql.changes import assigned
from sandbox.azuresql.tsql.ddl import identity_columns
from sandbox.azuresql.tsql.ddl.constraints import Constraint, column_constraint, generated_name
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import ObjectName, fold, parts, plain, quote
from sandbox.azuresql.tsql.scope import Alias, Column, Context, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed


@dataclass(slots=True)
class Definition:
    """A column as CREATE or ALTER TABLE writes it; `notes` go into its comment."""

    name: str
    type: SqlType | None
    node: Node
    nullable: bool | None = None
    collation: str | None = None
    identity: tuple[int, int] | None = None
    default: Node | None = None
    default_nodes: list[Node] = field(default_factory=list)
    default_name: str = ""
    with_values: bool = False
    """Rows that are there already take the default of a new column too."""
    computed: list[Node] = field(default_factory=list)
    persisted: bool = False
    constraints: list[Constraint] = field(default_factory=list)
    alias: Alias | None = None
    """The type of the user's that it was declared with."""
    counter: str = ""
    """The sequence of an identity that PostgreSQL has none for."""

    @property
    def column(self) -> Column:
        return Column(
            self.name, self.type, self.nullable is not False, computed=bool(self.computed)
        )


def read_column(node: Node, table: str, aliases: Mapping[tuple[str, str], Alias]) -> Definition:
    """A `column_definition` or `computed_column_definition`."""
    walk = Walk(node)
    name = plain(walk.need("naked_identifier", "quoted_identifier").text)
    if node.kind == "computed_column_definition":
        return _computed(name, node, walk)
    type, alias = alias_types.read(walk.need("data_type"), aliases)
    found = Definition(name, type, node, alias=alias)
    while walk.here is not None:
        _segment(found, walk.need("column_constraint_segment"), table)
    if alias is not None and found.nullable is None and not alias.nullable:
        found.nullable = False
    if found.identity is not None:
        if type.name not in identity_columns.NATIVE:
            identity_columns.check_type(found.name, type, node)
        if found.nullable:
            raise Refused(
                8147,
                f"Could not create IDENTITY attribute on nullable column '{name}', table "
                f"'{table}'.",
                line=node.line,
            )
        found.nullable = False
    if found.type is not None and found.type.name == "rowversion":
        found.nullable = False
    return found


def _computed(name: str, node: Node, walk: Walk) -> Definition:
    found = Definition(name, None, node)
    walk.need_words("AS")
    while walk.here is not None and walk.here.word != "PERSISTED":
        found.computed.append(walk.skip())
    found.persisted = walk.words("PERSISTED")
    if walk.words("NOT", "NULL"):
        found.nullable = False
    walk.done()
    return found


def _segment(found: Definition, node: Node, table: str) -> None:
    walk = Walk(node)
    name = ""
    if walk.words("CONSTRAINT"):
        name = parts(walk.need("object_reference"))[-1]
    identity = walk.kind("identity_grammar")
    if identity is not None:
        numbers = [int(t.text) for t in identity.tokens() if t.kind == "numeric_literal"]
        found.identity = (numbers[0], numbers[1]) if numbers else (1, 1)
        walk.done()
        return
    if walk.words("NOT", "NULL"):
        found.nullable = False
    elif walk.kind("null_literal") or walk.words("NULL"):
        found.nullable = True
    elif walk.words("COLLATE"):
        found.collation = plain(walk.skip().text)
    elif walk.words("DEFAULT"):
        found.default = node
        found.default_nodes = walk.rest
        if [rest.word for rest in found.default_nodes[-2:]] == ["WITH", "VALUES"]:
            found.default_nodes, found.with_values = found.default_nodes[:-2], True
        found.default_name = name or generated_name("DF", table, found.name)
        return
    elif walk.words("ROWGUIDCOL"):
        pass
    else:
        found.constraints.append(column_constraint(name, node, walk, found.name, table))
    walk.done()


def column_sql(
    found: Definition, columns: list[Column], context: Context, text: str
) -> tuple[str, dict[str, Any]]:
    """The column in PostgreSQL's words, and the notes for its comment."""
    notes: dict[str, Any] = {}
    name = quote(fold(found.name))
    if fold(found.name) != found.name:
        notes["name"] = found.name
    if found.computed:
        return _computed_sql(found, columns, context, text, notes)
    assert found.type is not None
    pieces = [name, types.postgresql(found.type)]
    if found.type.name in types.STRINGS:
        pieces.append(
            f"COLLATE {types.collation(context.collation(found.collation or 'database_default'))}"
        )
    elif found.collation:
        raise Refused(
            452, "COLLATE clause cannot be used on expressions containing a COLLATE clause."
        )
    if found.identity is not None:
        pieces.append(identity_columns.clause(found.type, found.identity, found.counter))
        notes["seed"], notes["increment"] = found.identity
    if found.type.name == "rowversion":
        pieces.append("DEFAULT store.next_version()")
    if found.alias is not None:
        notes["user_type"] = found.alias.id
    if found.default is not None:
        pieces.append(f"DEFAULT {default_sql(found.default_nodes, found, context)}")
        notes["default"] = normal_form.definition(found.default_nodes, text)
        notes["default_name"] = found.default_name
    if found.nullable is False:
        pieces.append("NOT NULL")
    return " ".join(pieces), notes


def counter(found: Definition, table: ObjectName) -> tuple[list[str], list[str]]:
    """What an identity that PostgreSQL has none of needs before its column and after it."""
    if found.identity is None or found.type is None or found.type.name in identity_columns.NATIVE:
        return [], []
    found.counter, before, after = identity_columns.counter(
        found.name, found.type, found.identity, table
    )
    return before, after


def default_sql(nodes: list[Node], found: Definition, context: Context) -> str:
    value = Expressions(context, Scope(), queries.query).value(nodes, found.node)
    if value.open and found.type is not None and value.plain is not None:
        return f"{value.text}::{types.postgresql(found.type)}"
    return f"({assigned(value, found.column)})"


def _computed_sql(
    found: Definition, columns: list[Column], context: Context, text: str, notes: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    scope = Scope(None, [Source("", "", tuple(columns))])
    value = Expressions(context, scope, queries.query).value(found.computed, found.node)
    if value.type is None:
        raise refusal.unknown(found.node, "a computed column of unknown type")
    found.type = value.type
    notes["computed"] = normal_form.definition(found.computed, text, columns)
    notes["persisted"] = found.persisted
    name = quote(fold(found.name))
    collation = ""
    if value.type.name in types.STRINGS:
        collation = f" COLLATE {types.collation(context.collation('database_default'))}"
    null = " NOT NULL" if found.nullable is False else ""
    type = types.postgresql(value.type)
    made = f"{name} {type}{collation} GENERATED ALWAYS AS ({value.text}) STORED{null}"
    return made, notes


def columns_of(
    bracketed: Node, table: str, aliases: Mapping[tuple[str, str], Alias]
) -> tuple[list[Definition], list[list[Node]]]:
    """The column definitions of CREATE TABLE's list, and its other items."""
    found: list[Definition] = []
    others: list[list[Node]] = []
    for group in listed(bracketed):
        if group[0].kind in ("column_definition", "computed_column_definition"):
            found.append(read_column(group[0], table, aliases))
        else:
            others.append(group)
    return found, others


def relation_name(name: ObjectName) -> str:
    """The name as CREATE TABLE takes it: temporary tables have no schema there."""
    return quote(fold(name.name)) if name.temporary else name.sql
