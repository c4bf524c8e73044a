"""The servers that tests talk to: the sandbox's own, or those that the environment names."""

from __future__ import annotations

import os
from typing import Protocol

from sandbox.databases import connection_words, source_dsn, target_dsn

KAFKA_USER = "replicator"
KAFKA_PASSWORD = "correct horse"
ACCESS_TOKEN = "eyJ0eXAi.of-this-run.only"
"""What the stand-in takes for an access token of its administrator."""


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
        self._uri = uri

    def dsn(self, database: str = "postgres", user: str = "", password: str | None = None) -> str:
        return source_dsn(self._uri, database, user or None, password)


class GivenAzureSql:
    """A server that `AZURESQL_TEST_DSN` names: an ODBC connection string of an administrator."""

    control = ""

    def __init__(self, text: str) -> None:
        self._text = text
        words = connection_words(text)
        self.host, _, port = words["server"].removeprefix("tcp:").partition(",")
        self.port = int(port or 1433)
        self.user = words["uid"]
        self.password = words["pwd"]

    def dsn(
        self,
        database: str = "master",
        user: str = "",
        password: str | None = None,
        *,
        encrypt: bool = True,
    ) -> str:
        words = {"database": database}
        if user:
            words |= {"uid": user, "pwd": self.password if password is None else password}
        if not encrypt:
            words["encrypt"] = "no"
        return target_dsn(self._text, **words)


def given(name: str) -> str | None:
    """The environment variable, or None when it is absent or empty."""
    return os.environ.get(name) or None
