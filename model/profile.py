"""What a source's data says beyond its catalog: the facts that types are chosen by."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Facts of one column's values; a fact that was not asked for stays 0.

    `integer_digits` and `scale` are the most decimal digits before and after the point (zeros at
    the end do not count), `units` the longest value in UTF-16 code units (bytes for binary
    columns). The others count values: ending in a space, NaN or infinite numbers, dates and times
    outside of the years 1 to 9999, infinite ones, the time 24:00:00, offsets with seconds.
    """

    integer_digits: int = 0
    scale: int = 0
    units: int = 0
    trailing_spaces: int = 0
    not_numbers: int = 0
    out_of_range: int = 0
    infinite: int = 0
    midnights: int = 0
    odd_offsets: int = 0


@dataclass(frozen=True, slots=True)
class TableProfile:
    """Facts of one table. `collisions` counts, for each unique key or index by name, the groups of
    rows whose keys differ only by spaces at their ends."""

    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    collisions: dict[str, int] = field(default_factory=dict)

    def column(self, name: str) -> ColumnProfile:
        """The column's facts; all 0 when nothing was asked about it."""
        return self.columns.get(name, ColumnProfile())
