"""Appliers and the foreign keys that are made under them: neither is the other's victim."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pyodbc
import pytest

from connectors.azuresql.target import AzureSqlTarget
from connectors.azuresql.turns import ALONE
from model.catalog import TableName
from model.change import Op
from model.ports import Advance, KeyedChange, TableBatch
from model.position import Position
from model.state import TrackedTable
from tests.integration.azuresql.conftest import Look
from tests.patience import PATIENCE_S, until

BEGUN = (
    "SELECT 1 FROM sys.dm_exec_sessions WHERE program_name LIKE '%social:apply' "
    "AND open_transaction_count > 0"
)
APPLIERS = 2
KEYS = 12
ROWS = 200


def tracked(name: str) -> TrackedTable:
    source, target = TableName("public", name), TableName("dbo", name)
    return TrackedTable(source, target, f"social.public.{name}", APPLIERS, ("id",))


PARENT, CHILD = tracked("parent"), tracked("child")


@pytest.fixture
def tables(target: AzureSqlTarget, sql: Look) -> None:
    """A parent and a child of `APPLIERS` partitions each, filled."""
    sql("CREATE TABLE dbo.parent (id int NOT NULL PRIMARY KEY, n int NOT NULL)")
    sql("CREATE TABLE dbo.child (id int NOT NULL PRIMARY KEY, n int NOT NULL, parent int NOT NULL)")
    state = target.state("social")
    state.install()
    for table in (PARENT, CHILD):
        state.initialise_checkpoints(table.topic, APPLIERS)
    state.close()


class Busy:
    """Appliers that are hardly ever outside of a transaction, each in partitions of its own."""

    def __init__(self, target: AzureSqlTarget, start: threading.Barrier) -> None:
        self._target = target
        self._start = start
        self.stop = threading.Event()
        self.batches = [0] * APPLIERS

    def apply(self, number: int) -> None:
        """Parents first, as a source's transactions write them. Raises what the target refuses."""
        session = self._target.apply_session("social")
        try:
            while not self.stop.is_set():
                expected = self.batches[number]
                at = Position(f"{expected + 1:016x}/00000000")
                advances = [
                    Advance(table.topic, number, expected, expected + 1, at)
                    for table in (PARENT, CHILD)
                ]
                rows = range(number * ROWS, (number + 1) * ROWS)
                parents = [change(id, expected) for id in rows]
                children = [change(id, expected, parent=id) for id in rows]
                session.apply(
                    advances,
                    [TableBatch(PARENT, False, parents), TableBatch(CHILD, False, children)],
                )
                self.batches[number] += 1
                if self.batches[number] == 1:
                    self._start.wait(PATIENCE_S)
        finally:
            session.close()


def change(id: int, n: int, **more: Any) -> KeyedChange:
    return KeyedChange({"id": id}, {"id": id, "n": n, **more}, Op.UPDATE if n else Op.CREATE)


def foreign_key(number: int) -> str:
    return (
        f"ALTER TABLE dbo.child WITH NOCHECK ADD CONSTRAINT fk_{number} "
        f"FOREIGN KEY (parent) REFERENCES dbo.parent (id)\nGO\n"
        f"ALTER TABLE dbo.child NOCHECK CONSTRAINT fk_{number}"
    )


@pytest.mark.usefixtures("tables")
def test_foreign_keys_are_made_under_busy_appliers(target: AzureSqlTarget, sql: Look) -> None:
    """✗ An ALTER locks the child and then the parent, a batch the parent and then the child: one
    of them became a deadlock's victim (1205), again and again while there was a backlog."""
    start = threading.Barrier(APPLIERS + 1)
    busy = Busy(target, start)
    with ThreadPoolExecutor(APPLIERS) as pool:
        running: list[Future[None]] = [pool.submit(busy.apply, n) for n in range(APPLIERS)]
        try:
            start.wait(PATIENCE_S)
            for number in range(KEYS):
                before = list(busy.batches)
                list(target.run_script(foreign_key(number), apart_from="social"))
                while any(map(int.__eq__, before, busy.batches)) and not any_done(running):
                    busy.stop.wait(0.001)
        finally:
            busy.stop.set()
        for each in running:
            each.result(PATIENCE_S)
    assert sql("SELECT COUNT(*) FROM sys.foreign_keys WHERE is_disabled = 1") == [(KEYS,)]
    assert min(busy.batches) > KEYS


def any_done(running: list[Future[None]]) -> bool:
    return any(each.done() for each in running)


@pytest.mark.usefixtures("tables")
def test_an_applier_that_waits_for_its_turn_holds_nothing(
    target: AzureSqlTarget, sql: Look, target_database: str
) -> None:
    altering = pyodbc.connect(target_database, autocommit=True)
    assert altering.execute(ALONE, "replicator.apply.social").fetchval() >= 0
    session = target.apply_session("social")
    batch = TableBatch(PARENT, False, [change(1, 0)])
    advance = Advance(PARENT.topic, 0, 0, 1, Position(f"{1:016x}/00000000"))
    with ThreadPoolExecutor(1) as pool:
        applying = pool.submit(session.apply, [advance], [batch])
        try:
            until(lambda: applying.done() or bool(sql(BEGUN)), "the applier's transaction")
            assert not applying.done()
            # Neither its checkpoint nor the table.
            sql("SET LOCK_TIMEOUT 5000")
            sql("UPDATE replicator.[checkpoint] SET closed = 0")
            sql("ALTER TABLE dbo.parent ADD later int NULL")
        finally:
            altering.close()
        applying.result(PATIENCE_S)
    session.close()
    assert sql("SELECT id FROM dbo.parent") == [(1,)]
