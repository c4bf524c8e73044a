"""The target made ready for its application, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from connectors.azuresql import guards, numbering
from connectors.azuresql.connection import WAIT_FOR_LOCKS, Link
from connectors.azuresql.dialect import qualified
from connectors.azuresql.guards import Guard
from connectors.azuresql.migration_rows import MigrationRows
from model.catalog import TableName
from model.errors import DataRefused

YIELDING: Final = "SET DEADLOCK_PRIORITY LOW; SET LOCK_TIMEOUT 500;"
UNYIELDING: Final = f"/* replicator:retrust */ SET DEADLOCK_PRIORITY NORMAL; {WAIT_FOR_LOCKS}"

_Missing = Callable[[Iterable[Guard], Iterable[Guard]], list[Guard]]


def switch_on(
    link: Link, tables: Sequence[TableName], given: Mapping[str, int], *, trust: bool
) -> list[str]:
    """Constraints and triggers as recorded, numbers as at the source.

    Idempotent. With `trust`, old rows are checked too: DataRefused (547) names the constraint.
    """
    recorded = _record(link, guards.to_record_on, tables)
    for guard, statement in guards.on(_present(link, tables), recorded):
        link.rows(f"/* replicator:finalise */ {statement}", object=guard.name)
    if trust:
        for guard, statement in guards.trusted(_present(link, tables), recorded):
            link.rows(f"/* replicator:finalise */ {statement}", object=guard.name)
    lines = [guards.line(guard) for guard in _present(link, tables)]
    return lines + _numbers(link, tables, given)


def update_statistics(link: Link, tables: Sequence[TableName]) -> None:
    """Fresh statistics: what indexes got while they were made knows nothing of later changes."""
    for table in tables:
        link.rows(statistics(table), object=str(table))


def statistics(table: TableName) -> str:
    """Sampled as the server sees fit: all rows would be read for little more precision."""
    return f"/* replicator:statistics */ UPDATE STATISTICS {qualified(table)}"


def switch_off(link: Link, tables: Sequence[TableName]) -> list[str]:
    """Record what has no record yet, then foreign keys and triggers off. Idempotent."""
    _record(link, guards.to_record_off, tables)
    for guard, statement in guards.off(_present(link, tables)):
        link.rows(f"/* replicator:unfinalise */ {statement}", object=guard.name)
    return [guards.line(guard) for guard in _present(link, tables)]


def retrust(link: Link, tables: Sequence[TableName]) -> list[str]:
    """Check old rows of what was enabled for new ones only; what does not hold is only told.

    The application writes meanwhile: of a deadlock we are the victim, and who waits behind our wait
    for a table waits for a moment only. Both are tried again.
    """
    recorded = guards.read(link.rows(guards.RECORDED), tables)
    refused = {}
    for guard, statement in guards.trusted(_present(link, tables), recorded):
        try:
            link.rows(f"/* replicator:retrust */ {YIELDING} {statement}", object=guard.name)
        except DataRefused as exc:
            refused[guard.place] = exc.what
    link.rows(UNYIELDING)
    return [
        guards.line(guard) + (f": {refused[guard.place]}" if guard.place in refused else "")
        for guard in _present(link, tables)
    ]


def _present(link: Link, tables: Sequence[TableName]) -> list[Guard]:
    return [guard for sql in guards.PRESENT for guard in guards.read(link.rows(sql), tables)]


def _record(link: Link, missing: _Missing, tables: Sequence[TableName]) -> list[Guard]:
    """All records of these tables, once what `missing` finds has been written."""
    MigrationRows(link, "").install()
    recorded = guards.read(link.rows(guards.RECORDED), tables)
    for guard in missing(_present(link, tables), recorded):
        place = (guard.table.schema, guard.table.name, guard.kind.value, guard.name)
        flags = (int(guard.is_disabled), int(guard.is_not_trusted))
        link.put(guards.RECORD, (*place, *flags), object=guard.name)
    return guards.read(link.rows(guards.RECORDED), tables)


def _numbers(link: Link, tables: Sequence[TableName], given: Mapping[str, int]) -> list[str]:
    columns = numbering.identities(link.rows(numbering.IDENTITIES), tables)
    sequences = numbering.sequences(link.rows(numbering.SEQUENCES))
    lines = []
    for column in columns:
        furthest = link.value(numbering.furthest_row(column))
        statement = numbering.reseed(column, furthest, given.get(column.label))
        if statement is not None:
            link.rows(statement, object=column.label)
        lines.append(f"{column.label} identity: {'reseeded' if statement else 'in place'}")
    for sequence in sequences:
        last = given.get(str(sequence.name))
        if last is None:
            continue
        statement = numbering.restart(sequence, last)
        if statement is not None:
            link.rows(statement, object=str(sequence.name))
        lines.append(f"{sequence.name} sequence: {'restarted' if statement else 'in place'}")
    for name in numbering.unknown(given, columns, sequences):
        lines.append(f"{name}: the target has no such sequence or identity")
    return lines
