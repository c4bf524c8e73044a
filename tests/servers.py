"""The servers that tests talk to: the sandbox's own, or those that the environment names."""

from __future__ import annotations

import os
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

DATABASE_OPTIONS = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' ENCODING 'UTF8' TEMPLATE template0"
"""Text sorts as a language does, so that nothing may assume that it sorts as bytes do."""


class PostgresAddress(Protocol):
    """What the `postgres` fixture gives, whoever started the server."""

    def dsn(
        self, database: str = "postgres", user: str = "postgres", password: str | None = None
    ) -> str: ...


class AzureSqlAddress(Protocol):
    """What the `azuresql` fixture gives; `control` is empty for a real server."""

    host: str
    user: str
    port: int
    password: str
    control: str

    def dsn(
        self,
        database: str = "master",
        user: str = "sa",
        password: str | None = None,
        *,
        encrypt: bool = True,
    ) -> str: ...


class GivenPostgres:
    """A server that `SOURCE_TEST_DSN` names: a URI of a superuser, whose databases tests drop."""

    def __init__(self, uri: str) -> None:
        self._parts = urlsplit(uri)

    def dsn(self, database: str = "postgres", user: str = "", password: str | None = None) -> str:
        place = self._parts.netloc
        if user and user != self._parts.username:
            secret = f":{quote(password, safe='')}" if password is not None else ""
            place = f"{quote(user, safe='')}{secret}@{place.rpartition('@')[2]}"
        return urlunsplit(self._parts._replace(netloc=place, path=f"/{quote(database, safe='')}"))


class GivenAzureSql:
    """A server that `AZURESQL_TEST_DSN` names: an ODBC connection string of an administrator."""

    control = ""

    def __init__(self, text: str) -> None:
        self._words = connection_words(text)
        address = self._words["server"].removeprefix("tcp:")
        self.host, _, port = address.partition(",")
        self.port = int(port or 1433)
        self.user = self._words["uid"]
        self.password = self._words["pwd"]

    def dsn(
        self,
        database: str = "master",
        user: str = "",
        password: str | None = None,
        *,
        encrypt: bool = True,
    ) -> str:
        words = {**self._words, "database": database}
        if user:
            words |= {"uid": user, "pwd": self.password if password is None else password}
        if not encrypt:
            words["encrypt"] = "no"
        return ";".join(f"{name}={{{value.replace('}', '}}')}}}" for name, value in words.items())


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


def create_source_database(server: PostgresAddress, name: str) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} " + DATABASE_OPTIONS).format(sql.Identifier(name))
        )


def drop_source_database(server: PostgresAddress, name: str) -> None:
    """Sessions and replication slots hold a database: end the first, drop the second, then it."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
            " WHERE database = %s AND NOT temporary",
            [name],
        )
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def given(name: str) -> str | None:
    """The environment variable, or None when it is absent or empty."""
    return os.environ.get(name) or None
