"""Where the stream begins: the slot, its exported snapshot, and what a crash leaves of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from model import ways_out
from model.catalog import Table
from model.errors import Blocked
from model.ports import Anchor, Source, State
from replicator.journal import Journal

ANCHOR: Final = "anchor"
"""The journal's event that says that we are about to create the slot."""


def fix_start(
    source: Source, state: State, journal: Journal, tables: Sequence[Table]
) -> Anchor | None:
    """Create the slot and record L0; None when a former loader did so and its snapshot is gone.

    The intent is journaled first: a slot without a recorded L0 is ours, and useless, exactly when
    the journal says that we were about to create it. Raises Blocked for anybody else's.
    """
    migration = state.migration()
    if migration is not None and migration.start.text:
        if not source.slot_exists():
            raise Blocked(
                "the slot of this migration is gone, and with it the changes since the load began",
                object=migration.name,
                hint=ways_out.ANEW,
            )
        return None
    if source.slot_exists():
        if not any(entry.event == ANCHOR for entry in state.entries()):
            raise Blocked(
                "a slot of this migration's name exists, but this migration did not create it",
                object=migration.name if migration else "",
                hint="choose another migration name, or drop the slot if nobody uses it",
            )
        source.drop()
        source.prepare(tables)
    journal.note(ANCHOR, "loading")
    anchor = source.anchor()
    try:
        state.set_start(anchor.start)
    except BaseException:  # also when cancelled: the walsender would hold its snapshot for ever
        anchor.close()
        raise
    return anchor
