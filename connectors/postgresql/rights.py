"""Who may write the captured tables: reading, taking and giving back write rights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from connectors.postgresql.names import listed, qualified, quote
from model.catalog import TableName

Connection = psycopg.Connection[tuple[Any, ...]]

_PUBLIC: Final = "public"
_WRITES: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")

_GRANTS: Final = """/* replicator:rights */
WITH held AS (
    SELECT c.oid, n.nspname, c.relname, NULL::name AS attname, x.*
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
         aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    WHERE c.oid = ANY (%(tables)s::regclass[])
    UNION ALL
    SELECT c.oid, n.nspname, c.relname, a.attname, x.*
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL, aclexplode(a.attacl) x
    WHERE c.oid = ANY (%(tables)s::regclass[]))
SELECT h.nspname, h.relname, h.attname, r.rolname, h.is_grantable, h.privilege_type
FROM held h LEFT JOIN pg_roles r ON r.oid = h.grantee
WHERE h.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
  AND (h.grantee = 0 OR EXISTS (
        SELECT FROM pg_roles m WHERE m.rolname = ANY (%(roles)s)
           AND pg_has_role(m.oid, h.grantee, 'MEMBER')))
ORDER BY 1, 2, 3 NULLS FIRST, 4 NULLS FIRST, 5, 6"""

_MEMBERSHIPS: Final = """/* replicator:rights */
SELECT g.rolname, m.rolname, bool_or(a.admin_option)
FROM pg_auth_members a
JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE g.rolname = 'pg_write_all_data'
  AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = ANY (%s)
               AND pg_has_role(r.oid, m.oid, 'MEMBER'))
GROUP BY 1, 2 ORDER BY 2"""

_STILL_WRITING: Final = """/* replicator:rights */
SELECT DISTINCT r.rolname, t.name::regclass::text
FROM pg_roles r, unnest(%(tables)s::text[]) t (name), pg_class c
WHERE c.oid = t.name::regclass AND r.rolname = ANY (%(roles)s)
  AND (has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
       OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE'))
ORDER BY 1, 2"""

_WRITERS: Final = """/* replicator:writers */
SELECT r.rolname FROM pg_roles r
WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> ALL (%(ours)s)
  AND EXISTS (
    SELECT FROM unnest(%(tables)s::regclass[]) t (oid)
    WHERE has_table_privilege(r.oid, t.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
       OR has_any_column_privilege(r.oid, t.oid, 'INSERT, UPDATE'))
ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Grant:
    """Write rights of one grantee on one table, or on one of its columns."""

    table: TableName
    column: str | None
    grantee: str
    grantable: bool
    privileges: tuple[str, ...]

    def _what(self) -> str:
        columns = f" ({quote(self.column)})" if self.column is not None else ""
        return ", ".join(f"{privilege}{columns}" for privilege in self.privileges)

    def _who(self) -> str:
        return "PUBLIC" if self.grantee == _PUBLIC else quote(self.grantee)

    def revoke(self) -> str:
        """The statement that takes them."""
        return f"REVOKE {self._what()} ON TABLE {qualified(self.table)} FROM {self._who()}"

    def give_back(self) -> str:
        """The statement that restores them."""
        option = " WITH GRANT OPTION" if self.grantable else ""
        return f"GRANT {self._what()} ON TABLE {qualified(self.table)} TO {self._who()}{option}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A role's membership in `pg_write_all_data`, which no table's ACL shows."""

    group: str
    member: str
    admin: bool

    def revoke(self) -> str:
        """The statement that takes it."""
        return f"REVOKE {quote(self.group)} FROM {quote(self.member)}"

    def give_back(self) -> str:
        """The statement that restores it."""
        option = " WITH ADMIN OPTION" if self.admin else ""
        return f"GRANT {quote(self.group)} TO {quote(self.member)}{option}"


def _names(tables: Iterable[TableName]) -> list[str]:
    return [qualified(table) for table in tables]


def write_rights(
    connection: Connection, roles: Sequence[str], tables: Sequence[TableName]
) -> list[Grant | Membership]:
    """All by which the roles may write the tables: their own rights, their groups', PUBLIC's.

    An owner's implicit rights are among them: they are an ACL that can be revoked.
    """
    if not roles or not tables:
        return []
    rows = connection.execute(_GRANTS, {"tables": _names(tables), "roles": list(roles)}).fetchall()
    held: defaultdict[tuple[TableName, str | None, str, bool], list[str]] = defaultdict(list)
    for schema, table, column, grantee, grantable, privilege in rows:
        key = (TableName(schema, table), column, grantee or _PUBLIC, grantable)
        held[key].append(privilege)
    grants = [Grant(*key, tuple(sorted(set(names)))) for key, names in held.items()]
    members = connection.execute(_MEMBERSHIPS, [list(roles)]).fetchall()
    return [*grants, *(Membership(*row) for row in members)]


def may_write(
    connection: Connection, roles: Sequence[str], tables: Sequence[TableName]
) -> list[str]:
    """`role on table` for each of the roles that may still write, superusers included."""
    rows = connection.execute(
        _STILL_WRITING, {"tables": _names(tables), "roles": list(roles)}
    ).fetchall()
    return [f"{role} on {table}" for role, table in rows]


def writers(connection: Connection, tables: Sequence[TableName], ours: Sequence[str]) -> list[str]:
    """Roles that may log in and write one of the tables; superusers are not listed."""
    rows = connection.execute(_WRITERS, {"tables": _names(tables), "ours": list(ours)}).fetchall()
    return [role for (role,) in rows]


def superusers(connection: Connection, roles: Sequence[str]) -> list[str]:
    """Those of the roles that no REVOKE can stop."""
    rows = connection.execute(
        "/* replicator:superusers */ SELECT rolname FROM pg_roles"
        " WHERE rolsuper AND rolname = ANY (%s) ORDER BY 1",
        [list(roles)],
    ).fetchall()
    return [role for (role,) in rows]


def lock_right(tables: Sequence[TableName], role: str) -> str:
    """What lets a role take the fence's locks: SELECT alone does not."""
    return f"GRANT UPDATE ON {', '.join(_names(tables))} TO {listed([role])}"
