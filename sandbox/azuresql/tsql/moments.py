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
_ZONED: Final = SqlType("datetimeoffset", 0, 0, 7)

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


_DAYS: Final = frozenset(
    {"year", "quarter", "month", "dayofyear", "day", "week", "weekday", "iso_week"}
)
_CLOCK: Final = frozenset({"hour", "minute", "second", "millisecond", "microsecond", "nanosecond"})
_FINE: Final = frozenset({"microsecond", "nanosecond"})
_NOT_CUT: Final = frozenset({"weekday", "tzoffset", "nanosecond"})
_DIGITS: Final = {"millisecond": 3, "microsecond": 6}
"""Digits of a fraction without which DATETRUNC knows no such part."""
_OF_THE_SESSION: Final = frozenset({"week", "weekday"})
"""Parts that hang on SET DATEFIRST."""


def _part(group: list[Node]) -> str:
    return _PARTS.get(group[0].text.lower(), group[0].text.lower())


def _check(part: str, value: Expression, function: str, node: Node) -> None:
    """Raises Refused 9810 for a part that the type has not; a literal has every part."""
    if value.open or value.type is None or value.type.name not in types.TIMES:
        return
    name = value.type.name
    missing = (name == "date" and part in _CLOCK) or (name == "time" and part in _DAYS)
    if function == "dateadd" and name in ("datetime", "smalldatetime"):
        missing = part in _FINE
    if function == "datetrunc":
        missing = missing or part in _NOT_CUT or value.type.scale < _DIGITS.get(part, 0)
        missing = missing and (part, name) != ("millisecond", "datetime")
    elif part == "tzoffset":
        missing = name not in ("datetimeoffset", "datetime2")
    if missing:
        raise Refused(
            9810,
            f"The datepart {part} is not supported by date function {function} for data type "
            f"{name}.",
            line=node.line,
        )


def moment(value: Expression) -> Expression:
    """What a date is expected of: a string is a datetime2, a number counts days since 1900."""
    numeric = value.type is not None and value.type.name in (*types.INTEGERS, "decimal", "float")
    if numeric and not value.open:
        return cast(value, SqlType("datetime"))
    return cast(value, _MOMENT) if value.open or value.is_string else value


def dateadd(expressions: Expressions, bracketed: Node) -> Expression:
    word, number, instant = listed(bracketed)
    part = _part(word)
    amount = expressions.value(number, bracketed)
    value = expressions.value(instant, bracketed)
    _check(part, value, "dateadd", bracketed)
    value = cast(value, SqlType("datetime")) if value.is_string else moment(value)
    wide = amount.type is not None and amount.type.name in ("decimal", "float", "real", "bigint")
    count = f"trunc({amount.text})::int4" if wide else amount.wrapped
    text = f"sys.dateadd({literal(part)}, {count}::int8, {value.text})"
    return Expression(text, value.type, bound=amount.bound or value.bound)


def datediff(function: str, type: SqlType) -> Callable[[Expressions, Node], Expression]:
    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        part, first, second = listed(bracketed)
        a = moment(expressions.value(first, bracketed))
        b = moment(expressions.value(second, bracketed))
        if a.type and b.type and a.type.name != b.type.name:
            wider = replace(types.higher(a.type, b.type), scale=7)
            a, b = cast(a, wider), cast(b, wider)
        text = f"sys.{function}({literal(_part(part))}, {a.text}, {b.text})"
        return Expression(text, type, bound=a.bound or b.bound)

    return translate


def datepart(function: str, type: SqlType) -> Callable[[Expressions, Node], Expression]:
    """DATEPART and DATENAME: the same parts, as a number and in words."""

    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        word, instant = listed(bracketed)
        part = _part(word)
        value = expressions.value(instant, bracketed)
        _check(part, value, function, bracketed)
        if part == "tzoffset" and value.is_string:
            value = cast(value, _ZONED)
        value = moment(value)
        if part in _OF_THE_SESSION and (function, part) != ("datename", "weekday"):
            number = f"sys.datepart_week({literal(part)}, {cast(value, _MOMENT).text})"
            shown = number if function == "datepart" else f"{number}::text::sys.nvarchar"
            return Expression(shown, type)
        text = f"sys.{function}({literal(part)}, {value.text})"
        return Expression(text, type)

    return translate


def datetrunc(expressions: Expressions, bracketed: Node) -> Expression:
    """The start of the part that the moment lies in, in the moment's own type."""
    word, instant = listed(bracketed)
    part = _part(word)
    value = expressions.value(instant, bracketed)
    _check(part, value, "datetrunc", bracketed)
    value = moment(value)
    if part == "week" and value.type is not None and value.type.name != "datetimeoffset":
        start = Expression(f"sys.datetrunc_week({cast(value, _MOMENT).text})", _MOMENT)
        return cast(start, value.type)
    return Expression(
        f"sys.datetrunc({literal(part)}, {value.text})", value.type, bound=value.bound
    )


def date_bucket(expressions: Expressions, bracketed: Node) -> Expression:
    """`DATE_BUCKET(part, width, moment[, origin])`, both moments of one type."""
    word, width, *instants = listed(bracketed)
    values = [expressions.value(instant, bracketed) for instant in instants]
    for place, value in enumerate(values, 3):
        if value.type is None or value.type.name not in types.TIMES:
            name = value.type.name if value.type else "NULL"
            text = f"Argument data type {name} is invalid for argument {place} of Date_Bucket "
            raise Refused(8116, f"{text}function.", line=bracketed.line)
        _check(_part(word), value, "date_bucket", bracketed)
    number = expressions.value(width, bracketed)
    shown = ", ".join([f"{number.wrapped}::int4", *(value.text for value in values)])
    text = f"sys.date_bucket({literal(_part(word))}, {shown})"
    return Expression(text, values[0].type, bound=number.bound or values[0].bound)


def at_time_zone(value: Expression, zone: Expression) -> Expression:
    """`x AT TIME ZONE name`: the offset that the zone has at that time, or another zone's clock."""
    value = moment(value)
    type = _ZONED
    if value.type is not None and value.type.name in types.TIMES:
        scale = {"datetime": 3, "smalldatetime": 0, "date": 0}.get(value.type.name)
        type = replace(_ZONED, scale=value.type.scale if scale is None else scale)
    text = f"sys.at_zone({value.text}, {zone.wrapped}::text)"
    return Expression(text, type, bound=True)
