"""What an operator types when changes are gone: one sentence for each kind of gap."""

from __future__ import annotations

from typing import Final

ALL: Final = "replicator table reload --all"

ANEW: Final = (
    f"find out why; then stop the roles and `{ALL}`: every table is loaded again from a new "
    "beginning of the log, and nothing else is lost"
)
"""The log itself is gone, or how far it was read: no table can go on."""

DAMAGED: Final = (
    f"A control topic that cannot be read: stop the roles and `{ALL}`; a heartbeat topic: delete "
    "it, and capture makes it anew"
)
"""A topic of ours beside the data is unreadable."""


def reload(table: object) -> str:
    """One table's changes are gone; the others go on. `table` is its name in the source."""
    return f"find out why; then `replicator table reload {table}`"
