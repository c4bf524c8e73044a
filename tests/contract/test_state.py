"""What every implementation of `model.ports.State` does, shown on the target's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyodbc
import pytest

from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget
from model.catalog import TableName
from model.errors import Blocked, Overtaken
from model.ports import State
from model.position import Position, SourceIdentity
from model.state import (
    Chunk,
    ChunkState,
    JournalEntry,
    Migration,
    MigrationState,
    TableState,
    TrackedTable,
)
from replicator.holder import ours, take

IDENTITY = SourceIdentity("7351", 1)
USERS = TableName("public", "users")


def entry(event: str = "created") -> JournalEntry:
    return JournalEntry(event, "start", "ann@host", {"why": "é 😀"}, inverse="undo")


def tracked(name: str, **more: object) -> TrackedTable:
    source = TableName("public", name)
    table = TrackedTable(source, TableName("dbo", name), f"social.public.{name}", 4, ("id",))
    return replace(table, **more)  # type: ignore[arg-type]  # fields by name


@pytest.fixture
def target(target_database: str) -> Iterator[AzureSqlTarget]:
    settings = {"connection": target_database, "patience": "20s"}
    target = AzureSqlTarget(AzureSqlSettings.model_validate(settings))
    yield target
    target.close()


@pytest.fixture
def state(target: AzureSqlTarget) -> Iterator[State]:
    state = target.state("social")
    state.install()
    yield state
    state.close()


@pytest.fixture
def other(target: AzureSqlTarget, state: State) -> Iterator[State]:
    """Another migration into the same target."""
    other = target.state("shop")
    other.install()
    yield other
    other.close()


def created(state: State) -> Migration:
    return state.create(IDENTITY, entry())


def test_a_migration_is_created_once(state: State) -> None:
    first = created(state)
    assert first == Migration("social", MigrationState.CREATED, 0, "7351:1")
    assert state.create(SourceIdentity("other", 2), entry("again")) == first
    assert state.migration() == first
    assert [line.event for line in state.entries()] == ["created"]


def test_installing_is_idempotent_and_refuses_a_later_version(
    state: State, target_database: str
) -> None:
    state.install()
    with pyodbc.connect(target_database, autocommit=True) as connection:
        connection.execute("INSERT INTO replicator.version (version, migration) VALUES (99, N'x')")
    with pytest.raises(Blocked, match="version 99"):
        state.install()


def test_before_it_is_installed_nobody_has_begun(
    target: AzureSqlTarget, target_database: str
) -> None:
    """✗ Asking for the row of a table that is not there, even when a schema of that name is."""
    state = target.state("social")
    assert state.migration() is None
    with pyodbc.connect(target_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA replicator")
    assert state.migration() is None
    state.install()
    assert state.migration() is None
    assert state.create(IDENTITY, entry()).epoch == 0
    state.close()


def test_many_roles_may_install_at_once(target: AzureSqlTarget) -> None:
    states = [target.state(f"m{at}") for at in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(state.install) for state in states]:
            done.result()
    for state in states:
        assert state.migration() is None
        state.close()


def test_a_transition_is_journaled_in_its_own_transaction(state: State) -> None:
    start = created(state)
    moved = state.transition(start, MigrationState.DEPLOYED, entry("deploy"))
    assert moved == replace(start, state=MigrationState.DEPLOYED, epoch=1)
    assert state.migration() == moved
    lines = state.entries()
    assert [(line.event, line.actor, line.inverse) for line in lines][1:] == [
        ("deploy", "ann@host", "undo")
    ]
    assert lines[1].detail == {"why": "é 😀"}
    assert lines[1].sequence > lines[0].sequence
    assert lines[1].at.endswith("Z")
    assert state.entries(after=lines[0].sequence) == lines[1:]


def test_who_loses_a_transition_writes_nothing(state: State) -> None:
    """✗ Comparing the state alone lets a coordinator act on an epoch that is over."""
    start = created(state)
    paused = state.transition(start, MigrationState.PAUSED, entry("pause"))
    back = state.transition(paused, MigrationState.CREATED, entry("resume"))
    with pytest.raises(Overtaken, match="no longer created at epoch 0"):
        state.transition(start, MigrationState.DEPLOYED, entry("late"))
    assert state.migration() == back
    assert "late" not in [line.event for line in state.entries()]


def test_a_transition_may_keep_the_state_to_fence_others_off(state: State) -> None:
    start = created(state)
    again = state.transition(start, start.state, entry("mine now"))
    assert (again.state, again.epoch) == (start.state, 1)
    with pytest.raises(Overtaken):
        state.transition(start, MigrationState.DEPLOYED, entry())


def test_only_one_of_many_wins_a_transition(target: AzureSqlTarget, state: State) -> None:
    start = created(state)
    states = [target.state("social") for _ in range(4)]

    def attempt(at: int) -> bool:
        try:
            states[at].transition(start, MigrationState.DEPLOYED, entry(f"by {at}"))
        except Overtaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert len(state.entries()) == 2
    for one in states:
        one.close()


def test_the_start_is_recorded_once(state: State) -> None:
    created(state)
    state.set_start(Position("0a/00"))
    state.set_start(Position("0a/00"))
    with pytest.raises(Overtaken):
        state.set_start(Position("0b/00"))
    migration = state.migration()
    assert migration is not None
    assert migration.start == Position("0a/00")


def test_journal_lines_are_numbered(state: State) -> None:
    numbers = [state.journal(entry(f"line {at}")) for at in range(3)]
    assert numbers == sorted(set(numbers))
    assert [line.sequence for line in state.entries()] == numbers


def test_tables_come_back_as_they_were_saved(state: State) -> None:
    tables = [
        tracked("Users", key=("id", "Größe"), rows_estimate=None),
        tracked("users", rows_estimate=10, rows_loaded=9, high=Position("01/02")),
        tracked("log", key=(), partitions=1, state=TableState.QUARANTINED, reason="it's odd"),
    ]
    state.save_tables(tables)
    assert sorted(state.tables(), key=lambda t: t.source) == sorted(tables, key=lambda t: t.source)
    changed = replace(tables[0], state=TableState.LOADED, schema_version=2)
    state.save_tables([changed])
    assert changed in state.tables()
    assert len(state.tables()) == 3


def test_a_tables_state_moves_only_from_where_it_is_expected(state: State) -> None:
    state.save_tables([tracked("users", rows_loaded=5)])
    expected = [TableState.PENDING, TableState.LOADING]
    assert state.set_table(USERS, TableState.LOADED, expected=expected, high=Position("05/00"))
    assert not state.set_table(USERS, TableState.OPEN, expected=expected)
    found = state.tables()[0]
    assert (found.state, found.high, found.rows_loaded) == (
        TableState.LOADED,
        Position("05/00"),
        5,
    )
    assert state.set_table(
        USERS, TableState.OPEN, expected=[TableState.LOADED], rows_loaded=7, reason="gate"
    )
    found = state.tables()[0]
    assert (found.high, found.rows_loaded, found.reason) == (Position("05/00"), 7, "gate")


def test_a_quarantined_table_says_why(state: State, target_database: str) -> None:
    state.save_tables([tracked("users")])
    state.quarantine(USERS, "2627 duplicate", {"key": {"id": 1}})
    assert state.tables()[0].state is TableState.QUARANTINED
    assert state.tables()[0].reason == "2627 duplicate"
    with pyodbc.connect(target_database, autocommit=True) as connection:
        row = connection.execute("SELECT record FROM replicator.quarantine").fetchone()
    assert row is not None
    assert row[0] == '{"key":{"id":1}}'


def chunk(number: int) -> Chunk:
    return Chunk(USERS, number, None if number == 0 else f'["{number}"]', f'["{number + 1}"]')


def test_a_chunk_is_taken_by_one_owner_only(target: AzureSqlTarget, state: State) -> None:
    state.save_tables([tracked("users", state=TableState.LOADING)])
    state.save_chunks([chunk(at) for at in range(8)])
    states = [target.state("social") for _ in range(3)]

    def take_all(at: int) -> list[int]:
        taken = []
        while (found := states[at].take_chunk(f"owner {at}", [USERS])) is not None:
            assert (found.state, found.owner) == (ChunkState.SENDING, f"owner {at}")
            taken.append(found.number)
        return taken

    with ThreadPoolExecutor(3) as pool:
        taken = [number for numbers in pool.map(take_all, range(3)) for number in numbers]
    assert sorted(taken) == list(range(8))
    assert {one.state for one in state.chunks(USERS)} == {ChunkState.SENDING}
    for one in states:
        one.close()


def test_a_chunk_is_written_as_given(state: State) -> None:
    state.save_chunks([chunk(0), replace(chunk(1), owner="a")])
    done = replace(
        chunk(1),
        state=ChunkState.DONE,
        probe='{"id":1}',
        high=Position("01/00"),
        rows=2**40,
        bytes=2**41,
        owner="a",
    )
    state.mark_chunk(done)
    assert state.chunks() == [chunk(0), done]
    assert state.chunks(TableName("public", "other")) == []
    with pytest.raises(Overtaken, match="chunk 0 is not a's any more"):
        state.mark_chunk(replace(chunk(0), owner="a"))


def test_a_chunk_is_split_by_its_owner_alone(target: AzureSqlTarget, state: State) -> None:
    """✗ Two that are split at once and take the same next number: the rows of one half are lost."""
    state.save_tables([tracked("users", state=TableState.LOADING)])
    state.save_chunks([chunk(at) for at in range(6)])
    states = [target.state("social") for _ in range(3)]
    taken = [state.take_chunk(f"w{at}", [USERS]) for at in range(3)]

    def split(at: int) -> None:
        mine = taken[at]
        assert mine is not None
        states[at].split_chunk(mine, f'["{at}5"]')

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(split, range(3)))
    found = {one.number: one for one in state.chunks(USERS)}
    assert sorted(found) == list(range(9))
    assert {one.state for one in found.values()} == {ChunkState.PLANNED}
    for at in range(3):
        (rest,) = [one for one in found.values() if one.lower == f'["{at}5"]']
        assert found[at] == replace(chunk(at), upper=rest.lower)
        assert rest == Chunk(USERS, rest.number, rest.lower, chunk(at).upper)
    with pytest.raises(Overtaken, match="chunk 0 is not w0's any more"):
        split(0)
    for one in states:
        one.close()


def test_chunks_come_in_the_order_of_tables_and_only_while_those_are_loading(state: State) -> None:
    """✗ A worker that takes whatever is planned sends rows of a table that is quarantined, or one
    that it was not told about."""
    names = ("a", "b", "c", "d")
    states = (TableState.LOADING, TableState.QUARANTINED, TableState.LOADING, TableState.LOADING)
    state.save_tables([tracked(n, state=at) for n, at in zip(names, states, strict=True)])
    sources = [TableName("public", name) for name in names]
    state.save_chunks([replace(chunk(at), table=name) for name in sources for at in range(2)])
    turns = [sources[2], sources[1], sources[0]]
    taken = iter(lambda: state.take_chunk("w", turns), None)
    assert [(one.table.name, one.number) for one in taken if one is not None] == [
        ("c", 0),
        ("c", 1),
        ("a", 0),
        ("a", 1),
    ]


def begun_anew(state: State, since: str = "05/00") -> TrackedTable:
    """`users` with two chunks and checkpoints, then begun anew."""
    table = tracked("users", state=TableState.CONSISTENT, partitions=2, rows_loaded=9)
    state.save_tables([table])
    state.initialise_checkpoints(table.topic, 2)
    state.save_chunks([chunk(0), chunk(1)])
    anew = replace(table, state=TableState.PENDING, since=Position(since), key=("a", "b"))
    state.begin_anew(anew)
    return anew


def test_a_table_that_begins_anew_forgets_its_chunks_and_is_closed(state: State) -> None:
    anew = begun_anew(state)
    assert state.tables() == [replace(anew, rows_loaded=0)]
    assert state.chunks() == []
    assert [each.closed for each in state.checkpoints()] == [True, True]
    with pytest.raises(Overtaken):
        state.mark_chunk(replace(chunk(0), owner=""))


def test_the_gate_of_a_table_begun_anew_opens_once_with_its_checkpoints(state: State) -> None:
    """✗ Checkpoints opened by a loader that does not know that the table began anew again."""
    anew = begun_anew(state)
    state.place_checkpoints(anew.topic, [7, 9], Position("06/00"))
    found = [(each.next_offset, each.position, each.closed) for each in state.checkpoints()]
    assert found == [(7, Position("06/00"), True), (9, Position("06/00"), True)]
    assert not state.open_gate(anew)
    state.set_table(USERS, TableState.LOADED, expected=[TableState.PENDING])
    assert not state.open_gate(replace(anew, since=Position("04/00")))
    assert all(each.closed for each in state.checkpoints())
    assert state.open_gate(anew)
    assert state.tables()[0].state is TableState.OPEN
    assert not any(each.closed for each in state.checkpoints())
    assert not state.open_gate(anew)


def test_a_refusal_of_the_former_story_changes_nothing(state: State) -> None:
    """✗ An applier or a capture that is late stops the table that was just loaded anew."""
    begun_anew(state, since="05/00")
    assert not state.quarantine(USERS, "late", {}, Position("04/07"))
    assert state.tables()[0].state is TableState.PENDING
    assert state.refusal(USERS) is None
    assert state.quarantine(USERS, "new", {"op": "u"}, Position("06/00"))
    assert state.tables()[0].state is TableState.QUARANTINED
    refusal = state.refusal(USERS)
    assert refusal is not None
    assert (refusal.reason, refusal.record) == ("new", {"op": "u"})


def test_a_table_that_is_removed_leaves_nothing_but_its_refusals(state: State) -> None:
    """✗ A checkpoint that stays is waited for by nobody, and found again by the table's return."""
    anew = begun_anew(state)
    other = tracked("orders", partitions=1)
    state.save_tables([other])
    state.initialise_checkpoints(other.topic, 1)
    state.save_chunks([chunk(0)])
    for _ in range(2):  # a coordinator that died before it answered does it again
        state.forget_table(anew)
        assert state.tables() == [other]
        assert state.chunks() == []
        assert [each.topic for each in state.checkpoints()] == [other.topic]
    assert not state.quarantine(USERS, "late", {}, Position("06/00"))
    assert not state.open_gate(anew)


