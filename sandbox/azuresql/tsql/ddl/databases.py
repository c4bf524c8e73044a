"""CREATE, ALTER and DROP DATABASE, and KILL."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.ddl.principals import may
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import plain
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_ALWAYS: Final = frozenset({"READ_COMMITTED_SNAPSHOT", "ALLOW_SNAPSHOT_ISOLATION"})
_NEVER_MIND: Final = frozenset({"SINGLE_USER", "MULTI_USER", "RECOVERY", "COMPATIBILITY_LEVEL"})


def _is_administrator(interpreter: Interpreter) -> bool:
    return interpreter.session.state.user.lower() == "dbo"


def _administrator(interpreter: Interpreter, node: Node) -> None:
    if not _is_administrator(interpreter):
        raise Refused(
            262, "CREATE DATABASE permission denied in database 'master'.", line=node.line
        )


def _alone(interpreter: Interpreter, what: str, node: Node) -> None:
    if interpreter.session.transaction.count:
        raise Refused(
            226, f"{what} statement not allowed within multi-statement transaction.", line=node.line
        )


async def create_database(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE DATABASE x [COLLATE c] [(EDITION = …)]`; another collation is refused."""
    _administrator(interpreter, node)
    _alone(interpreter, "CREATE DATABASE", node)
    walk = Walk(node)
    walk.need_words("CREATE", "DATABASE")
    name = plain(walk.need("database_reference").children[-1].text)
    if walk.words("COLLATE") and walk.skip().text.upper() != "SQL_LATIN1_GENERAL_CP1_CI_AS":
        raise refusal.unknown(node, "another collation")
    walk.done()
    await interpreter.session.engine.create_database(name)
    yield Done()


async def drop_database(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP DATABASE [IF EXISTS] x`: sessions in it end, as in Azure SQL Database."""
    _alone(interpreter, "DROP DATABASE", node)
    walk = Walk(node)
    walk.need_words("DROP", "DATABASE")
    tolerant = walk.words("IF", "EXISTS")
    while (reference := walk.kind("database_reference", "comma")) is not None:
        if reference.kind == "comma":
            continue
        name = plain(reference.children[-1].text)
        if tolerant and not interpreter.session.engine.has_database(name):
            continue
        if not _is_administrator(interpreter):
            text = (
                f"Cannot drop the database '{name}', because it does not exist or you do not have "
                "permission."
            )
            raise Refused(3701, text, 14, 20, node.line)
        await interpreter.session.engine.drop_database(name)
    walk.done()
    yield Done()


async def alter_database(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ALTER DATABASE x SET …`: row versioning is always on; nothing else changes anything."""
    walk = Walk(node)
    walk.need_words("ALTER", "DATABASE")
    name = interpreter.session.state.database.name
    if not walk.words("CURRENT"):
        name = plain(walk.need("database_reference").children[-1].text)
    if not interpreter.session.engine.has_database(name) or not may(interpreter, "ALTER"):
        raise Refused(
            5011,
            f"User does not have permission to alter database '{name}', the database does not "
            "exist, or the database is not in a state that allows access checks.",
            14,
            5,
            node.line,
        )
    walk.need_words("SET")
    option, *rest = [child.word for child in walk.rest]
    if option in _ALWAYS:
        if rest[:1] != ["ON"]:
            raise refusal.unknown(node)
    elif option not in _NEVER_MIND:
        raise refusal.unknown(node)
    yield Done()


async def kill(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`KILL n`. Raises Refused 6102, 6106 for no such session, 6104 for one's own."""
    if not may(interpreter, "KILL DATABASE CONNECTION"):
        text = "User does not have permission to use the KILL statement."
        raise Refused(6102, text, 14, line=node.line)
    number = int(node.children[-1].text)
    session = interpreter.session
    if number == session.state.login.session_id:
        raise Refused(6104, "Cannot use KILL to kill your own process.", line=node.line)
    if not await session.engine.kill(number):
        raise Refused(6106, f"Process ID {number} is not an active process ID.", line=node.line)
    yield Done()
