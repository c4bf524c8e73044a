"""The servers that seeds share: a fresh database on both ends and topics of its own for each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg

from sandbox.children import LOOPBACK
from sandbox.databases import (
    create_source_database,
    create_target_database,
    drop_source_database,
    drop_target_database,
    target_dsn,
)
from sandbox.kafka import KafkaBroker
from sandbox.postgres import PostgresServer
from sandbox.soak.proxy import Proxy
from sandbox.soak.writes import FILL
from sandbox.standin import AzureSqlStandIn

_TABLES = Path(__file__).with_name("tables.sql")


class Stage:
    """PostgreSQL, Kafka and the stand-in, all our own: faults are caused at every one of them.

    `doors` are the proxies through which the roles reach them.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.doors = {name: Proxy() for name in ("source", "kafka", "target")}
        self.postgres = PostgresServer()
        self.target = AzureSqlStandIn()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as started:
            for door in self.doors.values():
                started.enter_context(door)
            self.kafka = KafkaBroker(door=self.doors["kafka"].port)
            for server in (self.postgres, self.kafka, self.target):
                started.enter_context(server)
            self.doors["source"].towards(self.postgres.port)
            self.doors["kafka"].towards(self.kafka.behind_door)
            self.doors["target"].towards(self.target.port)
            self._stack = started.pop_all()
        return self

    @property
    def bootstrap(self) -> str:
        """The broker, as the roles reach it."""
        return f"{LOOPBACK}:{self.doors['kafka'].port}"

    def environment(self, name: str) -> dict[str, str]:
        """Both databases of that name, as the roles reach them."""
        source = urlsplit(self.postgres.dsn(name))
        place = source.netloc.rpartition(":")[0]
        through = source._replace(netloc=f"{place}:{self.doors['source'].port}")
        server = f"tcp:{LOOPBACK},{self.doors['target'].port}"
        return {
            "SOURCE_DSN": urlunsplit(through),
            "AZURESQL_DSN": target_dsn(self.target.dsn(name), server=server),
        }

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def databases(self, name: str) -> Iterator[None]:
        """A database of that name on both ends, the source's with its tables and rows. Every server
        works then, whatever a seed before has left."""
        self.kafka.revive()
        self.target.faults.clear()
        for door in self.doors.values():
            door.slow()
        create_source_database(self.postgres.dsn(), name)
        try:
            with psycopg.connect(self.postgres.dsn(name), autocommit=True) as connection:
                connection.execute(_TABLES.read_text())
                for statement in FILL:
                    connection.execute(statement)
                connection.execute("ANALYZE")
            create_target_database(self.target.dsn(), name)
            try:
                yield
            finally:
                drop_target_database(self.target.dsn(), name)
        finally:
            drop_source_database(self.postgres.dsn(), name)