def test_one_record_is_passed_over_and_only_the_one_that_stands_there(state: State) -> None:
    table = tracked("users", partitions=2)
    state.save_tables([table])
    state.initialise_checkpoints(table.topic, 2)
    to, at = TableState.CONSISTENT, Position("05/01")
    assert not state.pass_over(table, to, 1, 3, at)
    state.quarantine(USERS, "547", {})
    assert state.pass_over(table, to, 1, 3, at)
    assert [(each.next_offset, each.position.text) for each in state.checkpoints()] == [
        (0, ""),
        (4, "05/01"),
    ]
    state.quarantine(USERS, "547", {})
    assert not state.pass_over(table, to, 1, 3, at)
    assert state.tables()[0].state is TableState.QUARANTINED


def test_the_schema_of_the_first_release_is_upgraded(state: State, target_database: str) -> None:
    state.save_tables([tracked("users")])
    with pyodbc.connect(target_database, autocommit=True) as connection:
        (name,) = connection.execute(
            "SELECT d.name FROM sys.default_constraints AS d INNER JOIN sys.columns AS c "
            "ON c.object_id = d.parent_object_id AND c.column_id = d.parent_column_id "
            "WHERE d.parent_object_id = OBJECT_ID(N'replicator.tracked') AND c.name = N'since'"
        ).fetchone()
        connection.execute(f"ALTER TABLE replicator.tracked DROP CONSTRAINT {name}")
        connection.execute("ALTER TABLE replicator.tracked DROP COLUMN since")
        connection.execute("UPDATE replicator.version SET version = 1")
    state.install()
    assert state.tables() == [tracked("users")]


