"""Conditions: what is true or false, from OR down to a single comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression, collated, comparable, typed_text
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.scope import Context, Output, Scope
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

_COMPARISONS: Final = {
    "=": "=",
    "<>": "<>",
    "!=": "<>",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "!<": ">=",
    "!>": "<=",
}


class Queries(Protocol):
    """Translates a query that stands inside an expression."""

    def __call__(
        self, node: Node, context: Context, outer: Scope | None
    ) -> tuple[str, list[Output]]: ...


class Conditions:
    """The upper levels of precedence; `Expressions` has the lower ones.

    `scope` tells what names mean, `queries` translates a query that stands inside.
    """

    def __init__(self, context: Context, scope: Scope, queries: Queries) -> None:
        self.context = context
        self.scope = scope
        self.queries = queries
        self.clause = ""
        """WHERE while its condition is translated: no aggregate may stand there."""
        self.aggregates = False
        """An aggregate was met."""
        self.within = False
        """Inside an aggregate's argument."""
        self.numbered: set[str] = set()
        """Sequences that gave the row a number already: a row takes one of each."""
        self.windows: dict[str, Node] = {}
        """The specifications of WINDOW, by folded name."""

    def value(self, nodes: Sequence[Node], owner: Node) -> Expression:
        raise NotImplementedError

    def _sum(self, walk: Walk) -> Expression:
        raise NotImplementedError

    def _or(self, walk: Walk) -> Expression:
        left = self._and(walk)
        while walk.words("OR"):
            right = self._and(walk)
            left = truth(f"{left.text} OR {right.text}", left, right)
        return left

    def _and(self, walk: Walk) -> Expression:
        left = self._not(walk)
        while walk.words("AND"):
            right = self._not(walk)
            left = truth(f"{left.text} AND {right.text}", left, right)
        return left

    def _not(self, walk: Walk) -> Expression:
        if walk.words("NOT"):
            inner = self._not(walk)
            return truth(f"NOT {inner.text}", inner)
        if walk.words("EXISTS"):
            body = walk.need("bracketed")
            text, _ = self.queries(only_query(body), self.context, self.scope)
            return truth(f"EXISTS ({text})")
        return self._predicate(walk)

    def _predicate(self, walk: Walk) -> Expression:
        left = self._sum(walk)
        here = walk.here
        if here is None:
            return left
        if here.kind in ("comparison_operator", "raw_comparison_operator"):
            return self._comparison(left, walk)
        if walk.words("IS"):
            return self._is(left, walk)
        negated = walk.words("NOT")
        word = walk.any_word("IN", "BETWEEN", "LIKE")
        if word is None:
            if negated:
                raise refusal.unknown(here)
            return left
        prefix = "NOT " if negated else ""
        if word == "IN":
            return self._in(left, walk, prefix)
        if word == "BETWEEN":
            return self._between(left, walk, prefix)
        return self._like(left, walk, prefix)

    def _comparison(self, left: Expression, walk: Walk) -> Expression:
        node = walk.need("comparison_operator", "raw_comparison_operator")
        operator = _COMPARISONS.get("".join(token.text for token in node.tokens()))
        if operator is None:
            raise refusal.unknown(node)
        quantifier = walk.any_word("ANY", "SOME", "ALL")
        if quantifier:
            body = only_query(walk.need("bracketed"))
            text, outputs = self.queries(body, self.context, self.scope)
            return truth(f"{self._beside(left, outputs)} {operator} {quantifier} ({text})", left)
        right = self._sum(walk)
        _agreed(left, right, operator, node)
        a, b = comparable(left, right, self.context.default_collation)
        return truth(f"{a} {operator} {b}", left, right)

    def _is(self, left: Expression, walk: Walk) -> Expression:
        negated = "NOT " if walk.words("NOT") else ""
        if walk.words("DISTINCT", "FROM"):
            right = self._sum(walk)
            a, b = comparable(left, right, self.context.default_collation)
            return truth(f"{a} IS {negated}DISTINCT FROM {b}", left, right)
        walk.need("null_literal")
        return truth(f"{left.wrapped} IS {negated}NULL", left)

    def _in(self, left: Expression, walk: Walk, prefix: str) -> Expression:
        body = walk.need("bracketed")
        query = query_in(body)
        if query is not None:
            text, outputs = self.queries(query, self.context, self.scope)
            if len(outputs) != 1:
                raise Refused(
                    116,
                    "Only one expression can be specified in the select list when the subquery is "
                    "not introduced with EXISTS.",
                    line=body.line,
                )
            return truth(f"{self._beside(left, outputs)} {prefix}IN ({text})", left)
        items = [self.value(group, body) for group in listed(body)]
        alone = left.loose and not any(item.is_string and item.bound for item in items)
        left_text = collated(left, self.context.default_collation) if alone else left.wrapped
        shown = ", ".join(
            item.text if item.open else comparable(left, item, self.context.default_collation)[1]
            for item in items
        )
        return truth(f"{left_text} {prefix}IN ({shown})", left, *items)

    def _between(self, left: Expression, walk: Walk, prefix: str) -> Expression:
        low = self._sum(walk)
        walk.need_words("AND")
        high = self._sum(walk)
        first = comparable(left, low, self.context.default_collation)[1]
        second = comparable(left, high, self.context.default_collation)[1]
        value = typed_text(left) if left.loose else left.wrapped
        ends = f"({first}) AND ({second})" if left.loose else f"{first} AND {second}"
        return truth(f"{value} {prefix}BETWEEN {ends}", left, low, high)

    def _beside(self, left: Expression, outputs: list[Output]) -> str:
        """The left side of a comparison with a query's rows."""
        if left.loose and all(output.loose for output in outputs):
            return collated(left, self.context.default_collation)
        return left.wrapped

    def _like(self, left: Expression, walk: Walk, prefix: str) -> Expression:
        pattern = self._sum(walk)
        escape = self._sum(walk) if walk.words("ESCAPE") else None
        mark: str | None = escape.plain if escape is not None else ""
        if pattern.plain is not None and mark is not None and "[" not in pattern.plain:
            side = left
            if not left.bound and left.is_string:
                name = types.collation(self.context.default_collation)
                side = Expression(f"{left.wrapped} COLLATE {name}", left.type)
            ending = f"LIKE {pattern.text} ESCAPE {literal(mark)}"
            if _blanks_count(left, pattern):
                return truth(f"{_as_text(side)} {prefix}{ending}", left)
            value = _as_text(side)
            return truth(f"{prefix}({value} {ending} OR rtrim({value}, ' ') {ending})", left)
        insensitive = "_CI_" in f"{left.collation or self.context.default_collation}_".upper()
        escaping = escape.text if escape is not None else "''"
        rest = f"{_as_text(pattern)}, {escaping}, {'true' if insensitive else 'false'})"
        call = f"sys.like_match({_as_text(left)}, {rest}"
        if _blanks_count(left, pattern):
            return truth(f"{prefix}{call}", left, pattern)
        trimmed = f"sys.like_match(rtrim({_as_text(left)}, ' '), {rest}"
        return truth(f"{prefix}({call} OR {trimmed})", left, pattern)


