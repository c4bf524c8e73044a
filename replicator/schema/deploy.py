"""Deploying scripts in stages: idempotent, resumable, and nothing is changed when anything differs.

Two passes: the first only looks and decides for every batch, the second runs what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from model.catalog import TableName
from model.errors import Blocked
from model.ports import Target, TargetColumn, TargetTable
from replicator.schema.plan import PlannedTable, SchemaPlan
from replicator.schema.scripts import LOCKS_SEVERAL, Batch, Scripts, Stage


@dataclass(frozen=True, slots=True)
class Deployed:
    """One batch is done. `object` and `digest` are for the caller to keep: handed in again as
    `recorded`, they tell what was made from which text. `skipped`: it was there already."""

    object: str
    digest: str
    file: str
    line: str
    rows: int
    skipped: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """`made` and `left` name objects; `unproven` ones are there under the right name, but nothing
    records from which text: they were left as they are."""

    stage: Stage
    made: tuple[str, ...]
    left: tuple[str, ...]
    unproven: tuple[str, ...]


def deploy(
    stage: Stage,
    scripts: Scripts,
    plan: SchemaPlan | None,
    target: Target,
    recorded: Mapping[str, str],
    done: Callable[[Deployed], None],
    allow_rows: frozenset[TableName] = frozenset(),
    verify_only: bool = False,
    migration: str = "",
) -> Outcome:
    """Run a stage's batches that are not there yet, telling `done` of each.

    `plan` says what the tables should be: the first stage needs it, the second does not.
    `allow_rows` names target tables that may hold rows (a migration that goes on). `migration`
    has appliers that write meanwhile: constraints wait until none is in a transaction. With
    `verify_only` nothing is run: the target must be able to receive the data as it is.
    Raises Blocked, before anything is changed, naming every object that differs and every table
    that holds rows; whatever the target raises while a batch runs.
    """
    tables = plan.tables if plan is not None else ()
    problems = list(_filled(tables, target, allow_rows)) if stage is Stage.PRE_LOAD else []
    if verify_only:
        problems += _unfit(tables, target)
        _block(problems, "the target cannot receive the data")
        return Outcome(stage, (), tuple(str(table.name) for table in tables), ())
    present = {(found.kind, found.name) for found in target.objects()}
    run, left, unproven = [], [], []
    for batch in scripts.batches(stage):
        known = recorded.get(str(batch.made))
        there = (
            known is not None if _unlisted(batch) else (batch.made.kind, batch.made.name) in present
        )
        if not there:
            run.append(batch)
        elif known == batch.digest:
            left.append(batch)
        elif batch.made.kind == "table":
            problems += _table_differences(tables, target, batch)
            left.append(batch)
        elif known is None:
            unproven.append(batch)
        elif batch.made.kind != "schema":
            problems.append(f"{batch.made} was made from another text than the script has now")
    _block(problems, "the target differs from the scripts")
    for batch in (*left, *unproven):
        done(_deployed(batch, 0, skipped=True))
    for batch in run:
        apart_from = migration if batch.file in LOCKS_SEVERAL else ""
        ran = target.run_script(batch.text, apart_from=apart_from)
        rows = sum(max(0, count) for _, count in ran)
        done(_deployed(batch, rows, skipped=False))
    return Outcome(stage, _named(run), _named(left), _named(unproven))


def expected(table: PlannedTable) -> TargetTable:
    """The table as the target's catalog will describe it."""
    columns = tuple(
        TargetColumn(
            column.name, str(column.type), column.source.nullable, collation=column.collation
        )
        for column in table.columns
    )
    key = table.source.primary_key.columns if table.source.primary_key else ()
    return TargetTable(table.name, columns, key)


def differences(table: PlannedTable, found: TargetTable) -> Iterator[str]:
    """Lines that say what a table should be and what it is."""
    actual = {column.name: column for column in found.columns}
    for column in table.columns:
        here = actual.pop(column.name, None)
        name = f"{table.name}.{column.name}"
        if here is None:
            yield f"{name} is missing, it should be {column.type}"
            continue
        if _alike(str(column.type)) != _alike(here.type):
            yield f"{name} is {here.type}, it should be {column.type}"
        if column.collation is not None and here.collation not in (None, column.collation):
            yield f"{name} has the collation {here.collation}, it should have {column.collation}"
        if column.source.nullable and not here.nullable and not here.computed:
            yield f"{name} is NOT NULL, it should take NULL"
        if here.computed and column.source.generated is None:
            yield f"{name} is computed, it should be a plain column"
    for other in actual.values():
        if not other.nullable and not other.identity and not other.computed:
            yield f"{table.name}.{other.name} is not in the source and does not take NULL"
    key = expected(table).key
    if key and key != found.key:
        yield f"{table.name} has the key ({', '.join(found.key)}), it should be ({', '.join(key)})"


def _unlisted(batch: Batch) -> bool:
    """Batches whose effect the target's catalog does not list by name."""
    return batch.made.kind in ("state", "property", "other")


def _filled(
    tables: Iterable[PlannedTable], target: Target, allow_rows: frozenset[TableName]
) -> Iterator[str]:
    for table in tables:
        if table.name not in allow_rows and target.describe(table.name) is not None:
            rows = target.count(table.name)
            if rows:
                yield f"{table.name} holds {rows} rows; empty it, or exclude {table.source.name}"


def _unfit(tables: Iterable[PlannedTable], target: Target) -> Iterator[str]:
    for table in tables:
        found = target.describe(table.name)
        if found is None:
            yield f"{table.name} does not exist"
        else:
            yield from differences(table, found)


def _table_differences(tables: Iterable[PlannedTable], target: Target, batch: Batch) -> list[str]:
    planned = next((table for table in tables if str(table.name) == batch.made.name), None)
    found = target.describe(TableName.parse(batch.made.name))
    if planned is None or found is None:
        return [f"{batch.made} is there and not among the chosen tables"]
    return list(differences(planned, found))


def _alike(type_text: str) -> str:
    text = type_text.lower().replace(" ", "").replace("numeric(", "decimal(")
    return "float" if text == "float(53)" else text


def _block(problems: Iterable[str], what: str) -> None:
    lines = sorted(set(problems))
    if lines:
        raise Blocked(
            f"{what}: {'; '.join(lines)}",
            hint="nothing was changed; correct the target or the scripts, then deploy again",
        )


def _deployed(batch: Batch, rows: int, *, skipped: bool) -> Deployed:
    return Deployed(str(batch.made), batch.digest, batch.file, batch.line, rows, skipped)


def _named(batches: Iterable[Batch]) -> tuple[str, ...]:
    return tuple(str(batch.made) for batch in batches)
