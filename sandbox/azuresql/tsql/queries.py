"""Queries: SELECT, set operators, common table expressions."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import for_json, refusal, sources
from sandbox.azuresql.tsql.aggregates import nulls, order_item, split
from sandbox.azuresql.tsql.combining import fitted, merged
from sandbox.azuresql.tsql.derived import common_tables
from sandbox.azuresql.tsql.expression import Expression, collated
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.grouping import grouping
from sandbox.azuresql.tsql.names import ObjectName, fold, parts, plain, quote
from sandbox.azuresql.tsql.scope import Column, Context, Output, Scope
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

_SET_OPERATORS: Final = {
    ("UNION",): "UNION",
    ("UNION", "ALL"): "UNION ALL",
    ("EXCEPT",): "EXCEPT",
    ("INTERSECT",): "INTERSECT",
}


@dataclass(slots=True)
class Select:
    """A SELECT taken apart; `text` puts it together again."""

    items: list[str] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    assignments: list[tuple[str, str, Expression]] = field(default_factory=list)
    """`@x operator value` of a SELECT that assigns."""
    distinct: bool = False
    limit: str = ""
    ties: bool = False
    offset: str = ""
    into: ObjectName | None = None
    source: str = ""
    where: str = ""
    group: str = ""
    having: str = ""
    order: str = ""
    locks: list[str] = field(default_factory=list)
    percent: bool = False
    json: for_json.Json | None = None
    node: Node | None = None

    def text(self) -> str:
        """The query, its rows as JSON where FOR JSON says so."""
        if self.json is not None and self.node is not None:
            return for_json.text_of(self.json, self.rows(), self.outputs, self.node)
        return self.rows()

    @property
    def shown(self) -> list[Output]:
        """The columns of the result."""
        if self.json is not None:
            return [Output(for_json.COLUMN, SqlType("nvarchar", -1), json=True)]
        return self.outputs

    def rows(self) -> str:
        pieces = ["SELECT DISTINCT " if self.distinct else "SELECT ", ", ".join(self.items)]
        pieces.append(self.tail())
        return "".join(pieces)

    def tail(self) -> str:
        """Everything after the select list."""
        clauses = [
            f" FROM {self.source}" if self.source else "",
            f" WHERE {self.where}" if self.where else "",
            f" GROUP BY {self.group}" if self.group else "",
            f" HAVING {self.having}" if self.having else "",
            f" ORDER BY {self.order}" if self.order else "",
            f" OFFSET {self.offset}" if self.offset else "",
        ]
        if self.percent:
            whole = Select(**{**_fields(self), "limit": "", "percent": False, "json": None})
            share = f"ceil(count(*) * {self.limit} / 100.0)::int8"
            clauses.append(f' LIMIT (SELECT {share} FROM ({whole.rows()}) AS "~all")')
        elif self.limit and self.ties:
            clauses.append(f" FETCH FIRST {self.limit} ROWS WITH TIES")
        elif self.limit:
            clauses.append(f" LIMIT {self.limit}")
        clauses.extend(f" {lock}" for lock in self.locks)
        return "".join(clauses)


def _fields(select: Select) -> dict[str, Any]:
    return {one.name: getattr(select, one.name) for one in fields(select)}


def query(node: Node, context: Context, outer: Scope | None) -> tuple[str, list[Output]]:
    """Any query node as PostgreSQL text, with its columns."""
    if node.kind == "select_statement":
        select = select_parts(node, context, outer)
        if select.assignments:
            raise refusal.unknown(node, "a subquery")
        if select.into is not None:
            raise refusal.unknown(node, "a subquery")
        return select.text(), select.shown
    if node.kind == "set_expression":
        return _set_expression(node, context, outer)
    if node.kind == "with_compound_statement":
        walk = Walk(node)
        prefix = common_tables(walk, context, outer, query)
        text, outputs = query(walk.skip(), context, outer)
        walk.done()
        return f"{prefix}{text}", outputs
    if node.kind == "bracketed":
        inner = Walk(node)
        inner.need("start_bracket")
        text, outputs = query(inner.skip(), context, outer)
        inner.need("end_bracket")
        return f"({text})", outputs
    raise refusal.unknown(node)


def _set_expression(node: Node, context: Context, outer: Scope | None) -> tuple[str, list[Output]]:
    walk = Walk(node)
    branches: list[tuple[str, list[Output]]] = []
    operators: list[str] = []
    columns: list[Output] = []
    order = ""
    while walk.here is not None:
        if walk.here.kind == "orderby_clause":
            order = _tail_order(walk.skip(), columns, context)
            continue
        if walk.here.kind == "set_operator":
            words = tuple(token.word for token in walk.skip().tokens())
            if words not in _SET_OPERATORS:
                raise refusal.unknown(node)
            operators.append(_SET_OPERATORS[words])
            continue
        branch = walk.skip()
        clause = branch.find("orderby_clause") if branch.kind == "select_statement" else None
        if clause is not None:
            branch = Node(branch.kind, branch.text, branch.line)
            branch.children = [child for child in _children_of(node, clause) if child is not clause]
        text, outputs = query(branch, context, outer)
        branches.append((text, outputs))
        columns = outputs if not columns else merged(columns, outputs, node)
        if clause is not None:
            order = _tail_order(clause, columns, context)
    compares = bool(order) or any(operator != "UNION ALL" for operator in operators)
    collation = context.default_collation if compares else ""
    texts = [
        fitted(text, outputs, columns, "" if place else collation)
        for place, (text, outputs) in enumerate(branches)
    ]
    if compares:
        columns = [replace(column, loose=False) for column in columns]
    joined = texts[0] + "".join(
        f" {operator} {text}" for operator, text in zip(operators, texts[1:], strict=True)
    )
    return joined + order, columns


def _children_of(node: Node, clause: Node) -> list[Node]:
    """The children of the select that holds the clause."""
    for child in node.children:
        if clause in child.children:
            return child.children
    return []


def _tail_order(clause: Node, outputs: list[Output], context: Context) -> str:
    """ORDER BY of a set: by names or numbers of its columns."""
    scope = Scope()
    scope.sources.append(sources.unnamed([Column(output.name, output.type) for output in outputs]))
    select = Select(outputs=outputs)
    _order(Walk(clause), select, Expressions(context, scope, query), clause)
    offset = f" OFFSET {select.offset}" if select.offset else ""
    limit = f" LIMIT {select.limit}" if select.limit else ""
    return f" ORDER BY {select.order}{offset}{limit}"


def select_parts(node: Node, context: Context, outer: Scope | None) -> Select:
    """A SELECT taken apart."""
    select = Select()
    scope = Scope(outer)
    expressions = Expressions(context, scope, query)
    walk = Walk(node)
    clause = walk.need("select_clause")
    into = walk.kind("into_table_clause")
    if into is not None:
        select.into = ObjectName.of(into.children[-1])
    origin = walk.kind("from_clause")
    locked: list[str] = []
    if origin is not None:
        found = sources.from_clause(origin, context, scope, query)
        select.source, select.locks, locked = found.text, found.locks, found.locked
    _items(clause, select, expressions)
    where = walk.kind("where_clause")
    if where is not None:
        expressions.clause = "WHERE"
        select.where = condition_of(where, expressions)
        expressions.clause = ""
    renamed: dict[str, str] = {}
    group = walk.kind("groupby_clause")
    if group is not None:
        select.group, renamed = grouping(group, expressions)
    having = walk.kind("having_clause")
    if having is not None:
        part = Walk(having)
        part.need_words("HAVING")
        select.having = expressions.condition(part.skip())
        part.done()
    order = walk.kind("orderby_clause")
    if order is not None:
        _order(Walk(order), select, expressions, order)
    for plain_text, collated_text in renamed.items():
        select.items = [item.replace(plain_text, collated_text) for item in select.items]
        select.having = select.having.replace(plain_text, collated_text)
        select.order = select.order.replace(plain_text, collated_text)
    as_json = walk.kind("for_clause")
    if as_json is not None:
        select.json, select.node = for_json.read(as_json, len(scope.sources)), node
    options(walk)
    walk.done()
    if select.distinct or select.order:
        _collate(select, context.default_collation)
    _check(select, node)
    if select.locks and (select.distinct or select.group or expressions.aggregates):
        context.table_locks |= {("SHARE ROW EXCLUSIVE", table) for table in locked}
        select.locks = []
    return select


def _collate(select: Select, collation: str) -> None:
    """The columns that are told apart or sorted take the database's collation without another."""
    for place, output in enumerate(select.outputs):
        if output.loose:
            ending = f" AS {quote(fold(output.name))}" if output.name else ""
            text = select.items[place].removesuffix(ending)
            value = Expression(f"({text})", output.type)
            select.items[place] = collated(value, collation) + ending


