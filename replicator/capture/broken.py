"""Topics that lack records, and a target that has forgotten it.

Capture leaves records out where a table is quarantined, and where its story begins anew. The target
remembers which (`since`, `DROPPED`), but one that is restored from a backup forgets it: it would
read an earlier story across the hole. So every session tells it to the control topic too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from model import ways_out
from model.ports import State
from model.state import TrackedTable
from replicator.dropped import DROPPED, left_out

_log = logging.getLogger("replicator.capture")


def broken(tracked: Sequence[TrackedTable], dropped: Mapping[str, Any] | None) -> dict[str, str]:
    """Up to where each topic lacks records (`topics.control.Progress.broken`): below a story that
    began anew, or at what capture left out."""
    found = {str(table.source): table.since.boundary for table in tracked if table.anew}
    for table in tracked:
        if dropped is not None and left_out(dropped, table):
            found[str(table.source)] = dropped[str(table.source)]["position"]
    return found


def stop_restored(
    state: State, tracked: Sequence[TrackedTable], lacking: Mapping[str, str]
) -> None:
    """Quarantine tables of which the target remembers a story that their topics cannot tell."""
    document = state.recall(DROPPED) or {}
    for table in tracked:
        name = str(table.source)
        position = lacking.get(name)
        if position is None or table.since.text > position or left_out(document, table):
            continue
        reason = (
            f"the target remembers a story of this table which its topic breaks off at {position}: "
            f"the target was restored from a backup → {ways_out.reload(name)}"
        )
        state.quarantine(table.source, reason, {})
        document[name] = {"reason": reason, "position": position}
        state.remember(DROPPED, document)
        _log.error("%s is quarantined: %s", name, reason)