def test_every_partition_has_a_checkpoint_from_deploy_on(state: State) -> None:
    state.initialise_checkpoints("social.public.users", 3)
    state.initialise_checkpoints("social.public.users", 4)
    found = state.checkpoints()
    assert [(c.partition, c.next_offset, c.closed, c.waiting_at) for c in found] == [
        (at, 0, False, None) for at in range(4)
    ]
    state.close_checkpoints()
    assert all(c.closed for c in state.checkpoints())
    state.reopen_checkpoints()
    assert not any(c.closed for c in state.checkpoints())


def test_a_lease_has_one_holder_until_it_expires(state: State) -> None:
    assert state.acquire_lease("capture", "a", 60)
    assert state.acquire_lease("capture", "a", 60)
    assert not state.acquire_lease("capture", "b", 60)
    assert state.acquire_lease("coordinate", "b", 60)
    assert state.acquire_lease("capture", "a", 0)
    assert state.acquire_lease("capture", "b", 60)
    state.release_lease("capture", "a")
    assert not state.acquire_lease("capture", "c", 60)
    assert state.lease_holder("capture") == "b"
    state.release_lease("capture", "b")
    assert state.acquire_lease("capture", "c", 60)


def test_a_lease_is_taken_from_a_dead_process_and_from_no_other(state: State) -> None:
    command = [sys.executable, "-c", "from replicator.holder import ours; print(ours())"]
    dead = subprocess.check_output(command, text=True).strip()
    for before, taken in ((ours(), False), ("another-host:1", False), (dead, True)):
        assert state.acquire_lease(before, before, 60)
        assert take(state, before, "successor", 60) is taken
        assert state.lease_holder(before) == ("successor" if taken else before)


