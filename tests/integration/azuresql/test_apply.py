"""Batches in the target: one transaction each, behind compare-and-set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pyodbc
import pytest

from connectors.azuresql.apply import AzureSqlApplySession
from connectors.azuresql.state import AzureSqlState
from connectors.azuresql.target import AzureSqlTarget
from model.catalog import TableName
from model.errors import DataRefused, Overtaken
from model.position import Position
from model.state import TrackedTable
from tests.integration.azuresql.applying import (
    TOPIC,
    USERS,
    at,
    batch,
    created,
    deleted,
    offsets,
    partial,
    updated,
    users,
)
from tests.integration.azuresql.conftest import Look, until_blocked
from tests.patience import PATIENCE_S


def test_a_batch_moves_rows_and_checkpoints_together(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    session.apply([at(0, 3), at(0, 5, 1)], [batch(created(1), created(2), created(3))])
    changes = (updated(1, name="new"), deleted(2), created(4), partial(3, name="only"))
    session.apply([at(3, 9)], [batch(*changes)])
    assert users(sql) == [
        (1, "new", "b", "nick 1"),
        (3, "only", "b", "nick 3"),
        (4, "n", "b", "nick 4"),
    ]
    assert offsets(state) == [9, 5]
    assert state.checkpoints()[0].position == Position(f"{9:016x}/00000000")


def test_a_batch_without_changes_still_advances(
    session: AzureSqlApplySession, state: AzureSqlState
) -> None:
    session.apply([at(0, 7)], [])
    assert offsets(state) == [7, 0]


def test_a_zombie_with_an_old_offset_changes_nothing(
    session: AzureSqlApplySession, target: AzureSqlTarget, state: AzureSqlState, sql: Look
) -> None:
    """✗ An applier that was taken over still holds its batch: without the compare-and-set it
    would write old values over new ones."""
    zombie = target.apply_session("social")
    session.apply([at(0, 2)], [batch(created(1, name="new"))])
    with pytest.raises(Overtaken):
        zombie.apply([at(0, 1)], [batch(updated(1, name="old"), strict=False)])
    assert users(sql)[0][1] == "new"
    assert offsets(state) == [2, 0]
    zombie.apply([at(2, 3)], [batch(updated(1, name="newer"))])
    assert users(sql)[0][1] == "newer"
    zombie.close()


def test_a_zombie_of_a_table_that_was_loaded_anew_changes_nothing(
    session: AzureSqlApplySession, target: AzureSqlTarget, state: AzureSqlState, sql: Look
) -> None:
    """✗ Nothing was written meanwhile, so that the new story begins at the offset at which the old
    one stood: the offset alone lets the zombie's records in behind the snapshot."""
    session.apply([at(0, 1)], [batch(created(1, name="old"))])
    old, point = at(0, 1).position, Position("00ff/00000000")
    state.place_checkpoints(TOPIC, [1, 0], point)
    state.reopen_checkpoints()
    zombie = target.apply_session("social")
    stale = replace(at(1, 2), before=old)
    with pytest.raises(Overtaken):
        zombie.apply([stale], [batch(updated(1, name="stale"), strict=False)])
    with pytest.raises(Overtaken):
        zombie.wait_at_truncate(stale)
    assert users(sql)[0][1] == "old"
    zombie.apply([replace(stale, before=point)], [batch(updated(1, name="new"))])
    assert users(sql)[0][1] == "new"
    zombie.close()


