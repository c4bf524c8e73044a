"""Expressions and conditions: sqlfluff gives them as flat lists, precedence is found here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import functions, moments, refusal, types, xml_methods
from sandbox.azuresql.tsql.conditions import Conditions, query_in
from sandbox.azuresql.tsql.expression import (
    WIDE,
    Expression,
    chosen,
    comparable,
    given,
    text_literal,
    unify,
)
from sandbox.azuresql.tsql.names import ObjectName, literal, parts, plain
from sandbox.azuresql.tsql.operands import counted, joined, joins, signed
from sandbox.azuresql.tsql.session_values import SESSION_VALUES
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUMS: Final = {"+": "+", "-": "-", "&": "&", "|": "|", "^": "#"}
_GROUPS: Final = frozenset({"expression", "aggregate_order_by"})


class Expressions(Conditions):
    """Translates expressions of one query."""

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

    # --- values -------------------------------------------------------------------------------

    def _sum(self, walk: Walk) -> Expression:
        left = self._product(walk)
        while True:
            here = walk.here
            if here is not None and here.kind == "numeric_literal" and signed(here):
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
        if operator == "+" and joins(left, right):
            return Expression(
                f"{left.text} + {right.text}",
                joined(left, right),
                bound=(left.bound and left.is_string) or (right.bound and right.is_string),
                tight=False,
                collation=left.collation or right.collation,
                explicit=left.explicit or right.explicit,
            )
        a, b = left, right
        if a.type and b.type:
            if {a.type.name, b.type.name} & types.TIMES and operator in "+-":
                return self._shift(operator, a, b, node)
            first, second = a.type, b.type
            a, b = counted(a, second), counted(b, first)
        type = types.arithmetic(operator, a.type, b.type)
        sign = _SUMS.get(operator, operator)
        if operator in "&|^":
            return Expression(f"({a.wrapped} {sign} {b.wrapped})", type, bound=bound)
        if operator in "*/" and type is not None and type.name in ("money", "smallmoney"):
            cut = "trunc" if operator == "/" else "round"
            return Expression(
                f"{cut}({a.text} {sign} {b.text}, 4)::{types.postgresql(type)}", type, bound=bound
            )
        return Expression(f"{a.text} {sign} {b.text}", type, bound=bound, tight=False)

    def _shift(self, operator: str, left: Expression, right: Expression, node: Node) -> Expression:
        """`datetime + days`, the only date arithmetic with signs that T-SQL has."""
        moment, days = (
            (left, right) if left.type and left.type.name in types.TIMES else (right, left)
        )
        if moment.type is None or moment.type.name not in ("datetime", "smalldatetime"):
            name = moment.type.name if moment.type else "date"
            other = days.type.name if days.type else "int"
            text = f"Operand type clash: {name} is incompatible with {other}"
            raise Refused(206, text, state=2, line=node.line)
        sign = "-" if operator == "-" else ""
        text = f"sys.add_days({moment.text}, ({sign}{days.wrapped})::numeric)"
        if moment.type.name == "smalldatetime":
            text = f"sys.add_days({moment.wrapped}::sys.datetime, ({sign}{days.wrapped})::numeric)"
            text = f"{text}::sys.smalldatetime"
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
                value = Expression(
                    text, value.type, bound=True, tight=False, collation=name, explicit=True
                )
            elif walk.here is not None and walk.here.kind == "time_zone_grammar":
                value = self._zoned(value, walk.skip())
            elif walk.here is not None and walk.here.kind == "datatype_method":
                value = xml_methods.called(value, walk.skip())
            else:
                return value

    def _zoned(self, value: Expression, node: Node) -> Expression:
        """AT TIME ZONE; one that follows it stands inside of its zone in the tree."""
        walk = Walk(node)
        walk.need_words("AT", "TIME", "ZONE")
        inner = walk.skip()
        walk.done()
        parts = inner.children if inner.kind == "expression" else [inner]
        zone = [part for part in parts if part.kind != "time_zone_grammar"]
        value = moments.at_time_zone(value, self.value(zone, inner))
        for later in parts[len(zone) :]:
            value = self._zoned(value, later)
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
        query = query_in(node)
        if query is not None:
            text, outputs = self.queries(query, self.context, self.scope)
            if len(outputs) != 1:
                raise Refused(
                    116,
                    "Only one expression can be specified in the select list when the subquery "
                    "is not introduced with EXISTS.",
                    line=node.line,
                )
            found = outputs[0]
            return Expression(f"({text})", found.type, bound=not found.loose, json=found.json)
        (group,) = listed(node)
        inner = self.value(group, node)
        if inner.open:
            return inner
        return Expression(
            f"({inner.text})",
            inner.type,
            bound=inner.bound,
            truth=inner.truth,
            column=inner.column,
            collation=inner.collation,
            explicit=inner.explicit,
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
        type = types.integer_type(int(text))
        return Expression(f"{text}{WIDE}" if type.name == "decimal" else text, type, tight=tight)

    def _string(self, node: Node) -> Expression:
        national = node.text[:1] in "nN"
        body = node.text[1:] if national else node.text
        joined_lines = body[1:-1].replace("\\\r\n", "").replace("\\\n", "")
        return text_literal(joined_lines.replace("''", "'"), national)

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
            return Expression("merge_action()", SqlType("nvarchar", 10))
        source, column = self.scope.resolve(names, node)
        text = f"{source.sql}.{column.sql}" if source.sql else column.sql
        return Expression(
            text, column.type, bound=not column.loose, column=column, collation=column.collation
        )

    def _function(self, node: Node) -> Expression:
        return functions.call(self, node)

    def _next_value(self, node: Node) -> Expression:
        name = ObjectName.of(node.children[-1])
        self.context.require("UPDATE", name)
        function = "pg_catalog.currval" if name.sql in self.numbered else "sys.next_value"
        self.numbered.add(name.sql)
        type = self.context.sequences.get(name.key, SqlType("bigint"))
        call = f"{function}({literal(name.sql)}::regclass)"
        return Expression(call if type.name == "bigint" else f"{call}::{types.bare(type)}", type)

    def _case(self, node: Node) -> Expression:
        walk = Walk(node)
        walk.need_words("CASE")
        first = walk.here
        subject = None
        if first is not None and first.kind not in ("when_clause",):
            subject = self.of(walk.skip())
        conditions: list[str] = []
        results: list[Expression] = []
        while (clause := walk.kind("when_clause")) is not None:
            part = Walk(clause)
            part.need_words("WHEN")
            test = self.of(part.skip())
            part.need_words("THEN")
            results.append(self.of(part.skip()))
            part.done()
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
        texts, type = unify(chosen(results, node))
        branches = " ".join(
            f"WHEN {condition} THEN {text}"
            for condition, text in zip(conditions, texts, strict=False)
        )
        last = f" ELSE {texts[-1]}" if otherwise is not None else ""
        return Expression(f"CASE {branches}{last} END", type, bound=given(results))


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


def _collatable(value: Expression) -> str:
    return f"{value.text}::sys.nvarchar" if value.open else value.wrapped
