"""Databases made and dropped on the servers of a test, a benchmark or a demo."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pyodbc
from psycopg import sql

_OPTIONS = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' ENCODING 'UTF8' TEMPLATE template0"
"""Text sorts as a language does, so that nothing may assume that it sorts as bytes do."""

AZURE_SQL_DATABASE = 5
"""What `SERVERPROPERTY('EngineEdition')` says there."""


def source_dsn(
    uri: str, database: str, user: str | None = None, password: str | None = None
) -> str:
    """A PostgreSQL URI with another database and, when named, another user."""
    parts = urlsplit(uri)
    place = parts.netloc
    if user is not None:
        secret = "" if password is None else f":{quote(password, safe='')}"
        place = f"{quote(user, safe='')}{secret}@{place.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=place, path=f"/{quote(database, safe='')}"))


def create_source_database(uri: str, name: str) -> None:
    """`uri` is a superuser's, of any database of the server."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} " + _OPTIONS).format(sql.Identifier(name)))


def drop_source_database(uri: str, name: str) -> None:
    """Sessions and replication slots hold a database: end the first, drop the second, then it."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
            " WHERE database = %s AND NOT temporary",
            [name],
        )
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def target_dsn(text: str, **words: str) -> str:
    """An ODBC connection string with some keywords replaced: `target_dsn(text, database="a")`."""
    merged = {**connection_words(text), **{name.lower(): value for name, value in words.items()}}
    return ";".join(f"{name}={{{value.replace('}', '}}')}}}" for name, value in merged.items())


def connection_words(text: str) -> dict[str, str]:
    """The keywords (lower case) and values of an ODBC connection string, braces removed."""
    words: dict[str, str] = {}
    rest = text
    while rest.strip("; "):
        name, _, rest = rest.lstrip("; ").partition("=")
        if rest.startswith("{"):
            end = rest.find("}", 1)
            while rest[end : end + 2] == "}}":
                end = rest.find("}", end + 2)
            value, rest = rest[1:end].replace("}}", "}"), rest[end + 1 :]
        else:
            value, _, rest = rest.partition(";")
        words[name.strip().lower()] = value
    return words


@contextlib.contextmanager
def administration(text: str, database: str = "master") -> Iterator[pyodbc.Connection]:
    """An administrator's connection, each statement committed by itself."""
    connection = pyodbc.connect(target_dsn(text, database=database), autocommit=True, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def create_target_database(text: str, name: str) -> None:
    """`text` is an administrator's ODBC connection string; the name needs no quoting."""
    with administration(text) as connection:
        connection.execute(f"CREATE DATABASE [{name}]")
        if not _is_azure(connection):
            # What Azure SQL Database does by itself.
            connection.execute(f"ALTER DATABASE [{name}] SET ALLOW_SNAPSHOT_ISOLATION ON")
            connection.execute(f"ALTER DATABASE [{name}] SET READ_COMMITTED_SNAPSHOT ON")


def drop_target_database(text: str, name: str) -> None:
    """Drop it, whoever is still connected to it."""
    with administration(text) as connection:
        if not _is_azure(connection):
            # Only there does DROP end the sessions that still hold the database.
            single = f"ALTER DATABASE [{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE"
            connection.execute(single)
        connection.execute(f"DROP DATABASE [{name}]")


def _is_azure(connection: pyodbc.Connection) -> bool:
    edition = "SELECT CAST(SERVERPROPERTY('EngineEdition') AS int)"
    return bool(connection.execute(edition).fetchval() == AZURE_SQL_DATABASE)
