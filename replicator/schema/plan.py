"""The plan of a schema: every table's name and every column's type in the target.

It is made before anything is changed: what cannot be represented is refused here, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from model.catalog import Catalog, Column, Table, TableName
from model.errors import Unsupported
from model.profile import ColumnProfile, TableProfile
from model.types import Kind
from replicator.schema.options import PlanOptions
from replicator.schema.sizing import Place, Sized, size_keys
from replicator.schema.tsql import KEY_COLLATION, LONGEST_NAME, TypeText
from replicator.schema.types import Chosen, Refused, check_override, choose

_MOST_COLUMNS: Final = 1024
_MOST_ROW_BYTES: Final = 8060


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should read. `text` is the source's own, when there is one."""

    object: str
    what: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column of the target; one that is `generated` in the source is computed here too."""

    source: Column
    type: TypeText
    collation: str | None

    @property
    def name(self) -> str:
        return self.source.name


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """A table of the target; `clustered` says whether its key is its clustered index."""

    source: Table
    name: TableName
    columns: tuple[PlannedColumn, ...]
    clustered: bool

    def column(self, name: str) -> PlannedColumn | None:
        """The planned column, None for one that is not carried over."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class SchemaPlan:
    """What `convert` writes scripts from. `unfit` maps (source table, index) to a reason."""

    catalog: Catalog
    tables: tuple[PlannedTable, ...]
    schemas: Mapping[str, str]
    unfit: Mapping[tuple[TableName, str], str]
    differences: tuple[Finding, ...]
    omitted: tuple[Finding, ...]

    def target(self, name: TableName) -> TableName:
        """The target's name of a source table, sequence or view."""
        return target_name(self.schemas, name)

    def table(self, name: TableName) -> PlannedTable | None:
        """The planned table of that source name, None when it is not among those chosen."""
        return next((table for table in self.tables if table.source.name == name), None)


def target_name(schemas: Mapping[str, str], name: TableName) -> TableName:
    """A source object's name in the target."""
    return TableName(schemas.get(name.schema, name.schema), name.name)


def plan(
    catalog: Catalog, profiles: Mapping[TableName, TableProfile], options: PlanOptions
) -> SchemaPlan:
    """Choose every name and type. Deterministic: the same input gives the same plan.

    Raises Unsupported naming every table and column that cannot be represented, and why;
    ConfigurationError for an override that names nothing.
    """
    options.check(catalog)
    tables = sorted(catalog.tables, key=lambda table: table.name)
    refused: list[tuple[str, str]] = list(_name_clashes(tables, options.schemas))
    chosen: dict[Place, Chosen] = {}
    for table in tables:
        profile = profiles.get(table.name, TableProfile())
        refused.extend(_unplaceable(table, profile))
        for column in _travelling(table):
            try:
                chosen[(table.name, column.name)] = _chosen(
                    table, column, profile.column(column.name), options
                )
            except Refused as refusal:
                refused.append((f"{table.name}.{column.name}", str(refusal)))
    sized = size_keys(_without(tables, chosen), chosen)
    refused.extend((f"{table}.{column}", why) for (table, column), why in sized.refused)
    if refused:
        raise _unsupported(refused)
    planned = tuple(_planned(table, sized, options) for table in tables)
    if too_wide := list(_too_wide(planned)):
        raise _unsupported(too_wide)
    return SchemaPlan(
        catalog,
        planned,
        options.schemas,
        sized.unfit,
        tuple(_differences(tables, chosen, sized)),
        tuple(_omitted(tables)),
    )


def _chosen(table: Table, column: Column, profile: ColumnProfile, options: PlanOptions) -> Chosen:
    for count, what, policy in (
        (profile.not_numbers, "NaN or infinite", options.not_a_number),
        (profile.midnights, "24:00:00", options.midnight_24),
    ):
        if count and policy == "stop":
            raise Refused(f"{count} of its values are {what}; correct them, or choose policy null")
        if count and not column.nullable:
            raise Refused(f"{count} of its values are {what}, and it cannot hold NULL instead")
    override = options.override(table, column)
    if override is not None:
        return check_override(column, override, profile)
    return choose(column, profile)


def _travelling(table: Table) -> Iterator[Column]:
    """Columns that the target has: generated ones too, text search vectors not."""
    return (column for column in table.columns if column.type.kind is not Kind.TSVECTOR)


