"""Converted values, and constants, the clock and arithmetic among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Final

import postgast

from connectors.azuresql.dialect import literal
from model.types import Kind
from replicator.schema.tsql import KEY_COLLATION


class Inconvertible(Exception):
    """The expression has a part without a sure counterpart; the text names it."""


class Family(Enum):
    """What kind of value an expression yields, as far as conversion needs to know."""

    INTEGER = auto()
    DECIMAL = auto()
    FLOAT = auto()
    BOOLEAN = auto()
    STRING = auto()
    PADDED = auto()
    ENUM = auto()
    DATE = auto()
    TIMESTAMP = auto()
    TIMESTAMPTZ = auto()
    TIME = auto()
    UUID = auto()
    BYTES = auto()
    DOCUMENT = auto()
    ARRAY = auto()
    NULL = auto()
    OTHER = auto()


FAMILIES: Final[Mapping[Kind, Family]] = {
    Kind.INT16: Family.INTEGER,
    Kind.INT32: Family.INTEGER,
    Kind.INT64: Family.INTEGER,
    Kind.DECIMAL: Family.DECIMAL,
    Kind.FLOAT32: Family.FLOAT,
    Kind.FLOAT64: Family.FLOAT,
    Kind.BOOLEAN: Family.BOOLEAN,
    Kind.CHAR: Family.PADDED,
    Kind.VARCHAR: Family.STRING,
    Kind.TEXT: Family.STRING,
    Kind.ENUM: Family.ENUM,
    Kind.DATE: Family.DATE,
    Kind.TIMESTAMP: Family.TIMESTAMP,
    Kind.TIMESTAMPTZ: Family.TIMESTAMPTZ,
    Kind.TIME: Family.TIME,
    Kind.UUID: Family.UUID,
    Kind.BYTES: Family.BYTES,
    Kind.JSON: Family.DOCUMENT,
    Kind.ARRAY: Family.ARRAY,
}
"""Kinds that are not here are OTHER: their columns can be tested for NULL, and no more."""

CASTS: Final[Mapping[str, Family]] = {
    "int2": Family.INTEGER,
    "int4": Family.INTEGER,
    "int8": Family.INTEGER,
    "numeric": Family.DECIMAL,
    "float4": Family.FLOAT,
    "float8": Family.FLOAT,
    "bool": Family.BOOLEAN,
    "text": Family.STRING,
    "varchar": Family.STRING,
    "bpchar": Family.PADDED,
    "json": Family.DOCUMENT,
    "jsonb": Family.DOCUMENT,
    "uuid": Family.UUID,
    "date": Family.DATE,
    "timestamp": Family.TIMESTAMP,
    "timestamptz": Family.TIMESTAMPTZ,
    "time": Family.TIME,
}
NUMBERS: Final = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT})
TEXTS: Final = frozenset({Family.STRING, Family.ENUM})


@dataclass(frozen=True, slots=True)
class Value:
    """A T-SQL value expression. `digits` are precision and scale of INTEGER and DECIMAL ones;
    `constant` says that it is one, `full` that it is declared with 4,000 units."""

    text: str
    family: Family
    digits: tuple[int, int] | None = None
    constant: bool = False
    full: bool = False


NOW: Final = Value("SYSUTCDATETIME()", Family.TIMESTAMPTZ)
"""A datetime2 in UTC: where a datetimeoffset is wanted it becomes one at +00:00."""
TODAY: Final = Value("CAST(SYSUTCDATETIME() AS date)", Family.DATE)
_NEW: Final = Value("NEWID()", Family.UUID)
WITHOUT_ARGUMENTS: Final[Mapping[str, Value]] = {
    "now": NOW,
    "transaction_timestamp": NOW,
    "statement_timestamp": NOW,
    "clock_timestamp": NOW,
    "gen_random_uuid": _NEW,
    "uuidv4": _NEW,
    "uuid_generate_v4": _NEW,
}
_MOMENTS: Final[Mapping[Family, tuple[str, str]]] = {
    Family.DATE: ("0000-00-00", "CONVERT(date, {}, 23)"),
    Family.TIMESTAMP: ("0000-00-00 00:00:00", "CONVERT(datetime2(0), {}, 120)"),
    Family.TIMESTAMPTZ: ("0000-00-00 00:00:00+00", "CONVERT(datetime2(0), {}, 120)"),
    Family.TIME: ("00:00:00", "CONVERT(time(0), {}, 108)"),
}


def constant(content: Any) -> Value:
    """A literal of the parser's tree."""
    if content.isnull:
        return Value("NULL", Family.NULL, constant=True)
    match content.WhichOneof("val"):
        case "ival":
            digits = len(str(abs(content.ival.ival)))
            return Value(str(content.ival.ival), Family.INTEGER, (digits, 0), constant=True)
        case "fval":
            return _number(content.fval.fval)
        case "sval":
            return Value(literal(content.sval.sval), Family.STRING, constant=True)
        case "boolval":
            return Value(str(int(content.boolval.boolval)), Family.BOOLEAN, constant=True)
    raise Inconvertible("a bit string")


