"""The golden row: one table per source with every type at its edge values (types.md).

It goes through the snapshot and through the stream, and both must arrive equal, value for value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent

POSTGRESQL_SCHEMA: Final = (_HERE / "postgresql_schema.sql").read_text()
"""Types and the table `public.golden`; its key is `id`."""

POSTGRESQL_ROWS: Final = (_HERE / "postgresql_rows.sql").read_text()
"""Rows 1 to 5: least, greatest, empty or zero, NULL, and odd ones."""

POSTGRESQL_AGAIN: Final = (_HERE / "postgresql_again.sql").read_text()
"""The same rows as changes: inserted again as 101 to 105, then 1 to 5 updated in all columns."""

HOSTILE_DEFAULTS: Final = (_HERE / "postgresql_hostile.sql").read_text()
"""Defaults of a database that change the text of values and end sessions; `:database` is its
quoted name."""
