"""Who may write in the target: denied through a role of ours, so that grants stay as they were.

A direct `DENY` would replace a principal's own `GRANT`, and revoking it later would leave neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyodbc

from connectors.azuresql.connection import Link, run
from connectors.azuresql.dialect import literal, qualified, quote
from connectors.azuresql.errors import native_number
from model.catalog import TableName
from model.errors import Blocked

ROLE: Final = "replicator_denied"
_WRITES: Final = ("INSERT", "UPDATE", "DELETE")
_IMPLYING: Final = frozenset({*_WRITES, "EXECUTE", "CONTROL", "ALTER", "TAKE OWNERSHIP"})
_WRITING_ROLES: Final = frozenset({"db_owner", "db_datawriter"})
_BUILT_IN: Final = frozenset({"dbo", "guest", "sys", "INFORMATION_SCHEMA"})
_PERSONS: Final = frozenset("SUGEXCK")
_PUBLIC: Final = 0
_REFUSED: Final = (229, 230)
"""Permission denied on an object, on a column."""

PRINCIPALS: Final = (
    "/* replicator:principals */ SELECT principal_id, name, type FROM sys.database_principals"
)
MEMBERS: Final = (
    "/* replicator:role-members */ SELECT member_principal_id, role_principal_id "
    "FROM sys.database_role_members"
)
PERMISSIONS: Final = (
    "/* replicator:permissions */ SELECT grantee_principal_id, class, permission_name, state "
    "FROM sys.database_permissions WHERE class IN (0, 1, 3) AND major_id >= 0"
)
OURSELVES: Final = "/* replicator:ourselves */ SELECT USER_NAME()"
CREATE_ROLE: Final = f"/* replicator:deny */ CREATE ROLE {quote(ROLE)}"
DENY: Final = f"/* replicator:deny */ DENY INSERT, UPDATE, DELETE, EXECUTE TO {quote(ROLE)}"


@dataclass(frozen=True, slots=True)
class Permission:
    """A row of sys.database_permissions; `database` says that it covers the whole database."""

    grantee: int
    database: bool
    name: str
    denied: bool


def impersonate(principal: str) -> str:
    return f"EXECUTE AS USER = {literal(principal)}"


def canary(table: TableName) -> str:
    """A write that changes nothing: error 229 means that it was refused."""
    return f"/* replicator:canary */ DELETE FROM {qualified(table)} WHERE 1 = 0"


REVERT: Final = "REVERT"


def add_member(principal: str) -> str:
    return f"/* replicator:deny */ ALTER ROLE {quote(ROLE)} ADD MEMBER {quote(principal)}"


def drop_member(principal: str) -> str:
    return f"/* replicator:allow */ ALTER ROLE {quote(ROLE)} DROP MEMBER {quote(principal)}"


def deny(link: Link, principals: Sequence[str]) -> None:
    """Deny writing and executing to these principals. Idempotent.

    Raises Blocked naming principals that the database does not have.
    """
    known = {name for _, name, _ in link.rows(PRINCIPALS)}
    if missing := [name for name in principals if name not in known]:
        raise Blocked(
            f"the target has no user or role {', '.join(missing)}",
            object="cutover.target_principals",
            hint="create it in the target first, or take it out of the configuration",
        )
    if ROLE not in known:
        link.rows(CREATE_ROLE)
    link.rows(DENY)
    denied = _denied(link)
    for name in principals:
        if name not in denied:
            link.rows(add_member(name), object=name)


def allow(link: Link, principals: Sequence[str]) -> None:
    """Lift the denial; every grant is as it was. Idempotent."""
    denied = _denied(link)
    for name in principals:
        if name in denied:
            link.rows(drop_member(name), object=name)


def write_allowed(link: Link, principal: str, table: TableName) -> bool:
    """Send the canary with the principal's rights; False when it was refused."""
    return link.work(lambda cursor: _accepted(cursor, principal, table), object=str(table))


def _accepted(cursor: pyodbc.Cursor, principal: str, table: TableName) -> bool:
    run(cursor, impersonate(principal))
    try:
        run(cursor, canary(table))
    except pyodbc.Error as exc:
        if native_number(exc) not in _REFUSED:
            raise
        return False
    finally:
        run(cursor, REVERT)
    return True


def writers(link: Link) -> list[str]:
    """Principals other than ours with an effective right to write, or to execute, sorted."""
    names = {id: (name, type.strip()) for id, name, type in link.rows(PRINCIPALS)}
    roles = [(member, role) for member, role in link.rows(MEMBERS)]
    permissions = [
        Permission(grantee, kind == 0, name, state.strip() == "D")
        for grantee, kind, name, state in link.rows(PERMISSIONS)
    ]
    ours = str(link.value(OURSELVES))
    return [name for name in effective_writers(names, roles, permissions) if name != ours]


def effective_writers(
    principals: Mapping[int, tuple[str, str]],
    members: Iterable[tuple[int, int]],
    permissions: Iterable[Permission],
) -> list[str]:
    """Names of users (not roles) who may write something: by grant or role, and not denied.

    Only a denial on the whole database counts; `dbo` owns it, cannot be denied and is left out.
    """
    above: dict[int, set[int]] = {}
    for member, role in members:
        above.setdefault(member, set()).add(role)
    held: dict[int, list[Permission]] = {}
    for permission in permissions:
        held.setdefault(permission.grantee, []).append(permission)
    found = []
    for id, (name, type) in principals.items():
        if type in _PERSONS and name not in _BUILT_IN:
            through = _closure(id, above) | {_PUBLIC}
            roles = {principals[role][0] for role in through if role in principals}
            if _writes(roles, [p for role in through for p in held.get(role, [])]):
                found.append(name)
    return sorted(found)


def _closure(id: int, above: Mapping[int, set[int]]) -> set[int]:
    seen = {id}
    waiting = [id]
    while waiting:
        for role in above.get(waiting.pop(), ()):
            if role not in seen:
                seen.add(role)
                waiting.append(role)
    return seen


def _writes(roles: set[str], permissions: Sequence[Permission]) -> bool:
    denied = {p.name for p in permissions if p.denied and p.database}
    granted = {p.name for p in permissions if not p.denied and p.name in _IMPLYING}
    if roles & _WRITING_ROLES or granted & {"CONTROL", "ALTER", "TAKE OWNERSHIP"}:
        granted |= set(_WRITES)
    if "db_owner" in roles:
        granted.add("EXECUTE")
    return bool(granted & {*_WRITES, "EXECUTE"} - denied)


def _denied(link: Link) -> set[str]:
    names = {id: name for id, name, _ in link.rows(PRINCIPALS)}
    return {names[member] for member, role in link.rows(MEMBERS) if names.get(role) == ROLE}
