"""Log sequence numbers as the boundaries of positions (`model.position`)."""

from __future__ import annotations

from typing import Final

from model.position import Position

_FIRST_RECORD: Final = "00000000"


def boundary(lsn: int) -> str:
    """A commit's LSN as 16 hexadecimal digits, so that text sorts as the log does."""
    return f"{lsn:016x}"


def lsn(boundary: str) -> int:
    """The inverse of `boundary`. Raises ValueError."""
    if len(boundary) != 16:
        raise ValueError(f"{boundary!r} is not 16 hexadecimal digits")
    return int(boundary, 16)


def at(lsn: int) -> Position:
    """The position of the first record of a transaction that commits at this LSN."""
    return Position(f"{boundary(lsn)}/{_FIRST_RECORD}")


def parse_lsn(text: str) -> int:
    """PostgreSQL's spelling, `16/B374D848`, as a number. Raises ValueError."""
    high, slash, low = text.partition("/")
    if not slash:
        raise ValueError(f"{text!r} is not a log sequence number")
    return (int(high, 16) << 32) | int(low, 16)


def format_lsn(lsn: int) -> str:
    """A number as PostgreSQL spells it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def resume_at(start: Position) -> int:
    """Where the server is asked to resume so that the commit at `start` is not sent again.

    A walsender skips transactions whose commit record begins below the LSN it is asked for.
    """
    return lsn(start.boundary) + 1


def before(consistent_point: int) -> Position:
    """L0 for a slot born at this LSN: a commit may stand exactly there, and it must be sent."""
    return at(consistent_point - 1)