def test_one_overtaken_partition_stops_the_whole_batch(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    session.apply([at(0, 2, 1)], [])
    with pytest.raises(Overtaken):
        session.apply([at(0, 4), at(0, 4, 1)], [batch(created(1))])
    assert users(sql) == []
    assert offsets(state) == [0, 2]


def test_nothing_is_applied_behind_closed_checkpoints(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    state.close_checkpoints()
    with pytest.raises(Overtaken):
        session.apply([at(0, 1)], [batch(created(1))])
    state.reopen_checkpoints()
    session.apply([at(0, 1)], [batch(created(1))])
    assert len(users(sql)) == 1


def test_closing_waits_for_the_batch_in_flight(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look, target_database: str
) -> None:
    """✗ A finalise that does not wait checks constraints while rows still move."""
    applier = pyodbc.connect(target_database, autocommit=True)
    with closing(applier), ThreadPoolExecutor(1) as pool:
        applier.execute(
            "BEGIN TRANSACTION; UPDATE replicator.[checkpoint] SET next_offset = 5 "
            "WHERE migration = N'social' AND [partition] = 0 AND next_offset = 0 AND closed = 0"
        )
        finaliser = pool.submit(state.close_checkpoints)
        try:
            until_blocked(sql, finaliser)
        finally:
            applier.execute("COMMIT TRANSACTION")
        finaliser.result(PATIENCE_S)
    assert offsets(state) == [5, 0]
    assert all(checkpoint.closed for checkpoint in state.checkpoints())


def test_two_migrations_with_the_same_topic_have_their_own_checkpoints(
    session: AzureSqlApplySession, target: AzureSqlTarget, state: AzureSqlState
) -> None:
    other_state = target.state("shop")
    other_state.initialise_checkpoints(TOPIC, 1)
    session.apply([at(0, 4)], [])
    assert offsets(other_state) == [0]
    other = target.apply_session("shop")
    other.apply([at(0, 9)], [])
    assert offsets(state) == [4, 0]
    assert [c.next_offset for c in other.checkpoints(TOPIC)] == [9]
    other.close()
    other_state.close()


def test_a_truncate_waits_for_every_partition(
    session: AzureSqlApplySession, target: AzureSqlTarget, state: AzureSqlState, sql: Look
) -> None:
    other = target.apply_session("social")
    session.apply([at(0, 3)], [batch(created(1), created(2))])
    session.wait_at_truncate(at(3, 4))
    with pytest.raises(Overtaken):
        session.settle_truncate(USERS, [at(3, 4)])
    with pytest.raises(Overtaken):
        session.settle_truncate(USERS, [at(3, 4), at(0, 1, 1)])
    assert len(users(sql)) == 2
    other.wait_at_truncate(at(0, 1, 1))
    assert [c.waiting_at for c in state.checkpoints()] == [3, 0]
    other.settle_truncate(USERS, [at(3, 4), at(0, 1, 1)])
    assert users(sql) == []
    assert [(c.next_offset, c.waiting_at) for c in session.checkpoints(TOPIC)] == [
        (4, None),
        (1, None),
    ]
    with pytest.raises(Overtaken):
        session.settle_truncate(USERS, [at(3, 4), at(0, 1, 1)])
    with pytest.raises(Overtaken):
        session.wait_at_truncate(at(3, 4))
    other.close()


def test_a_truncated_table_may_be_referenced(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    """✗ TRUNCATE TABLE fails with 4712, even under a disabled foreign key."""
    sql(
        "CREATE TABLE dbo.posts (id int PRIMARY KEY, author bigint CONSTRAINT fk_author "
        "REFERENCES dbo.users (id))"
    )
    sql("ALTER TABLE dbo.posts NOCHECK CONSTRAINT fk_author")
    session.apply([at(0, 1)], [batch(created(1))])
    sql("INSERT INTO dbo.posts VALUES (1, 1)")
    session.wait_at_truncate(at(1, 2))
    session.wait_at_truncate(at(0, 1, 1))
    session.settle_truncate(USERS, [at(1, 2), at(0, 1, 1)])
    assert users(sql) == []


def test_an_unknown_target_table_is_refused_by_name(
    session: AzureSqlApplySession, state: AzureSqlState
) -> None:
    gone = TrackedTable(TableName("public", "gone"), TableName("dbo", "gone"), TOPIC, 1, ("id",))
    with pytest.raises(DataRefused, match="the target has no table") as raised:
        session.apply([at(0, 1)], [batch(created(1), table=gone)])
    assert raised.value.object == "public.gone"
    assert offsets(state) == [0, 0]