_OPERATIONS: Final = {
    "=": "equal to",
    "<>": "not equal to",
    "<": "less than",
    ">": "greater than",
    "<=": "less than or equal to",
    ">=": "greater than or equal to",
}


def _agreed(left: Expression, right: Expression, operator: str, node: Node) -> None:
    """Raises Refused 468 for two collations of the same rank; a COLLATE outranks a column."""
    if not left.collation or not right.collation or left.explicit != right.explicit:
        return
    if left.collation.lower() != right.collation.lower():
        text = f'Cannot resolve the collation conflict between "{left.collation}" and '
        operation = f"in the {_OPERATIONS[operator]} operation."
        raise Refused(468, f'{text}"{right.collation}" {operation}', state=9, line=node.line)


def truth(text: str, *operands: Expression) -> Expression:
    bound = any(operand.bound for operand in operands)
    return Expression(text, bound=bound, tight=False, truth=True)


def _blanks_count(value: Expression, pattern: Expression) -> bool:
    """Whether LIKE sees the blanks at the value's end: those of varchar and char it may pass over.

    A pattern that ends with % takes them anyway.
    """
    narrow = all(side.type is not None and side.type.name in _NARROW for side in (value, pattern))
    return not narrow or (pattern.plain or "").endswith("%")


_NARROW: Final = frozenset({"varchar", "char"})


def _as_text(value: Expression) -> str:
    if value.open or (value.type is not None and value.type.name == "nvarchar"):
        return value.text
    return f"{value.wrapped}::text"


_QUERIES: Final = frozenset({"select_statement", "set_expression", "with_compound_statement"})


def query_in(bracketed: Node) -> Node | None:
    """The query that the brackets hold, None when they hold a value or a list."""
    inner = [
        child for child in bracketed.children if child.kind not in ("start_bracket", "end_bracket")
    ]
    if len(inner) != 1:
        return None
    node = inner[0]
    while node.kind == "expression" and len(node.children) == 1:
        node = node.children[0]
    if node.kind == "bracketed":
        return query_in(node)
    return node if node.kind in _QUERIES else None


def only_query(bracketed: Node) -> Node:
    query = query_in(bracketed)
    if query is None:
        raise refusal.unknown(bracketed)
    return query
