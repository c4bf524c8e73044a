"""Locks that a statement's hints ask for: of tables, and of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.tsql import held_keys
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.scope import Context, Held
from sandbox.azuresql.tsql.values import read_bool

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_NEWEST: Final = frozenset({"READ COMMITTED", "READ UNCOMMITTED"})
"""Levels whose statements see what was committed before they began, after a wait for a lock too."""


async def take(session: TsqlSession, context: Context, values: Sequence[Value]) -> None:
    """All of them, to the transaction's end. `values` are those of the context's parameters."""
    if not session.state.options.xact_abort:
        await session.transaction.guard()
    wanted, held = set(context.table_locks), context.held
    if session.transaction.isolation not in _NEWEST:
        wanted |= {(one.mode, one.relation.sql) for one in held}
        held = []
    if wanted:
        locks = (f"LOCK TABLE {table} IN {mode} MODE" for mode, table in sorted(wanted))
        await session.link.run("; ".join(locks))
    for one in held:
        await _hold(session, one, context, values)
    session.transaction.touched()


async def _hold(
    session: TsqlSession, held: Held, context: Context, values: Sequence[Value]
) -> None:
    table = held.relation.sql
    await session.link.run(f"LOCK TABLE {table} IN ROW SHARE MODE")
    triggers = held_keys.triggers(held, context)
    known, _ = await session.link.fetch(triggers.known)
    if not read_bool(known[0][0]):
        lock = f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"
        await session.link.run("; ".join([lock, *triggers.make]))
    buckets = f"SELECT DISTINCT {held_keys.bucket(held.cells)} AS b{held.rows} ORDER BY 1"
    await session.link.fetch(
        f'SELECT pg_advisory_xact_lock({held.relation.oid}, b) FROM ({buckets}) AS "~k"', values
    )
