"""INSERT, UPDATE, DELETE and their OUTPUT, as one PostgreSQL statement each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import queries, refusal, sources, types
from sandbox.azuresql.tsql.aggregates import split
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import ObjectName, fold, parts, plain, quote
from sandbox.azuresql.tsql.scope import Column, Context, Output, Relation, Scope, Source
from sandbox.azuresql.tsql.sources import Element, From, hints, row_lock, table_variable
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

_JOINED: Final = frozenset({"", "JOIN", "CROSS JOIN"})
"""Joins that may become a comma list with their conditions in WHERE."""


@dataclass(slots=True)
class Change:
    """A statement that changes rows of one table."""

    sql: str
    target: Relation
    outputs: list[Output] | None = None
    identity_given: bool = False
    columns_listed: bool = True


@dataclass(slots=True)
class _Output:
    """OUTPUT: the RETURNING clause and the table that takes it, if any."""

    returning: str = ""
    outputs: list[Output] = field(default_factory=list)
    into: str = ""

    def around(self, sql: str) -> str:
        if not self.returning:
            return sql
        if not self.into:
            return f"{sql} {self.returning}"
        return f'WITH "output" AS ({sql} {self.returning}) {self.into} SELECT * FROM "output"'

    @property
    def shown(self) -> list[Output] | None:
        return self.outputs if self.returning and not self.into else None


def assigned(value: Expression, column: Column) -> str:
    """The value as an assignment to the column takes it. Raises Refused 257."""
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


def target_of(node: Node, context: Context) -> tuple[ObjectName, Relation]:
    if node.kind == "parameter":
        name = ObjectName("", table_variable(node.text))
    else:
        name = ObjectName.of(node)
    return name, context.relation(name, node)


def _refuse_view_columns(column: Column, relation: Relation, node: Node) -> None:
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


def insert(node: Node, context: Context, prefix: str = "") -> Change:
    """`INSERT INTO t (…) OUTPUT … VALUES | SELECT | DEFAULT VALUES`."""
    walk = Walk(node)
    walk.need_words("INSERT")
    top = _top(walk, context)
    walk.words("INTO")
    name, relation = target_of(walk.need("table_reference", "parameter"), context)
    context.require("INSERT", name)
    _hints(walk)
    given = walk.kind("bracketed")
    columns, listed_columns = _insert_columns(given, relation)
    output = _output(walk, context, relation, Scope(), "INSERT")
    into = f"INSERT INTO {relation.sql}"
    names = ", ".join(column.sql for column in columns)
    if walk.words("DEFAULT", "VALUES"):
        body = "DEFAULT VALUES"
    else:
        source = walk.skip()
        body = f"({names}) {_rows(source, columns, context, top, node)}"
    queries.options(walk)
    walk.done()
    identity = relation.identity
    return Change(
        prefix + output.around(f"{into} {body}")
        if not output.into
        else output.around(f"{prefix}{into} {body}"),
        relation,
        output.shown,
        identity is not None and identity in columns,
        listed_columns,
    )


def _insert_columns(given: Node | None, relation: Relation) -> tuple[list[Column], bool]:
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
        _refuse_view_columns(column, relation, reference)
        columns.append(column)
    return columns, True


def _rows(source: Node, columns: list[Column], context: Context, top: str, node: Node) -> str:
    if source.kind == "values_clause":
        return _values(source, columns, context)
    text, outputs = queries.query(source, context, None)
    if len(outputs) != len(columns):
        more = len(outputs) > len(columns)
        raise Refused(
            121 if more else 120,
            f"The select list for the INSERT statement contains {'more' if more else 'fewer'} "
            "items than the insert list. The number of SELECT values must match the number of "
            "INSERT columns.",
            15,
            line=node.line,
        )
    return f"SELECT * FROM ({text}) AS s LIMIT {top}" if top else text


def _values(node: Node, columns: list[Column], context: Context) -> str:
    expressions = Expressions(context, Scope(), queries.query)
    walk = Walk(node)
    walk.need_words("VALUES")
    rows: list[str] = []
    while (row := walk.kind("bracketed", "comma")) is not None:
        if row.kind == "comma":
            continue
        groups = listed(row)
        if len(groups) != len(columns):
            raise Refused(
                110 if len(groups) > len(columns) else 109,
                "The number of columns in the INSERT statement does not match the number of "
                "values specified in the VALUES clause.",
                15,
                line=row.line,
            )
        cells = [
            _cell(group, column, expressions, row)
            for group, column in zip(groups, columns, strict=True)
        ]
        rows.append(f"({', '.join(cells)})")
    walk.done()
    if len(rows) > 1000:
        raise Refused(
            10738,
            "The number of row value expressions in the INSERT statement exceeds the maximum "
            "allowed number of 1000 row values.",
            15,
            line=node.line,
        )
    return "VALUES " + ", ".join(rows)


def _cell(group: list[Node], column: Column, expressions: Expressions, row: Node) -> str:
    only = group[0]
    while only.kind == "expression" and len(only.children) == 1:
        only = only.children[0]
    if len(group) == 1 and only.word == "DEFAULT" and only.kind == "keyword":
        return "DEFAULT"
    suggest(expressions.context, only, column)
    return assigned(expressions.value(group, row), column)


def suggest(context: Context, node: Node, column: Column) -> None:
    """An undeclared variable that a column takes has the column's type."""
    if context.undeclared is not None and node.kind == "parameter" and column.type is not None:
        context.suggested.setdefault(node.text.lower(), column.type)