def test_requests_wait_for_their_answer(state: State) -> None:
    first = state.ask("cutover", "ann", {"confirm": "social"})
    second = state.ask("abort", "bob", {})
    assert [(r.id, r.kind, r.actor, r.detail) for r in state.requests()] == [
        (first, "cutover", "ann", {"confirm": "social"}),
        (second, "abort", "bob", {}),
    ]
    assert state.outcome(first) is None
    state.answer(first, "switched")
    assert state.outcome(first) == "switched"
    assert [r.id for r in state.requests()] == [second]


def test_roles_say_how_they_are(state: State) -> None:
    state.report_status("apply", "host:1", {"changes": 1})
    state.report_status("apply", "host:1", {"changes": 2})
    state.report_status("capture", "host:2", {})
    found = state.statuses()
    assert [(s.role, s.instance, s.detail) for s in found] == [
        ("apply", "host:1", {"changes": 2}),
        ("capture", "host:2", {}),
    ]
    assert all(0 <= s.age_s < 60 for s in found)


def test_documents_are_remembered(state: State) -> None:
    assert state.recall("acl") is None
    state.remember("acl", {"a": [1]})
    state.remember("acl", {"a": [2], "text": "x" * 9000})
    assert state.recall("acl") == {"a": [2], "text": "x" * 9000}


