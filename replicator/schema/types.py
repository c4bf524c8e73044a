"""From a source's type to the target's: exact, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from model.catalog import Column
from model.profile import ColumnProfile
from model.types import Kind, LogicalType
from replicator.schema.tsql import TypeText

LONGEST_STRING: Final = 4000
MOST_DIGITS: Final = 38
_FREE_DIGITS: Final = 9
_USUAL_SCALE: Final = 10


@dataclass(frozen=True, slots=True)
class Chosen:
    """A column's type before keys are sized.

    `longest` is what the data needs and `limit` what the source allows, in the type's own units
    (UTF-16 units, bytes); both count only for `sizable` types, which a key may make shorter.
    `keyable` is False for values that have no useful order or equality as text.
    """

    type: TypeText
    sizable: bool = False
    longest: int = 0
    limit: int | None = None
    keyable: bool = True
    note: str = ""


class Refused(Exception):
    """A column cannot be represented; the text says why and what would help."""


def choose(column: Column, profile: ColumnProfile) -> Chosen:
    """The target type of a column. Raises Refused."""
    kind = column.type.kind
    if kind in _FIXED:
        return Chosen(TypeText(*_FIXED[kind]))
    rule = _RULES.get(kind)
    if rule is None:
        raise Refused(f"type {column.native} has no counterpart; set a type for it, or exclude it")
    return rule(column.type, profile)


def check_override(column: Column, chosen: TypeText, profile: ColumnProfile) -> Chosen:
    """The operator's type as a choice. Raises Refused when it cannot take every value exactly."""
    kind = column.type.kind
    text = chosen.name == "nvarchar" and _arrives_as_text(column.type)
    allowed = _OVERRIDES.get(kind, frozenset())
    if not text and chosen.name not in allowed:
        wanted = ", ".join(sorted({*allowed, *(("nvarchar",) * _arrives_as_text(column.type))}))
        raise Refused(f"{column.native} cannot become {chosen}; it can become {wanted}")
    if kind in _INTEGER_DIGITS and chosen.name == "decimal":
        _want(chosen.measures[0] - chosen.measures[1], _INTEGER_DIGITS[kind], column, chosen)
    if kind in _FRACTIONS:
        digits = 6 if column.type.precision is None else column.type.precision
        _want(chosen.measures[0], digits, column, chosen)
    if kind is Kind.DECIMAL and chosen.name == "decimal":
        _want(chosen.measures[1], profile.scale, column, chosen)
        _want(chosen.measures[0] - chosen.measures[1], profile.integer_digits, column, chosen)
    if chosen.measures and (text or kind is Kind.BYTES):
        _want(chosen.measures[0], profile.units, column, chosen)
    keyable = kind not in (Kind.JSON, Kind.XML, Kind.KEYVALUE)
    return Chosen(chosen, keyable=keyable)


def _want(given: int, needed: int, column: Column, chosen: TypeText) -> None:
    if given < needed:
        raise Refused(
            f"{chosen} is too small for {column.native}: {needed} are needed, not {given}"
        )


def _arrives_as_text(type: LogicalType) -> bool:
    if type.kind is Kind.DECIMAL:
        return type.precision is None or type.precision > MOST_DIGITS
    return type.kind not in _OVERRIDES


def _decimal(type: LogicalType, profile: ColumnProfile) -> Chosen:
    if type.precision is None or type.precision > MOST_DIGITS:
        return _measured_decimal(type, profile)
    scale = type.scale or 0
    if scale < 0:
        precision, scale = type.precision - scale, 0
    else:
        precision = max(type.precision, scale)
    if precision > MOST_DIGITS:
        raise Refused(f"{precision} digits are more than 38; {_AS_TEXT}")
    return Chosen(TypeText("decimal", (precision, scale)))


def _measured_decimal(type: LogicalType, profile: ColumnProfile) -> Chosen:
    """decimal(38,s): s from the data, but ten digits where nine stay free before the point, because
    the application goes on writing."""
    if type.precision is not None:
        raise Refused(
            f"numeric({type.precision},{type.scale or 0}) has more than 38 digits; {_AS_TEXT}"
        )
    needed = profile.integer_digits + profile.scale
    if needed > MOST_DIGITS:
        raise Refused(
            f"its values need {profile.integer_digits} digits before and {profile.scale} after the "
            f"point, together more than 38; {_AS_TEXT}"
        )
    roomy = min(_USUAL_SCALE, MOST_DIGITS - profile.integer_digits - _FREE_DIGITS)
    return Chosen(TypeText("decimal", (MOST_DIGITS, max(profile.scale, roomy))))


def _money(type: LogicalType, profile: ColumnProfile) -> Chosen:
    if profile.integer_digits <= 15:
        return Chosen(TypeText("decimal", (19, 4)))
    return Chosen(
        TypeText("decimal", (21, 4)),
        note="decimal(21,4), because its values have more than 15 digits before the point",
    )


def _characters(name: str) -> Callable[[LogicalType, ColumnProfile], Chosen]:
    """char and varchar: the source counts characters, the target UTF-16 units."""

    def rule(type: LogicalType, profile: ColumnProfile) -> Chosen:
        if type.length is None:
            return _text(type, profile)
        length, note = type.length, ""
        if profile.units > length:
            length *= 2
            note = f"twice as long, because its longest value has {profile.units} UTF-16 units"
        sizable = name == "nvarchar" or length > LONGEST_STRING
        if length > LONGEST_STRING:
            text = TypeText("nvarchar", unlimited=True)
        else:
            text = TypeText(name, (length,))
        return Chosen(text, sizable, max(profile.units, 1), length, note=note)

    return rule