def _check(select: Select, node: Node) -> None:
    """Raises Refused 10741 or 1062 for what only PostgreSQL would take."""
    modifiers = (m for clause in node.children[:1] for m in clause.children)
    top = any(
        token.word == "TOP"
        for modifier in modifiers
        if modifier.kind == "select_clause_modifier"
        for token in modifier.tokens()
    )
    if top and select.offset:
        text = "A TOP can not be used in the same query or sub-query as a OFFSET."
        raise Refused(10741, text, 15, 2, node.line)
    if select.ties and not select.order:
        text = "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause."
        raise Refused(1062, text, 15, line=node.line)


def condition_of(where: Node, expressions: Expressions) -> str:
    walk = Walk(where)
    walk.need_words("WHERE")
    text = expressions.condition(walk.skip())
    walk.done()
    return text


_HINTS: Final = frozenset(
    {"RECOMPILE", "MAXDOP", "MAXRECURSION", "OPTIMIZE", "FAST", "FORCE", "HASH", "LOOP", "MERGE"}
    | {"ORDER", "KEEP", "KEEPFIXED", "USE", "LABEL", "EXPAND", "CONCAT"}
)


def options(walk: Walk) -> None:
    """OPTION (…): plan hints mean nothing to another planner; anything else is refused."""
    clause = walk.kind("option_clause")
    if clause is None:
        return
    for hint in clause.all("query_hint_segment"):
        first = next(hint.tokens())
        if first.word not in _HINTS:
            raise refusal.unknown(hint)


