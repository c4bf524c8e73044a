"""What the names in a statement stand for: tables and their columns, variables, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.names import ObjectName, fold, quote
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.keyed import Through
    from sandbox.azuresql.tsql.modules import Module


@dataclass(frozen=True, slots=True)
class Alias:
    """A type of `CREATE TYPE … FROM`: `id` is its user_type_id."""

    id: int
    type: SqlType
    nullable: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its real name; `type` is None where only PostgreSQL knows it."""

    name: str
    type: SqlType | None
    nullable: bool = True
    identity: bool = False
    computed: bool = False
    default: bool = False
    collation: str | None = None
    loose: bool = False
    """Text of a derived table that no column gives (`Expression.loose`)."""
    seed: int = 1
    increment: int = 1

    @property
    def sql(self) -> str:
        return quote(fold(self.name))

    @property
    def generated(self) -> bool:
        """Never given by an INSERT: computed, or a rowversion."""
        return self.computed or (self.type is not None and self.type.name == "rowversion")


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of the catalog. `kind` is U, V or S (system), as sys.objects has it."""

    schema: str
    name: str
    kind: str
    oid: int
    sql: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """Columns that tell its rows apart and are never NULL, as PostgreSQL calls them."""
    readonly: bool = False
    """A table-valued parameter's."""

    def column(self, name: str) -> Column | None:
        folded = fold(name)
        return next((column for column in self.columns if fold(column.name) == folded), None)

    @property
    def temporary(self) -> bool:
        return self.sql.startswith("pg_temp.")

    @property
    def identity(self) -> Column | None:
        return next((column for column in self.columns if column.identity), None)


@dataclass(frozen=True, slots=True)
class Source:
    """Something in FROM: what it is called, what PostgreSQL calls it, its columns."""

    alias: str
    sql: str
    columns: tuple[Column, ...]
    schema: str = ""


@dataclass(slots=True)
class Scope:
    """The sources of one query; names not found here are looked for in `outer`."""

    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    padded: bool = False
    """An outer join may put NULL into columns that have none."""

    def resolve(self, names: list[str], node: Node) -> tuple[Source, Column]:
        """The column of `[[schema.]source.]column`. Raises Refused 207, 209 or 4104."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._here(names, node)
            if found is not None:
                return found
            scope = scope.outer
        if len(names) > 1:
            shown = ".".join(names)
            raise Refused(
                4104, f'The multi-part identifier "{shown}" could not be bound.', line=node.line
            )
        raise refusal.no_column(names[0], node.line)

    def _here(self, names: list[str], node: Node) -> tuple[Source, Column] | None:
        folded = fold(names[-1])
        found = [
            (source, column)
            for source in self.named(names[:-1])
            for column in source.columns
            if fold(column.name) == folded
        ]
        if len(found) > 1:
            raise Refused(209, f"Ambiguous column name '{names[-1]}'.", line=node.line)
        if not found and len(names) > 1 and self.named(names[:-1]):
            raise refusal.no_column(names[-1], node.line)
        return found[0] if found else None

    def named(self, names: list[str]) -> list[Source]:
        """The sources that a qualifier stands for: all of them without one."""
        if not names:
            return self.sources
        alias = fold(names[-1])
        schema = fold(names[-2]) if len(names) > 1 else ""
        return [
            source
            for source in self.sources
            if fold(source.alias) == alias and schema in ("", fold(source.schema or "dbo"))
        ]


@dataclass(frozen=True, slots=True)
class Held:
    """A key to be held: its values in PostgreSQL's words, whose columns `rows` gives, if any.

    `mode` is the lock of the whole table that does as well.
    """

    relation: Relation
    mode: str
    cells: tuple[str, ...]
    rows: str = ""


@dataclass(slots=True)
class Output:
    """A column of a result: its name for the client, its type when the translator knows it."""

    name: str
    type: SqlType | None
    column: Column | None = None
    text: bool = False
    """A literal whose PostgreSQL type is still open."""
    json: bool = False
    """JSON already, which FOR JSON takes as it is."""
    null: bool = False
    """NULL itself, which has whatever type it meets."""
    loose: bool = False
    """Text that no column gives (`Expression.loose`)."""


@dataclass(slots=True)
class Translation:
    """PostgreSQL text with the names of the values that its parameters take, and its results."""

    sql: str
    parameters: tuple[str, ...] = ()
    outputs: list[Output] | None = None
    needs: frozenset[tuple[str, str, str]] = frozenset()
    """(right, schema, object) that the caller must have."""


@dataclass(slots=True)
class Context:
    """What translating one statement may look up, and what it collects on the way."""

    relations: Mapping[tuple[str, str], Relation]
    variables: Mapping[str, SqlType] = field(default_factory=dict)
    default_collation: str = "SQL_Latin1_General_CP1_CI_AS"
    parameters: list[str] = field(default_factory=list)
    needs: set[tuple[str, str, str]] = field(default_factory=set)
    collations: set[str] = field(default_factory=set)
    undeclared: set[str] | None = None
    """Set when variables that nobody declared are to be found, not refused."""
    suggested: dict[str, SqlType] = field(default_factory=dict)
    """Types of undeclared variables where a column tells them."""
    common: dict[str, tuple[Column, ...]] = field(default_factory=dict)
    """Common table expressions in sight, by folded name."""
    table_locks: set[tuple[str, str]] = field(default_factory=set)
    """(PostgreSQL's mode, table) of locks that hints ask for and rows cannot give."""
    sequences: Mapping[tuple[str, str], SqlType] = field(default_factory=dict)
    aliases: Mapping[tuple[str, str], Alias] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    """Keys that hints hold."""
    functions: Mapping[tuple[str, str], Module] = field(default_factory=dict)
    """Functions of users, by schema and name."""
    through: Through | None = None
    """The query through which the statement changes rows."""

    def parameter(self, name: str) -> str:
        """`$n` for a value by name: a variable (`@x`) or a value of the session (`@@rowcount`)."""
        if name not in self.parameters:
            self.parameters.append(name)
        return f"${self.parameters.index(name) + 1}"

    def relation(self, name: ObjectName, node: Node) -> Relation:
        """The table or view. Raises Refused 208."""
        found = self.relations.get(name.key)
        if found is None:
            raise refusal.no_object(str(name), node.line)
        return found

    def require(self, right: str, name: ObjectName) -> None:
        relation = self.relations.get(name.key)
        if relation is not None and fold(relation.name) != fold(name.name):
            # A synonym: the rights are those on what it stands for.
            name = ObjectName(relation.schema, relation.name)
        if not name.temporary:
            self.needs.add((right, name.folded_schema, fold(name.name)))

    def collation(self, name: str) -> str:
        """A collation's own name; `database_default` stands for the database's."""
        chosen = self.default_collation if name.lower() == "database_default" else name
        self.collations.add(chosen)
        return chosen
