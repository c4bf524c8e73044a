"""What FROM holds: its items, how they are joined, the row locks that its hints ask for."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.azuresql.tsql.held_keys import Range
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.scope import Source


@dataclass(slots=True)
class From:
    """FROM's text, and the row locks that its hints ask for."""

    text: str = ""
    locks: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    """The tables that have such locks."""
    elements: list[Element] = field(default_factory=list)
    """Every item with how it is joined, from left to right."""
    ranges: list[Range] = field(default_factory=list)
    """The tables of which a hint keeps rows, those that are not there too."""


@dataclass(slots=True)
class Element:
    """One item of FROM. `join` is empty for the first of a comma list."""

    source: Source
    text: str
    join: str = ""
    condition: str = ""
    relation: ObjectName | None = None
    nested: bool = False
    lock: str = ""
    """`FOR UPDATE OF …` where its hints ask for it."""
