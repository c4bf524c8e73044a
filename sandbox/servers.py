"""The three servers of a migration: those that the environment names, else the sandbox's own."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import psycopg
import pyodbc

from model.errors import Unreachable
from sandbox.databases import (
    create_source_database,
    create_target_database,
    drop_source_database,
    drop_target_database,
    source_dsn,
    target_dsn,
)
from sandbox.kafka import KafkaBroker
from sandbox.postgres import PostgresServer
from sandbox.standin import AzureSqlStandIn

NAMES: Final = ("SOURCE_DSN", "KAFKA_BOOTSTRAP", "AZURESQL_DSN")


class Server(Protocol):
    """What the sandbox can start."""

    @property
    def pid(self) -> int: ...

    def running(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Started:
    """A server that we started ourselves."""

    name: str
    server: Server


class Servers:
    """Each server is started when it is first asked for and ended with the block.

    `given` are the environment variables (of `NAMES`) whose servers are used instead. Ask from the
    main thread: a server ends with the thread that started it.
    """

    def __init__(
        self, given: Collection[str] = NAMES, environment: Mapping[str, str] | None = None
    ) -> None:
        variables = os.environ if environment is None else environment
        self._addresses = {name: variables[name] for name in given if variables.get(name)}
        self._stack = contextlib.ExitStack()
        self.started: list[Started] = []

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def source(self) -> str:
        """A superuser's URI of the PostgreSQL server."""
        if "SOURCE_DSN" not in self._addresses:
            server = self._stack.enter_context(PostgresServer(durable=True))
            self.started.append(Started("PostgreSQL", server))
            self._addresses["SOURCE_DSN"] = server.dsn()
        return self._addresses["SOURCE_DSN"]

    def kafka(self) -> str:
        """The address of a broker."""
        if "KAFKA_BOOTSTRAP" not in self._addresses:
            broker = self._stack.enter_context(KafkaBroker())
            self.started.append(Started("Kafka", broker))
            self._addresses["KAFKA_BOOTSTRAP"] = broker.bootstrap
        return self._addresses["KAFKA_BOOTSTRAP"]

    def target(self) -> str:
        """An administrator's ODBC connection string of Azure SQL."""
        if "AZURESQL_DSN" not in self._addresses:
            server = self._stack.enter_context(AzureSqlStandIn(durable=True))
            self.started.append(Started("Azure SQL stand-in", server))
            self._addresses["AZURESQL_DSN"] = server.dsn()
        return self._addresses["AZURESQL_DSN"]

    @contextlib.contextmanager
    def source_database(self, prefix: str = "bench") -> Iterator[str]:
        """The URI (a superuser's) of a fresh database that exists for the block."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        try:
            create_source_database(self.source(), name)
        except psycopg.OperationalError as error:
            raise _unreachable("SOURCE_DSN", str(error)) from error
        try:
            yield source_dsn(self.source(), name)
        finally:
            drop_source_database(self.source(), name)

    @contextlib.contextmanager
    def target_database(self, prefix: str = "bench") -> Iterator[str]:
        """The ODBC connection string (an administrator's) of a fresh database for the block."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        try:
            create_target_database(self.target(), name)
        except pyodbc.OperationalError as error:
            raise _unreachable("AZURESQL_DSN", str(error)) from error
        try:
            yield target_dsn(self.target(), database=name)
        finally:
            drop_target_database(self.target(), name)


def _unreachable(variable: str, words: str) -> Unreachable:
    return Unreachable(
        f"the server does not answer: {words.strip()}",
        object=variable,
        hint=f"start it, or unset {variable} to use the sandbox's own",
    )
