"""Compare the target with the fenced source."""

from __future__ import annotations

from model.catalog import TableName
from model.state import TrackedTable
from replicator.cutover import CutoverFailed, finished
from replicator.pairing import paired
from replicator.phases.context import Context, Outcome, Phase

_LISTED = 10


def run(context: Context) -> Outcome:
    """Done when nothing differs, by counts or value by value (`cutover.verify`)."""
    if context.config.cutover.verify == "full":
        return _full(context)
    return _counts(context)


def _counts(context: Context) -> Outcome:
    attempt = context.cutting_over()
    tables = context.tracked()
    source = context.pool.submit(_count_source, context, tables)
    target = context.pool.submit(
        lambda: {table.source: context.target.count(table.target) for table in tables}
    )
    there = finished(attempt, "verify", source, context.breathe)
    here = finished(attempt, "verify", target, context.breathe)
    differing = [
        f"{name} has {there[name]} rows in the source and {here[name]} in the target"
        for name in there
        if there[name] != here[name]
    ]
    _none(differing)
    return Outcome({"mode": "counts", "rows": sum(there.values()), "differences": 0})


def _count_source(context: Context, tables: list[TrackedTable]) -> dict[TableName, int]:
    source = context.open_source()
    try:
        return {table.source: source.count(table.source) for table in tables}
    finally:
        source.close()


def _full(context: Context) -> Outcome:
    # DuckDB is only for those who compare: a coordinator that counts does not carry it.
    from replicator.validation import compare

    attempt = context.cutting_over()
    catalog = context.catalog()
    pairs = [*paired(catalog, context.target, context.tracked()).values()]
    work = context.pool.submit(compare, context.source, context.target, pairs)
    report = finished(attempt, "verify", work, context.breathe)
    differing = [str(difference) for table in report.tables for difference in table.listed]
    _none(differing)
    return Outcome({"mode": "full", "rows": report.rows, "differences": report.differences})


def _none(differing: list[str]) -> None:
    if differing:
        shown = "; ".join(differing[:_LISTED])
        raise CutoverFailed(
            f"source and target differ: {shown}",
            hint="the source is open again; `replicator validate` lists every difference",
        )


PHASE = Phase(run)
