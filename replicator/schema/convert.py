"""From a plan to scripts that a person can read, edit, keep and run with sqlcmd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connectors.azuresql.dialect import qualified, quote
from model.catalog import Sequence
from model.types import Kind
from replicator.schema.columns import Notes, TableWriter, comment_statement
from replicator.schema.constraints import ConstraintWriter
from replicator.schema.names import Names
from replicator.schema.numbering import identities, used_sequences
from replicator.schema.plan import Finding, SchemaPlan
from replicator.schema.scripts import Scripts
from replicator.schema.values import Inconvertible
from replicator.schema.views import ViewWriter

_HEADS = {
    "10_schemas.sql": "Schemas",
    "20_sequences.sql": "Sequences that no identity column replaces",
    "30_tables.sql": "Tables with the keys that the load needs",
    "40_views.sql": "Views",
    "50_indexes.sql": "Unique keys and indexes: after the load, when every table is consistent",
    "60_constraints.sql": "Checks, and foreign keys that finalise will enable",
}
_SEQUENCE_TYPES = {Kind.INT16: "smallint", Kind.INT32: "int", Kind.INT64: "bigint"}


def convert(plan: SchemaPlan) -> Scripts:
    """All scripts of a plan. The same plan gives the same bytes."""
    names, notes = Names(plan), Notes(list(plan.omitted), list(plan.differences))
    tables = TableWriter(plan, names, notes)
    constraints = ConstraintWriter(plan, names, notes)
    batches = {
        "10_schemas.sql": list(_schemas(plan)),
        "20_sequences.sql": list(_sequences(plan)),
        "30_tables.sql": [tables.create(table) for table in plan.tables] + list(_comments(plan)),
        "40_views.sql": list(_views(plan, notes)),
        "50_indexes.sql": [
            statement
            for table in plan.tables
            for statement in (*constraints.unique_keys(table), *constraints.indexes(table))
        ],
        "60_constraints.sql": [s for table in plan.tables for s in constraints.checks(table)]
        + [s for table in plan.tables for s in constraints.foreign_keys(table)],
    }
    files = {name: _script(name, statements) for name, statements in batches.items()}
    notes.unconverted.extend(
        Finding(name, f"{kind}: not converted") for kind, name in sorted(plan.catalog.others)
    )
    files["90_unconverted.md"] = _report(notes)
    return Scripts(files)


def _script(name: str, statements: Iterable[str]) -> str:
    batches = [f"-- {name}: {_HEADS[name]}.\n", *(f"{statement}\nGO\n" for statement in statements)]
    return "\n".join(batches)


def _schemas(plan: SchemaPlan) -> Iterator[str]:
    names = {table.name.schema for table in plan.tables}
    names |= {plan.target(sequence.name).schema for sequence in _needed(plan)}
    names |= {plan.target(view.name).schema for view in plan.catalog.views}
    for name in sorted(names - {"dbo"}):
        yield f"CREATE SCHEMA {quote(name)}"


def _sequences(plan: SchemaPlan) -> Iterator[str]:
    for sequence in _needed(plan):
        cycle = "CYCLE" if sequence.cycle else "NO CYCLE"
        yield (
            f"CREATE SEQUENCE {qualified(plan.target(sequence.name))} "
            f"AS {_SEQUENCE_TYPES[sequence.type.kind]} "
            f"START WITH {sequence.start} INCREMENT BY {sequence.increment} "
            f"MINVALUE {sequence.minimum} MAXVALUE {sequence.maximum} {cycle}"
        )


def _needed(plan: SchemaPlan) -> list[Sequence]:
    """Sequences of the chosen tables and of their schemas, but those that an IDENTITY replaces."""
    replaced = set(identities(plan).values())
    used = used_sequences(plan)
    schemas = {table.source.name.schema for table in plan.tables}
    return sorted(
        (
            sequence
            for sequence in plan.catalog.sequences
            if sequence.name not in replaced
            and (
                sequence.name in used
                or (sequence.owner is None and sequence.name.schema in schemas)
            )
        ),
        key=lambda sequence: sequence.name,
    )


def _comments(plan: SchemaPlan) -> Iterator[str]:
    for table in plan.tables:
        if table.source.comment:
            yield comment_statement(table, None, table.source.comment)
        for column in table.columns:
            if column.source.comment:
                yield comment_statement(table, column.name, column.source.comment)


def _views(plan: SchemaPlan, notes: Notes) -> Iterator[str]:
    writer = ViewWriter(plan)
    for view in sorted(plan.catalog.views, key=lambda view: view.name):
        try:
            yield writer.create(view)
        except Inconvertible as reason:
            notes.unconverted.append(Finding(str(view.name), f"view: {reason}", view.query))


def _report(notes: Notes) -> str:
    lines = ["# What was not converted", ""]
    lines += _section(notes.unconverted, "Everything was converted.")
    lines += ["# What was converted and behaves differently", ""]
    lines += _section(notes.differences, "Nothing.")
    return "\n".join(lines)


def _section(findings: Iterable[Finding], none: str) -> list[str]:
    lines: list[str] = []
    for finding in sorted(set(findings), key=lambda f: (f.object, f.what, f.text)):
        lines += [f"## {finding.object}", "", finding.what, ""]
        if finding.text:
            fence = "```"
            while fence in finding.text:
                fence += "`"
            lines += [f"{fence}sql", finding.text.strip("\n"), fence, ""]
    return lines or [none, ""]
