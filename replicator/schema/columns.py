"""CREATE TABLE: columns with their defaults, computed columns, and the key of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.azuresql.dialect import literal, qualified, quote
from model.catalog import Catalog, Column, TableName
from model.types import Kind
from replicator.schema.expressions import Converter, parse_expression, shape
from replicator.schema.names import Names
from replicator.schema.numbering import identities, sequence_of
from replicator.schema.plan import Finding, PlannedColumn, PlannedTable, SchemaPlan
from replicator.schema.tsql import listed
from replicator.schema.types import LONGEST_STRING
from replicator.schema.values import FAMILIES, NUMBERS, Family, Inconvertible, Value

_INTEGER_DIGITS: Final = {Kind.INT16: 5, Kind.INT32: 10, Kind.INT64: 19}
_ZONE_DEPENDENT: Final = frozenset({Family.DATE, Family.TIMESTAMP})


@dataclass(slots=True)
class Notes:
    """What a person should read: what was left out, and what behaves differently."""

    unconverted: list[Finding] = field(default_factory=list)
    differences: list[Finding] = field(default_factory=list)


def column_value(column: PlannedColumn, alias: str = "") -> Value:
    """A reference to a column."""
    text = f"{quote(alias)}.{quote(column.name)}" if alias else quote(column.name)
    kind = column.source.type.kind
    family = FAMILIES.get(kind, Family.OTHER)
    if column.source.native.endswith("citext"):
        family = Family.OTHER
    digits = None
    if kind in _INTEGER_DIGITS:
        digits = (_INTEGER_DIGITS[kind], 0)
    elif column.type.name == "decimal":
        digits = (column.type.measures[0], column.type.measures[1])
    return Value(text, family, digits, full=column.type.measures == (LONGEST_STRING,))


def resolver(table: PlannedTable) -> Callable[[tuple[str, ...]], Value]:
    """Resolves references to the columns of one table."""

    def resolve(parts: tuple[str, ...]) -> Value:
        column = table.column(parts[-1])
        if column is None or len(parts) > 2:
            raise Inconvertible(f"a reference to {'.'.join(parts)}")
        return column_value(column)

    return resolve


def enum_names(catalog: Catalog) -> frozenset[str]:
    """Names of the enumerations that columns have, as casts spell them."""
    return frozenset(
        column.native.replace('"', "").rpartition(".")[2]
        for table in catalog.tables
        for column in table.columns
        if column.type.kind is Kind.ENUM and column.type.domain is None
    )


def no_columns(parts: tuple[str, ...]) -> Value:
    """For expressions that may refer to none, as defaults."""
    raise Inconvertible(f"a reference to {'.'.join(parts)}")


class TableWriter:
    """Writes the CREATE TABLE of each planned table."""

    def __init__(self, plan: SchemaPlan, names: Names, notes: Notes) -> None:
        self._plan = plan
        self._names = names
        self._notes = notes
        self._enums = enum_names(plan.catalog)
        self._identities = identities(plan)

    def create(self, table: PlannedTable) -> str:
        """The statement; the clustered key is the only index that a load should feel."""
        lines = [self._column(table, column) for column in table.columns]
        key = table.source.primary_key
        word = "CLUSTERED" if table.clustered else "NONCLUSTERED"
        if key is not None:
            name = self._names.constraint(table, key.name)
            if key.deferrable:
                what = "it is checked at once, in the source at commit"
                self._notes.differences.append(Finding(f"{table.source.name}.{key.name}", what))
            lines.append(f"CONSTRAINT {name} PRIMARY KEY {word} ({listed(key.columns)})")
        elif table.source.key:
            name = self._names.constraint(table, f"{table.name.name}_key")
            lines.append(f"CONSTRAINT {name} UNIQUE {word} ({listed(table.source.key)})")
        body = ",\n    ".join(lines)
        return f"CREATE TABLE {qualified(table.name)} (\n    {body}\n)"

    def _column(self, table: PlannedTable, column: PlannedColumn) -> str:
        if column.source.generated is not None:
            computed = self._computed(table, column)
            if computed is not None:
                return computed
        parts = [quote(column.name), str(column.type)]
        if column.collation is not None:
            parts.append(f"COLLATE {column.collation}")
        identity = self._identity(table, column)
        default = None if identity else self._default(table, column)
        parts.extend(part for part in (default, identity) if part)
        parts.append("NULL" if self._nullable(table, column) else "NOT NULL")
        return " ".join(parts)

    def _nullable(self, table: PlannedTable, column: PlannedColumn) -> bool:
        """A generated column that did not convert is a plain one that nobody fills yet."""
        return column.source.nullable or column.source.generated is not None

    def _computed(self, table: PlannedTable, column: PlannedColumn) -> str | None:
        source = column.source.generated or ""
        try:
            value = Converter(resolver(table), enums=self._enums).value(parse_expression(source))
            _check_fit(column, value)
        except Inconvertible as reason:
            self._leave(table, column, f"generated column is a plain one here: {reason}", source)
            return None
        cast = f"CAST({value.text} AS {column.type})"
        ending = "" if column.source.nullable else " NOT NULL"
        collation = f" COLLATE {column.collation}" if column.collation else ""
        return f"{quote(column.name)} AS ({cast}{collation}) PERSISTED{ending}"

    def _identity(self, table: PlannedTable, column: PlannedColumn) -> str | None:
        identity = column.source.identity
        if identity is None or (table.source.name, column.name) not in self._identities:
            return None
        return f"IDENTITY({identity.start},{identity.increment})"

    def _default(self, table: PlannedTable, column: PlannedColumn) -> str | None:
        source = _default_text(column.source)
        if source is None or column.source.generated is not None:
            return None
        try:
            node = parse_expression(source)
            value = Converter(no_columns, self._sequence, self._enums).value(node)
            _check_fit(column, value)
        except Inconvertible as reason:
            self._leave(table, column, f"default: {reason}", source)
            return None
        if value.family is Family.NULL:
            return None
        if "SYSUTCDATETIME" in value.text and _local(column, node):
            self._notes.differences.append(
                Finding(
                    _name(table, column),
                    "its default is the time in UTC; in the source it follows the session's zone",
                    source,
                )
            )
        name = self._names.constraint(table, f"DF_{table.name.name}_{column.name}")
        return f"CONSTRAINT {name} DEFAULT ({value.text})"

    def _sequence(self, text: str) -> TableName:
        return self._plan.target(sequence_of(self._plan.catalog, text).name)

    def _leave(self, table: PlannedTable, column: PlannedColumn, what: str, text: str) -> None:
        self._notes.unconverted.append(Finding(_name(table, column), what, text))


def _name(table: PlannedTable, column: PlannedColumn) -> str:
    return f"{table.source.name}.{column.name}"


def _default_text(column: Column) -> str | None:
    if column.identity is not None and column.identity.sequence is not None:
        sequence = column.identity.sequence
        return "nextval(" + _sql_literal(f'"{sequence.schema}"."{sequence.name}"') + ")"
    return column.default


def _sql_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _local(column: PlannedColumn, node: Any) -> bool:
    """`now()` in a column without a zone: `now() AT TIME ZONE 'UTC'` would be the same anywhere."""
    name, content = shape(node)
    utc = name == "func_call" and content.funcname[-1].string.sval == "timezone"
    return FAMILIES.get(column.source.type.kind) in _ZONE_DEPENDENT and not utc


def _check_fit(column: PlannedColumn, value: Value) -> None:
    wanted = FAMILIES.get(column.source.type.kind, Family.OTHER)
    families = {wanted, value.family}
    fits = (
        wanted is value.family
        or value.family is Family.NULL
        or families <= NUMBERS
        or (wanted in _TAKE_TEXT and value.family is Family.STRING and value.constant)
        or (wanted is Family.STRING and value.family is Family.ENUM)
        or (wanted is Family.TIMESTAMP and value.family is Family.TIMESTAMPTZ)
    )
    if not fits or (wanted is Family.OTHER and value.family is not Family.NULL):
        raise Inconvertible(f"{value.text} for a column of type {column.source.native}")


_TAKE_TEXT: Final = frozenset({Family.ENUM, Family.PADDED, Family.UUID, Family.DOCUMENT})


def comment_statement(table: PlannedTable, column: str | None, text: str) -> str:
    """A comment of the source as the target's description property."""
    levels = [("SCHEMA", table.name.schema), ("TABLE", table.name.name)]
    if column is not None:
        levels.append(("COLUMN", column))
    places = "".join(
        f", @level{i}type = N'{kind}', @level{i}name = {literal(name)}"
        for i, (kind, name) in enumerate(levels)
    )
    return (
        "EXEC sys.sp_addextendedproperty @name = N'MS_Description', "
        f"@value = {literal(text)}{places}"
    )
