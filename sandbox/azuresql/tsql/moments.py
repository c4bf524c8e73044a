"""Functions of date and time whose first argument names a part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import types
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_MOMENT: Final = SqlType("datetime2", 0, 0, 7)

_PARTS: Final = {
    **dict.fromkeys(("year", "yy", "yyyy"), "year"),
    **dict.fromkeys(("quarter", "qq", "q"), "quarter"),
    **dict.fromkeys(("month", "mm", "m"), "month"),
    **dict.fromkeys(("dayofyear", "dy", "y"), "dayofyear"),
    **dict.fromkeys(("day", "dd", "d"), "day"),
    **dict.fromkeys(("week", "wk", "ww"), "week"),
    **dict.fromkeys(("weekday", "dw", "w"), "weekday"),
    **dict.fromkeys(("hour", "hh"), "hour"),
    **dict.fromkeys(("minute", "mi", "n"), "minute"),
    **dict.fromkeys(("second", "ss", "s"), "second"),
    **dict.fromkeys(("millisecond", "ms"), "millisecond"),
    **dict.fromkeys(("microsecond", "mcs"), "microsecond"),
    **dict.fromkeys(("nanosecond", "ns"), "nanosecond"),
    **dict.fromkeys(("tzoffset", "tz"), "tzoffset"),
    **dict.fromkeys(("iso_week", "isowk", "isoww"), "iso_week"),
}


def _part(group: list[Node]) -> str:
    return literal(_PARTS.get(group[0].text.lower(), group[0].text.lower()))


def moment(value: Expression) -> Expression:
    """What a date is expected of: a string is a datetime2, a number counts days since 1900."""
    numeric = value.type is not None and value.type.name in (*types.INTEGERS, "decimal", "float")
    if numeric and not value.open:
        return cast(value, SqlType("datetime"))
    return cast(value, _MOMENT) if value.open or value.is_string else value


def dateadd(expressions: Expressions, bracketed: Node) -> Expression:
    part, number, instant = listed(bracketed)
    amount = expressions.value(number, bracketed)
    value = expressions.value(instant, bracketed)
    value = cast(value, SqlType("datetime")) if value.is_string else moment(value)
    fraction = amount.type is not None and amount.type.name in ("decimal", "float", "real")
    count = f"trunc({amount.text})" if fraction else amount.wrapped
    text = f"sys.dateadd({_part(part)}, {count}::int8, {value.text})"
    return Expression(text, value.type, bound=amount.bound or value.bound)


def datediff(function: str, type: SqlType) -> Callable[[Expressions, Node], Expression]:
    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        part, first, second = listed(bracketed)
        a = moment(expressions.value(first, bracketed))
        b = moment(expressions.value(second, bracketed))
        if a.type and b.type and a.type.name != b.type.name:
            wider = replace(types.higher(a.type, b.type), scale=7)
            a, b = cast(a, wider), cast(b, wider)
        text = f"sys.{function}({_part(part)}, {a.text}, {b.text})"
        return Expression(text, type, bound=a.bound or b.bound)

    return translate


def datepart(function: str, type: SqlType) -> Callable[[Expressions, Node], Expression]:
    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        part, instant = listed(bracketed)
        value = moment(expressions.value(instant, bracketed))
        return Expression(f"sys.{function}({_part(part)}, {value.text})", type)

    return translate


def datetrunc(expressions: Expressions, bracketed: Node) -> Expression:
    """The start of the part that the moment lies in, in the moment's own type."""
    part, instant = listed(bracketed)
    value = moment(expressions.value(instant, bracketed))
    return Expression(f"sys.datetrunc({_part(part)}, {value.text})", value.type, bound=value.bound)


def at_time_zone(value: Expression, zone: Expression) -> Expression:
    """`x AT TIME ZONE 'UTC'`; only UTC is known here."""
    if zone.plain is None or zone.plain.upper() != "UTC":
        raise Refused(9820, f"The time zone parameter '{zone.text}' provided is invalid.")
    if value.type is not None and value.type.name == "datetimeoffset":
        text = f"sys.switchoffset({value.text}, '+00:00')"
        return Expression(text, value.type, bound=value.bound)
    return cast(value, SqlType("datetimeoffset", 0, 0, 7))
