"""Cutting a table into chunks of about equal size, whatever its statistics and keys look like.

Sizes and bounds come from samples of the table's pages, taken in the reader's own snapshot: the
server's statistics may be from a time when the table was empty. A bound is a key that was met,
never one that was computed, so neither gaps nor heavy prefixes make one chunk much larger.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from connectors.postgresql import selection
from model.catalog import Table
from model.state import Chunk

Ask = Callable[[str], list[tuple[Any, ...]]]
"""Runs a query with a small result in the reader's snapshot."""

_COUNTED_PAGES: Final = 2000
"""How many pages are sampled to learn how many rows a table has; smaller tables are counted."""
_SAMPLED_ROWS: Final = 200
_SAMPLED_PAGES: Final = 100
"""How much of a table is sampled for each chunk: rows, and pages since a page's keys are alike."""
_TID_RANGES: Final = 140000
"""Older servers read a whole table for each range of ctids."""


def planned(ask: Ask, version: int, table: Table, rows_per_chunk: int) -> list[Chunk]:
    """Ranges of the key, or of the ctid where there is none, in that order.

    Ranges of ctids mean something in the snapshot that they were cut in, and in no other.
    """
    [[pages, partitioned]] = ask(selection.size(table.name))
    percent = min(100.0, 100.0 * _COUNTED_PAGES / max(pages, 1.0))
    text = selection.count_sample(table.name, percent, partitioned=partitioned)
    [[counted]] = ask(text)
    rows = counted * 100.0 / percent
    chunks = math.ceil(rows / rows_per_chunk)
    if chunks <= 1 or (not table.key and version < _TID_RANGES):
        return [Chunk(table.name, 0, None, None)]
    share = max(chunks * _SAMPLED_ROWS / rows, chunks * _SAMPLED_PAGES / pages)
    text = selection.sampled_bounds(
        table, chunks, min(100.0, 100.0 * share), partitioned=partitioned
    )
    bounds = [None, *(json.dumps(list(row)) for row in ask(text)), None]
    return [
        Chunk(table.name, number, lower, upper)
        for number, (lower, upper) in enumerate(pairwise(bounds))
    ]


def middle(ask: Ask, table: Table, chunk: Chunk, *, partitioned: bool) -> str | None:
    """The bound that leaves half of the chunk's rows at or below it; None for a single row."""
    found = ask(selection.middle(table, chunk, partitioned=partitioned))
    return json.dumps(list(found[0])) if found else None
