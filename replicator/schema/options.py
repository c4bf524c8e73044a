"""What an operator may decide about the target's types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from model.catalog import Catalog, Column, Table
from model.errors import ConfigurationError
from replicator.schema.tsql import TypeText, parse_type


@dataclass(frozen=True, slots=True)
class TableTypes:
    """Overrides for one table: by a source type's name, and by column, which wins."""

    types: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """T-SQL types to use instead of ours.

    `types` maps a source type's name as its catalog prints it (`citext`, `numeric(50,2)`, or
    `numeric` for all measures) to a T-SQL type; `tables` maps `schema.table` to overrides of its
    own. A column's override wins over its table's, that over the general one.
    `not_a_number` and `midnight_24` repeat the source's policies (`stop` or `null`) for values that
    the target cannot hold. `schemas` maps source schemas to target schemas; one that is not named
    keeps its name.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, TableTypes] = field(default_factory=dict)
    schemas: Mapping[str, str] = field(default_factory=lambda: {"public": "dbo"})
    not_a_number: str = "stop"
    midnight_24: str = "stop"

    def override(self, table: Table, column: Column) -> TypeText | None:
        """The operator's type for a column, or None.

        Raises ConfigurationError when it is no T-SQL type.
        """
        own = self.tables.get(str(table.name), TableTypes())
        for chosen in (
            own.columns.get(column.name),
            _by_type(own.types, column.native),
            _by_type(self.types, column.native),
        ):
            if chosen is not None:
                return _parsed(chosen, f"{table.name}.{column.name}")
        return None

    def check(self, catalog: Catalog) -> None:
        """Raise ConfigurationError for an override of a table or column that is not there."""
        tables = {str(table.name): table for table in catalog.tables}
        for name, own in self.tables.items():
            if name not in tables:
                raise _unknown("table", name, tables)
            columns = {column.name: column for column in tables[name].columns}
            for column in own.columns:
                if column not in columns:
                    raise _unknown("column", f"{name}.{column}", (f"{name}.{c}" for c in columns))


def _by_type(types: Mapping[str, str], native: str) -> str | None:
    return types.get(native) or types.get(native.partition("(")[0].strip())


def _parsed(text: str, object: str) -> TypeText:
    try:
        return parse_type(text)
    except ValueError as problem:
        raise ConfigurationError(
            str(problem), object=object, hint="correct the override in the schema section"
        ) from None


def _unknown(what: str, name: str, known: Iterable[str]) -> ConfigurationError:
    near = get_close_matches(name, list(known), n=1)
    return ConfigurationError(
        f"a type is set for this {what}, but the source has none of that name",
        object=name,
        hint=f"did you mean {near[0]}?" if near else "remove it from the schema section",
    )
