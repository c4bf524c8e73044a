"""What an error is made of: the names that it tells, and the words that come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Made = tuple[int, int, int, str]
"""Number, severity, state and text."""


@dataclass(frozen=True, slots=True)
class Named:
    """What the catalog knows of the objects that an error names, in their real spelling."""

    database: str = ""
    schema: str = ""
    table: str = ""
    constraint: str = ""
    kind: str = ""
    """p, u (constraint), i (unique index), f, c: what the constraint is."""
    other_schema: str = ""
    other_table: str = ""
    other_column: str = ""
    truncated_columns: tuple[str, ...] = ()
    statement: str = ""
    """INSERT, UPDATE, DELETE or MERGE."""
    numbered: str = ""
    """The type of the identity whose counter is at its end, empty for a sequence's."""
    column: str = ""
    """The column that an error is about, with its table where that is known."""
    columns: Mapping[str, str] = field(default_factory=dict)
