"""Set the network up: its role, its tables and its rows in PostgreSQL; its login in Azure SQL."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from sandbox.databases import administration, source_dsn
from sandbox.social.generate import rows_of, sizes

ROLE: Final = "social_app"
"""Owns the tables and is no superuser: what it loses at the switch, it cannot take back unseen."""

_NUMBERED: Final = ("users", "posts", "comments", "tags", "notifications")
_LOGIN_PASSWORD: Final = re.compile(r"[A-Za-z0-9_-]{8,}")


def install_source(dsn: str, password: str, rows: int, seed: int) -> dict[str, int]:
    """Make role, tables and rows in an empty database. Returns the rows of each table.

    `dsn` is a superuser's. Raises ValueError when `rows` is too small for the network.
    """
    counts = sizes(rows)
    with psycopg.connect(dsn, autocommit=True) as connection:
        _make_role(connection, password)
        database = connection.info.dbname
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(database), sql.Identifier(ROLE)
            )
        )
        connection.execute(
            sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(ROLE))
        )
    with psycopg.connect(source_dsn(dsn, database, ROLE, password)) as connection:
        connection.execute(_script("tables.sql"))
        for table in counts.rows:
            copy = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
            with connection.cursor().copy(copy) as stream:
                for piece in rows_of(table, seed, counts):
                    stream.write(piece)
        connection.execute(_script("constraints.sql"))
        for table in _NUMBERED:
            connection.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({name}, 'id'), max(id)) FROM {table}"
                ).format(name=sql.Literal(table), table=sql.Identifier(table))
            )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE)")
    return dict(counts.rows)


def _make_role(connection: psycopg.Connection[tuple[object, ...]], password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
            verb, sql.Identifier(ROLE), sql.Literal(password)
        )
    )


def _script(name: str) -> LiteralString:
    return files("sandbox.social").joinpath(name).read_text(encoding="utf-8")


def install_target(dsn: str, database: str, password: str) -> None:
    """Make the application's login and user, who may read and write the schema dbo.

    `dsn` is an administrator's ODBC connection string. Raises ValueError for a password that would
    need quoting.
    """
    if not _LOGIN_PASSWORD.fullmatch(password):
        raise ValueError("the password may hold letters, digits, _ and - only")
    with administration(dsn) as connection:
        connection.execute(f"CREATE LOGIN [{ROLE}] WITH PASSWORD = '{password}'")
    with administration(dsn, database) as connection:
        connection.execute(f"CREATE USER [{ROLE}] FOR LOGIN [{ROLE}]")
        connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::dbo TO [{ROLE}]")


def remove_login(dsn: str) -> None:
    """Drop the application's login, after its database."""
    with administration(dsn) as connection:
        connection.execute(f"DROP LOGIN [{ROLE}]")