def _order(walk: Walk, select: Select, expressions: Expressions, clause: Node) -> None:
    walk.need_words("ORDER", "BY")
    rest = walk.rest
    listed = [child for child in rest if child.kind not in ("offset_clause", "fetch_clause")]
    select.order = ", ".join(
        _order_item(group, select, expressions, clause) for group in split(listed)
    )
    for child in rest:
        if child.kind == "offset_clause":
            part = Walk(child)
            part.need_words("OFFSET")
            select.offset = expressions.value([part.skip()], child).wrapped
            part.any_word("ROWS", "ROW")
            part.done()
        elif child.kind == "fetch_clause":
            part = Walk(child)
            part.need_words("FETCH")
            part.any_word("NEXT", "FIRST")
            select.limit = expressions.value([part.skip()], child).wrapped
            if select.limit == "0":
                text = "The number of rows provided for a FETCH clause must be greater then zero."
                raise Refused(10744, text, 15, line=child.line)
            part.any_word("ROWS", "ROW")
            part.need_words("ONLY")
            part.done()


def _order_item(group: list[Node], select: Select, expressions: Expressions, clause: Node) -> str:
    """An item that names a column of the result sorts by it, as the alias."""
    first = group[0]
    while first.kind == "expression" and len(first.children) == 1:
        first = first.children[0]
    direction = group[-1].word if group[-1].word in ("ASC", "DESC") else ""
    alone = len(group) == (2 if direction else 1)
    if alone and first.kind == "column_reference" and len(parts(first)) == 1:
        name = fold(parts(first)[0])
        for output in select.outputs:
            if fold(output.name) == name:
                return quote(name) + nulls(direction, output.column, expressions.scope)
    if alone and first.kind in ("integer_literal", "numeric_literal"):
        if select.outputs and not 1 <= int(first.text) <= len(select.outputs):
            text = f"The ORDER BY position number {first.text} is out of range of the number of "
            raise Refused(108, f"{text}items in the select list.", 15, line=clause.line)
        return first.text + nulls(direction, None, expressions.scope)
    return order_item(expressions, group, clause)


def _items(clause: Node, select: Select, expressions: Expressions) -> None:
    walk = Walk(clause)
    walk.need_words("SELECT")
    modifier = walk.kind("select_clause_modifier")
    if modifier is not None:
        _modifier(modifier, select, expressions)
    while (element := walk.kind("select_clause_element", "comma")) is not None:
        if element.kind == "comma":
            continue
        _item(element, select, expressions)
    walk.done()


def _modifier(node: Node, select: Select, expressions: Expressions) -> None:
    walk = Walk(node)
    if walk.any_word("DISTINCT", "ALL") == "DISTINCT":
        select.distinct = True
    if walk.words("TOP"):
        select.limit = expressions.value([walk.skip()], node).wrapped
        select.percent = walk.words("PERCENT")
        select.ties = walk.words("WITH", "TIES")
    walk.done()


def _item(element: Node, select: Select, expressions: Expressions) -> None:
    wildcard = element.find("wildcard_expression")
    if wildcard is not None:
        _star(wildcard, select, expressions)
        return
    assignment = element.find("select_variable_assignment")
    if assignment is not None:
        walk = Walk(assignment)
        variable = walk.need("parameter").text.lower()
        operator = walk.need("assignment_operator", "comparison_operator")
        sign = "".join(token.text for token in operator.tokens())
        select.assignments.append((variable, sign, expressions.value(walk.rest, assignment)))
        return
    alias = element.find("alias_expression")
    value = expressions.value([child for child in element.children if child is not alias], element)
    if value.truth:
        raise refusal.unknown(element)
    name = ""
    if alias is not None:
        (given,) = [token for token in alias.tokens() if token.word != "AS" and token.text != "="]
        name = _alias(given.text)
    elif value.column is not None:
        reference = next(element.all("column_reference"), None)
        name = parts(reference)[-1] if reference is not None else value.column.name
    select.items.append(f"{value.text} AS {quote(fold(name))}" if name else value.text)
    select.outputs.append(
        Output(name, value.type, value.column, value.open, value.json, value.is_null, value.loose)
    )


def _alias(text: str) -> str:
    if text[:1] in "'" or text[:2].upper() == "N'":
        return text.lstrip("nN")[1:-1].replace("''", "'")
    return plain(text)


def _star(wildcard: Node, select: Select, expressions: Expressions) -> None:
    names = parts(wildcard)[:-1]
    found = expressions.scope.named(names)
    if not found:
        shown = ".".join(names) or "*"
        raise Refused(107, f"The column prefix '{shown}' does not match.", 15, 1, wildcard.line)
    for source in found:
        for column in source.columns:
            text = f"{source.sql}.{column.sql}" if source.sql else column.sql
            select.items.append(f"{text} AS {column.sql}")
            select.outputs.append(Output(column.name, column.type, column, loose=column.loose))
