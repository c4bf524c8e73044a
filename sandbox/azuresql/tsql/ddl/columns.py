"""Column definitions: types, identities, defaults, computed columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import normal_form, queries, refusal, types
from sandbox.azuresql.tsql.changes import assigned
from sandbox.azuresql.tsql.ddl.constraints import Constraint, column_constraint, generated_name
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts, plain, quote
from sandbox.azuresql.tsql.scope import Column, Context, Scope, Source
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
    counter: str = ""
    """The sequence of an identity that PostgreSQL has none for."""

    @property
    def column(self) -> Column:
        return Column(
            self.name, self.type, self.nullable is not False, computed=bool(self.computed)
        )


_IDENTITIES = frozenset({"smallint", "int", "bigint"})


def read_column(node: Node, table: str) -> Definition:
    """A `column_definition` or `computed_column_definition`."""
    walk = Walk(node)
    name = plain(walk.need("naked_identifier", "quoted_identifier").text)
    if node.kind == "computed_column_definition":
        return _computed(name, node, walk)
    found = Definition(name, types.read_type(walk.need("data_type")), node)
    while walk.here is not None:
        _segment(found, walk.need("column_constraint_segment"), table)
    if found.identity is not None:
        if found.type is None or found.type.name not in _IDENTITIES:
            _countable(found, node)
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
        pieces.append(_identity(found))
        notes["seed"], notes["increment"] = found.identity
    if found.type.name == "rowversion":
        pieces.append("DEFAULT store.next_version()")
    if found.default is not None:
        pieces.append(f"DEFAULT {default_sql(found.default_nodes, found, context)}")
        notes["default"] = normal_form.definition(found.default_nodes, text)
        notes["default_name"] = found.default_name
    if found.nullable is False:
        pieces.append("NOT NULL")
    return " ".join(pieces), notes


def _countable(found: Definition, node: Node) -> None:
    """Raises Refused 2749 for a type that no identity may have."""
    type = found.type
    if type is None or not (type.name == "tinyint" or (type.name == "decimal" and not type.scale)):
        raise Refused(
            2749,
            f"Identity column '{found.name}' must be of data type int, bigint, smallint, tinyint, "
            "or decimal or numeric with a scale of 0, unencrypted, and constrained to be "
            "nonnullable.",
            state=2,
            line=node.line,
        )


def two_identities(table: ObjectName, node: Node) -> Refused:
    text = f"Multiple identity columns specified for table '{table}'. Only one identity column per "
    return Refused(2744, f"{text}table is allowed.", state=2, line=node.line)


def _identity(found: Definition) -> str:
    """PostgreSQL numbers its own integers; a tinyint or decimal counts by a sequence beside it."""
    assert found.type is not None
    assert found.identity is not None
    if found.type.name in _IDENTITIES:
        return identity_clause(found.type, *found.identity)
    call = f"nextval({literal(found.counter)}::regclass)"
    return f"DEFAULT {call}::{types.postgresql(found.type)}"


def counter(found: Definition, table: ObjectName) -> tuple[list[str], list[str]]:
    """What makes the sequence of such an identity before its column, and ties it to that after."""
    if found.identity is None or found.type is None or found.type.name in _IDENTITIES:
        return [], []
    name = quote(fold(f"{table.name}.{found.name} identity"))
    schema = table.folded_schema if table.temporary else quote(table.folded_schema)
    found.counter = f"{schema}.{name}"
    least, most = 0, 255
    if found.type.name == "decimal":
        most = min(10**found.type.precision, 2**63) - 1
        least = -most
    seed, increment = found.identity
    temporary = "TEMPORARY " if table.temporary else ""
    made = (
        f"CREATE {temporary}SEQUENCE {name if temporary else found.counter} AS int8 START {seed} "
        f"INCREMENT {increment} MINVALUE {least} MAXVALUE {most}"
    )
    owner = f"{table.sql}.{quote(fold(found.name))}"
    return [made], [f"ALTER SEQUENCE {found.counter} OWNED BY {owner}"]


def identity_clause(type: SqlType, seed: int, increment: int) -> str:
    """GENERATED BY DEFAULT: whether a value may be given is IDENTITY_INSERT's business."""
    longest = {"smallint": 2**15, "int": 2**31, "bigint": 2**63}[type.name]
    return (
        f"GENERATED BY DEFAULT AS IDENTITY (START WITH {seed} INCREMENT BY {increment} "
        f"MINVALUE {-longest} MAXVALUE {longest - 1})"
    )


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


def columns_of(bracketed: Node, table: str) -> tuple[list[Definition], list[list[Node]]]:
    """The column definitions of CREATE TABLE's list, and its other items."""
    found: list[Definition] = []
    others: list[list[Node]] = []
    for group in listed(bracketed):
        if group[0].kind in ("column_definition", "computed_column_definition"):
            found.append(read_column(group[0], table))
        else:
            others.append(group)
    return found, others


def relation_name(name: ObjectName) -> str:
    """The name as CREATE TABLE takes it: temporary tables have no schema there."""
    return quote(fold(name.name)) if name.temporary else name.sql
