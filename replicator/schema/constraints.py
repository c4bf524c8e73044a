"""Secondary indexes, unique keys, checks and foreign keys: what comes after the load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from connectors.azuresql.dialect import literal, qualified, quote
from model.catalog import ForeignKey, Index, Key
from model.types import Kind
from replicator.schema.cascades import Cascades
from replicator.schema.columns import Notes, column_value, enum_names, resolver
from replicator.schema.expressions import Converter, is_filter, parse_expression
from replicator.schema.names import Names
from replicator.schema.plan import Finding, PlannedColumn, PlannedTable, SchemaPlan
from replicator.schema.sizing import plain_columns
from replicator.schema.tsql import listed
from replicator.schema.values import Family, Inconvertible, Value

_ACTIONS: Final = {"RESTRICT": "NO ACTION"}


class ConstraintWriter:
    """Writes the statements of one plan; what it leaves out goes to `notes`."""

    def __init__(self, plan: SchemaPlan, names: Names, notes: Notes) -> None:
        self._plan = plan
        self._names = names
        self._notes = notes
        self._enums = enum_names(plan.catalog)
        self._cascades = Cascades(plan)

    # --- 50_indexes.sql -----------------------------------------------------------------------

    def unique_keys(self, table: PlannedTable) -> Iterator[str]:
        """Unique constraints; nullable ones as filtered unique indexes, because the target takes
        NULLs for equal."""
        for key in sorted(table.source.unique_keys, key=lambda key: key.name):
            if key.deferrable:
                self._differ(table, key.name, "it is checked at once, in the source at commit")
            nullable = self._nullable(table, key)
            if nullable and not key.nulls_equal:
                filter = " AND ".join(f"{quote(name)} IS NOT NULL" for name in nullable)
                yield (
                    f"CREATE UNIQUE NONCLUSTERED INDEX {quote(key.name)} ON "
                    f"{qualified(table.name)} ({listed(key.columns)}) WHERE {filter}"
                )
            else:
                name = self._names.constraint(table, key.name)
                yield (
                    f"ALTER TABLE {qualified(table.name)} ADD CONSTRAINT {name} "
                    f"UNIQUE NONCLUSTERED ({listed(key.columns)})"
                )

    def indexes(self, table: PlannedTable) -> Iterator[str]:
        """Indexes that no constraint owns."""
        for index in sorted(table.source.indexes, key=lambda index: index.name):
            try:
                yield self._index(table, index)
            except Inconvertible as reason:
                self._leave(table, index.name, f"index: {reason}", index.definition)

    def _index(self, table: PlannedTable, index: Index) -> str:
        columns = plain_columns(index)
        if index.method not in ("btree", "hash"):
            raise Inconvertible(f"{index.method} indexes have no counterpart")
        if columns is None:
            raise Inconvertible("one of its parts is an expression")
        if (table.source.name, index.name) in self._plan.unfit:
            raise Inconvertible(self._plan.unfit[(table.source.name, index.name)])
        parts = ", ".join(
            quote(part.name or "") + (" DESC" if part.descending else "") for part in index.columns
        )
        included = f" INCLUDE ({listed(index.included)})" if index.included else ""
        filters = [self._filter(table, index)] if index.predicate else []
        if index.unique and not index.nulls_equal:
            nullable = self._nullable(table, Key(index.name, columns))
            filters += [f"{quote(name)} IS NOT NULL" for name in nullable]
        where = f" WHERE {' AND '.join(filters)}" if filters else ""
        unique = "UNIQUE " if index.unique else ""
        return (
            f"CREATE {unique}NONCLUSTERED INDEX {quote(index.name)} ON {qualified(table.name)} "
            f"({parts}){included}{where}"
        )

    def _filter(self, table: PlannedTable, index: Index) -> str:
        """A filtered index takes comparisons of columns with constants, joined by AND."""

        def bare(parts: tuple[str, ...]) -> Value:
            column = table.column(parts[-1])
            if column is None:
                raise Inconvertible(f"a reference to {'.'.join(parts)}")
            value = column_value(column)
            if not column.type.is_string:
                return value
            if column.collation is None:
                raise Inconvertible("its condition compares texts, and the target ignores case")
            return replace(value, family=Family.ENUM)

        node = parse_expression(index.predicate or "")
        text = Converter(bare, enums=self._enums).predicate(node)
        if not is_filter(node):
            raise Inconvertible("its condition is more than an index's filter may be")
        return text

    def _nullable(self, table: PlannedTable, key: Key) -> list[str]:
        return [name for name in key.columns if table.source.column(name).nullable]

    # --- 60_constraints.sql -------------------------------------------------------------------

    def checks(self, table: PlannedTable) -> Iterator[str]:
        """Checks of the table, of its columns' domains and enumerations, and of JSON texts."""
        for column in table.columns:
            if column.source.generated is None:
                for label, condition in self._implied(table, column):
                    name = f"CK_{table.name.name}_{column.name}{label}"
                    yield self._check(table, name, condition)
        for check in sorted(table.source.checks, key=lambda check: check.name):
            try:
                node = parse_expression(check.expression)
                condition = Converter(resolver(table), enums=self._enums).predicate(node)
            except Inconvertible as reason:
                self._leave(table, check.name, f"check: {reason}", check.expression)
            else:
                yield self._check(table, check.name, condition)

    def _check(self, table: PlannedTable, name: str, condition: str) -> str:
        return (
            f"ALTER TABLE {qualified(table.name)} WITH NOCHECK ADD CONSTRAINT "
            f"{self._names.constraint(table, name)} CHECK ({condition})"
        )

    def _implied(self, table: PlannedTable, column: PlannedColumn) -> Iterator[tuple[str, str]]:
        type = column.source.type
        if type.kind is Kind.ENUM and type.labels:
            labels = ", ".join(literal(label) for label in type.labels)
            yield "", f"{quote(column.name)} IN ({labels})"
        elif type.kind is Kind.JSON:
            yield "_json", f"ISJSON({quote(column.name)}, VALUE) = 1"

        def value(parts: tuple[str, ...]) -> Value:
            if parts != ("value",):
                raise Inconvertible(f"a reference to {'.'.join(parts)}")
            return column_value(column)

        for number, text in enumerate(type.checks, start=1):
            try:
                condition = Converter(value, enums=self._enums).predicate(parse_expression(text))
            except Inconvertible as reason:
                self._leave(table, column.name, f"check of domain {type.domain}: {reason}", text)
            else:
                yield f"_domain{number}", condition

    def foreign_keys(self, table: PlannedTable) -> Iterator[str]:
        """Foreign keys, not checked and disabled: changes of different tables arrive in any order.
        Finalise enables them."""
        for foreign in sorted(table.source.foreign_keys, key=lambda foreign: foreign.name):
            try:
                added = self._foreign_key(table, foreign)
            except Inconvertible as reason:
                text = f"({', '.join(foreign.columns)}) → {foreign.referenced}"
                self._leave(table, foreign.name, f"foreign key: {reason}", text)
                continue
            name = self._names.constraint(table, foreign.name)
            head = f"ALTER TABLE {qualified(table.name)}"
            yield f"{head} WITH NOCHECK ADD CONSTRAINT {name} {added}"
            yield f"{head} NOCHECK CONSTRAINT {name}"

    def _foreign_key(self, table: PlannedTable, foreign: ForeignKey) -> str:
        other = self._plan.table(foreign.referenced)
        if other is None:
            raise Inconvertible(f"{foreign.referenced} is not among the chosen tables")
        pairs = dict(zip(foreign.referenced_columns, foreign.columns, strict=True))
        key = _candidate_key(other, foreign)
        for there, here in pairs.items():
            one, two = table.column(here), other.column(there)
            if one is None or two is None or one.type != two.type:
                raise Inconvertible(f"{here} and {foreign.referenced}.{there} differ in type")
        on_delete, on_update = self._cascades.actions(table.source.name, foreign)
        if (on_delete, on_update) != (_plain(foreign.on_delete), _plain(foreign.on_update)):
            self._differ(
                table,
                foreign.name,
                f"NO ACTION instead of ON DELETE {foreign.on_delete} ON UPDATE "
                f"{foreign.on_update}, which the target refuses (1785): a cycle, more than one "
                "path, or a column without NULL",
            )
        if foreign.deferrable:
            self._differ(table, foreign.name, "it is checked at once, in the source at commit")
        actions = "".join(
            f" ON {event} {action}"
            for event, action in (("DELETE", on_delete), ("UPDATE", on_update))
            if action != "NO ACTION"
        )
        return (
            f"FOREIGN KEY ({listed(pairs[name] for name in key)}) REFERENCES "
            f"{qualified(other.name)} ({listed(key)}){actions}"
        )

    def _differ(self, table: PlannedTable, name: str, what: str) -> None:
        self._notes.differences.append(Finding(f"{table.source.name}.{name}", what))

    def _leave(self, table: PlannedTable, name: str, what: str, text: str) -> None:
        self._notes.unconverted.append(Finding(f"{table.source.name}.{name}", what, text))


def _plain(action: str) -> str:
    return _ACTIONS.get(action, action)


def _candidate_key(table: PlannedTable, foreign: ForeignKey) -> tuple[str, ...]:
    """The referenced key's columns in its own order. A filtered index cannot be referenced."""
    source, wanted = table.source, set(foreign.referenced_columns)
    if source.primary_key is not None and set(source.primary_key.columns) == wanted:
        return source.primary_key.columns
    keys = [(key.columns, key.nulls_equal) for key in source.unique_keys]
    for index in source.indexes:
        columns = plain_columns(index)
        if index.unique and index.predicate is None and columns is not None:
            keys.append((columns, index.nulls_equal))
    for columns, nulls_equal in keys:
        if set(columns) == wanted:
            nullable = any(source.column(name).nullable for name in columns)
            if nullable and not nulls_equal:
                raise Inconvertible(f"the unique key of {source.name} that it names takes NULLs")
            return columns
    raise Inconvertible(f"{source.name} has no key of these columns")
