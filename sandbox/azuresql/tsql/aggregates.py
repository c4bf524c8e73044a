"""Aggregates and window functions, with T-SQL's result types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import ordering, refusal, types, windows
from sandbox.azuresql.tsql.expression import Expression, collated, given
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_RANKS: Final = frozenset({"ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE"})
_OFFSETS: Final = frozenset({"LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE"})
_SHARES: Final = frozenset({"PERCENT_RANK", "CUME_DIST"})
_SORTING: Final = frozenset({"MIN", "MAX"})
_SPREADS: Final = {
    "STDEV": "stddev_samp",
    "STDEVP": "stddev_pop",
    "VAR": "var_samp",
    "VARP": "var_pop",
}
NAMES: Final = frozenset(
    {"COUNT", "COUNT_BIG", "SUM", "AVG", "MIN", "MAX", "STRING_AGG", "GROUPING", "CHECKSUM_AGG"}
    | {"GROUPING_ID"}
    | windows.PERCENTILES
    | _RANKS
    | _OFFSETS
    | _SHARES
    | set(_SPREADS)
)


def call(expressions: Expressions, name: str, bracketed: Node, rest: Walk) -> Expression:
    """An aggregate's call; `rest` stands before its WITHIN GROUP and OVER clauses."""
    groups = listed(bracketed)
    distinct = ""
    if groups and groups[0] and groups[0][0].word in ("DISTINCT", "ALL"):
        distinct = "DISTINCT " if groups[0][0].word == "DISTINCT" else ""
        groups[0] = groups[0][1:]
    star = bool(groups) and len(groups[0]) == 1 and groups[0][0].kind == "star"
    if name in windows.PERCENTILES:
        return windows.percentile(expressions, name, groups, bracketed, rest)
    windowed = any(node.kind == "over_clause" for node in rest.rest)
    _check(expressions, name, bracketed, windowed)
    outside, expressions.within = expressions.within, not windowed
    arguments = [] if star else [expressions.value(group, bracketed) for group in groups]
    expressions.within = outside
    expressions.aggregates = True
    order = ""
    within = rest.kind("within_group_clause")
    if within is not None:
        order = f" ORDER BY {_within(expressions, within)}"
    over = rest.kind("over_clause")
    known = over is not None and windows.ignores_nulls(over)
    window = f" OVER ({windows.over(expressions, over)})" if over is not None else ""
    if name in _RANKS and "ORDER BY" not in window:
        text = f"The function '{name}' must have an OVER clause with ORDER BY."
        raise Refused(4112, text, 15, line=bracketed.line)
    inner = "*" if star else ", ".join(_inner(expressions, name, distinct, arguments))
    if known:
        return windows.known(name, arguments, window, bracketed)
    text, type = typed(name, f"{distinct}{inner}", arguments, order, window, bracketed)
    return Expression(text, type, bound=name in _SORTING or given(arguments))


def _inner(
    expressions: Expressions, name: str, distinct: str, arguments: list[Expression]
) -> list[str]:
    """The arguments; where values are told apart or sorted, text has a collation."""
    if distinct or name in _SORTING:
        return [collated(argument, expressions.context.default_collation) for argument in arguments]
    return [argument.text for argument in arguments]


def _check(expressions: Expressions, name: str, node: Node, windowed: bool) -> None:
    """Raises Refused 4108, 147, 130 or 4112 for an aggregate in the wrong place."""
    if windowed and expressions.clause:
        text = "Windowed functions can only appear in the SELECT or ORDER BY clauses."
        raise Refused(4108, text, 15, line=node.line)
    if expressions.clause and name not in _RANKS:
        raise Refused(
            147,
            "An aggregate may not appear in the WHERE clause unless it is in a subquery contained "
            "in a HAVING clause or a select list, and the column being aggregated is an outer "
            "reference.",
            15,
            line=node.line,
        )
    if expressions.within and not windowed:
        text = "Cannot perform an aggregate function on an expression containing an aggregate or "
        raise Refused(130, f"{text}a subquery.", 15, line=node.line)


def typed(
    name: str, inner: str, arguments: list[Expression], order: str, window: str, node: Node
) -> tuple[str, SqlType | None]:
    """The call in PostgreSQL's words, and its type; `inner` is what stands in its brackets."""
    type = arguments[0].type if arguments else None
    if order and name != "STRING_AGG":
        raise refusal.unknown(node)
    if name == "COUNT":
        return f"(count({inner}){window})::int4", SqlType("int")
    if name in ("COUNT_BIG", *_RANKS):
        function = "count" if name == "COUNT_BIG" else name.lower()
        return f"({function}({inner}){window})::int8", SqlType("bigint")
    if name == "GROUPING_ID":
        return f"grouping({inner})", SqlType("int")
    if name == "GROUPING":
        return f"(grouping({inner}))::int2::sys.tinyint", SqlType("tinyint")
    if name in ("SUM", "AVG") and type is not None and type.name == "bit":
        text = f"Operand data type bit is invalid for {name.lower()} operator."
        raise Refused(8117, text, line=node.line)
    if name == "STRING_AGG":
        value, separator = arguments
        shown = f"string_agg({value.wrapped}::text, {separator.text}::text{order})"
        return f"({shown}{window})::sys.nvarchar", _joined(value)
    if name == "SUM":
        result = _summed(type)
        return _cast(f"sum({inner}){window}", result), result
    if name == "AVG":
        return _average(f"avg({inner}){window}", type)
    if name in _SPREADS:
        return f"({_SPREADS[name]}({inner}){window})::float8", SqlType("float")
    if name in _SHARES:
        return f"({name.lower()}(){window})", SqlType("float")
    if name == "CHECKSUM_AGG":
        return f"(bit_xor({inner}){window})::int4", SqlType("int")
    if name in ("MIN", "MAX", *_OFFSETS):
        return f"{name.lower()}({inner}){window}", type
    raise refusal.unknown(node)


def _joined(value: Expression) -> SqlType:
    """STRING_AGG of a limited string is limited; of anything else it is nvarchar(4000)."""
    if not value.is_string or value.type is None:
        return SqlType("nvarchar", 4000)
    name = "nvarchar" if value.type.name.startswith("n") else "varchar"
    if value.type.length < 0:
        return SqlType(name, -1)
    return SqlType(name, 4000 if name == "nvarchar" else 8000)


def _cast(text: str, type: SqlType | None) -> str:
    return text if type is None else f"({text})::{types.postgresql(type)}"


def _summed(type: SqlType | None) -> SqlType | None:
    if type is None:
        return None
    if type.name in ("tinyint", "smallint", "int"):
        return SqlType("int")
    if type.name == "decimal":
        return SqlType("decimal", 0, 38, type.scale)
    if type.name == "smallmoney":
        return SqlType("money")
    return SqlType("float") if type.name == "real" else type


def _average(text: str, type: SqlType | None) -> tuple[str, SqlType | None]:
    if type is None:
        return text, None
    if type.name in ("tinyint", "smallint", "int"):
        return f"trunc({text})::int4", SqlType("int")
    if type.name == "bigint":
        return f"trunc({text})::int8", type
    if type.name == "decimal":
        result = SqlType("decimal", 0, 38, max(type.scale, 6))
        return _cast(text, result), result
    result = _summed(type) or type
    return _cast(text, result), result


def _within(expressions: Expressions, node: Node) -> str:
    walk = Walk(node)
    walk.need_words("WITHIN", "GROUP")
    bracketed = walk.need("bracketed")
    walk.done()
    (clause,) = list(bracketed.all("orderby_clause"))
    return ordering.listed_order(expressions, clause)
