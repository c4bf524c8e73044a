"""What a client sees of a batch, and the text that tells it in a `.expected` file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """`type` is empty where an expectation does not name it; a nameless column has `name` ''."""

    name: str
    type: str = ""

    def __str__(self) -> str:
        return f"{self.name or NAMELESS} {self.type}".rstrip()


@dataclass(frozen=True)
class ResultSet:
    columns: tuple[Column, ...]
    rows: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([_COLUMNS + " | ".join(map(str, self.columns)), *self.rows])


@dataclass(frozen=True)
class Count:
    """How many rows a statement without a result set says that it changed."""

    rows: int

    def __str__(self) -> str:
        return f"{_COUNT}{self.rows}"


@dataclass(frozen=True)
class Message:
    """PRINT, RAISERROR below severity 11, warnings."""

    text: str

    def __str__(self) -> str:
        return _MESSAGE + self.text


@dataclass(frozen=True)
class Error:
    """`text` is empty where an expectation does not name it."""

    number: int
    text: str = ""

    def __str__(self) -> str:
        return f"{_ERROR}{self.number} {self.text}".rstrip()


Event = ResultSet | Count | Message | Error

NAMELESS = "(none)"
_COLUMNS, _COUNT, _MESSAGE, _ERROR = "columns: ", "count: ", "message: ", "error: "


def events(text: str) -> list[Event]:
    """The events that a case's part of an `.expected` file tells. Raises ValueError."""
    found: list[Event] = []
    for line in text.splitlines():
        if not line or line.startswith("--"):
            continue
        if line.startswith(_COLUMNS):
            names = line.removeprefix(_COLUMNS).split(" | ")
            found.append(ResultSet(tuple(_column(name) for name in names)))
        elif line.startswith(_COUNT):
            found.append(Count(int(line.removeprefix(_COUNT))))
        elif line.startswith(_MESSAGE):
            found.append(Message(line.removeprefix(_MESSAGE)))
        elif line.startswith(_ERROR):
            number, _, words = line.removeprefix(_ERROR).partition(" ")
            found.append(Error(int(number), words))
        elif found and isinstance(last := found[-1], ResultSet) and _ROW.match(line):
            found[-1] = ResultSet(last.columns, (*last.rows, line))
        else:
            raise ValueError(f"{line!r} is neither a row nor columns, count, message or error")
    return found


_ROW = re.compile(r"NULL|'|-?\d|0x")


def _column(text: str) -> Column:
    name, _, kind = text.partition(" ")
    return Column("" if name == NAMELESS else name, kind)


def as_told(observed: Iterable[Event], expected: Iterable[Event]) -> list[Event]:
    """`observed` without the types and error texts that `expected` leaves open at its place."""
    wanted = list(expected)
    told: list[Event] = []
    for place, event in enumerate(observed):
        twin = wanted[place] if place < len(wanted) else None
        if isinstance(event, ResultSet) and isinstance(twin, ResultSet):
            told.append(ResultSet(_columns_as_told(event.columns, twin.columns), event.rows))
        elif isinstance(event, Error) and isinstance(twin, Error) and not twin.text:
            told.append(Error(event.number))
        else:
            told.append(event)
    return told


def _columns_as_told(
    observed: tuple[Column, ...], expected: tuple[Column, ...]
) -> tuple[Column, ...]:
    if len(observed) != len(expected):
        return observed
    return tuple(
        seen if wanted.type else Column(seen.name)
        for seen, wanted in zip(observed, expected, strict=True)
    )
