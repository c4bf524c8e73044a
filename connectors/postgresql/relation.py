"""Tables as the log describes them: matched with what we know, and learnt when they changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connectors.postgresql.catalog import read_table
from connectors.postgresql.decoder import DecodeRow, row_decoder
from connectors.postgresql.forms import LogColumn
from connectors.postgresql.messages import RelationMessage
from connectors.postgresql.objects import WriteKey, WriteRow, key_writer, row_writer
from connectors.postgresql.plain import MakeChange, change_maker
from connectors.postgresql.sessions import Sessions
from connectors.postgresql.types import TypeCatalog
from connectors.postgresql.values import Policies
from model.catalog import Column, Table, TableName
from model.change import SchemaChanged
from model.types import LogicalType


@dataclass(slots=True)
class Relation:
    """One version of a captured table with the functions made for it."""

    message: RelationMessage
    table: Table
    row: DecodeRow
    key: WriteKey
    object: WriteRow
    plain: MakeChange


class RelationCatalog:
    """The captured tables in their newest version, and their types.

    `match` only looks. `learn` asks the source on a session of its own and blocks.
    """

    def __init__(
        self, sessions: Sessions, tables: Iterable[Table], policies: Policies, partitions: str
    ) -> None:
        self._sessions = sessions
        self._tables = {table.name: table for table in tables}
        self._policies = policies
        self._partitions = partitions
        self._types = TypeCatalog()

    def captured(self, message: RelationMessage) -> bool:
        """False for a relation that was not asked for."""
        return TableName(message.schema, message.name) in self._tables

    def match(self, message: RelationMessage) -> Relation | None:
        """The relation when it is the version we know, None when `learn` is needed."""
        if self._types.missing(oid for _, oid, _ in message.columns):
            return None
        table = self._tables[TableName(message.schema, message.name)]
        if not fits(table, message, self._sent_types(message)):
            return None
        return self._relation(message, table)

    def learn(self, message: RelationMessage) -> tuple[Relation, SchemaChanged | None]:
        """The relation as the catalog explains it; with the change when its shape is a new one."""
        name = TableName(message.schema, message.name)
        oids = [oid for _, oid, _ in message.columns]
        connection = self._sessions.connect("relation")
        connection.silent_after = self._sessions.silent_after
        try:
            self._types.forget(oids)
            self._types.load(connection, oids)
            now = read_table(connection, self._types, self._partitions, name)
        finally:
            connection.close()
        old = self._tables[name]
        types = self._sent_types(message)
        if fits(old, message, types):
            return self._relation(message, old), None
        new = as_sent(old, now, message, types)
        self._tables[name] = new
        return self._relation(message, new), SchemaChanged(old, new)

    def _sent_types(self, message: RelationMessage) -> list[LogicalType]:
        return [self._types.resolve(oid, typmod).logical for _, oid, typmod in message.columns]

    def _relation(self, message: RelationMessage, table: Table) -> Relation:
        place = {column.name: number for number, column in enumerate(table.carried)}
        columns = [
            LogColumn(name, self._types.resolve(oid, typmod), place.get(name))
            for name, oid, typmod in message.columns
        ]
        return Relation(
            message,
            table,
            row_decoder(columns, self._policies),
            key_writer(table),
            row_writer(table),
            change_maker(table, columns, self._policies),
        )


def fits(table: Table, message: RelationMessage, types: Sequence[LogicalType]) -> bool:
    """True when the log's columns and key are the table's.

    Labels and conditions are left out: the log does not show when they change.
    """
    known = [(c.name, shape(c.type)) for c in table.columns if c.generated is None]
    sent = [
        (name, shape(type_)) for (name, _, _), type_ in zip(message.columns, types, strict=True)
    ]
    key_known = message.identity == "f" or message.key == frozenset(table.key)
    return known == sent and key_known


def shape(type_: LogicalType) -> LogicalType:
    """The type without what can change behind the log's back."""
    return replace(
        type_,
        labels=(),
        checks=(),
        element=None if type_.element is None else shape(type_.element),
        fields=tuple((name, shape(field)) for name, field in type_.fields),
    )


def as_sent(
    old: Table, now: Table | None, message: RelationMessage, types: Sequence[LogicalType]
) -> Table:
    """The table's new version: the log's columns, explained by the catalog where it still can.

    The log may lag behind the catalog: a column that is gone from there counts as NOT NULL, so
    that nobody takes it for one that can be followed.
    """
    explained = {column.name: column for column in (*old.columns, *(now.columns if now else ()))}
    columns = []
    for (name, _, _), type_ in zip(message.columns, types, strict=True):
        column = explained.get(name)
        if column is not None and shape(column.type) == shape(type_):
            columns.append(column)
        else:
            columns.append(Column(name, type_, nullable=False, native=str(type_.kind)))
    source = now or old
    generated = [column for column in source.columns if column.generated is not None]
    order = {column.name: number for number, column in enumerate(source.columns)}
    merged = sorted((*columns, *generated), key=lambda c: order.get(c.name, len(order)))
    sent = {column.name for column in columns}
    key = source.key if set(source.key) <= sent else ()
    return replace(source, columns=tuple(merged), key=key, version=old.version + 1)