def _top(walk: Walk, context: Context) -> str:
    if not walk.words("TOP"):
        return ""
    expressions = Expressions(context, Scope(), queries.query)
    return expressions.value([walk.skip()], walk.node).wrapped


def _hints(walk: Walk) -> list[str]:
    node = walk.kind("post_table_expression")
    return hints(node) if node is not None else []


def _output(
    walk: Walk, context: Context, relation: Relation, scope: Scope, command: str
) -> _Output:
    node = walk.kind("output_clause")
    if node is None:
        return _Output()
    sides = ["inserted"] if command == "INSERT" else ["deleted"] if command == "DELETE" else None
    for side in sides or ["inserted", "deleted"]:
        scope.sources.append(Source(side, quote(side), relation.columns))
    expressions = Expressions(context, scope, queries.query)
    part = Walk(node)
    part.need_words("OUTPUT")
    rest = part.rest
    place = next((n for n, child in enumerate(rest) if child.word == "INTO"), len(rest))
    output = _Output()
    items: list[str] = []
    for group in split(rest[:place]):
        _output_item(group, expressions, items, output, node)
    output.returning = f'RETURNING WITH (OLD AS "deleted", NEW AS "inserted") {", ".join(items)}'
    if place < len(rest):
        output.into = _output_into(rest[place + 1 :], context, len(items), node)
    return output


def _output_into(rest: list[Node], context: Context, count: int, node: Node) -> str:
    walk = Walk(node, rest)
    name, relation = target_of(walk.need("table_reference", "parameter"), context)
    context.require("INSERT", name)
    given = walk.kind("bracketed")
    walk.done()
    columns, _ = _insert_columns(given, relation)
    if len(columns) != count:
        raise Refused(
            213,
            "Column name or number of supplied values does not match table definition.",
            line=node.line,
        )
    return f"INSERT INTO {relation.sql} ({', '.join(column.sql for column in columns)})"


def _output_item(
    group: list[Node], expressions: Expressions, items: list[str], output: _Output, node: Node
) -> None:
    alias = next((child for child in group if child.kind == "alias_expression"), None)
    group = [child for child in group if child is not alias]
    first = group[0]
    if first.kind == "action_parameter":
        items.append("merge_action()::sys.nvarchar")
        output.outputs.append(Output("$action", None))
        return
    if first.word in ("INSERTED", "DELETED") and len(group) == 3:
        last = group[-1]
        if last.kind in ("wildcard_identifier", "star"):
            (source,) = expressions.scope.named([first.text])
            for column in source.columns:
                items.append(f"{source.sql}.{column.sql} AS {column.sql}")
                output.outputs.append(Output(column.name, column.type, column))
            return
        reference = Node("column_reference", "", first.line, group)
        value = expressions.value([reference], node)
        name = plain(last.text)
    else:
        value = expressions.value(group, node)
        name = ""
    if alias is not None:
        name = plain([token for token in alias.tokens() if token.word != "AS"][-1].text)
    items.append(f"{value.text} AS {quote(fold(name))}" if name else value.text)
    output.outputs.append(Output(name, value.type, value.column, value.open))


# --- UPDATE and DELETE --------------------------------------------------------------------------


