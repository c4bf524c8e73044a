"""Where a migration stands, as one document: what `replicator status` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from model.ports import State
from model.state import (
    ChunkState,
    JournalEntry,
    MigrationState,
    RoleStatus,
    TableState,
    TrackedTable,
)
from replicator import journal
from replicator.dropped import REMOVED
from replicator.transitions import TRANSIENT

_SHELL: Final = "/process"
_FRESH_S: Final = 5.0
_STAGES: Final = ("total", "source_to_capture", "capture_to_kafka", "kafka_to_applied")
_COMING: Final = (TableState.PENDING, TableState.LOADING, TableState.LOADED)
_LOADED: Final = (TableState.OPEN, TableState.CONSISTENT)

Document = dict[str, Any]


def standing(state: State, name: str) -> Document:
    """The document; what is not known is None, never 0. `state` is None while nobody has begun."""
    migration = state.migration()
    if migration is None:
        return {"migration": name, "state": None}
    entries = state.entries()
    tables = state.tables()
    roles = merged(state.statuses())
    entered = [entry for entry in entries if entry.event == journal.ENTER]
    return {
        "migration": name,
        "state": str(migration.state),
        "epoch": migration.epoch,
        "reason": _reason(migration.state, roles, tables, entered),
        "since": entered[-1].at if entered else None,
        **_tables(state, tables),
        "quarantined": [str(t.source) for t in tables if t.state is TableState.QUARANTINED],
        "joining": [str(t.source) for t in tables if t.state is TableState.JOINING],
        "anew": [str(t.source) for t in tables if t.anew and t.state in _COMING],
        "removed": state.recall(REMOVED) or {},
        "lag_ms": lag(roles),
        "roles": roles,
        "cutover": cutover(entries),
    }


def merged(statuses: Sequence[RoleStatus]) -> dict[str, Document]:
    """The freshest instance of each role: what it says of itself, and its shell of its process.

    The role's own memory figure stands where it counts more processes than the shell's one.
    """
    roles: dict[str, Document] = {}
    for status in sorted(statuses, key=lambda each: each.age_s, reverse=True):
        role, _, shell = status.role.partition("/")
        known = roles.setdefault(role, {})
        detail = {"instance": status.instance, "age_s": round(status.age_s, 1), **status.detail}
        if shell:
            kept = {"peak_rss_mib": known.get("peak_rss_mib")} if "rows" in known else {}
            known.update({**detail, **{k: v for k, v in kept.items() if v is not None}})
        else:
            known.update({k: v for k, v in detail.items() if k != "phase" or "phase" not in known})
    return roles


def lag(roles: dict[str, Document]) -> Document:
    """Each stage's lag as the applier measured it; None when it has not spoken lately."""
    applier = roles.get("apply", {})
    fresh = applier.get("age_s", _FRESH_S + 1) <= _FRESH_S
    measured = applier.get("lag_ms") if fresh else None
    return {stage: (measured or {}).get(stage) for stage in _STAGES}


def cutover(entries: Sequence[JournalEntry]) -> Document | None:
    """The latest attempt to cut over: how it ended and how long its steps took."""
    latest = journal.attempt(entries)
    if not latest:
        return None
    starts = [
        entry
        for entry in entries
        if entry.event == journal.ENTER and entry.phase == MigrationState.PREFLIGHT
    ]
    done = next((entry for entry in latest if entry.event == journal.SWITCH_DONE), None)
    reasons = [entry.detail["reason"] for entry in latest if "reason" in entry.detail]
    return {
        "attempt": len(starts),
        "at": latest[0].at,
        "aborted": reasons[0] if reasons else None,
        "downtime_ms": done.detail.get("downtime_ms") if done else None,
        "steps": done.detail.get("steps") if done else None,
    }


def _tables(state: State, tables: Sequence[TrackedTable]) -> Document:
    confirmed: dict[str, int] = {}
    if any(table.state not in _LOADED for table in tables):
        for chunk in state.chunks():
            if chunk.state is ChunkState.DONE:
                confirmed[str(chunk.table)] = confirmed.get(str(chunk.table), 0) + chunk.rows
    lines = [_table(table, confirmed.get(str(table.source), 0)) for table in tables]
    loaded = sum(line["rows_loaded"] for line in lines)
    estimates = [line["rows_estimate"] for line in lines]
    known = sum(estimates) if estimates and None not in estimates else None
    done = all(table.state in _LOADED for table in tables)
    return {
        "tables": lines,
        "rows": {"loaded": loaded, "estimate": known, "percent": _percent(loaded, known, done)},
    }


def _table(table: TrackedTable, confirmed: int) -> Document:
    done = table.state in _LOADED
    loaded = table.rows_loaded if done else confirmed
    return {
        "source": str(table.source),
        "target": str(table.target),
        "state": str(table.state),
        "reason": table.reason,
        "rows_estimate": table.rows_estimate,
        "rows_loaded": loaded,
        "percent": _percent(loaded, table.rows_estimate, done),
    }


def _percent(loaded: int, estimate: int | None, done: bool) -> float | None:
    """An estimate may be too low: what is not done is below 100."""
    if done:
        return 100.0
    return min(99.9, round(100.0 * loaded / estimate, 1)) if estimate else None


def _reason(
    state: MigrationState,
    roles: dict[str, Document],
    tables: Sequence[TrackedTable],
    entered: Sequence[JournalEntry],
) -> str:
    """Why it stands there: what the coordinator says, or what is missing."""
    said = roles.get("coordinate", {})
    if said.get("age_s", _FRESH_S + 1) <= _FRESH_S:
        if said.get("reason"):
            return str(said["reason"])
    elif state not in (MigrationState.SWITCHED, MigrationState.FINISHED):
        return "no coordinator is running"
    if state in TRANSIENT:
        return "the cut-over is under way"
    stopped = [f"{t.source}: {t.reason}" for t in tables if t.state is TableState.QUARANTINED]
    if stopped:
        return "; ".join(stopped)
    last = entered[-1].detail.get("reason") if entered else None
    return f"the last cut-over was undone: {last}" if last else ""
