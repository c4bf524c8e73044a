"""GRANT, DENY and REVOKE."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.catalog.security import Principal
from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.principals import cannot, find, name_of
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int, read_text
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_DATABASE, _OBJECT, _SCHEMA = 0, 1, 3
_ALL: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES")
_OF_ROWS: Final = frozenset({*_ALL, "VIEW CHANGE TRACKING"})
_SPECIAL: Final = frozenset({"dbo", "sys", "information_schema"})


@dataclass(frozen=True, slots=True)
class Securable:
    """What a permission is of: its class, its number, its folded names and its kind."""

    kind: int
    id: int = 0
    schema: str = ""
    name: str = ""
    type: str = ""


async def permission(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """GRANT, DENY and REVOKE on the database, a schema or an object."""
    walk = Walk(node)
    verb = walk.any_word("GRANT", "DENY", "REVOKE") or ""
    only_option = walk.words("GRANT", "OPTION", "FOR")
    wanted = _permissions(walk)
    securable = Securable(_DATABASE)
    if walk.words("ON"):
        securable = await _securable(interpreter, walk.need("securable_segment"), node)
    walk.any_word("TO", "FROM")
    grantees: list[Principal] = []
    while walk.here is not None and walk.here.word not in ("WITH", "CASCADE"):
        if not walk.kind("comma"):
            grantees.append(await _grantee(interpreter, name_of(walk.skip()), node))
    grantable = walk.words("WITH", "GRANT", "OPTION")
    cascades = walk.words("CASCADE")
    walk.done()
    for right in wanted:
        _compatible(right, securable, node)
        _grantable(interpreter, right, securable, node)
    if verb != "GRANT" and not cascades:
        await _ungranted(interpreter, wanted, securable, grantees, node)
    state = "W" if grantable else "G" if verb == "GRANT" or only_option else verb[0]
    statements = [
        statement
        for grantee in grantees
        for right in wanted
        for statement in permission_sql(state, right, securable.kind, securable.id, grantee.id)
    ]
    async for result in running.run(interpreter, statements, node):
        yield result


def permission_sql(state: str, right: str, kind: int, major: int, grantee: int) -> list[str]:
    """One right of one grantee: what was said of it before is replaced. R takes it away."""
    key = (
        f"class = {kind} AND major_id = {major} AND grantee_id = {grantee} "
        f"AND permission = {literal(right)}"
    )
    gone = f"DELETE FROM store.permissions WHERE {key}"
    if state == "R":
        return [gone]
    return [
        gone,
        "INSERT INTO store.permissions (class, major_id, grantee_id, permission, state) "
        f"VALUES ({kind}, {major}, {grantee}, {literal(right)}, '{state}')",
    ]


async def _grantee(interpreter: Interpreter, name: str, node: Node) -> Principal:
    """Raises Refused 15151, 4624 for dbo and the like, 4617 for fixed roles."""
    found = await find(interpreter, name)
    if found is None:
        raise cannot("find the user", name, node)
    if found.name.lower() in _SPECIAL or found.name == interpreter.session.state.user:
        raise Refused(
            4624,
            "Cannot grant, deny, or revoke permissions to sa, dbo, entity owner, "
            "information_schema, sys, or yourself.",
            line=node.line,
        )
    if found.fixed and found.kind == "R" and found.name != "public":
        text = "Cannot grant, deny or revoke permissions to or from special roles."
        raise Refused(4617, text, line=node.line)
    return found


def _compatible(right: str, securable: Securable, node: Node) -> None:
    """Raises Refused 4606: rows are read and written, procedures executed."""
    if securable.kind != _OBJECT:
        return
    runs = securable.type in ("P", "FN")
    if (right == "EXECUTE" and not runs) or (runs and right in _OF_ROWS):
        text = f"Granted or revoked privilege {right} is not compatible with object."
        raise Refused(4606, text, line=node.line)


def _grantable(interpreter: Interpreter, right: str, securable: Securable, node: Node) -> None:
    """Raises Refused 15151 or 4613 for a user who may not pass the right on."""
    state = interpreter.session.state
    rights = state.database.rights
    if state.user.lower() == "dbo":
        return
    if rights is not None and rights.may_grant(state.user, right, securable.schema, securable.name):
        return
    if securable.kind == _OBJECT:
        raise cannot("find the object", securable.name, node)
    if securable.kind == _SCHEMA:
        raise cannot("find the schema", securable.schema, node)
    raise Refused(4613, "Grantor does not have GRANT permission.", line=node.line)


async def _ungranted(
    interpreter: Interpreter,
    wanted: list[str],
    securable: Securable,
    grantees: list[Principal],
    node: Node,
) -> None:
    """Raises Refused 4611: what was granted WITH GRANT OPTION is taken away with CASCADE."""
    listed = ", ".join(literal(right) for right in wanted)
    ids = ", ".join(str(grantee.id) for grantee in grantees)
    rows, _ = await interpreter.session.link.fetch(
        f"SELECT 1 FROM store.permissions WHERE state = 'W' AND class = {securable.kind} "
        f"AND major_id = {securable.id} AND permission IN ({listed}) AND grantee_id IN ({ids})"
    )
    if rows:
        text = "To revoke or deny grantable privileges, specify the CASCADE option."
        raise Refused(4611, text, line=node.line)


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
            found[-1].append("EXECUTE" if child.word == "EXEC" else child.word)
        else:
            raise refusal.unknown(child)
    return [" ".join(words) for words in found]


async def _securable(interpreter: Interpreter, segment: Node, node: Node) -> Securable:
    walk = Walk(segment)
    word = walk.any_word("OBJECT", "SCHEMA", "DATABASE", "TYPE", "ROLE", "USER")
    walk.kind("casting_operator")
    reference = walk.skip()
    if word in ("TYPE", "ROLE", "USER") or walk.here is not None:
        raise refusal.unknown(segment)
    name = parts(reference)[-1]
    if word == "DATABASE":
        if fold(name) != interpreter.session.state.database.folded:
            raise cannot("find the database", name, node)
        return Securable(_DATABASE)
    if word == "SCHEMA":
        rows, _ = await interpreter.session.link.fetch(
            "SELECT oid::int8 FROM pg_namespace WHERE nspname = $1",
            [Value(25, fold(name).encode())],
        )
        if not rows:
            raise cannot("find the schema", name, node)
        return Securable(_SCHEMA, read_int(rows[0][0]) or 0, fold(name))
    return await _object(interpreter, ObjectName.of(reference), node)


_FIND: Final = """
SELECT c.oid::int8, c.relkind::text FROM pg_class c WHERE c.oid = to_regclass($1)
UNION ALL SELECT m.object_id::int8, m.type FROM store.modules m
JOIN pg_namespace n ON n.oid = m.namespace WHERE n.nspname = $2 AND m.folded = $3
"""


async def _object(interpreter: Interpreter, target: ObjectName, node: Node) -> Securable:
    schema, name = target.key
    rows, _ = await interpreter.session.link.fetch(
        _FIND,
        [Value(25, target.sql.encode()), Value(25, schema.encode()), Value(25, name.encode())],
    )
    if not rows:
        raise cannot("find the object", str(target), node)
    return Securable(_OBJECT, read_int(rows[0][0]) or 0, schema, name, read_text(rows[0][1]))