@dataclass(slots=True)
class _Joined:
    """The target and what it is joined with."""

    name: ObjectName
    relation: Relation
    alias: str
    scope: Scope
    origin: From | None = None
    element: Element | None = None
    hints: list[str] = field(default_factory=list)

    @property
    def simple(self) -> bool:
        """Everything is joined so that PostgreSQL's own FROM/USING list can hold it."""
        if self.origin is None:
            return True
        return all(
            element.join in _JOINED
            and not element.nested
            and not element.text.startswith("LATERAL")
            for element in self.origin.elements
        )

    def others(self) -> tuple[str, list[str]]:
        """The other items as a comma list, and all join conditions."""
        assert self.origin is not None
        items = [e.text for e in self.origin.elements if e is not self.element]
        conditions = [e.condition for e in self.origin.elements if e.condition]
        return ", ".join(items), conditions


def _joined(target: Node, origin: Node | None, words: list[str], context: Context) -> _Joined:
    scope = Scope()
    if origin is None:
        name, relation = target_of(target, context)
        alias = quote(fold(relation.name if target.kind != "parameter" else target.text))
        scope.sources.append(
            Source(
                parts(target)[-1] if target.kind != "parameter" else target.text,
                alias,
                relation.columns,
                relation.schema,
            )
        )
        return _Joined(name, relation, alias, scope, hints=words)
    found = sources.from_clause(origin, context, scope, queries.query)
    element = _element(target, found)
    if element is None:
        name, relation = target_of(target, context)
        alias = quote(fold(relation.name))
        source = Source(parts(target)[-1], alias, relation.columns, relation.schema)
        scope.sources.append(source)
        element = Element(source, f"{relation.sql} AS {alias}")
        found.elements.append(element)
        found.text += f", {element.text}"
        return _Joined(name, relation, alias, scope, found, element, words)
    assert element.relation is not None
    relation = context.relation(element.relation, target)
    return _Joined(element.relation, relation, element.source.sql, scope, found, element, words)


def _element(target: Node, found: From) -> Element | None:
    """The item of FROM that the statement's target names: by alias first, else by table."""
    names = parts(target)
    if len(names) == 1:
        for element in found.elements:
            if fold(element.source.alias) == fold(names[0]) and element.relation is not None:
                return element
    key = ObjectName.from_parts(names).key
    same = [e for e in found.elements if e.relation is not None and e.relation.key == key]
    if len(same) > 1:
        raise Refused(8154, f"The table '{names[-1]}' is ambiguous.", line=target.line)
    return same[0] if same else None


def _where(walk: Walk, expressions: Expressions) -> list[str]:
    node = walk.kind("where_clause")
    return [queries.condition_of(node, expressions)] if node is not None else []


def _all(conditions: list[str]) -> str:
    if len(conditions) == 1:
        return conditions[0]
    return " AND ".join(f"({condition})" for condition in conditions)


def _chosen(joined: _Joined, conditions: list[str], top: str) -> str:
    """The rows that TOP leaves, by their place in the table."""
    lock = row_lock(joined.hints, joined.alias) or ""
    if joined.origin is None:
        source = f"{joined.relation.sql} AS {joined.alias}"
    else:
        source = joined.origin.text
    where = f" WHERE {_all(conditions)}" if conditions else ""
    tail = f" {lock}" if lock else ""
    return f"ARRAY(SELECT {joined.alias}.ctid FROM {source}{where} LIMIT {top}{tail})"


def update(node: Node, context: Context, prefix: str = "") -> Change:
    """`UPDATE [TOP (n)] t SET … OUTPUT … FROM … WHERE …`."""
    walk = Walk(node)
    walk.need_words("UPDATE")
    top = _top(walk, context)
    target = walk.need("table_reference", "parameter")
    words = _hints(walk)
    clauses = walk.need("set_clause_list")
    output_node = walk.kind("output_clause")
    joined = _joined(target, walk.kind("from_clause"), words, context)
    context.require("UPDATE", joined.name)
    expressions = Expressions(context, joined.scope, queries.query)
    assignments = _assignments(clauses, joined.relation, expressions)
    conditions = _where(walk, expressions)
    queries.options(walk)
    walk.done()
    output = _after(output_node, context, joined, "UPDATE")
    sql = _update_text(joined, assignments, conditions, top)
    return Change(_prefixed(prefix, sql, output), joined.relation, output.shown)


def _after(node: Node | None, context: Context, joined: _Joined, command: str) -> _Output:
    """OUTPUT stands before FROM but sees its tables."""
    holder = Node("output", "", 0, [node] if node is not None else [])
    scope = Scope(None, list(joined.scope.sources))
    return _output(Walk(holder), context, joined.relation, scope, command)


def _prefixed(prefix: str, sql: str, output: _Output) -> str:
    if output.into and prefix:
        return output.around(f"{prefix}{sql}")
    return prefix + output.around(sql)


