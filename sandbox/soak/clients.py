"""The application of a seed: clients that write at a steady pace and outlast lost connections."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

import psycopg

from sandbox.soak.writes import CLIENTS, Author, Write
from sandbox.social.ledger import Ledger

_AGAIN_S: Final = 0.05
_CONNECT_S: Final = 5
_END_S: Final = 30.0


class Clients:
    """All clients, each on a thread of its own; `writes_per_s` is that of all together.

    They pause at `allowance` acknowledged writes. `failure` is what broke one of them.
    """

    def __init__(self, dsn: str, seed: int, writes_per_s: float, allowance: int) -> None:
        self._ended = threading.Event()
        self.allowance = allowance
        self._all = [_Client(dsn, seed, n, CLIENTS / writes_per_s, self) for n in range(CLIENTS)]
        for client in self._all:
            client.thread.start()

    @property
    def acknowledged(self) -> int:
        return sum(client.done for client in self._all)

    @property
    def failure(self) -> BaseException | None:
        return next((each.failure for each in self._all if each.failure is not None), None)

    def counts(self) -> list[int]:
        """The last acknowledged write of each client."""
        return [client.done for client in self._all]

    def may_write(self) -> bool:
        return self.acknowledged < self.allowance

    def ended(self, wait_s: float = 0.0) -> bool:
        return self._ended.wait(wait_s)

    def finish(self) -> Ledger:
        """Let every client end the write that it is at; what was acknowledged. Idempotent."""
        self._ended.set()
        ledger = Ledger()
        for client in self._all:
            client.thread.join(_END_S)
            ledger.merge(client.ledger)
        return ledger

    def records(self, after: Sequence[int]) -> Counter[str]:
        """How many records of each table the writes beyond these numbers (of each client) made."""
        total: Counter[str] = Counter()
        for client, first in zip(self._all, after, strict=True):
            for records in client.records[first:]:
                total.update(records)
        return total


class _Client:
    def __init__(self, dsn: str, seed: int, number: int, every_s: float, all: Clients) -> None:
        self._dsn = dsn
        self._number = number
        self._every_s = every_s
        self._all = all
        self._author = Author(seed, number)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self.ledger = Ledger()
        self.done = 0
        self.records: list[Counter[str]] = []
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name=f"client {number}", daemon=True)

    def _run(self) -> None:
        try:
            self._write_all()
        except BaseException as error:  # noqa: BLE001 - told to whoever asks for the clients
            self.failure = error
        finally:
            self._drop()

    def _write_all(self) -> None:
        due = time.monotonic()
        while not self._all.ended(max(0.0, due - time.monotonic())):
            if not self._all.may_write():
                due = time.monotonic() + _AGAIN_S
                continue
            number = self.done + 1
            write = self._author.write(number)
            self._until_committed(write, number)
            self.ledger.record(write.facts)
            self.records.append(write.records)
            self.done = number
            due += self._every_s

    def _until_committed(self, write: Write, number: int) -> None:
        """Also across lost connections: the counter in the database tells what was committed."""
        while True:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(self._dsn, connect_timeout=_CONNECT_S)
                    if self._committed(self._connection) == number:
                        return
                for sql, parameters in write.statements:
                    changed = self._connection.execute(sql, parameters).rowcount
                    if changed != 1:
                        raise AssertionError(f"{sql} {parameters} changed {changed} rows")
                self._connection.commit()
                return
            except psycopg.OperationalError:
                self._drop()
                time.sleep(_AGAIN_S)  # the pace at which a client knocks again

    def _committed(self, connection: psycopg.Connection[tuple[object, ...]]) -> object:
        sql = "SELECT writes FROM counters WHERE client = %s"
        row = connection.execute(sql, [self._number]).fetchone()
        connection.rollback()
        return row[0] if row else None

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
