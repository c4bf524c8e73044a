"""Logins, users, roles, GRANT, DENY and REVOKE."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.link import Value
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts, plain
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_DATABASE, _OBJECT, _SCHEMA = 0, 1, 3
_ALL: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES")


def _string(node: Node) -> str:
    return node.text.lstrip("nN")[1:-1].replace("''", "'")


def _owner(interpreter: Interpreter, node: Node) -> None:
    """Raises Refused 15247 for a user who may not manage security."""
    session = interpreter.session
    state = session.state
    if state.user.lower() == "dbo":
        return
    rights = state.database.rights
    if rights is None or not rights.may(state.user, "SECURITY", "", ""):
        raise Refused(
            15247, "User does not have permission to perform this action.", line=node.line
        )


def _name(node: Node) -> str:
    return plain(node.children[-1].text if node.children else node.text)


async def create_login(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE LOGIN name WITH PASSWORD = '…'`."""
    _owner(interpreter, node)
    walk = Walk(node)
    walk.need_words("CREATE", "LOGIN")
    name = _name(walk.skip())
    walk.need_words("WITH", "PASSWORD")
    walk.need("comparison_operator", "raw_comparison_operator")
    password = _string(walk.need("quoted_literal"))
    walk.done()
    await interpreter.session.engine.create_login(name, password)
    yield Done()


