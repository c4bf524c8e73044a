"""Dates and times as the wire counts them.

Ticks are 100 ns, the seventh digit of datetime2; days count from 0001-01-01. Text is ISO with seven
digits and a blank between date, time and offset.
"""

from __future__ import annotations

from datetime import date
from typing import Final

TICKS_PER_SECOND: Final = 10_000_000
TICKS_PER_DAY: Final = 86_400 * TICKS_PER_SECOND
TICKS_PER_MINUTE: Final = 60 * TICKS_PER_SECOND

DAYS_TO_1900: Final = 693_595
DAYS_TO_2000: Final = 730_119

INTERVAL_DAY: Final = 86_400_000_000
"""What PostgreSQL takes for a day in an interval's own unit, whatever that unit stands for."""


def unit(scale: int) -> int:
    """Ticks in one unit of a time with `scale` digits."""
    return int(10 ** (7 - scale))


def date_text(days: int) -> str:
    """`2024-01-31`. Raises ValueError past 9999-12-31."""
    return date.fromordinal(days + 1).isoformat()


def time_text(ticks: int) -> str:
    """`23:59:59.1234567`"""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{fraction:07d}"


def offset_text(minutes: int) -> str:
    """`+02:00`"""
    hour, minute = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hour:02d}:{minute:02d}"


def instant_text(ticks: int) -> str:
    """`2024-01-31 23:59:59.1234567`"""
    days, rest = divmod(ticks, TICKS_PER_DAY)
    return f"{date_text(days)} {time_text(rest)}"


def legacy(ticks: int) -> tuple[int, int]:
    """Ticks since 0001-01-01 as datetime: days since 1900 and 1/300 s of the day, rounded."""
    days, rest = divmod(ticks, TICKS_PER_DAY)
    units = (rest * 3 + 50_000) // 100_000
    extra, units = divmod(units, 86_400 * 300)
    return days - DAYS_TO_1900 + extra, units


def legacy_ticks(days: int, units: int) -> int:
    """The inverse of `legacy`: 1/300 s shows as milliseconds ending in 0, 3 or 7."""
    milliseconds = (units * 10 + 1) // 3
    return (days + DAYS_TO_1900) * TICKS_PER_DAY + milliseconds * 10_000


def legacy_minutes(ticks: int) -> tuple[int, int]:
    """Ticks since 0001-01-01 as smalldatetime: days since 1900 and minutes, rounded half up."""
    minutes = (ticks + TICKS_PER_MINUTE // 2) // TICKS_PER_MINUTE
    days, rest = divmod(minutes, 1440)
    return days - DAYS_TO_1900, rest


def minute_ticks(days: int, minutes: int) -> int:
    """The inverse of `legacy_minutes`."""
    return (days + DAYS_TO_1900) * TICKS_PER_DAY + minutes * TICKS_PER_MINUTE