def _without(tables: Iterable[Table], chosen: Mapping[Place, Chosen]) -> list[Table]:
    """Tables all of whose columns have a type; the others are refused anyway."""
    return [
        table
        for table in tables
        if all((table.name, column.name) in chosen for column in _travelling(table))
    ]


def _planned(table: Table, sized: Sized, options: PlanOptions) -> PlannedTable:
    columns = []
    for column in _travelling(table):
        place = (table.name, column.name)
        type_text = sized.types[place]
        exact = type_text.is_string and (place in sized.keyed or column.type.kind is Kind.ENUM)
        columns.append(PlannedColumn(column, type_text, KEY_COLLATION if exact else None))
    name = target_name(options.schemas, table.name)
    return PlannedTable(table, name, tuple(columns), table.name not in sized.nonclustered)


def _name_clashes(tables: Iterable[Table], schemas: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names that the target takes for one: it compares them without regard to case."""
    seen: dict[tuple[str, str], TableName] = {}
    for table in tables:
        name = target_name(schemas, table.name)
        first = seen.setdefault((name.schema.casefold(), name.name.casefold()), table.name)
        if first != table.name:
            yield str(table.name), f"its name equals that of {first} in the target"
        if len(table.name.name) > LONGEST_NAME:
            yield str(table.name), f"its name is longer than {LONGEST_NAME} characters"
        columns: dict[str, str] = {}
        for column in table.columns:
            other = columns.setdefault(column.name.casefold(), column.name)
            if other != column.name:
                yield (
                    f"{table.name}.{column.name}",
                    f"its name equals that of {other} in the target",
                )


def _unplaceable(table: Table, profile: TableProfile) -> Iterator[tuple[str, str]]:
    if len(table.columns) > _MOST_COLUMNS:
        yield str(table.name), f"it has more than {_MOST_COLUMNS} columns"
    if not table.carried:
        yield str(table.name), "it has no column whose values travel"
    for key, count in sorted(profile.collisions.items()):
        if count:
            yield (
                f"{table.name}.{key}",
                f"{count} groups of its keys differ only by spaces at their ends, which the target "
                "takes for equal; remove the spaces",
            )


def _too_wide(tables: Iterable[PlannedTable]) -> Iterator[tuple[str, str]]:
    """Columns of fixed length stay in the row; the target refuses such a table (1701)."""
    for table in tables:
        size = sum(
            column.type.key_bytes or 0
            for column in table.columns
            if not column.type.name.startswith("nvar") and not column.type.name.startswith("var")
        )
        if size > _MOST_ROW_BYTES:
            yield (
                str(table.source.name),
                f"its columns of fixed length take {size} bytes, and a row holds "
                f"{_MOST_ROW_BYTES}; set nvarchar for the longest",
            )


def _unsupported(refused: list[tuple[str, str]]) -> Unsupported:
    lines = "; ".join(f"{object}: {why}" for object, why in sorted(set(refused)))
    count = len(set(refused))
    return Unsupported(
        f"{count} {'object' if count == 1 else 'objects'} cannot be represented: {lines}",
        hint="nothing was changed; correct the source, set types in the schema section, or exclude "
        "the tables",
    )


def _differences(
    tables: Iterable[Table], chosen: Mapping[Place, Chosen], sized: Sized
) -> Iterator[Finding]:
    for table in tables:
        for column in _travelling(table):
            place = (table.name, column.name)
            object = f"{table.name}.{column.name}"
            if chosen[place].note:
                yield Finding(object, chosen[place].note)
            if sized.types[place].is_string and place in sized.keyed and _ignores(column):
                yield Finding(
                    object,
                    f"as part of a key it compares by {KEY_COLLATION}; in the source by "
                    f"{column.collation or column.native}",
                )
            limit, final = chosen[place].limit, sized.types[place]
            if chosen[place].sizable and final.measures and final.measures[0] != limit:
                yield Finding(
                    object,
                    f"{final} instead of {column.native}, because an index holds no more; its "
                    f"longest value takes {chosen[place].longest}",
                )


def _ignores(column: Column) -> bool:
    """True for strings that the source itself may take for equal though they differ."""
    return column.native.endswith("citext") or column.collation not in (None, "C", "POSIX")


def _omitted(tables: Iterable[Table]) -> Iterator[Finding]:
    for table in tables:
        for column in table.columns:
            if column.type.kind is Kind.TSVECTOR:
                yield Finding(
                    f"{table.name}.{column.name}",
                    "text search vectors are not carried",
                    column.native,
                )
