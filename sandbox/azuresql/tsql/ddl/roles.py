"""Roles and their members."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.catalog.security import Principal
from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.principals import cannot, create, demand, find, may, name_of
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_PUBLIC = "public"


async def create_role(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    demand(interpreter, "CREATE ROLE", node)
    walk = Walk(node)
    walk.need_words("CREATE", "ROLE")
    name = name_of(walk.need("role_reference"))
    if walk.words("AUTHORIZATION"):
        walk.skip()
    walk.done()
    async for result in create(interpreter, name, "R", None, None, node):
        yield result


async def alter_role(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ALTER ROLE r ADD | DROP MEMBER u`, `ALTER ROLE r WITH NAME = n`."""
    walk = Walk(node)
    walk.need_words("ALTER", "ROLE")
    name = name_of(walk.skip())
    role = await _alterable(interpreter, name, node)
    if walk.words("WITH", "NAME"):
        walk.need("comparison_operator", "raw_comparison_operator")
        fresh = literal(name_of(walk.skip()))
        statement = f"UPDATE store.principals SET name = {fresh} WHERE principal_id = {role.id}"
    else:
        verb = walk.any_word("ADD", "DROP") or ""
        walk.need_words("MEMBER")
        member = await _member(interpreter, verb, name_of(walk.skip()), node)
        statement = membership_sql(verb, role.id, member.id)
        if role.id == member.id:
            raise Refused(15413, "Cannot make a role a member of itself.", line=node.line)
    walk.done()
    async for result in running.run(interpreter, [statement], node):
        yield result


async def _alterable(interpreter: Interpreter, name: str, node: Node) -> Principal:
    """The role. Raises Refused 15151, 15081 for public: of fixed roles only owners dispose."""
    state = interpreter.session.state
    role = await find(interpreter, name)
    rights = state.database.rights
    owner = state.user.lower() == "dbo" or (rights is not None and rights.owns(state.user))
    allowed = owner if role is not None and role.fixed else may(interpreter, "ALTER ANY ROLE")
    if role is None or role.kind != "R" or not allowed:
        raise cannot("alter the role", name, node)
    if role.name == _PUBLIC:
        raise Refused(15081, "Membership of the public role cannot be changed.", line=node.line)
    return role


async def _member(interpreter: Interpreter, verb: str, name: str, node: Node) -> Principal:
    member = await find(interpreter, name)
    if member is None:
        raise cannot(f"{verb.lower()} the principal", name, node)
    return member


def membership_sql(verb: str, role: int, member: int) -> str:
    """One member of a role more, or less."""
    if verb == "ADD":
        return f"INSERT INTO store.role_members VALUES ({role}, {member}) ON CONFLICT DO NOTHING"
    return f"DELETE FROM store.role_members WHERE role_id = {role} AND member_id = {member}"
