"""What INSERT, UPDATE, DELETE and MERGE have in common: the target, assignments, TOP, hints."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import queries, refusal, types
from sandbox.azuresql.tsql.expression import Expression, cast, reads
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.hints import hints
from sandbox.azuresql.tsql.names import ObjectName, fold, parts
from sandbox.azuresql.tsql.scope import Column, Context, Output, Relation, Scope
from sandbox.azuresql.tsql.sources import table_variable
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.variants import VARIANT
from sandbox.azuresql.tsql.walk import Walk, listed


@dataclass(slots=True)
class Change:
    """A statement that changes rows of one table."""

    sql: str
    target: Relation
    outputs: list[Output] | None = None
    identity_given: bool = False
    columns_listed: bool = True
    variables: list[str] = field(default_factory=list)
    """Variables that take the last row's values, in the order of RETURNING."""


def assigned(value: Expression, column: Column) -> str:
    """The value as an assignment to the column takes it. Raises Refused 257."""
    if column.type is not None and (column.type == VARIANT or reads(value, column.type)):
        return cast(value, column.type).text
    if value.open or value.type is None or column.type is None:
        return value.text
    source, target = value.type.name, column.type.name
    if source in ("decimal", "float", "real", "money") and target in types.INTEGERS[1:]:
        return cast(value, column.type).text
    if source in types.STRINGS and target in types.BINARIES:
        raise Refused(
            257,
            f"Implicit conversion from data type {source} to {target} is not allowed. Use the "
            "CONVERT function to run this query.",
            state=3,
        )
    if source not in types.STRINGS and target in types.STRINGS and source in types.TIMES:
        return cast(value, column.type).text
    return value.text


def readonly(parameter: str, line: int) -> Refused:
    """Error 10700."""
    text = f'The table-valued parameter "{parameter}" is READONLY and cannot be modified.'
    return Refused(10700, text, line=line)


def target_of(node: Node, context: Context) -> tuple[ObjectName, Relation]:
    if next(node.tokens()).kind == "parameter":
        name = ObjectName("", table_variable(node.text))
        if context.relation(name, node).readonly:
            raise readonly(node.text, node.line)
    else:
        name = ObjectName.of(node)
        if not name.schema and fold(name.name) in context.common:
            raise refusal.unknown(node, "a change of a common table expression")
    return name, context.relation(name, node)


def refuse_generated(column: Column, relation: Relation, node: Node) -> None:
    if column.generated:
        if column.type is not None and column.type.name == "rowversion":
            raise Refused(
                273,
                "Cannot insert an explicit value into a timestamp column. Use INSERT with a column "
                "list to exclude the timestamp column, or insert a DEFAULT into the timestamp "
                "column.",
                line=node.line,
            )
        raise Refused(
            271,
            f'The column "{column.name}" cannot be modified because it is either a computed '
            "column or is the result of a UNION operator.",
            line=node.line,
        )


def insert_columns(given: Node | None, relation: Relation) -> tuple[list[Column], bool]:
    if given is None:
        return [
            column for column in relation.columns if not column.generated and not column.identity
        ], False
    columns: list[Column] = []
    for (reference,) in listed(given):
        name = parts(reference)[-1]
        column = relation.column(name)
        if column is None:
            raise refusal.no_column(name, reference.line)
        refuse_generated(column, relation, reference)
        columns.append(column)
    return columns, True


def suggest(context: Context, node: Node, column: Column) -> None:
    """An undeclared variable that a column takes has the column's type."""
    if context.undeclared is not None and node.kind == "parameter" and column.type is not None:
        context.suggested.setdefault(node.text.lower(), column.type)


def top_rows(walk: Walk, context: Context) -> str:
    if not walk.words("TOP"):
        return ""
    expressions = Expressions(context, Scope(), queries.query)
    return expressions.value([walk.skip()], walk.node).wrapped


def table_hints(walk: Walk) -> list[str]:
    node = walk.kind("post_table_expression")
    return hints(node) if node is not None else []
