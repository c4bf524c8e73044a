"""The target on a bad day: lost commits, throttling, reconfigurations, deadlocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget
from model.catalog import TableName
from model.change import Op
from model.errors import InDoubt, Overtaken, Retryable
from model.ports import Advance, KeyedChange, TableBatch
from model.position import Position, SourceIdentity
from model.state import JournalEntry, MigrationState, TrackedTable
from sandbox.azuresql.fault_client import FaultClient
from tests.integration.azuresql.conftest import Look, until_blocked
from tests.patience import PATIENCE_S
from tests.servers import AzureSqlAddress

THINGS = TrackedTable(TableName("public", "things"), TableName("dbo", "things"), "t", 1, ("id",))
Set = Callable[..., None]


@pytest.fixture
def fault(azuresql: AzureSqlAddress) -> Iterator[Set]:
    """Set faults at the stand-in; a real server produces none on demand."""
    if not azuresql.control:
        pytest.skip("faults are made by the stand-in only")
    client = FaultClient(azuresql.control)
    yield client.set
    client.clear()


@pytest.fixture
def target(target_database: str) -> Iterator[AzureSqlTarget]:
    settings = {"connection": target_database, "patience": "2m"}
    target = AzureSqlTarget(AzureSqlSettings.model_validate(settings))
    list(target.run_script("CREATE TABLE dbo.things (id int NOT NULL PRIMARY KEY, n int NULL)"))
    state = target.state("social")
    state.install()
    state.initialise_checkpoints("t", 1)
    state.close()
    yield target
    target.close()


def batch(id: int, n: int) -> list[TableBatch]:
    change = KeyedChange({"id": id}, {"id": id, "n": n}, Op.CREATE)
    return [TableBatch(THINGS, False, [change])]


def advance(expected: int) -> list[Advance]:
    return [Advance("t", 0, expected, expected + 1, Position(f"{expected:04x}"))]


@pytest.mark.parametrize(("when", "landed"), [("before", 0), ("after", 1)])
def test_a_commit_in_doubt_is_decided_by_the_checkpoint(
    target: AzureSqlTarget, fault: Set, when: str, landed: int
) -> None:
    """✗ Sending the batch again, or going on, without reading the checkpoint."""
    session = target.apply_session("social")
    fault(drops=1, point=f"{when}_commit", application="social:apply")
    with pytest.raises(InDoubt):
        session.apply(advance(0), batch(1, 1))
    session.close()
    fault()
    again = target.apply_session("social")
    assert again.checkpoints("t")[0].next_offset == landed
    assert target.count(TableName("dbo", "things")) == landed
    again.apply(advance(landed), batch(2, 2))
    again.close()


def test_a_commit_that_lands_late_is_not_applied_twice(
    target: AzureSqlTarget, fault: Set, sql: Look
) -> None:
    """✗ The checkpoint read right after the loss may still be the old one: the compare-and-set
    waits for the late commit and then finds itself overtaken."""
    session, again = target.apply_session("social"), target.apply_session("social")
    fault(drops=1, point="during_commit", frozen=True, application="social:apply")
    with ThreadPoolExecutor(1) as pool:
        try:
            with pytest.raises(InDoubt):
                session.apply(advance(0), batch(1, 1))
            assert again.checkpoints("t")[0].next_offset == 0, "the commit has not landed yet"
            session.close()
            applying = pool.submit(again.apply, advance(0), batch(1, 2))
            until_blocked(sql, applying)
        finally:
            fault()
        with pytest.raises(Overtaken):
            applying.result(PATIENCE_S)
    assert again.checkpoints("t")[0].next_offset == 1
    again.close()


def test_a_transition_whose_answer_is_lost_is_won_once(target: AzureSqlTarget, fault: Set) -> None:
    """✗ Repeating the compare-and-set alone would find its own work and call it someone else's."""
    state = target.state("social")
    entry = JournalEntry("deploy", "deploy", "ann")
    start = state.create(SourceIdentity("1", 1), entry)
    for when in ("before", "after", "during"):
        fault(drops=1, point=f"{when}_commit", commit_delay_ms=500, application="social:state")
        start = state.transition(start, MigrationState.PAUSED, entry)
    assert start.epoch == 3
    assert state.migration() == start
    assert len(state.entries()) == 4
    state.close()


def test_a_journal_line_that_was_throttled_is_written_once(
    target: AzureSqlTarget, fault: Set
) -> None:
    state = target.state("social")
    state.journal(JournalEntry("one", "x", "ann"))
    fault(requests_40501=1, application="social:state")
    state.journal(JournalEntry("two", "x", "ann"))
    assert [line.event for line in state.entries()] == ["one", "two"]
    state.close()


def test_control_work_outlasts_a_reconfiguration(target: AzureSqlTarget, fault: Set) -> None:
    state = target.state("social")
    assert state.migration() is None
    fault(logins_40613=1, deadlocks=1, application="social:state")
    assert state.migration() is None
    state.close()


def test_a_deadlock_is_retryable_and_changed_nothing(target: AzureSqlTarget, fault: Set) -> None:
    session = target.apply_session("social")
    session.checkpoints()
    fault(deadlocks=1, application="social:apply")
    with pytest.raises(Retryable) as raised:
        session.apply(advance(0), batch(1, 1))
    assert raised.value.number == 1205
    session.close()
    again = target.apply_session("social")
    assert again.checkpoints("t")[0].next_offset == 0
    again.apply(advance(0), batch(1, 1))
    again.close()


def test_throttling_says_how_long_to_wait(target: AzureSqlTarget, fault: Set) -> None:
    session = target.apply_session("social")
    fault(requests_40501=1, application="social:apply")
    with pytest.raises(Retryable) as raised:
        session.apply(advance(0), batch(1, 1))
    assert raised.value.number == 40501
    assert raised.value.wait == 10.0
    session.close()
