"""Names of the target's types, and what each takes in a key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from connectors.azuresql.dialect import BIN2, quote

LONGEST_NAME: Final = 128
KEY_COLLATION: Final = BIN2
"""For every string that takes part in a key: what differs in the source differs in the target.
CS_AS collations ignore width and kana and equate canonical forms."""


def listed(names: Iterable[str]) -> str:
    """Quoted names separated by commas."""
    return ", ".join(quote(name) for name in names)


@dataclass(frozen=True, slots=True)
class TypeText:
    """A type's name with its measures: `decimal(12,3)`, `nvarchar(max)`."""

    name: str
    measures: tuple[int, ...] = ()
    unlimited: bool = False

    def __str__(self) -> str:
        if self.unlimited:
            return f"{self.name}(max)"
        return self.name + (f"({','.join(map(str, self.measures))})" if self.measures else "")

    @property
    def is_string(self) -> bool:
        return self.name in _STRINGS

    @property
    def key_bytes(self) -> int | None:
        """Bytes that a value takes in an index key at most; None when it cannot be in one."""
        if self.unlimited:
            return None
        if self.name in _FIXED_BYTES:
            return _FIXED_BYTES[self.name]
        if self.name == "decimal":
            return next(size for digits, size in _DECIMAL_BYTES if self.measures[0] <= digits)
        return self.measures[0] * (2 if self.name in ("nchar", "nvarchar") else 1)


_STRINGS: Final = frozenset({"nchar", "nvarchar", "char", "varchar"})
_DECIMAL_BYTES: Final = ((9, 5), (19, 9), (28, 13), (38, 17))
_FIXED_BYTES: Final = {
    "tinyint": 1,
    "smallint": 2,
    "int": 4,
    "bigint": 8,
    "bit": 1,
    "real": 4,
    "float": 8,
    "date": 3,
    "time": 5,
    "datetime2": 8,
    "datetimeoffset": 10,
    "uniqueidentifier": 16,
    "money": 8,
}
_SIZED: Final = {"nchar": 4000, "nvarchar": 4000, "char": 8000, "varchar": 8000}
_SIZED_BINARY: Final = {"binary": 8000, "varbinary": 8000}
_FRACTIONAL: Final = frozenset({"time", "datetime2", "datetimeoffset"})
_TYPE: Final = re.compile(r"\s*([a-z0-9]+)\s*(?:\(\s*(max|\d+)\s*(?:,\s*(\d+)\s*)?\)\s*)?", re.I)


def parse_type(text: str) -> TypeText:
    """The type that an operator wrote. Raises ValueError saying what is wrong with it."""
    match = _TYPE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a T-SQL type; write it like nvarchar(200)")
    name, first, second = match[1].lower(), (match[2] or "").lower(), match[3]
    if first == "max":
        if name not in ("nvarchar", "varchar", "varbinary"):
            raise ValueError(f"{name} has no (max) form")
        return TypeText(name, unlimited=True)
    measures = tuple(int(measure) for measure in (first, second) if measure)
    _check_measures(text, name, measures)
    return TypeText(name, measures)


def _check_measures(text: str, name: str, measures: tuple[int, ...]) -> None:
    sizes = _SIZED | _SIZED_BINARY
    if name == "decimal":
        right = len(measures) == 2 and 1 <= measures[0] <= 38 and measures[1] <= measures[0]
        shape = "decimal(p,s) with p up to 38 and s up to p"
    elif name in sizes:
        right = len(measures) == 1 and 1 <= measures[0] <= sizes[name]
        shape = f"{name}(n) with n from 1 to {sizes[name]}, or a (max) type"
    elif name in _FRACTIONAL:
        right = len(measures) == 1 and measures[0] <= 7
        shape = f"{name}(p) with p from 0 to 7"
    elif name == "float":
        right, shape = measures in ((), (53,)), "float(53)"
    elif name in _FIXED_BYTES:
        right, shape = not measures, name
    else:
        raise ValueError(f"{name} is not a type that a column can be migrated to")
    if not right:
        raise ValueError(f"{text!r} has the wrong measures; write {shape}")
