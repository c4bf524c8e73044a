"""How each kind's text becomes JSON: pieces of Python for the functions made for a table.

Both of a table's functions are written from these forms (`decoder` for any tuple, `plain` for the
tuples that need nothing special), so that they cannot differ in what a value looks like.
"""

from __future__ import annotations

from binascii import a2b_hex, b2a_base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orjson import dumps

from connectors.postgresql import values
from connectors.postgresql.types import SourceType
from connectors.postgresql.values import NULL, Policies, Unrepresentable
from model.types import Kind


class ColumnUnrepresentable(Exception):
    """A value that cannot be carried, with its column's name."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LogColumn:
    """A column as the log sends it; `carried` is its place in the row, None when left out."""

    name: str
    type: SourceType
    carried: int | None


Part = bytes | str
"""Bytes that stand in the JSON as they are, or an expression that gives some."""


@dataclass(frozen=True, slots=True)
class Form:
    """A kind's JSON: `parts` one after the other when the text meets `when`, else `otherwise`.

    In expressions `{v}` is the variable that holds the text, and `{0}`, `{4}` … are places in it
    (the text may start behind other bytes). `fails` says that `otherwise` or a part may raise.
    """

    parts: tuple[Part, ...]
    when: str = ""
    otherwise: str = ""
    fails: bool = True


_TEXT: Final = "{v}[{0}:]"
_QUOTED: Final[tuple[Part, ...]] = (b'"', _TEXT, b'"')
_NUMBER: Final = "{v}[-1] < 58"
"""The text ends with a digit, as no NaN, infinity or year before Christ does."""
_MOMENT: Final = "{v}[{4}] == 45 and {v}[-1] < 58"
"""The year has four digits, and the text ends with one."""
_DAY_AND_TIME: Final[tuple[Part, ...]] = (b'"', "{v}[{0}:{10}]", b"T", "{v}[{11}:]")

_STRING: Final = Form((f"dumps(str({_TEXT}, 'utf-8'))",))
_FLOAT: Final = Form(
    (_TEXT,),
    f"{_NUMBER} and (len({{v}}) != {{2}} or {{v}}[{{0}}] != 45)",
    f"floating({_TEXT}) if {_NUMBER} else number({_TEXT})",
)
_INTEGER: Final = Form((_TEXT,), fails=False)
_ALWAYS_QUOTED: Final = Form(_QUOTED)
_FORMS: Final[dict[Kind, Form]] = {
    Kind.INT16: _INTEGER,
    Kind.INT32: _INTEGER,
    Kind.INT64: Form((f"({_TEXT} if len({{v}}) < {{16}} else integer64({_TEXT}))",), fails=False),
    Kind.DECIMAL: Form(_QUOTED, _NUMBER, f"number({_TEXT})"),
    Kind.FLOAT32: _FLOAT,
    Kind.FLOAT64: _FLOAT,
    Kind.BOOLEAN: Form(("(b'true' if {v}[{0}] == 116 else b'false')",), fails=False),
    Kind.BYTES: Form((b'"', "b2a_base64(a2b_hex({v}[{2}:]), newline=False)", b'"'), fails=False),
    Kind.MONEY: Form((f"money({_TEXT})",), fails=False),
    Kind.DATE: Form(_QUOTED, "len({v}) == {10}", f"date({_TEXT})"),
    Kind.TIMESTAMP: Form((*_DAY_AND_TIME, b'"'), _MOMENT, f"timestamp({_TEXT})"),
    Kind.TIMESTAMPTZ: Form((*_DAY_AND_TIME, b':00"'), _MOMENT, f"timestamptz({_TEXT})"),
    Kind.TIME: Form(_QUOTED, "{v}[{0}:{2}] != b'24'", f"midnight({_TEXT})"),
    Kind.TIMETZ: Form((f"timetz({_TEXT})",)),
    Kind.INTERVAL: Form(_QUOTED, "{v}[-1] != 121", f"number({_TEXT})"),
    Kind.UUID: Form(_QUOTED, fails=False),
    Kind.NETWORK: _ALWAYS_QUOTED,
    Kind.BITSTRING: _ALWAYS_QUOTED,
    Kind.GEOMETRIC: _ALWAYS_QUOTED,
    Kind.SPATIAL: _ALWAYS_QUOTED,
}
_CONTAINERS: Final = frozenset({Kind.ARRAY, Kind.COMPOSITE, Kind.RANGE, Kind.KEYVALUE})
_REACH: Final = 17
"""One more than the furthest place that a form names."""


def form(column: LogColumn, place: int) -> Form:
    """The form of a column's values; `place` is its number in the log's tuple."""
    kind = column.type.logical.kind
    if kind in _CONTAINERS:
        return Form((f"container{place}({_TEXT})",))
    return _FORMS.get(kind, _STRING)


def written(expression: str, variable: str, start: int) -> str:
    """The expression for a text that begins at `start` of what the variable holds."""
    places = range(start, start + _REACH)
    return expression.format(*places, v=variable).replace("[0:]", "")


def source_of(parts: Iterable[Part], variable: str, start: int) -> list[Part]:
    """The same for a form's parts."""
    return [each if isinstance(each, bytes) else written(each, variable, start) for each in parts]


def summed(parts: Sequence[Part]) -> str:
    """One expression that gives all parts in a row."""
    return " + ".join(repr(each) if isinstance(each, bytes) else each for each in parts)


def fragment_of(column: LogColumn, place: int, variable: str, start: int) -> str:
    """One expression that gives a value's whole fragment, the special ones included."""
    found = form(column, place)
    plain = summed(source_of(found.parts, variable, start))
    if not found.when:
        return plain
    when, otherwise = (written(each, variable, start) for each in (found.when, found.otherwise))
    return f"{plain} if {when} else {otherwise}"


def names_of(columns: Sequence[LogColumn], policies: Policies) -> dict[str, Any]:
    """What the expressions of these columns' forms call by name."""
    names: dict[str, Any] = {
        "dumps": dumps,
        "a2b_hex": a2b_hex,
        "b2a_base64": b2a_base64,
        "NULL": NULL,
        "integer64": values.integer64,
        "floating": values.negative_zero,
        "money": values.money,
        "date": values.date_special,
        "timestamp": values.timestamp_special,
        "timestamptz": values.timestamptz_special,
        "timetz": values.timetz(policies),
        "number": values.number_special(policies),
        "midnight": values.midnight_special(policies),
        "Unrepresentable": Unrepresentable,
    }
    for place, column in enumerate(columns):
        if column.type.logical.kind in _CONTAINERS:
            names[f"container{place}"] = values.container(column.type)
    return names
