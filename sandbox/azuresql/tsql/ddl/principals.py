"""Users of a database, and what users and roles have in common."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.catalog import passwords
from sandbox.azuresql.catalog.security import Principal
from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import literal, plain
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


def string(node: Node) -> str:
    """What a string constant means."""
    return node.text.lstrip("nN")[1:-1].replace("''", "'")


def name_of(node: Node) -> str:
    return plain(node.children[-1].text if node.children else node.text)


def may(interpreter: Interpreter, right: str) -> bool:
    """Whether the user has a right of the database."""
    state = interpreter.session.state
    rights = state.database.rights
    return state.user.lower() == "dbo" or (rights is not None and rights.may(state.user, right))


def cannot(what: str, name: str, node: Node) -> Refused:
    """Error 15151, which does not tell what is missing: the object or the permission."""
    return Refused(
        15151,
        f"Cannot {what} '{name}', because it does not exist or you do not have permission.",
        line=node.line,
    )


def demand(interpreter: Interpreter, right: str, node: Node) -> None:
    """Raises Refused 15247."""
    if not may(interpreter, right):
        text = "User does not have permission to perform this action."
        raise Refused(15247, text, line=node.line)


async def find(interpreter: Interpreter, name: str) -> Principal | None:
    session = interpreter.session
    return (await session.engine.rights(session.state.database, session.link)).find(name)


async def create_user(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE USER u [FOR LOGIN l | WITHOUT LOGIN | WITH PASSWORD = '…']`.

    A user with a password is known in this database only.
    """
    demand(interpreter, "CREATE USER", node)
    walk = Walk(node)
    walk.need_words("CREATE", "USER")
    name = name_of(walk.need("role_reference", "object_reference"))
    login: str | None = name
    if walk.words("FOR", "LOGIN") or walk.words("FROM", "LOGIN"):
        login = name_of(walk.skip())
    elif walk.words("WITHOUT", "LOGIN"):
        login = None
    password = _user_options(walk, node)
    walk.done()
    if password is not None:
        login = None
    if login is not None:
        await _free_login(interpreter, login, node)
    async for result in create(interpreter, name, "S", login, password, node):
        yield result


def _user_options(walk: Walk, node: Node) -> str | None:
    """`WITH PASSWORD = '…', DEFAULT_SCHEMA = dbo`: the password."""
    password: str | None = None
    if not walk.words("WITH"):
        return None
    while walk.here is not None:
        option = walk.skip().word
        walk.need("comparison_operator", "raw_comparison_operator")
        value = walk.skip()
        if option == "PASSWORD":
            password = string(value)
        elif option != "DEFAULT_SCHEMA" or name_of(value).lower() != "dbo":
            raise refusal.unknown(node)
        walk.kind("comma")
    return password


async def _free_login(interpreter: Interpreter, login: str, node: Node) -> None:
    """Raises Refused 15007 for a login that is not there, 15063 for one that has a user here."""
    session = interpreter.session
    if not await session.engine.logins.exists(login):
        text = f"'{login}' is not a valid login or you do not have permission."
        raise Refused(15007, text, line=node.line)
    rights = await session.engine.rights(session.state.database, session.link)
    mapped = any((p.login or "").lower() == login.lower() for p in rights.principals)
    if mapped or session.engine.logins.is_administrator(login):
        text = "The login already has an account under a different user name."
        raise Refused(15063, text, line=node.line)


async def alter_user(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ALTER USER u WITH PASSWORD = '…' | DEFAULT_SCHEMA = dbo`."""
    walk = Walk(node)
    walk.need_words("ALTER", "USER")
    name = name_of(walk.skip())
    password = _user_options(walk, node)
    principal = await find(interpreter, name)
    if principal is None or principal.kind != "S" or not may(interpreter, "ALTER ANY USER"):
        raise cannot("alter the user", name, node)
    if password is None:
        yield Done()
        return
    if not principal.contained:
        text = f"Cannot set a password for the user '{name}', which has a login."
        raise Refused(33234, text, line=node.line)
    salt, hash, rounds = await _hashed(password)
    statement = (
        f"UPDATE store.principals SET salt = {salt}, hash = {hash}, rounds = {rounds} "
        f"WHERE principal_id = {principal.id}"
    )
    async for result in running.run(interpreter, [statement], node):
        yield result


async def _hashed(password: str | None) -> tuple[str, str, str]:
    """Salt, hash and rounds as SQL."""
    if password is None:
        return "NULL", "NULL", "NULL"
    kept = await passwords.keep(password)
    return rf"'\x{kept.salt.hex()}'", rf"'\x{kept.hash.hex()}'", str(kept.rounds)


async def create(
    interpreter: Interpreter,
    name: str,
    kind: str,
    login: str | None,
    password: str | None,
    node: Node,
) -> AsyncGenerator[Result, None]:
    """Raises Refused 15023 for a name that is taken."""
    if await find(interpreter, name) is not None:
        raise Refused(
            15023,
            f"User, group, or role '{name}' already exists in the current database.",
            line=node.line,
        )
    given = "NULL" if login is None else literal(login)
    salt, hash, rounds = await _hashed(password)
    statement = (
        "INSERT INTO store.principals (principal_id, name, type, login, salt, hash, rounds) "
        f"VALUES (nextval('store.principal_ids'), {literal(name)}, '{kind}', {given}, "
        f"{salt}, {hash}, {rounds})"
    )
    async for result in running.run(interpreter, [statement], node):
        yield result


async def drop_principal(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP USER | ROLE [IF EXISTS] name`."""
    walk = Walk(node)
    walk.need_words("DROP")
    kind = walk.any_word("USER", "ROLE") or "USER"
    tolerant = walk.words("IF", "EXISTS")
    name = name_of(walk.skip())
    walk.done()
    principal = await find(interpreter, name)
    if principal is None and tolerant:
        return
    allowed = may(interpreter, f"ALTER ANY {kind}")
    if principal is None or (principal.kind == "R") != (kind == "ROLE") or not allowed:
        raise cannot(f"drop the {kind.lower()}", name, node)
    if principal.fixed:
        raise Refused(15150, f"Cannot drop the {kind.lower()} '{name}'.", line=node.line)
    session = interpreter.session
    rights = await session.engine.rights(session.state.database, session.link)
    if any(role == principal.id for role, _ in rights.members):
        text = "The role has members. It must be empty before it can be dropped."
        raise Refused(15144, text, line=node.line)
    statement = f"DELETE FROM store.principals WHERE principal_id = {principal.id}"
    async for result in running.run(interpreter, [statement], node):
        yield result