def test_two_migrations_into_one_target_do_not_see_each_other(state: State, other: State) -> None:
    created(state)
    assert other.migration() is None
    created(other)
    for one in (state, other):
        one.save_tables([tracked("users")])
        one.save_chunks([chunk(0)])
        one.initialise_checkpoints("social.public.users", 2)
        one.remember("x", {})
        one.report_status("apply", "i", {})
    assert state.acquire_lease("capture", "a", 60)
    assert other.acquire_lease("capture", "b", 60)
    asked = state.ask("cutover", "ann", {})
    assert other.requests() == []
    assert other.outcome(asked) is None
    other.answer(asked, "not ours")
    assert state.outcome(asked) is None
    state.close_checkpoints()
    assert not any(c.closed for c in other.checkpoints())
    migration = state.migration()
    assert migration is not None
    state.transition(migration, MigrationState.DEPLOYED, entry("deploy"))
    theirs = other.migration()
    assert theirs is not None
    assert theirs.epoch == 0
    assert [line.event for line in other.entries()] == ["created"]
    state.set_table(USERS, TableState.LOADING, expected=[TableState.PENDING])
    assert state.take_chunk("a", [USERS]) is not None
    assert other.chunks()[0].state is ChunkState.PLANNED
    state.quarantine(USERS, "bad", {})
    assert other.tables()[0].state is TableState.PENDING
