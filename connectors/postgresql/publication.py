"""The publication: exactly the captured tables, and proof that each can be captured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import psycopg

from connectors.postgresql.names import qualified, quote
from model.catalog import ReplicaIdentity, Table, TableName
from model.errors import Blocked, RightMissing

Connection = psycopg.Connection[tuple[Any, ...]]

_PUBLISH: Final = "insert, update, delete, truncate"
_PUBLICATION: Final = """/* replicator:publication */
SELECT p.puballtables, p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate,
       p.pubviaroot, EXISTS (
           SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid
           AND (to_jsonb(r) ->> 'prqual' IS NOT NULL OR to_jsonb(r) ->> 'prattrs' IS NOT NULL)),
       ARRAY(SELECT format('%%s.%%s', n.nspname, c.relname)
             FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid)
FROM pg_publication p WHERE p.pubname = %s"""
_MEMBERS: Final = """/* replicator:published */
SELECT n.nspname, c.relname FROM pg_publication p
JOIN pg_publication_rel r ON r.prpubid = p.oid JOIN pg_class c ON c.oid = r.prrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = %s"""
_TABLES: Final = """/* replicator:capturable */
SELECT n.nspname, c.relname, c.relkind, c.relpersistence, has_table_privilege(c.oid, 'SELECT'),
       row_security_active(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%s::regclass[]) ORDER BY 1, 2"""


def unidentified(tables: Sequence[Table]) -> list[str]:
    """A sentence for each table whose updates and deletes the log could not name a row for."""
    found = []
    for table in tables:
        carried = {column.name for column in table.carried}
        if not table.key and table.replica_identity is not ReplicaIdentity.FULL:
            found.append(
                f"{table.name} has neither a primary key nor a usable replica identity: "
                f"ALTER TABLE {qualified(table.name)} REPLICA IDENTITY FULL"
            )
        elif not set(table.key) <= carried:
            missing = ", ".join(sorted(set(table.key) - carried))
            found.append(f"{table.name} has a generated column in its key, {missing}")
    return found


def capturable(connection: Connection, tables: Sequence[Table]) -> dict[TableName, str]:
    """The kind (`r`, `p`) of each table. Raises Blocked or RightMissing naming what hinders."""
    lacking = unidentified(tables)
    rows = connection.execute(_TABLES, [[qualified(table.name) for table in tables]]).fetchall()
    for schema, name, _, persistence, _, _ in rows:
        if persistence != "p":
            lacking.append(f"{schema}.{name} is unlogged: ALTER TABLE … SET LOGGED")
    if lacking:
        raise Blocked(
            f"tables that cannot be captured: {'; '.join(lacking)}",
            hint="give each a key or a replica identity, or exclude it",
        )
    unreadable = [TableName(s, n) for s, n, _, _, readable, _ in rows if not readable]
    if unreadable:
        names = ", ".join(qualified(name) for name in unreadable)
        raise RightMissing(
            f"our role may not read {len(unreadable)} of the tables",
            object=", ".join(map(str, unreadable)),
            hint=f"GRANT SELECT ON {names} TO {quote(connection.info.user)}",
        )
    hidden = [f"{s}.{n}" for s, n, _, _, _, active in rows if active]
    if hidden:
        raise RightMissing(
            "row security hides rows of these tables from our role",
            object=", ".join(hidden),
            hint=f"ALTER ROLE {quote(connection.info.user)} BYPASSRLS",
        )
    return {TableName(schema, name): kind for schema, name, kind, *_ in rows}


def members(connection: Connection, name: str) -> set[TableName]:
    """The publication's tables; none when it is not there."""
    rows = connection.execute(_MEMBERS, [name]).fetchall()
    return {TableName(schema, table) for schema, table in rows}


def listed_tables(kinds: dict[TableName, str]) -> str:
    """The publication's tables; one that others inherit from comes without them."""
    return ", ".join(
        ("" if kind == "p" else "ONLY ") + qualified(name) for name, kind in sorted(kinds.items())
    )


def create(name: str, kinds: dict[TableName, str], *, via_root: bool) -> str:
    """The statement that makes the publication."""
    return (
        f"/* replicator:publication */ CREATE PUBLICATION {quote(name)} "
        f"FOR TABLE {listed_tables(kinds)} WITH ({_options(via_root=via_root)})"
    )


def _options(*, via_root: bool) -> str:
    root = "true" if via_root else "false"
    return f"publish = '{_PUBLISH}', publish_via_partition_root = {root}"


def bring_in_step(
    connection: Connection, name: str, kinds: dict[TableName, str], *, via_root: bool
) -> None:
    """Make the publication carry exactly these tables with all that happens to them.

    Idempotent: what is right already needs no right to change it. Raises Blocked.
    """
    row = connection.execute(_PUBLICATION, [name]).fetchone()
    if row is None:
        connection.execute(create(name, kinds, via_root=via_root))
        return
    everything, publishes, root, narrowed, tables = row
    if everything:
        raise Blocked(
            "the publication is FOR ALL TABLES",
            object=f"publication {name}",
            hint="drop it, or name another one in source.publication",
        )
    if narrowed or set(tables) != {str(table) for table in kinds}:
        connection.execute(
            f"/* replicator:publication */ ALTER PUBLICATION {quote(name)} "
            f"SET TABLE {listed_tables(kinds)}"
        )
    if not publishes or root != via_root:
        connection.execute(
            f"/* replicator:publication */ ALTER PUBLICATION {quote(name)} "
            f"SET ({_options(via_root=via_root)})"
        )
