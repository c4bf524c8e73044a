"""Who may do what in a database: principals, memberships, grants and denials."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.values import read_text

_READ: Final = """
SELECT jsonb_build_object(
  'principals', (SELECT coalesce(jsonb_agg(jsonb_build_array(principal_id, name, type, login)),
                                 '[]') FROM store.principals),
  'members', (SELECT coalesce(jsonb_agg(jsonb_build_array(role_id, member_id)), '[]')
              FROM store.role_members),
  'permissions', (SELECT coalesce(jsonb_agg(jsonb_build_array(p.class, p.grantee_id, p.permission,
      p.state, coalesce(n.nspname, cn.nspname, ''), coalesce(c.relname, ''))), '[]')
      FROM store.permissions p
      LEFT JOIN pg_namespace n ON p.class = 3 AND n.oid = p.major_id::oid
      LEFT JOIN pg_class c ON p.class = 1 AND c.oid = p.major_id::oid
      LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace))::text
"""

DBO: Final = 1
_PUBLIC: Final = 0
_OWNER: Final = 16384
_FIXED_GRANTS: Final = {
    "db_datareader": frozenset({"SELECT"}),
    "db_datawriter": frozenset({"INSERT", "UPDATE", "DELETE"}),
    "db_ddladmin": frozenset({"ALTER", "CREATE"}),
    "db_securityadmin": frozenset({"SECURITY"}),
    "db_accessadmin": frozenset({"SECURITY"}),
}
_FIXED_DENIALS: Final = {
    "db_denydatareader": frozenset({"SELECT"}),
    "db_denydatawriter": frozenset({"INSERT", "UPDATE", "DELETE"}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A user (`S`) or a role (`R`)."""

    id: int
    name: str
    kind: str
    login: str | None


@dataclass(slots=True)
class Rights:
    """Everything that decides whether a statement may run, read at once."""

    principals: list[Principal] = field(default_factory=list)
    members: list[tuple[int, int]] = field(default_factory=list)
    permissions: list[tuple[int, int, str, str, str, str]] = field(default_factory=list)
    """(class, grantee, permission, state, schema, object), schema and object folded."""

    def find(self, name: str) -> Principal | None:
        return next((p for p in self.principals if p.name.lower() == name.lower()), None)

    def of_login(self, login: str) -> Principal | None:
        return next((p for p in self.principals if (p.login or "").lower() == login.lower()), None)

    def roles(self, user: str) -> set[int]:
        """The principal itself, every role it is in, and public."""
        principal = self.find(user)
        found = {_PUBLIC} | ({principal.id} if principal else set())
        while True:
            more = {role for role, member in self.members if member in found} - found
            if not more:
                return found
            found |= more

    def may(self, user: str, right: str, schema: str, name: str) -> bool:
        """A DENY anywhere wins; then ownership, fixed roles and grants."""
        roles = self.roles(user)
        if DBO in roles or _OWNER in roles:
            return True
        names = {p.name for p in self.principals if p.id in roles}
        concerned = [
            state
            for kind, grantee, permission, state, in_schema, in_name in self.permissions
            if grantee in roles
            and permission in (right, "CONTROL")
            and _covers(kind, in_schema, in_name, schema, name)
        ]
        if "D" in concerned or _fixed(names, right, _FIXED_DENIALS):
            return False
        return "G" in concerned or _fixed(names, right, _FIXED_GRANTS)

    def refusal(
        self, user: str, needs: Iterable[tuple[str, str, str]], database: str, line: int
    ) -> Refused | None:
        """Error 229 for the first right that lacks."""
        for right, schema, name in sorted(needs):
            if schema in ("sys", "infoschema", "pg_temp"):
                continue
            if not self.may(user, right, schema, name):
                return Refused(
                    229,
                    f"The {right} permission was denied on the object '{name}', database "
                    f"'{database}', schema '{schema}'.",
                    14,
                    5,
                    line,
                )
        return None


def _covers(kind: int, in_schema: str, in_name: str, schema: str, name: str) -> bool:
    if kind == 0:
        return True
    if kind == 3:
        return in_schema == schema
    return in_schema == schema and in_name == name


def _fixed(names: set[str], right: str, table: dict[str, frozenset[str]]) -> bool:
    return any(right in table.get(name, frozenset()) for name in names)


async def read(link: Link) -> Rights:
    """The rights of the link's database."""
    rows, _ = await link.fetch(_READ)
    found: dict[str, Any] = json.loads(read_text(rows[0][0]))
    return Rights(
        [Principal(*row) for row in found["principals"]],
        [(row[0], row[1]) for row in found["members"]],
        [tuple(row) for row in found["permissions"]],
    )
