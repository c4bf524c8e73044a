"""Durations, sizes and rates as people write them: `250ms`, `1h30m`, `64MiB`, `20MiB/s`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES: Final = {
    "B": 1,
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}

DURATION_PATTERN: Final = r"^(\d+(\.\d+)?(ms|s|m|h|d))+$"
SIZE_PATTERN: Final = r"^\d+(\.\d+)?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$"
RATE_PATTERN: Final = r"^\d+(\.\d+)?(rows|B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)/s$"

_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def duration(text: object) -> float:
    """Seconds. Takes text such as `250ms`, `5m`, `1h30m`, or a number of seconds.

    Raises ValueError saying how a duration is written.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        if text >= 0 and text != float("inf"):
            return float(text)
    elif isinstance(text, str) and re.fullmatch(DURATION_PATTERN, text.strip()):
        return sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(text))
    raise ValueError(f"{text!r} is not a duration; write it as 250ms, 20s, 5m, 1h30m or 2d")


def size(text: object) -> int:
    """Bytes. Takes text such as `64MiB` or `10kB`, or a whole number of bytes.

    Raises ValueError saying how a size is written.
    """
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return text
    if isinstance(text, str) and re.fullmatch(SIZE_PATTERN, text.strip()):
        number = text.strip().rstrip("BkMGTKi")
        return int(Decimal(number) * _BYTES[text.strip()[len(number) :]])
    raise ValueError(f"{text!r} is not a size; write it as 512B, 10kB, 64MiB or 2GiB")


def show_duration(seconds: float) -> str:
    """The shortest text that `duration` reads back as the same number of milliseconds."""
    millis = round(seconds * 1000)
    if millis == 0:
        return "0s"
    parts = []
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        count, millis = divmod(millis, length)
        if count:
            parts.append(f"{count}{unit}")
    if millis:
        parts.append(f"{millis}ms")
    return "".join(parts)


def show_size(count: int) -> str:
    """The shortest text that `size` reads back as the same number of bytes."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if count and count % _BYTES[unit] == 0:
            return f"{count // _BYTES[unit]}{unit}"
    return f"{count}B"


class RateUnit(StrEnum):
    """What a rate counts."""

    ROWS = "rows"
    BYTES = "B"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many rows or bytes a second."""

    per_s: int
    unit: RateUnit

    def __str__(self) -> str:
        amount = f"{self.per_s}rows" if self.unit is RateUnit.ROWS else show_size(self.per_s)
        return f"{amount}/s"


def rate(text: object) -> Rate:
    """Rows or bytes a second. Takes text such as `50000rows/s` or `20MiB/s`: a number without its
    unit could mean either. Raises ValueError saying how a rate is written.
    """
    if isinstance(text, Rate):
        return text
    if isinstance(text, str) and re.fullmatch(RATE_PATTERN, text.strip()):
        amount = text.strip().removesuffix("/s").strip()
        rows = amount.removesuffix("rows")
        found = (
            Rate(size(amount), RateUnit.BYTES)
            if rows == amount
            else Rate(int(Decimal(rows)), RateUnit.ROWS)
        )
        if found.per_s > 0:
            return found
    raise ValueError(f"{text!r} is not a rate above 0; write it as 50000rows/s or 20MiB/s")