def _number(text: str) -> Value:
    whole, _, fraction = text.partition(".")
    if not (whole + fraction).isdigit():
        raise Inconvertible(f"the number {text}")
    if not fraction and len(whole) <= 19:
        return Value(text, Family.INTEGER, (len(whole), 0), constant=True)
    digits = (len(whole.lstrip("0")) + len(fraction), len(fraction))
    return Value(text, Family.DECIMAL, digits, constant=True)


def typed_constant(content: Any, wanted: str, enums: frozenset[str], array: bool) -> Value:
    """`'text'::type`, as the catalog prints most constants."""
    value = constant(content)
    if value.family is Family.NULL:
        return value
    text = content.sval.sval if content.WhichOneof("val") == "sval" else None
    if array and text == "{}":
        return Value("N'[]'", Family.ARRAY, constant=True)
    family = Family.ENUM if wanted in enums else CASTS.get(wanted)
    if family is None or array:
        raise Inconvertible(f"the constant {value.text} as {wanted}{'[]' if array else ''}")
    if text is not None:
        return _from_text(text, family)
    if family is value.family or (family in NUMBERS and value.family in NUMBERS):
        return Value(value.text, family, value.digits, constant=True)
    raise Inconvertible(f"the constant {value.text} as {wanted}")


def _from_text(text: str, family: Family) -> Value:
    if family in NUMBERS:
        number = _number(text.removeprefix("-"))
        plain = f"(-{number.text})" if text.startswith("-") else number.text
        return Value(plain, family, number.digits, constant=True)
    if family in (Family.STRING, Family.PADDED, Family.ENUM, Family.DOCUMENT, Family.UUID):
        return Value(literal(text), family, constant=True)
    if family is Family.BOOLEAN and text in ("t", "f", "true", "false"):
        return Value(str(int(text.startswith("t"))), family, constant=True)
    shape, form = _MOMENTS.get(family, ("", ""))
    if shape and _looks_like(text, shape):
        return Value(form.format(literal(text.removesuffix("+00"))), family, constant=True)
    raise Inconvertible(f"the constant '{text}'")


def _looks_like(text: str, shape: str) -> bool:
    return len(text) == len(shape) and all(
        one.isdigit() if other == "0" else one == other
        for one, other in zip(text, shape, strict=True)
    )


def clock(content: Any) -> Value:
    """CURRENT_TIMESTAMP and its relatives."""
    name = postgast.pg_query_pb2.SQLValueFunctionOp.Name(content.op)
    if name in ("SVFOP_CURRENT_TIMESTAMP", "SVFOP_CURRENT_TIMESTAMP_N"):
        return NOW
    if name == "SVFOP_CURRENT_DATE":
        return TODAY
    raise Inconvertible(f"no sure counterpart for {name.removeprefix('SVFOP_')}")


def concatenated(left: Value, right: Value) -> Value:
    """`||` of texts; as nvarchar(max), because a shorter result would be cut at 4,000 units."""
    if {left.family, right.family} != {Family.STRING}:
        raise Inconvertible("|| between values that are not both text")
    return Value(f"(CAST({left.text} AS nvarchar(max)) + {right.text})", Family.STRING)


