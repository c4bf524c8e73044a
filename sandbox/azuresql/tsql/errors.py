"""PostgreSQL's refusals as SQL Server's: the number is decided by SQLSTATE, never by text."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import Notice
from sandbox.azuresql.tsql import query_errors, row_errors, value_errors
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.named import Made, Named

DEADLOCK: Final = (
    "Transaction was deadlocked on lock resources with another process and has been chosen as "
    "the deadlock victim. Rerun the transaction."
)


def notice(error: ServerError, named: Named, line: int) -> Notice:
    """The error as SQL Server words it, on the statement's line."""
    maker = _BY_STATE.get(error.sqlstate)
    if maker is None:
        maker = _BY_CLASS.get(error.sqlstate[:2], _unexpected)
    number, severity, state, text = maker(error, named)
    return Notice(number, severity, state, line, text)


def _ours(error: ServerError, named: Named) -> Made:
    number = int(error.detail)
    return number, 16, 1, error.message


def _deadlock(error: ServerError, named: Named) -> Made:
    return 1205, 13, 51, DEADLOCK


def _conflict(error: ServerError, named: Named) -> Made:
    return (
        3960,
        16,
        2,
        "Snapshot isolation transaction aborted due to update conflict. Retry the transaction or "
        "change the isolation level for the update/delete statement.",
    )


def _lock_timeout(error: ServerError, named: Named) -> Made:
    return 1222, 16, 51, "Lock request time out period exceeded."


def _unexpected(error: ServerError, named: Named) -> Made:
    return 50000, 16, 1, f"The embedded PostgreSQL refused: {error.sqlstate} {error.message}"


_BY_STATE: Final = {
    "23505": row_errors.duplicate,
    "23503": row_errors.foreign,
    "23514": row_errors.check,
    "23502": row_errors.null,
    "ZZ028": row_errors.truncated,
    "ZZ001": _ours,
    "22003": value_errors.overflow,
    "22P02": value_errors.unreadable,
    "22P03": value_errors.unreadable,
    "22007": value_errors.time,
    "22008": value_errors.time,
    "22012": value_errors.zero,
    "40P01": _deadlock,
    "40001": _conflict,
    "55P03": _lock_timeout,
    "42P01": query_errors.no_object,
    "42P07": query_errors.exists,
    "42710": query_errors.exists,
    "42P06": query_errors.exists,
    "42883": value_errors.clash,
    "42804": value_errors.clash,
    "42846": value_errors.clash,
    "42725": value_errors.clash,
    "42P22": value_errors.collation,
    "42P21": value_errors.collation,
    "42803": query_errors.ungrouped,
    "42712": query_errors.exposed,
    "42701": query_errors.twice,
    "42P10": query_errors.undistinct,
    "2201X": query_errors.offset,
    "2201W": query_errors.fetch,
    "2201F": value_errors.floating,
    "2201E": value_errors.floating,
    "54000": row_errors.long_key,
    "44000": row_errors.unqualified,
    "2200H": row_errors.exhausted,
    "42830": row_errors.no_key,
    "21000": query_errors.several,
    "2BP01": query_errors.depends,
}
_BY_CLASS: Final = {"08": _unexpected}

ENDS_BATCH: Final = frozenset({208, 207, 241, 245, 8114, 8169, 206, 3960, 1205, 468, 102, 137})
"""Errors after which SQL Server does not go on with the batch, XACT_ABORT or not."""

DOOMS: Final = frozenset({241, 245, 8114, 8169})
"""Conversion errors leave an uncommittable transaction inside TRY (XACT_STATE() = -1)."""

ROLLS_BACK: Final = frozenset({1205, 3960})
"""The whole transaction is gone."""


def number_of(error: ServerError) -> int:
    """SQL Server's number alone, before names are looked up."""
    return notice(error, Named(), 1).number
