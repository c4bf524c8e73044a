"""DBCC CHECKIDENT and UPDATE STATISTICS."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Notice, Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, plain, split_name
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool, read_int, read_text
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def dbcc(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`DBCC CHECKIDENT (table [, NORESEED | RESEED [, value]])`."""
    walk = Walk(node)
    walk.need_words("DBCC", "CHECKIDENT")
    groups = listed(walk.need("bracketed"))
    quiet = walk.words("WITH", "NO_INFOMSGS")
    walk.done()
    text = groups[0][0].text
    written = text.lstrip("nN")[1:-1].replace("''", "'") if text.endswith("'") else text
    name = ObjectName.from_parts([plain(part) for part in split_name(written)])
    relation = await running.relation_of(interpreter, name, node)
    column = relation.identity
    if column is None:
        raise Refused(
            7997, f"'{relation.name}' does not contain an identity column.", line=node.line
        )
    link = interpreter.session.link
    place = [Value(25, relation.sql.encode()), Value(25, fold(column.name).encode())]
    rows, _ = await link.fetch("SELECT pg_get_serial_sequence($1, $2)", place)
    sequence = read_text(rows[0][0])
    rows, _ = await link.fetch(
        f"SELECT last_value, is_called, (SELECT max({column.sql})::int8 FROM {relation.sql}), "
        f"EXISTS (SELECT 1 FROM {relation.sql}) FROM {sequence}"
    )
    last, called, most, filled = rows[0]
    current = read_int(last) if read_bool(called) else None
    reseeded = len(groups) > 2
    if len(groups) > 1 and groups[1][0].word == "RESEED":
        running.require(interpreter, "ALTER", name, node)
        if len(groups) > 2:
            value = int("".join(node.text for node in groups[2]).replace(" ", ""))
            # Before the first row the new value itself is the next one.
            used = read_bool(filled) or current is not None
            await link.run(
                f"SELECT setval({literal(sequence)}, {value}, {'true' if used else 'false'})"
            )
        elif most is not None and (current is None or (read_int(most) or 0) > current):
            await link.run(f"SELECT setval({literal(sequence)}, {read_int(most)})")
    if not quiet:
        shown = f"Checking identity information: current identity value '{_shown(current)}'"
        if not reseeded:
            shown += f", current column value '{_shown(most if most is None else read_int(most))}'"
        yield Notice(7998, 10, 1, node.line, f"{shown}.")
        yield Notice(
            2528,
            10,
            1,
            node.line,
            "DBCC execution completed. If DBCC printed error messages, contact your system "
            "administrator.",
        )


def _shown(value: int | None) -> str:
    return "NULL" if value is None else str(value)


async def update_statistics(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """UPDATE STATISTICS: ANALYZE."""
    reference = node.find("object_reference") or node.find("table_reference")
    if reference is None:
        raise refusal.unknown(node)
    name = ObjectName.of(reference)
    relation = await running.relation_of(interpreter, name, node)
    running.require(interpreter, "ALTER", name, node)
    async for result in start(interpreter):
        yield result
    await interpreter.session.link.run(f"ANALYZE {relation.sql}")
