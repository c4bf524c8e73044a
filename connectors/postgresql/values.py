"""PostgreSQL's text of a value as a JSON fragment in wire form (`model.types`).

The common kinds are inlined (`forms`); what stands here is the rest: special values, money, and
the containers, whose JSON text is what PostgreSQL's `to_json` writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from orjson import dumps

from connectors.postgresql.types import SourceType
from model.types import Kind

Fragment = bytes
"""One value as JSON text in its wire form (`model.types`); SQL NULL is `b"null"`."""

Row = tuple[Fragment | None, ...]
"""One fragment for each of `Table.carried`, in that order; None where the log carried no value."""

NULL: Final[Fragment] = b"null"

Convert = Callable[[bytes], Fragment]
JsonText = Callable[[str], str]


class Unrepresentable(Exception):
    """The target has no such value. `reason` says which kind of value, never the value's row."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Policies:
    """What becomes of values that the target cannot hold: True carries NULL instead."""

    not_a_number_is_null: bool = False
    midnight_24_is_null: bool = False


def quoted(text: bytes) -> Fragment:
    """A JSON string of bytes that need no escape."""
    return b'"' + text + b'"'


def string(text: bytes) -> Fragment:
    """A JSON string."""
    return dumps(text.decode())


def integer64(text: bytes) -> Fragment:
    """A number up to 15 digits, beyond that a string, which no reader rounds."""
    return text if len(text.lstrip(b"-")) <= 15 else quoted(text)


def negative_zero(text: bytes) -> Fragment:
    """−0 with a fraction: as `-0`, JSON readers take it for the integer 0."""
    return b"-0.0" if text == b"-0" else text


def money(text: bytes) -> Fragment:
    """`-$1,234.56` (with `lc_monetary=C`) as `"-1234.56"`."""
    return quoted(text.replace(b"$", b"").replace(b",", b""))


_EXTREMES: Final = {b"infinity": b"9999-12-31", b"-infinity": b"0001-01-01"}


def _extreme(text: bytes) -> bytes:
    day = _EXTREMES.get(text)
    if day is None:
        raise Unrepresentable("a date before the year 1 or after 9999")
    return day


def date_special(text: bytes) -> Fragment:
    """An infinity as the target's outermost day. Raises Unrepresentable for years out of range."""
    return quoted(_extreme(text))


def timestamp_special(text: bytes) -> Fragment:
    """As `date_special`, at midnight."""
    return quoted(_extreme(text) + b"T00:00:00")


def timestamptz_special(text: bytes) -> Fragment:
    """As `date_special`, at midnight UTC."""
    return quoted(_extreme(text) + b"T00:00:00+00:00")


def offset_with_minutes(text: str) -> str:
    """`12:00:00+02` with minutes in its offset."""
    return text + ":00" if text[-3] in "+-" else text


def number_special(policies: Policies) -> Convert:
    """NaN and the infinities, of numbers and intervals, by policy."""

    def convert(text: bytes) -> Fragment:
        if policies.not_a_number_is_null:
            return NULL
        raise Unrepresentable(f"{text.decode()}, which the target's numbers do not have")

    return convert


def midnight_special(policies: Policies) -> Convert:
    """The time 24:00:00, by policy."""

    def convert(text: bytes) -> Fragment:
        if policies.midnight_24_is_null:
            return NULL
        raise Unrepresentable("the time 24:00:00, which the target does not have")

    return convert


def timetz(policies: Policies) -> Convert:
    """`12:00:00+02` as `"12:00:00+02:00"`; 24:00:00 by policy."""
    special = midnight_special(policies)

    def convert(text: bytes) -> Fragment:
        if text.startswith(b"24"):
            return special(text)
        return quoted(offset_with_minutes(text.decode()).encode())

    return convert


def container(type_: SourceType) -> Convert:
    """A JSON string that holds the JSON text of an array, composite, range or hstore."""
    convert = json_text(type_)
    return lambda text: dumps(convert(text.decode()))


