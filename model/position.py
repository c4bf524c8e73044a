"""Positions: where a record stands in its source's log."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Text that sorts as the log does, so that every layer compares it without knowing the source.

    PostgreSQL: `commit_lsn` (16 hexadecimal digits) `/` index of the record in its transaction
    (8 hexadecimal digits). The empty position is below every other.
    """

    text: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def boundary(self) -> str:
        """The part before the slash: the transaction that the record belongs to."""
        return self.text.rpartition("/")[0]

    @property
    def form(self) -> re.Pattern[str]:
        """What every position of the same kind of source looks like: as many parts, as long.

        Text of another form sorts anywhere: taken for a position it hides what follows.
        """
        return re.compile(_DIGITS.sub(lambda run: f"[0-9a-f]{{{len(run[0])}}}", self.text))


_DIGITS = re.compile("[0-9a-f]+")

START = Position("")


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """Which log a position belongs to. PostgreSQL: system identifier and timeline."""

    system: str
    timeline: int

    def __str__(self) -> str:
        return f"{self.system}:{self.timeline}"

    @classmethod
    def parse(cls, text: str) -> SourceIdentity:
        """What `__str__` wrote. Raises ValueError."""
        system, colon, timeline = text.rpartition(":")
        if not (system and colon):
            raise ValueError(f"{text!r} is not of the form system:timeline")
        return cls(system, int(timeline))