def _update_text(joined: _Joined, assignments: str, conditions: list[str], top: str) -> str:
    table, alias = joined.relation.sql, joined.alias
    if joined.origin is None:
        if top:
            conditions = [f"{alias}.ctid = ANY ({_chosen(joined, conditions, top)})"]
        where = f" WHERE {_all(conditions)}" if conditions else ""
        return f"UPDATE {table} AS {alias} SET {assignments}{where}"
    if joined.simple and not top:
        others, joins = joined.others()
        where = f" WHERE {_all(joins + conditions)}" if joins or conditions else ""
        source = f" FROM {others}" if others else ""
        return f"UPDATE {table} AS {alias} SET {assignments}{source}{where}"
    same = [f'"~target".ctid = {alias}.ctid', *conditions]
    if top:
        same.append(f"{alias}.ctid = ANY ({_chosen(joined, conditions, top)})")
    return (
        f'UPDATE {table} AS "~target" SET {assignments} FROM {joined.origin.text} '
        f"WHERE {_all(same)}"
    )


def _assignments(clauses: Node, relation: Relation, expressions: Expressions) -> str:
    walk = Walk(clauses)
    walk.need_words("SET")
    found: list[str] = []
    while (clause := walk.kind("set_clause", "comma")) is not None:
        if clause.kind == "comma":
            continue
        found.append(_assignment(clause, relation, expressions))
    walk.done()
    return ", ".join(found)


def _assignment(clause: Node, relation: Relation, expressions: Expressions) -> str:
    part = Walk(clause)
    reference = part.need("column_reference")
    if reference.children[0].kind == "parameter":
        raise refusal.unknown(clause)
    name = parts(reference)[-1]
    column = relation.column(name)
    if column is None:
        raise refusal.no_column(name, reference.line)
    _refuse_view_columns(column, relation, reference)
    if column.identity:
        raise Refused(8102, f"Cannot update identity column '{column.name}'.", line=clause.line)
    operator = part.need("assignment_operator", "comparison_operator", "raw_comparison_operator")
    sign = "".join(token.text for token in operator.tokens())
    rest = part.rest
    only = (
        rest[0].children[0] if rest and rest[0].kind == "expression" and rest[0].children else None
    )
    if only is not None and only.word == "DEFAULT" and len(rest[0].children) == 1:
        return f"{column.sql} = DEFAULT"
    suggest(expressions.context, only or rest[0], column)
    value = expressions.value(rest, clause)
    if sign != "=":
        current = expressions.value([reference], clause)
        value = expressions._arithmetic(sign[:-1], current, _grouped(value), clause)
    return f"{column.sql} = {assigned(value, column)}"


def _grouped(value: Expression) -> Expression:
    return Expression(value.wrapped, value.type, value.open, value.bound, plain=value.plain)


def delete(node: Node, context: Context, prefix: str = "") -> Change:
    """`DELETE [TOP (n)] [FROM] t OUTPUT … FROM … WHERE …`."""
    walk = Walk(node)
    walk.need_words("DELETE")
    top = _top(walk, context)
    walk.words("FROM")
    target = walk.need("table_reference", "parameter")
    words = _hints(walk)
    output_node = walk.kind("output_clause")
    joined = _joined(target, walk.kind("from_clause"), words, context)
    context.require("DELETE", joined.name)
    expressions = Expressions(context, joined.scope, queries.query)
    conditions = _where(walk, expressions)
    queries.options(walk)
    walk.done()
    output = _after(output_node, context, joined, "DELETE")
    sql = _delete_text(joined, conditions, top)
    return Change(_prefixed(prefix, sql, output), joined.relation, output.shown)


def _delete_text(joined: _Joined, conditions: list[str], top: str) -> str:
    table, alias = joined.relation.sql, joined.alias
    if top:
        where = f"{alias}.ctid = ANY ({_chosen(joined, conditions, top)})"
        return f"DELETE FROM {table} AS {alias} WHERE {where}"
    if joined.origin is None:
        where = f" WHERE {_all(conditions)}" if conditions else ""
        return f"DELETE FROM {table} AS {alias}{where}"
    if joined.simple:
        others, joins = joined.others()
        where = f" WHERE {_all(joins + conditions)}" if joins or conditions else ""
        source = f" USING {others}" if others else ""
        return f"DELETE FROM {table} AS {alias}{source}{where}"
    same = [f'"~target".ctid = {alias}.ctid', *conditions]
    return f'DELETE FROM {table} AS "~target" USING {joined.origin.text} WHERE {_all(same)}'