def escaped(text: str) -> str:
    """A JSON string, escaped as PostgreSQL's `escape_json` does."""
    return dumps(text).decode()


def json_text(type_: SourceType) -> JsonText:
    """How `to_json` writes a value of this type, given the value's text."""
    if type_.element is not None:
        return _array(type_.element)
    if type_.fields:
        return _composite(type_.fields)
    kind = type_.logical.kind
    if type_.name in _NUMBERS:
        return _number
    return _BY_KIND.get(kind, escaped)


_NUMBERS: Final = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric"})


def _number(text: str) -> str:
    return text if text[-1].isdigit() else escaped(text)


def _boolean(text: str) -> str:
    return "true" if text == "t" else "false"


def _as_it_is(text: str) -> str:
    return text


def _timestamp(text: str) -> str:
    return escaped(text.replace(" ", "T", 1)) if text[-1] != "y" else escaped(text)


def _timestamptz(text: str) -> str:
    if text[-1] == "y":
        return escaped(text)
    day, clock, *era = text.split(" ")
    return escaped(" ".join([f"{day}T{offset_with_minutes(clock)}", *era]))


_PAIR: Final = re.compile(r'"((?:[^"\\]|\\.)*)"=>(?:NULL|"((?:[^"\\]|\\.)*)")', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


def _keyvalue(text: str) -> str:
    pairs = []
    for pair in _PAIR.finditer(text):
        key, value = pair.groups()
        written = "null" if value is None else escaped(_unescaped(value))
        pairs.append(f"{escaped(_unescaped(key))}: {written}")
    return "{" + ", ".join(pairs) + "}"


_BY_KIND: Final[dict[Kind, JsonText]] = {
    Kind.BOOLEAN: _boolean,
    Kind.JSON: _as_it_is,
    Kind.TIMESTAMP: _timestamp,
    Kind.TIMESTAMPTZ: _timestamptz,
    Kind.KEYVALUE: _keyvalue,
}


def _array(element: SourceType) -> JsonText:
    convert = json_text(element)
    token = re.compile(
        r'([{}])|"((?:[^"\\]|\\.)*)"|([^{}"DELIMITER]+)'.replace(
            "DELIMITER", re.escape(element.delimiter)
        ),
        re.DOTALL,
    )

    def write(text: str) -> str:
        if text[0] == "[":
            text = text[text.index("{") :]
        written: list[str] = []
        for found in token.finditer(text):
            brace, quoted_text, bare = found.groups()
            if brace == "}":
                written.append("]")
                continue
            if written and written[-1] != "[":
                written.append(",")
            if brace == "{":
                written.append("[")
            elif bare is None:
                written.append(convert(_unescaped(quoted_text)))
            else:
                written.append("null" if bare == "NULL" else convert(bare))
        return "".join(written)

    return write


_FIELD: Final = re.compile(r'(?:"((?:[^"\\]|""|\\\\)*)"|([^,()"]*))([,)])', re.DOTALL)


def _fields_of(text: str) -> Iterator[str | None]:
    """The fields of a composite's text; an empty unquoted one is NULL."""
    at = 1
    while at < len(text):
        found = _FIELD.match(text, at)
        if found is None:
            raise Unrepresentable("a composite value of a shape that is not PostgreSQL's")
        quoted_text, bare, _ = found.groups()
        if quoted_text is not None:
            yield quoted_text.replace('""', '"').replace("\\\\", "\\")
        else:
            yield bare or None
        at = found.end()


def _composite(fields: tuple[tuple[str, SourceType], ...]) -> JsonText:
    named = [(escaped(name) + ":", json_text(type_)) for name, type_ in fields]

    def write(text: str) -> str:
        values = list(_fields_of(text))
        if len(values) != len(named):
            raise Unrepresentable(
                f"a composite value of {len(values)} fields where the catalog names {len(named)}"
            )
        return (
            "{"
            + ",".join(
                name + ("null" if value is None else convert(value))
                for (name, convert), value in zip(named, values, strict=True)
            )
            + "}"
        )

    return write