def _text(type: LogicalType, profile: ColumnProfile) -> Chosen:
    return Chosen(TypeText("nvarchar", unlimited=True), True, max(profile.units, 1))


def _bytes(type: LogicalType, profile: ColumnProfile) -> Chosen:
    return Chosen(TypeText("varbinary", unlimited=True), True, max(profile.units, 1))


def _bits(type: LogicalType, profile: ColumnProfile) -> Chosen:
    if type.length is None or type.length > LONGEST_STRING:
        return Chosen(
            TypeText("nvarchar", unlimited=True), True, max(profile.units, 1), type.length
        )
    return Chosen(TypeText("nvarchar", (type.length,)))


def _document(type: LogicalType, profile: ColumnProfile) -> Chosen:
    return Chosen(TypeText("nvarchar", unlimited=True), keyable=False)


def _enum(type: LogicalType, profile: ColumnProfile) -> Chosen:
    longest = max((utf16_units(label) for label in type.labels), default=1)
    return Chosen(TypeText("nvarchar", (max(longest, 1),)))


def _date(type: LogicalType, profile: ColumnProfile) -> Chosen:
    return _dated(TypeText("date"), profile)


def _fractional(name: str) -> Callable[[LogicalType, ColumnProfile], Chosen]:
    def rule(type: LogicalType, profile: ColumnProfile) -> Chosen:
        digits = 6 if type.precision is None else type.precision
        return _dated(TypeText(name, (digits,)), profile)

    return rule


def _dated(text: TypeText, profile: ColumnProfile) -> Chosen:
    if profile.out_of_range:
        raise Refused(
            f"{profile.out_of_range} of its values lie before the year 1 or after 9999; "
            "correct them in the source"
        )
    note = ""
    if profile.infinite:
        note = (
            f"{profile.infinite} infinite values arrive as the first or the last day of the "
            "calendar (0001-01-01, 9999-12-31)"
        )
    return Chosen(text, note=note)


def _zoned_time(type: LogicalType, profile: ColumnProfile) -> Chosen:
    if profile.odd_offsets:
        raise Refused(
            f"{profile.odd_offsets} of its values have an offset with seconds; set nvarchar(24)"
        )
    return Chosen(TypeText("nvarchar", (21,)))


def utf16_units(text: str) -> int:
    """Length as SQL Server counts it."""
    return len(text.encode("utf-16-le")) // 2


_AS_TEXT: Final = "set nvarchar(200) for it to keep its digits as text"

_FIXED: Final[dict[Kind, tuple[str] | tuple[str, tuple[int, ...]]]] = {
    Kind.INT16: ("smallint",),
    Kind.INT32: ("int",),
    Kind.INT64: ("bigint",),
    Kind.FLOAT32: ("real",),
    Kind.FLOAT64: ("float", (53,)),
    Kind.BOOLEAN: ("bit",),
    Kind.UUID: ("uniqueidentifier",),
    Kind.INTERVAL: ("nvarchar", (64,)),
    Kind.NETWORK: ("nvarchar", (43,)),
}
"""43 characters hold the longest IPv6 network."""

_RULES: Final[dict[Kind, Callable[[LogicalType, ColumnProfile], Chosen]]] = {
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.CHAR: _characters("nchar"),
    Kind.VARCHAR: _characters("nvarchar"),
    Kind.TEXT: _text,
    Kind.BYTES: _bytes,
    Kind.DATE: _date,
    Kind.TIMESTAMP: _fractional("datetime2"),
    Kind.TIMESTAMPTZ: _fractional("datetimeoffset"),
    Kind.TIME: _fractional("time"),
    Kind.TIMETZ: _zoned_time,
    Kind.JSON: _document,
    Kind.XML: _document,
    Kind.KEYVALUE: _document,
    Kind.ARRAY: _document,
    Kind.COMPOSITE: _document,
    Kind.RANGE: _document,
    Kind.GEOMETRIC: _document,
    Kind.ENUM: _enum,
    Kind.BITSTRING: _bits,
}

_INTEGERS: Final = frozenset({"smallint", "int", "bigint", "decimal"})
_OVERRIDES: Final[dict[Kind, frozenset[str]]] = {
    Kind.INT16: _INTEGERS,
    Kind.INT32: _INTEGERS - {"smallint"},
    Kind.INT64: frozenset({"bigint", "decimal"}),
    Kind.DECIMAL: frozenset({"decimal"}),
    Kind.MONEY: frozenset({"decimal"}),
    Kind.FLOAT32: frozenset({"real", "float"}),
    Kind.FLOAT64: frozenset({"float"}),
    Kind.BOOLEAN: frozenset({"bit"}),
    Kind.BYTES: frozenset({"varbinary"}),
    Kind.DATE: frozenset({"date"}),
    Kind.TIMESTAMP: frozenset({"datetime2"}),
    Kind.TIMESTAMPTZ: frozenset({"datetimeoffset"}),
    Kind.TIME: frozenset({"time"}),
    Kind.UUID: frozenset({"uniqueidentifier"}),
}
_INTEGER_DIGITS: Final = {Kind.INT16: 5, Kind.INT32: 10, Kind.INT64: 19}
_FRACTIONS: Final = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.TIME})
