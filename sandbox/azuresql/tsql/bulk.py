"""`INSERT BULK`: rows that the wire has decoded go into PostgreSQL's binary COPY.

An identity that the statement lists takes the values sent: clients leave it out otherwise. Where a
default stands for NULLs (without KEEP_NULLS), the rows pass through a temporary table.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    BulkTarget,
    Done,
    Refused,
    Result,
    ResultColumn,
    SqlType,
    TransactionChanged,
)
from sandbox.azuresql.tsql import evaluate, refusal
from sandbox.azuresql.tsql.errors import ROLLS_BACK, number_of
from sandbox.azuresql.tsql.exchange import ServerError, Value
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, plain
from sandbox.azuresql.tsql.scope import Column, Relation
from sandbox.azuresql.tsql.tree import Node, parsed
from sandbox.azuresql.tsql.types import SEAM_OIDS
from sandbox.azuresql.tsql.values import read_text
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_OPTIONS: Final = frozenset(
    {"TABLOCK", "CHECK_CONSTRAINTS", "FIRE_TRIGGERS", "KEEP_NULLS", "KEEP_IDENTITY"}
    | {"ROWS_PER_BATCH", "KILOBYTES_PER_BATCH", "ORDER", "ALLOW_ENCRYPTED_VALUE_MODIFICATIONS"}
)


class BulkLoad:
    """One bulk load under way."""

    def __init__(
        self, session: TsqlSession, relation: Relation, columns: list[Column], staged: list[str]
    ) -> None:
        self._session = session
        self._relation = relation
        self._columns = columns
        self._staged = staged
        self._own = False
        self._begun = False
        self._fault: ServerError | None = None
        self.target = BulkTarget([_announced(column) for column in columns])

    async def start(self) -> None:
        """Open the COPY, in a transaction of its own when none is open."""
        transaction, link = self._session.transaction, self._session.link
        self._own = transaction.count == 0
        if self._own:
            await link.run("BEGIN")
        elif not self._session.state.options.xact_abort:
            await transaction.guard()
        names = ", ".join(column.sql for column in self._columns)
        target = self._relation.sql
        if self._staged:
            await link.run(
                f'CREATE TEMPORARY TABLE "~bulk" ON COMMIT DROP AS SELECT {names} '
                f"FROM {target} WITH NO DATA"
            )
            target = 'pg_temp."~bulk"'
        await link.copy_begin(f"COPY {target} ({names}) FROM STDIN (FORMAT binary)")
        await link.copy_data(_HEADER)
        self._begun = True

    async def feed(self, rows: bytes) -> None:
        await self._session.link.copy_data(rows)

    async def end(self, abort: bool) -> AsyncGenerator[Result, None]:
        """Finish, or abandon, and say what happened."""
        link, session = self._session.link, self._session
        session.interpreter.target = self._relation
        try:
            if abort:
                await self._abandon()
                yield Done()
                return
            await link.copy_data(_TRAILER)
            count = await link.copy_end()
            for statement in self._staged:
                await link.run(statement)
            await self._number()
            if self._own:
                await self._commit()
        except ServerError as error:
            if self._own:
                await link.run("ROLLBACK")
            elif session.state.options.xact_abort or number_of(error) in ROLLS_BACK:
                await session.transaction.rollback()
                yield TransactionChanged("rollback")
            else:
                await session.transaction.undo_statement()
            yield await session.interpreter.explain(error, 1)
            yield Done()
            return
        session.state.rowcount = count
        yield Done(count, 0xF0)

    async def _commit(self) -> None:
        """Raises Refused when the server was told to refuse it; before it, that undoes the load."""
        committed = False
        try:
            async with self._session.around_commit():
                await self._session.link.run("COMMIT")
                committed = True
        except Refused:
            if not committed:
                await self._session.link.run("ROLLBACK")
            raise

    async def _abandon(self) -> None:
        link = self._session.link
        try:
            await link.copy_end("abandoned")
        except ServerError:
            if self._own:
                await link.run("ROLLBACK")
            else:
                await self._session.transaction.undo_statement()

    async def _number(self) -> None:
        """The identity goes on after the greatest value that was given."""
        identity = self._relation.identity
        if identity is not None and identity in self._columns:
            await self._session.link.run(
                f"SELECT sys.advance_identity({literal(self._relation.sql)}::regclass, "
                f"(SELECT max({identity.sql})::int8 FROM {self._relation.sql}))"
            )


def _announced(column: Column) -> ResultColumn:
    assert column.type is not None
    type = column.type
    return ResultColumn(
        column.name,
        type if column.collation is None else _collated(column),
        SEAM_OIDS[type.name],
        column.nullable,
        column.identity,
        column.computed,
    )


def _collated(column: Column) -> SqlType:
    assert column.type is not None
    return replace(column.type, collation=column.collation)


async def begin(session: TsqlSession, statement: str) -> BulkLoad:
    """Read the statement and start. Raises Refused 208, 207 and what PostgreSQL refuses."""
    tree = await parsed(statement)
    node = next(iter(tree.all("insert_bulk_statement")), None)
    if node is None:
        raise refusal.unknown(tree)
    relations = await evaluate.load(session, node)
    reference = node.find("table_reference")
    assert reference is not None
    name = ObjectName.of(reference)
    relation = relations.get(name.key)
    if relation is None:
        raise refusal.no_object(str(name), node.line)
    await session.engine.rights(session.state.database, session.link)
    session.engine.check_rights(session.state, {("INSERT", *name.key)}, node.line)
    session.transaction.writing(node.line)
    columns, options = _read(node, relation)
    staged = await _staging(session, relation, columns, options)
    load = BulkLoad(session, relation, columns, staged)
    try:
        await load.start()
    except ServerError as error:
        if session.transaction.count == 0:
            await session.link.run("ROLLBACK")
        notice = await session.interpreter.explain(error, 1)
        raise Refused(notice.number, notice.text, notice.severity) from error
    return load


def _read(node: Node, relation: Relation) -> tuple[list[Column], set[str]]:
    walk = Walk(node)
    walk.need_words("INSERT", "BULK")
    walk.need("table_reference")
    columns: list[Column] = []
    for group in listed(walk.need("bracketed")):
        name = plain(group[0].children[0].text)
        column = relation.column(name)
        if column is None:
            raise refusal.no_column(name, node.line)
        columns.append(column)
    options: set[str] = set()
    if walk.words("WITH"):
        for group in listed(walk.need("bracketed")):
            word = next(group[0].tokens()).word
            if word not in _OPTIONS:
                raise refusal.unknown(group[0])
            options.add(word)
    walk.done()
    return columns, options


async def _staging(
    session: TsqlSession, relation: Relation, columns: list[Column], options: set[str]
) -> list[str]:
    """What carries rows over from the temporary table; nothing when COPY goes straight."""
    defaulted = [c for c in columns if c.default and "KEEP_NULLS" not in options]
    defaulted = [c for c in defaulted if not c.identity and not c.generated]
    if not defaulted:
        return []
    rows, _ = await session.link.fetch(
        "SELECT a.attname::text, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d "
        "JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum "
        "WHERE d.adrelid = $1::text::regclass",
        [Value(25, relation.sql.encode())],
    )
    defaults = {read_text(row[0]): read_text(row[1]) for row in rows}
    names = ", ".join(column.sql for column in columns)
    items = ", ".join(
        f"coalesce({column.sql}, {defaults[fold(column.name)]})"
        if column in defaulted
        else column.sql
        for column in columns
    )
    return [
        f'INSERT INTO {relation.sql} ({names}) SELECT {items} FROM pg_temp."~bulk"',
        'DROP TABLE pg_temp."~bulk"',
    ]