async def drop_login(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    _owner(interpreter, node)
    await interpreter.session.engine.drop_login(plain(node.children[-1].text))
    yield Done()


async def create_user(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE USER u [FOR LOGIN l | WITHOUT LOGIN | WITH PASSWORD = '…']`."""
    _owner(interpreter, node)
    walk = Walk(node)
    walk.need_words("CREATE", "USER")
    name = _name(walk.need("role_reference", "object_reference"))
    login: str | None = name
    if walk.words("FOR", "LOGIN") or walk.words("FROM", "LOGIN"):
        login = _name(walk.skip())
    elif walk.words("WITHOUT", "LOGIN"):
        login = None
    if walk.words("WITH"):
        while walk.here is not None:
            option = walk.skip().word
            walk.need("comparison_operator", "raw_comparison_operator")
            value = walk.skip()
            if option == "PASSWORD":
                await interpreter.session.engine.create_login(name, _string(value))
            elif option != "DEFAULT_SCHEMA" or _name(value).lower() != "dbo":
                raise refusal.unknown(node)
            walk.kind("comma")
    walk.done()
    await _principal(interpreter, name, "S", login, node)
    yield Done()


async def create_role(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    _owner(interpreter, node)
    walk = Walk(node)
    walk.need_words("CREATE", "ROLE")
    name = _name(walk.need("role_reference"))
    if walk.words("AUTHORIZATION"):
        walk.skip()
    walk.done()
    await _principal(interpreter, name, "R", None, node)
    yield Done()


async def _principal(
    interpreter: Interpreter, name: str, kind: str, login: str | None, node: Node
) -> None:
    rights = await interpreter.session.engine.rights(
        interpreter.session.state.database, interpreter.session.link
    )
    if rights.find(name) is not None:
        raise Refused(
            15023,
            f"User, group, or role '{name}' already exists in the current database.",
            line=node.line,
        )
    given = "NULL" if login is None else literal(login)
    statement = (
        "INSERT INTO store.principals (principal_id, name, type, login) "
        f"VALUES (nextval('store.principal_ids'), {literal(name)}, '{kind}', {given})"
    )
    async for _ in running.run(interpreter, [statement], node):
        pass


async def drop_principal(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP USER | ROLE [IF EXISTS] name`."""
    _owner(interpreter, node)
    walk = Walk(node)
    walk.need_words("DROP")
    kind = walk.any_word("USER", "ROLE") or "USER"
    tolerant = walk.words("IF", "EXISTS")
    name = _name(walk.skip())
    walk.done()
    session = interpreter.session
    principal = (await session.engine.rights(session.state.database, session.link)).find(name)
    if principal is None:
        if not tolerant:
            raise Refused(
                15151,
                f"Cannot drop the {kind.lower()} '{name}', because it does not exist or you do not "
                "have permission.",
                line=node.line,
            )
        return
    statement = f"DELETE FROM store.principals WHERE principal_id = {principal.id} AND NOT fixed"
    async for result in running.run(interpreter, [statement], node):
        yield result


async def alter_role(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ALTER ROLE r ADD | DROP MEMBER u`."""
    _owner(interpreter, node)
    walk = Walk(node)
    walk.need_words("ALTER", "ROLE")
    role = await _id(interpreter, _name(walk.skip()), node)
    verb = walk.any_word("ADD", "DROP")
    walk.need_words("MEMBER")
    member = await _id(interpreter, _name(walk.skip()), node)
    walk.done()
    statement = f"DELETE FROM store.role_members WHERE role_id = {role} AND member_id = {member}"
    if verb == "ADD":
        statement = (
            f"INSERT INTO store.role_members VALUES ({role}, {member}) ON CONFLICT DO NOTHING"
        )
    async for result in running.run(interpreter, [statement], node):
        yield result


async def _id(interpreter: Interpreter, name: str, node: Node) -> int:
    session = interpreter.session
    principal = (await session.engine.rights(session.state.database, session.link)).find(name)
    if principal is None:
        raise Refused(
            15151,
            f"Cannot find the user '{name}', because it does not exist or you do not have "
            "permission.",
            line=node.line,
        )
    return principal.id


async def permission(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """GRANT, DENY and REVOKE on the database, a schema or an object."""
    _owner(interpreter, node)
    walk = Walk(node)
    verb = walk.any_word("GRANT", "DENY", "REVOKE") or ""
    if walk.words("GRANT", "OPTION", "FOR"):
        raise refusal.unknown(node)
    wanted = _permissions(walk)
    kind, major = _DATABASE, 0
    if walk.words("ON"):
        kind, major = await _securable(interpreter, walk.need("securable_segment"), node)
    walk.any_word("TO", "FROM")
    grantees: list[int] = []
    while (reference := walk.kind("role_reference", "comma")) is not None:
        if reference.kind != "comma":
            grantees.append(await _id(interpreter, _name(reference), node))
    walk.words("WITH", "GRANT", "OPTION")
    walk.words("CASCADE")
    walk.done()
    statements = [
        statement
        for grantee in grantees
        for right in wanted
        for statement in permission_sql(verb, right, kind, major, grantee)
    ]
    async for result in running.run(interpreter, statements, node):
        yield result


def permission_sql(verb: str, right: str, kind: int, major: int, grantee: int) -> list[str]:
    """One right of one grantee: what was said of it before is replaced."""
    key = (
        f"class = {kind} AND major_id = {major} AND grantee_id = {grantee} "
        f"AND permission = {literal(right)}"
    )
    gone = f"DELETE FROM store.permissions WHERE {key}"
    if verb == "REVOKE":
        return [gone]
    return [
        gone,
        "INSERT INTO store.permissions (class, major_id, grantee_id, permission, state) "
        f"VALUES ({kind}, {major}, {grantee}, {literal(right)}, '{verb[0]}')",
    ]


def _permissions(walk: Walk) -> list[str]:
    if walk.words("ALL"):
        walk.words("PRIVILEGES")
        return list(_ALL)
    segment = walk.need("permissions_segment")
    found: list[list[str]] = [[]]
    for child in segment.children:
        if child.kind == "comma":
            found.append([])
        elif child.kind == "keyword":
            found[-1].append(child.word)
        else:
            raise refusal.unknown(child)
    return [" ".join(words) for words in found]


async def _securable(interpreter: Interpreter, segment: Node, node: Node) -> tuple[int, int]:
    walk = Walk(segment)
    word = walk.any_word("OBJECT", "SCHEMA", "DATABASE", "TYPE", "ROLE", "USER")
    walk.kind("casting_operator")
    reference = walk.skip()
    if word in ("TYPE", "ROLE", "USER") or walk.here is not None:
        raise refusal.unknown(segment)
    if word == "DATABASE":
        return _DATABASE, 0
    link = interpreter.session.link
    if word == "SCHEMA":
        name = parts(reference)[-1]
        rows, _ = await link.fetch(
            "SELECT oid::int8 FROM pg_namespace WHERE nspname = $1",
            [Value(25, fold(name).encode())],
        )
        shown, kind = name, _SCHEMA
    else:
        target = ObjectName.of(reference)
        rows, _ = await link.fetch(
            "SELECT to_regclass($1)::oid::int8 WHERE to_regclass($1) IS NOT NULL",
            [Value(25, target.sql.encode())],
        )
        shown, kind = str(target), _OBJECT
    if not rows:
        raise Refused(
            15151,
            f"Cannot find the {'schema' if kind == _SCHEMA else 'object'} '{shown}', because it "
            "does not exist or you do not have permission.",
            line=node.line,
        )
    return kind, read_int(rows[0][0]) or 0
