"""Expressions and conditions: sqlfluff gives them as flat lists, precedence is found here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import functions, refusal, types
from sandbox.azuresql.tsql.expression import (
    Expression,
    cast,
    comparable,
    text_literal,
    unify,
)
from sandbox.azuresql.tsql.names import ObjectName, literal, parts, plain
from sandbox.azuresql.tsql.scope import Context, Output, Scope
from sandbox.azuresql.tsql.session_values import SESSION_VALUES
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_SUMS: Final = {"+": "+", "-": "-", "&": "&", "|": "|", "^": "#"}
_GROUPS: Final = frozenset({"expression", "aggregate_order_by"})


class Queries(Protocol):
    """Translates a query that stands inside an expression."""

    def __call__(
        self, node: Node, context: Context, outer: Scope | None
    ) -> tuple[str, list[Output]]: ...


class Expressions:
    """Translates expressions of one query; `scope` tells what names mean there."""

    def __init__(self, context: Context, scope: Scope, queries: Queries) -> None:
        self.context = context
        self.scope = scope
        self.queries = queries

    def value(self, nodes: Sequence[Node], owner: Node) -> Expression:
        """One whole expression that consists of these nodes."""
        walk = Walk(owner, list(nodes))
        found = self._or(walk)
        walk.done()
        return found

    def of(self, node: Node) -> Expression:
        """The expression that a node is or holds."""
        return self.value(node.children if node.kind in _GROUPS else [node], node)

    def condition(self, node: Node) -> str:
        found = self.of(node)
        if not found.truth:
            raise Refused(
                4145,
                "An expression of non-boolean type specified in a context where a condition is "
                "expected.",
                15,
                line=node.line,
            )
        return found.text

    # --- conditions ---------------------------------------------------------------------------

    def _or(self, walk: Walk) -> Expression:
        left = self._and(walk)
        while walk.words("OR"):
            right = self._and(walk)
            left = _truth(f"{left.text} OR {right.text}", left, right)
        return left

    def _and(self, walk: Walk) -> Expression:
        left = self._not(walk)
        while walk.words("AND"):
            right = self._not(walk)
            left = _truth(f"{left.text} AND {right.text}", left, right)
        return left

    def _not(self, walk: Walk) -> Expression:
        if walk.words("NOT"):
            inner = self._not(walk)
            return _truth(f"NOT {inner.text}", inner)
        if walk.words("EXISTS"):
            body = walk.need("bracketed")
            text, _ = self.queries(_only(body), self.context, self.scope)
            return _truth(f"EXISTS ({text})")
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
            text, _ = self.queries(_only(walk.need("bracketed")), self.context, self.scope)
            return _truth(f"{left.text} {operator} {quantifier} ({text})", left)
        right = self._sum(walk)
        a, b = comparable(left, right, self.context.default_collation)
        return _truth(f"{a} {operator} {b}", left, right)

    def _is(self, left: Expression, walk: Walk) -> Expression:
        negated = "NOT " if walk.words("NOT") else ""
        if walk.words("DISTINCT", "FROM"):
            right = self._sum(walk)
            return _truth(f"{left.text} IS {negated}DISTINCT FROM {right.text}", left, right)
        walk.need("null_literal")
        return _truth(f"{left.wrapped} IS {negated}NULL", left)

    def _in(self, left: Expression, walk: Walk, prefix: str) -> Expression:
        body = walk.need("bracketed")
        query = _query_in(body)
        if query is not None:
            text, _ = self.queries(query, self.context, self.scope)
            return _truth(f"{left.wrapped} {prefix}IN ({text})", left)
        items = [self.value(group, body) for group in listed(body)]
        if left.is_string and not left.bound:
            left_text = f"{left.wrapped} COLLATE {types.collation(self.context.default_collation)}"
        else:
            left_text = left.wrapped
        shown = ", ".join(
            item.text if item.open else comparable(left, item, self.context.default_collation)[1]
            for item in items
        )
        return _truth(f"{left_text} {prefix}IN ({shown})", left, *items)

    def _between(self, left: Expression, walk: Walk, prefix: str) -> Expression:
        low = self._sum(walk)
        walk.need_words("AND")
        high = self._sum(walk)
        first = comparable(left, low, self.context.default_collation)[1]
        second = comparable(left, high, self.context.default_collation)[1]
        return _truth(f"{left.wrapped} {prefix}BETWEEN {first} AND {second}", left, low, high)

    def _like(self, left: Expression, walk: Walk, prefix: str) -> Expression:
        pattern = self._sum(walk)
        escape = self._sum(walk) if walk.words("ESCAPE") else None
        mark: str | None = escape.plain if escape is not None else ""
        if pattern.plain is not None and mark is not None and "[" not in pattern.plain:
            side = left
            if not left.bound and left.is_string:
                name = types.collation(self.context.default_collation)
                side = Expression(f"{left.wrapped} COLLATE {name}", left.type)
            return _truth(
                f"{_as_text(side)} {prefix}LIKE {pattern.text} ESCAPE {literal(mark)}", left
            )
        insensitive = "_CI_" in f"{left.collation or self.context.default_collation}_".upper()
        escaping = escape.text if escape is not None else "''"
        call = (
            f"sys.like_match({_as_text(left)}, {_as_text(pattern)}, {escaping}, "
            f"{'true' if insensitive else 'false'})"
        )
        return _truth(f"{prefix}{call}", left, pattern)

    # --- values -------------------------------------------------------------------------------

    def _sum(self, walk: Walk) -> Expression:
        left = self._product(walk)
        while True:
            here = walk.here
            if here is not None and here.kind == "numeric_literal" and _signed(here):
                left = self._arithmetic("+", left, self._product(walk), here)
            elif here is not None and here.text in _SUMS and here.kind not in ("quoted_literal",):
                walk.skip()
                left = self._arithmetic(here.text, left, self._product(walk), here)
            else:
                return left

    def _product(self, walk: Walk) -> Expression:
        left = self._unary(walk)
        while True:
            here = walk.here
            if here is None or here.text not in ("*", "/", "%"):
                return left
            walk.skip()
            left = self._arithmetic(here.text, left, self._unary(walk), here)

    def _arithmetic(
        self, operator: str, left: Expression, right: Expression, node: Node
    ) -> Expression:
        bound = left.bound or right.bound
        if operator == "+" and _joins(left, right):
            return Expression(
                f"{left.text} + {right.text}",
                _joined(left, right),
                bound=bound,
                tight=False,
                collation=left.collation or right.collation,
            )
        a, b = left, right
        if a.type and b.type:
            if {a.type.name, b.type.name} & types.TIMES and operator in "+-":
                return self._shift(operator, a, b, node)
            first, second = a.type, b.type
            a, b = _counted(a, second), _counted(b, first)
        type = types.arithmetic(operator, a.type, b.type)
        sign = _SUMS.get(operator, operator)
        if operator in "&|^":
            return Expression(f"({a.wrapped} {sign} {b.wrapped})", type, bound=bound)
        return Expression(f"{a.text} {sign} {b.text}", type, bound=bound, tight=False)

    def _shift(self, operator: str, left: Expression, right: Expression, node: Node) -> Expression:
        """`datetime + days`, the only date arithmetic with signs that T-SQL has."""
        moment, days = (
            (left, right) if left.type and left.type.name in types.TIMES else (right, left)
        )
        if moment.type is None or moment.type.name not in ("datetime", "smalldatetime"):
            raise refusal.unknown(node)
        sign = "-" if operator == "-" else ""
        text = f"sys.dateadd('day', ({sign}{days.wrapped})::int8, {moment.text})"
        return Expression(text, moment.type, bound=left.bound or right.bound)

    def _unary(self, walk: Walk) -> Expression:
        sign = walk.kind("sign_indicator", "tilde")
        if sign is None:
            return self._postfix(self._primary(walk), walk)
        inner = self._unary(walk)
        if inner.type is not None and inner.type.name in ("tinyint", "bit"):
            inner = Expression(f"{inner.wrapped}::int4", SqlType("int"), bound=inner.bound)
        return Expression(f"{sign.text}{inner.wrapped}", inner.type, bound=inner.bound, tight=False)

    def _postfix(self, value: Expression, walk: Walk) -> Expression:
        while True:
            if walk.words("COLLATE"):
                node = walk.skip()
                name = self.context.collation(plain(node.text))
                text = f"{_collatable(value)} COLLATE {types.collation(name)}"
                value = Expression(text, value.type, bound=True, tight=False, collation=name)
            elif walk.here is not None and walk.here.kind == "time_zone_grammar":
                zone = Walk(walk.skip())
                zone.need_words("AT", "TIME", "ZONE")
                name_of = self.of(zone.skip())
                zone.done()
                value = functions.at_time_zone(value, name_of)
            else:
                return value

    def _primary(self, walk: Walk) -> Expression:
        node = walk.skip()
        maker = _PRIMARIES.get(node.kind)
        if maker is not None:
            found: Expression = getattr(self, maker)(node)
            return found
        if node.kind in _GROUPS:
            return self.of(node)
        raise refusal.unknown(node)

    def _bracketed(self, node: Node) -> Expression:
        query = _query_in(node)
        if query is not None:
            text, outputs = self.queries(query, self.context, self.scope)
            if len(outputs) != 1:
                raise Refused(
                    116,
                    "Only one expression can be specified in the select list when the subquery "
                    "is not introduced with EXISTS.",
                    line=node.line,
                )
            return Expression(f"({text})", outputs[0].type, bound=True)
        (group,) = listed(node)
        inner = self.value(group, node)
        if inner.open:
            return inner
        return Expression(
            f"({inner.text})", inner.type, bound=inner.bound, truth=inner.truth, column=inner.column
        )

    def _number(self, node: Node) -> Expression:
        if node.text[:2].lower() == "0x":
            return self._binary(node)
        text = node.text.replace(" ", "")
        digits = text.lstrip("+-")
        if digits.startswith("$"):
            return Expression(f"{text.replace('$', '')}::sys.money", SqlType("money"))
        if "e" in digits.lower():
            return Expression(f"{text}::float8", SqlType("float"), tight=False)
        tight = text == digits
        if "." in digits:
            whole, _, fraction = digits.partition(".")
            precision = max(1, len(whole.lstrip("0")) + len(fraction))
            return Expression(text, SqlType("decimal", 0, precision, len(fraction)), tight=tight)
        return Expression(text, types.integer_type(int(text)), tight=tight)

    def _string(self, node: Node) -> Expression:
        national = node.text[:1] in "nN"
        body = node.text[1:] if national else node.text
        return text_literal(body[1:-1].replace("''", "'"), national)

    def _binary(self, node: Node) -> Expression:
        digits = node.text[2:]
        digits = "0" + digits if len(digits) % 2 else digits
        length = len(digits) // 2
        return Expression(f"'\\x{digits}'::sys.varbinary", SqlType("varbinary", max(1, length)))

    def _null(self, node: Node) -> Expression:
        return Expression("NULL", SqlType("int"), open=True)

    def _variable(self, node: Node) -> Expression:
        name = node.text.lower()
        type = self.context.variables.get(name)
        if type is None:
            if self.context.undeclared is None:
                raise refusal.no_variable(node.text, node.line)
            self.context.undeclared.add(name)
        return Expression(self.context.parameter(name), type)

    def _system(self, node: Node) -> Expression:
        name = node.text.lower()
        if name not in SESSION_VALUES:
            raise refusal.unknown(node)
        return Expression(self.context.parameter(name), SESSION_VALUES[name])

    def _column(self, node: Node) -> Expression:
        names = parts(node)
        if names == ["$action"]:
            return Expression("merge_action()", SqlType("nvarchar", 10), bound=True)
        source, column = self.scope.resolve(names, node)
        text = f"{source.sql}.{column.sql}" if source.sql else column.sql
        return Expression(text, column.type, bound=True, column=column, collation=column.collation)

    def _function(self, node: Node) -> Expression:
        return functions.call(self, node)

    def _next_value(self, node: Node) -> Expression:
        name = ObjectName.of(node.children[-1])
        self.context.require("UPDATE", name)
        call = f"sys.next_value({literal(name.sql)}::regclass)"
        return Expression(call, SqlType("bigint"), bound=True)

    def _case(self, node: Node) -> Expression:
        walk = Walk(node)
        walk.need_words("CASE")
        first = walk.here
        subject = None
        if first is not None and first.kind not in ("when_clause",):
            subject = self.of(walk.skip())
        conditions: list[str] = []
        results: list[Expression] = []
        bound = subject.bound if subject else False
        while (clause := walk.kind("when_clause")) is not None:
            part = Walk(clause)
            part.need_words("WHEN")
            test = self.of(part.skip())
            part.need_words("THEN")
            results.append(self.of(part.skip()))
            part.done()
            bound = bound or test.bound
            if subject is not None:
                a, b = comparable(subject, test, self.context.default_collation)
                conditions.append(f"{a} = {b}")
            else:
                conditions.append(test.text)
        otherwise = walk.kind("else_clause")
        if otherwise is not None:
            part = Walk(otherwise)
            part.need_words("ELSE")
            results.append(self.of(part.skip()))
            part.done()
        walk.need_words("END")
        walk.done()
        texts, type = unify(results)
        branches = " ".join(
            f"WHEN {condition} THEN {text}"
            for condition, text in zip(conditions, texts, strict=False)
        )
        last = f" ELSE {texts[-1]}" if otherwise is not None else ""
        bound = bound or any(result.bound for result in results)
        return Expression(f"CASE {branches}{last} END", type, bound=bound)


_PRIMARIES: Final = {
    "integer_literal": "_number",
    "numeric_literal": "_number",
    "quoted_literal": "_string",
    "single_quote_with_n": "_string",
    "binary_literal": "_binary",
    "null_literal": "_null",
    "parameter": "_variable",
    "system_variable": "_system",
    "column_reference": "_column",
    "function": "_function",
    "bare_function": "_function",
    "sequence_next_value": "_next_value",
    "case_expression": "_case",
    "bracketed": "_bracketed",
}


def _counted(value: Expression, other: SqlType) -> Expression:
    """An operand of arithmetic: a string becomes what it meets, a bit an int."""
    if value.is_string and other.name not in types.STRINGS:
        value = cast(value, other)
    if value.type is not None and value.type.name == "bit":
        return Expression(f"{value.wrapped}::int4", SqlType("int"), bound=value.bound)
    return value


def _truth(text: str, *operands: Expression) -> Expression:
    bound = any(operand.bound for operand in operands)
    return Expression(text, bound=bound, tight=False, truth=True)


def _signed(node: Node) -> bool:
    return bool(node.children) and node.children[0].kind == "sign_indicator"


def _joins(left: Expression, right: Expression) -> bool:
    """True when + joins strings (or bytes)."""
    kinds = [side.type.name if side.type and not side.is_null else "" for side in (left, right)]
    texts = types.STRINGS | types.BINARIES
    return any(kind in texts for kind in kinds) and all(kind in texts or not kind for kind in kinds)


def _joined(left: Expression, right: Expression) -> SqlType:
    a = left.type if left.type and not left.is_null else None
    b = right.type if right.type and not right.is_null else None
    if a is not None and a.name in types.BINARIES:
        return SqlType("varbinary", -1)
    national = any(side is not None and side.name.startswith("n") for side in (a, b))
    lengths = [side.length for side in (a, b) if side is not None]
    limit = 4000 if national else 8000
    length = -1 if -1 in lengths else min(sum(lengths), limit)
    return SqlType("nvarchar" if national else "varchar", length)


def _as_text(value: Expression) -> str:
    if value.open or value.is_string:
        return value.text
    return f"{value.wrapped}::text"


def _collatable(value: Expression) -> str:
    return f"{value.text}::sys.nvarchar" if value.open else value.wrapped


_QUERIES: Final = frozenset({"select_statement", "set_expression", "with_compound_statement"})


def _query_in(bracketed: Node) -> Node | None:
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
        return _query_in(node)
    return node if node.kind in _QUERIES else None


def _only(bracketed: Node) -> Node:
    query = _query_in(bracketed)
    if query is None:
        raise refusal.unknown(bracketed)
    return query
