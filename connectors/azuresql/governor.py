"""The log-rate governor: what it allows, and how much of that is used.

It raises no error, it only makes writers wait; so whoever does not ask cannot know. Both views
need VIEW DATABASE STATE, and neither exists on a server of another kind.
"""

from __future__ import annotations

from typing import Final

from connectors.azuresql.connection import Link
from model.errors import ReplicatorError
from model.ports import LogRate

RATE: Final = (
    "/* replicator:log-rate */ SELECT primary_max_log_rate FROM sys.dm_user_db_resource_governance "
    "WHERE database_name = DB_NAME()"
)
USE: Final = (
    "/* replicator:log-rate */ SELECT TOP (1) avg_log_write_percent FROM sys.dm_db_resource_stats "
    "ORDER BY end_time DESC"
)
_NOT_TOLD: Final = frozenset({208, 229, 262, 297, 300, 371})
"""No such view, or no right to look: nothing is known then, and nothing is wrong."""


def log_rate(link: Link) -> LogRate | None:
    """What the governor tells, None when it cannot be asked."""
    cap, used = _told(link, RATE), _told(link, USE)
    return None if cap is None else LogRate(int(cap), None if used is None else float(used))


def _told(link: Link, question: str) -> float | None:
    try:
        answer: float | None = link.value(question)
    except ReplicatorError as error:
        if error.number in _NOT_TOLD:
            return None
        raise
    return answer
