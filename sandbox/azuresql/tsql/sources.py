"""FROM: tables, joins, derived tables, functions that return rows."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.tsql import described, inlined, openjson, pivot, refusal, row_functions
from sandbox.azuresql.tsql.conditions import Queries
from sandbox.azuresql.tsql.derived import derived_columns
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.from_items import Element, From
from sandbox.azuresql.tsql.held_keys import Range
from sandbox.azuresql.tsql.hints import hints, row_lock, table_lock
from sandbox.azuresql.tsql.names import ObjectName, fold, parts, plain, quote
from sandbox.azuresql.tsql.scope import Context, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

_JOINS: Final = {
    ("JOIN",): "JOIN",
    ("INNER", "JOIN"): "JOIN",
    ("LEFT", "JOIN"): "LEFT JOIN",
    ("LEFT", "OUTER", "JOIN"): "LEFT JOIN",
    ("RIGHT", "JOIN"): "RIGHT JOIN",
    ("RIGHT", "OUTER", "JOIN"): "RIGHT JOIN",
    ("FULL", "JOIN"): "FULL JOIN",
    ("FULL", "OUTER", "JOIN"): "FULL JOIN",
    ("CROSS", "JOIN"): "CROSS JOIN",
    ("CROSS", "APPLY"): "CROSS JOIN LATERAL",
    ("OUTER", "APPLY"): "LEFT JOIN LATERAL",
}
_STRATEGIES: Final = frozenset({"HASH", "LOOP", "MERGE", "REMOTE"})


def from_clause(node: Node, context: Context, scope: Scope, queries: Queries) -> From:
    """The clause; its sources are in `scope` afterwards."""
    found = From()
    walk = Walk(node)
    walk.need_words("FROM")
    reader = _Reader(context, scope, queries, found)
    pieces: list[str] = []
    while walk.here is not None:
        if walk.kind("comma"):
            continue
        pieces.append(reader.expression(walk.need("from_expression")))
    found.text = ", ".join(pieces)
    return found


class _Reader:
    def __init__(self, context: Context, scope: Scope, queries: Queries, found: From) -> None:
        self.context = context
        self.scope = scope
        self.queries = queries
        self.found = found
        self.expressions = Expressions(context, scope, queries)

    def expression(self, node: Node) -> str:
        walk = Walk(node)
        text = self._element(walk.need("from_expression_element", "bracketed"), "")
        while (turn := walk.kind("from_pivot_expression")) is not None:
            text = self._turned(turn, text)
        while (clause := walk.kind("join_clause")) is not None:
            text += self._join(clause)
        walk.done()
        return text

    def _turned(self, node: Node, text: str) -> str:
        """PIVOT or UNPIVOT of the item before it, which only the new one's columns show."""
        inner = Scope(self.scope.outer, [self.scope.sources.pop()])
        element = self.found.elements.pop()
        expressions = Expressions(self.context, inner, self.queries)
        text, source = pivot.turned(node, text, element.source, expressions)
        self.scope.sources.append(source)
        self.found.elements.append(Element(source, text))
        return text

    def _join(self, node: Node) -> str:
        walk = Walk(node)
        words: list[str] = []
        while walk.here is not None and walk.here.kind == "keyword":
            word = walk.skip().word
            if word not in _STRATEGIES:
                words.append(word)
        join = _JOINS.get(tuple(words))
        if join is None:
            raise refusal.unknown(node)
        self.scope.padded = self.scope.padded or join.split()[0] in ("LEFT", "RIGHT", "FULL")
        lateral = join.endswith("LATERAL")
        text = self._element(walk.need("from_expression_element"), join)
        element = self.found.elements[-1]
        condition = walk.kind("join_on_condition")
        if condition is not None:
            part = Walk(condition)
            part.need_words("ON")
            element.condition = self.expressions.condition(part.skip())
            part.done()
        elif join == "LEFT JOIN LATERAL":
            element.condition = "true"
        nested = "".join(
            self._join(clause) for clause in iter(lambda: walk.kind("join_clause"), None)
        )
        walk.done()
        if lateral and text.startswith("LATERAL "):
            text = text.removeprefix("LATERAL ")
        on = f" ON {element.condition}" if element.condition else ""
        return f" {join} {text}{on}{nested}"

    def _element(self, node: Node, join: str) -> str:
        walk = Walk(node)
        body = walk.need("table_expression", "bracketed")
        alias = ""
        names: list[str] = []
        hint_words: list[str] = []
        while walk.here is not None:
            if (given := walk.kind("alias_expression")) is not None:
                alias, names = _alias(given)
            elif (given := walk.kind("post_table_expression")) is not None:
                hint_words += hints(given)
            else:
                break
        walk.done()
        inner = body.find("post_table_expression")
        if inner is not None:
            hint_words += hints(inner)
        text, source, relation = self._table(body, alias, names)
        if source is not None:
            self.scope.sources.append(source)
            self.found.elements.append(Element(source, text, join, "", relation))
            lock = row_lock(hint_words, source.sql)
            if lock is not None and relation is not None:
                self.found.locks.append(lock)
                self.found.elements[-1].lock = lock
                self.found.locked.append(relation.sql)
            mode = table_lock(hint_words)
            if mode is not None and relation is not None and not relation.temporary:
                known = self.context.relation(relation, body)
                if mode == "EXCLUSIVE":
                    self.context.table_locks.add((mode, known.sql))
                else:
                    self.found.ranges.append(Range(mode, source, known))
        return text

    def _table(
        self, body: Node, alias: str, names: list[str]
    ) -> tuple[str, Source | None, ObjectName | None]:
        items = [child for child in body.children if child.kind != "post_table_expression"]
        first = items[0]
        if first.kind in ("start_bracket",):
            items = [c for c in items if c.kind not in ("start_bracket", "end_bracket")]
            first = items[0]
        if first.kind == "parameter" or (
            first.kind == "table_reference" and first.children[0].kind == "parameter"
        ):
            return self._variable(first, alias)
        if first.kind == "table_reference":
            return self._reference(first, alias)
        if first.kind == "openjson_segment":
            return (*openjson.openjson(first, self.expressions, alias or "openjson"), None)
        if first.kind == "function":
            inline = inlined.inline(first, self.context, self.expressions, self.queries)
            if inline is not None:
                columns = row_functions.given_names(inline.columns, names)
                shown = quote(fold(alias or inline.name))
                listed_names = ", ".join(column.sql for column in columns)
                text = f"LATERAL ({inline.text}) AS {shown} ({listed_names})"
                return text, Source(alias or inline.name, shown, columns), None
            description = described.source(first, alias, self.expressions)
            if description is not None:
                return (*description, None)
            return (*row_functions.function(first, alias, names, self.expressions), None)
        if (
            first.kind == "values_clause"
            or first.kind == "bracketed"
            or first.kind == "table_expression"
        ):
            return self._bracketed(first, alias, names)
        if first.kind in ("select_statement", "set_expression", "with_compound_statement"):
            return (*self._derived(first, alias, names), None)
        raise refusal.unknown(first)

    def _reference(self, node: Node, alias: str) -> tuple[str, Source, ObjectName | None]:
        names = parts(node)
        common = self.context.common.get(fold(names[-1])) if len(names) == 1 else None
        shown = quote(fold(alias or names[-1]))
        if common is not None:
            source = Source(alias or names[-1], shown, common)
            return f"{quote(fold(names[-1]))} AS {shown}", source, None
        name = ObjectName.from_parts(names)
        relation = self.context.relation(name, node)
        self.context.require("SELECT", name)
        source = Source(alias or names[-1], shown, relation.columns, relation.schema)
        virtual = _VIRTUAL.get(relation.sql)
        if virtual is not None:
            value = self.context.parameter(virtual[0])
            return f"{virtual[1]}({value}) AS {shown}", source, None
        return f"{relation.sql} AS {shown}", source, name

    def _variable(self, node: Node, alias: str) -> tuple[str, Source, ObjectName | None]:
        """A table variable: a temporary table of the batch."""
        name = ObjectName("", table_variable(node.text))
        relation = self.context.relation(name, node)
        shown = quote(fold(alias or node.text))
        source = Source(alias or node.text, shown, relation.columns)
        return f"{relation.sql} AS {shown}", source, name

    def _bracketed(
        self, node: Node, alias: str, names: list[str]
    ) -> tuple[str, Source | None, ObjectName | None]:
        if node.kind == "values_clause":
            return (*row_functions.values(node, alias, names, self.expressions), None)
        inner = [c for c in node.children if c.kind not in ("start_bracket", "end_bracket")]
        if len(inner) == 1 and inner[0].kind == "values_clause":
            return (*row_functions.values(inner[0], alias, names, self.expressions), None)
        if (
            len(inner) == 1
            and inner[0].kind == "table_reference"
            and node.kind == "table_expression"
        ):
            return self._reference(inner[0], alias)
        if len(inner) == 1 and inner[0].kind in ("select_statement", "set_expression"):
            return (*self._derived(inner[0], alias, names), None)
        if len(inner) == 1 and inner[0].kind in ("bracketed", "table_expression"):
            return self._bracketed(inner[0], alias, names)
        text = self._nested(inner, node)
        return text, None, None

    def _nested(self, items: list[Node], node: Node) -> str:
        """`(a JOIN b ON …)` inside FROM."""
        walk = Walk(node, items)
        first = walk.need("table_expression", "from_expression_element")
        holder = Node("from_expression_element", first.text, first.line, [first])
        text = self._element(first if first.kind != "table_expression" else holder, "")
        self.found.elements[-1].nested = True
        while (clause := walk.kind("join_clause")) is not None:
            text += self._join(clause)
            self.found.elements[-1].nested = True
        walk.done()
        return f"({text})"

    def _derived(self, node: Node, alias: str, names: list[str]) -> tuple[str, Source]:
        text, outputs = self.queries(node, self.context, self.scope)
        columns = derived_columns(outputs, names, node)
        shown = quote(fold(alias))
        listed_names = ", ".join(column.sql for column in columns)
        return f"LATERAL ({text}) AS {shown} ({listed_names})", Source(alias, shown, columns)


def table_variable(name: str) -> str:
    """The temporary table that stands for `@name`."""
    return f"#{name}"


def _alias(node: Node) -> tuple[str, list[str]]:
    walk = Walk(node)
    walk.kind("alias_operator")
    name = plain(walk.need("naked_identifier", "quoted_identifier").text)
    columns = walk.kind("alias_column_list")
    walk.done()
    names: list[str] = []
    if columns is not None:
        names = [
            plain(token.text)
            for token in columns.tokens()
            if token.kind in ("naked_identifier", "quoted_identifier")
        ]
    return name, names


_VIRTUAL: Final = {
    '"sys"."dm_exec_sessions"': ("@@sessions", "sys.sessions_of"),
    '"sys"."dm_exec_requests"': ("@@sessions", "sys.requests_of"),
    '"sys"."dm_tran_locks"': ("@@databases", "sys.locks_of"),
    '"sys"."databases"': ("@@databases", "sys.databases_of"),
    '"sys"."database_service_objectives"': ("@@databases", "sys.service_objectives_of"),
    '"sys"."dm_user_db_resource_governance"': ("@@databases", "sys.governance_of"),
}
"""Views over what only the server knows: rows come from a value of the session."""