def calculated(left: Value, operator: str, right: Value) -> Value:
    """Arithmetic whose digits are the same on both ends: T-SQL rounds what needs more than 38."""
    families = {left.family, right.family}
    if operator not in ("+", "-", "*", "/", "%") or not families <= NUMBERS:
        raise Inconvertible(f"{left.text} {operator} {right.text}")
    text = f"({left.text} {operator} {right.text})"
    if families == {Family.INTEGER}:
        return Value(text, Family.INTEGER, widest([left.digits, right.digits]))
    if operator in ("/", "%"):
        raise Inconvertible(f"{operator} of numbers with fractions, whose digits differ")
    if Family.FLOAT in families:
        return Value(text, Family.FLOAT)
    if left.digits is None or right.digits is None:
        raise Inconvertible(f"{text} over numbers without a precision")
    digits = _digits(left.digits, operator, right.digits)
    if digits[0] > 38:
        raise Inconvertible(f"{text} needs {digits[0]} digits, and T-SQL would round it")
    return Value(text, Family.DECIMAL, digits)


def _digits(left: tuple[int, int], operator: str, right: tuple[int, int]) -> tuple[int, int]:
    (one, fraction), (other, more) = left, right
    if operator == "*":
        return one + other + 1, fraction + more
    scale = max(fraction, more)
    return max(one - fraction, other - more) + scale + 1, scale


def widest(digits: list[tuple[int, int] | None]) -> tuple[int, int] | None:
    """Precision and scale that hold all of these; None when one is unknown."""
    known = [pair for pair in digits if pair is not None]
    if len(known) != len(digits):
        return None
    scale = max(pair[1] for pair in known)
    return max(pair[0] - pair[1] for pair in known) + scale, scale


def exact(value: Value) -> str:
    """A string as it must stand in a comparison: code by code, and spaces at its end count.

    The target compares without them, so a dot is appended on both sides. (`char(n)` is compared
    without them by the source too.)
    """
    match value.family:
        case Family.STRING if value.constant:
            return value.text.removesuffix("'") + ".'"
        case Family.STRING:
            text = f"CAST({value.text} AS nvarchar(max))" if value.full else value.text
            return f"({text} + N'.') COLLATE {KEY_COLLATION}"
        case Family.PADDED if not value.constant:
            return f"{value.text} COLLATE {KEY_COLLATION}"
        case _:
            return value.text


def compared(left: Value, operator: str, right: Value) -> str:
    """A comparison that means the same on both ends. Raises Inconvertible."""
    one, other = sides(left, operator, right)
    return f"{one} {operator} {other}"


def sides(left: Value, operator: str, right: Value) -> tuple[str, str]:
    """Both sides of a comparison as they must be written. Raises Inconvertible."""
    families = {left.family, right.family}
    ordered = families <= NUMBERS or (len(families) == 1 and left.family in _ORDERED)
    equal = families <= TEXTS or families in _EQUATED
    uuid = families == {Family.UUID, Family.STRING} and left.constant != right.constant
    if not (ordered or equal or uuid):
        raise Inconvertible(f"a comparison of {left.text} with {right.text}")
    if operator not in ("=", "<>") and not ordered:
        raise Inconvertible(
            f"{left.text} {operator} {right.text}: texts and uuids sort differently"
        )
    if uuid:
        return left.text, right.text
    if families == TEXTS:
        left, right = _as_label(left), _as_label(right)
    return exact(left), exact(right)


def _as_label(value: Value) -> Value:
    """An enumeration's labels are compared as they are: its column has the key collation."""
    if value.family is Family.STRING and not value.constant:
        raise Inconvertible(f"a comparison of {value.text} with an enumeration")
    return replace(value, family=Family.ENUM)


_EQUATED: Final = ({Family.PADDED}, {Family.UUID})
_ORDERED: Final = frozenset(
    {Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ, Family.TIME, Family.BOOLEAN}
)
