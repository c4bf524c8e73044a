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
  'principals', (SELECT coalesce(jsonb_agg(jsonb_build_array(principal_id, name, type, login,
                                                             hash IS NOT NULL, fixed)), '[]')
                 FROM store.principals),
  'members', (SELECT coalesce(jsonb_agg(jsonb_build_array(role_id, member_id)), '[]')
              FROM store.role_members),
  'permissions', (SELECT coalesce(jsonb_agg(jsonb_build_array(p.class, p.grantee_id, p.permission,
      p.state, coalesce(n.nspname, cn.nspname, mn.nspname, ''),
      coalesce(c.relname, m.folded, ''))), '[]')
      FROM store.permissions p
      LEFT JOIN pg_namespace n ON p.class = 3 AND n.oid = p.major_id::oid
      LEFT JOIN pg_class c ON p.class = 1 AND c.oid = p.major_id::oid
      LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace
      LEFT JOIN store.modules m ON p.class = 1 AND m.object_id = p.major_id
      LEFT JOIN pg_namespace mn ON mn.oid = m.namespace))::text
"""

DBO: Final = 1
_PUBLIC: Final = 0
_OWNER: Final = 16384
_WRITES: Final = frozenset({"INSERT", "UPDATE", "DELETE"})
_FIXED_GRANTS: Final = {
    "db_datareader": frozenset({"SELECT"}),
    "db_datawriter": _WRITES,
    "db_ddladmin": frozenset({"ALTER", "REFERENCES", "CREATE …", "ALTER ANY SCHEMA"}),
    "db_securityadmin": frozenset({"ALTER ANY ROLE", "CREATE ROLE", "VIEW DEFINITION"}),
    "db_accessadmin": frozenset({"ALTER ANY USER", "CREATE USER"}),
}
"""What fixed roles may do; `CREATE …` makes any object of a schema."""
_FIXED_DENIALS: Final = {"db_denydatareader": frozenset({"SELECT"}), "db_denydatawriter": _WRITES}
_UNSCHEMAED: Final = frozenset({"CREATE ROLE", "CREATE USER"})

_STATE_VIEWS: Final = frozenset(
    {"dm_db_resource_stats", "dm_user_db_resource_governance", "dm_tran_locks"}
    | {"dm_db_partition_stats"}
)
"""They need VIEW DATABASE STATE; of the other views everybody sees what concerns him."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A user (`S`) or a role (`R`)."""

    id: int
    name: str
    kind: str
    login: str | None
    contained: bool = False
    """A user with a password of its own, known in this database only."""
    fixed: bool = False


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
        """The user of a login, or the contained user of that name."""
        wanted = login.lower()
        mapped = (p for p in self.principals if (p.login or "").lower() == wanted)
        own = (p for p in self.principals if p.contained and p.name.lower() == wanted)
        return next(mapped, None) or next(own, None)

    def roles(self, user: str) -> set[int]:
        """The principal itself, every role it is in, and public."""
        principal = self.find(user)
        found = {_PUBLIC} | ({principal.id} if principal else set())
        while True:
            more = {role for role, member in self.members if member in found} - found
            if not more:
                return found
            found |= more

    def owns(self, user: str) -> bool:
        """Whether the user is dbo or in db_owner, whom nothing is denied."""
        return not self.roles(user).isdisjoint({DBO, _OWNER})

    def may(self, user: str, right: str, schema: str = "", name: str = "") -> bool:
        """A DENY anywhere wins; then ownership, fixed roles and grants.

        Without a name the right is one of the schema, without a schema of the database.
        """
        roles = self.roles(user)
        if DBO in roles or _OWNER in roles:
            return True
        names = {p.name for p in self.principals if p.id in roles}
        said = [
            state
            for kind, grantee, permission, state, in_schema, in_name in self.permissions
            if grantee in roles
            and permission in _deciding(right)
            and _covers(kind, in_schema, in_name, schema, name)
        ]
        if "D" in said or _fixed(names, right, _FIXED_DENIALS):
            return False
        return bool(said) or _fixed(names, right, _FIXED_GRANTS)

    def may_grant(self, user: str, right: str, schema: str, name: str) -> bool:
        """Whether the user may pass the right on: owners, CONTROL, or WITH GRANT OPTION."""
        roles = self.roles(user)
        names = {p.name for p in self.principals if p.id in roles}
        if self.owns(user) or "db_securityadmin" in names:
            return True
        return self.may(user, "CONTROL", schema, name) or any(
            grantee in roles
            and state == "W"
            and permission == right
            and _covers(kind, in_schema, in_name, schema, name)
            for kind, grantee, permission, state, in_schema, in_name in self.permissions
        )

    def refusal(
        self, user: str, needs: Iterable[tuple[str, str, str]], database: str, line: int
    ) -> Refused | None:
        """Error 229 for the first right that lacks, 262 for a view of the server's state."""
        for right, schema, name in sorted(needs):
            if schema in ("sys", "infoschema", "pg_temp", "##"):
                if name in _STATE_VIEWS and not self.may(user, "VIEW DATABASE STATE"):
                    return denied_in_database("VIEW DATABASE STATE", database, line)
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


def denied_in_database(permission: str, database: str, line: int) -> Refused:
    """Error 262."""
    text = f"{permission} permission denied in database '{database}'."
    return Refused(262, text, 14, line=line)


def _deciding(right: str) -> frozenset[str]:
    """The permissions that give or deny a right (sys.fn_builtin_permissions)."""
    found = {right, "CONTROL"}
    if right.startswith(("CREATE ", "ALTER ANY ")):
        found.add("ALTER")
    if right in ("ALTER", "CREATE SCHEMA"):
        found.add("ALTER ANY SCHEMA")
    if right in _UNSCHEMAED:
        found.add(f"ALTER ANY {right.removeprefix('CREATE ')}")
    return frozenset(found)


def _covers(kind: int, in_schema: str, in_name: str, schema: str, name: str) -> bool:
    if kind == 0:
        return True
    if in_schema != schema or not schema:
        return False
    return kind == 3 or in_name == name


def _fixed(names: set[str], right: str, table: dict[str, frozenset[str]]) -> bool:
    any_object = right.startswith("CREATE ") and right not in _UNSCHEMAED
    return any(
        right in rights or (any_object and "CREATE …" in rights)
        for rights in (table.get(name, frozenset()) for name in names)
    )


async def read(link: Link) -> Rights:
    """The rights of the link's database."""
    rows, _ = await link.fetch(_READ)
    found: dict[str, Any] = json.loads(read_text(rows[0][0]))
    return Rights(
        [Principal(*row) for row in found["principals"]],
        [(row[0], row[1]) for row in found["members"]],
        [tuple(row) for row in found["permissions"]],
    )
