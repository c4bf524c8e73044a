"""Logins of the server, which master keeps."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql.ddl.principals import demand, name_of, string
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import plain
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_MASTER = "master"


def _in_master(interpreter: Interpreter, node: Node) -> None:
    """Raises Refused 5001 or 15247: logins are made in master, by the administrator."""
    state = interpreter.session.state
    if state.user.lower() != "dbo":
        demand(interpreter, "ALTER ANY LOGIN", node)
    if state.database.folded != _MASTER:
        raise Refused(5001, "User must be in the master database.", line=node.line)


async def create_login(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE LOGIN name WITH PASSWORD = '…'`."""
    name, password = _read(interpreter, node, "CREATE")
    await interpreter.session.engine.logins.create(name, password)
    yield Done()


async def alter_login(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ALTER LOGIN name WITH PASSWORD = '…'`."""
    name, password = _read(interpreter, node, "ALTER")
    await interpreter.session.engine.logins.change_password(name, password)
    yield Done()


def _read(interpreter: Interpreter, node: Node, verb: str) -> tuple[str, str]:
    """A login's name and password."""
    _in_master(interpreter, node)
    walk = Walk(node)
    walk.need_words(verb, "LOGIN")
    name = name_of(walk.skip())
    walk.need_words("WITH", "PASSWORD")
    walk.need("comparison_operator", "raw_comparison_operator")
    password = string(walk.skip())
    walk.done()
    return name, password


async def drop_login(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    _in_master(interpreter, node)
    await interpreter.session.engine.logins.drop(plain(node.children[-1].text))
    yield Done()
