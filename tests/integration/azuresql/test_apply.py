"""Batches in the target: one transaction each, behind compare-and-set."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pyodbc
import pytest

from connectors.azuresql.apply import AzureSqlApplySession
from connectors.azuresql.state import AzureSqlState
from connectors.azuresql.target import AzureSqlTarget
from model.catalog import TableName
from model.change import Op
from model.errors import DataRefused, Overtaken
from model.ports import Advance, KeyedChange, KeylessChange, TableBatch
from model.position import Position
from model.state import TrackedTable
from tests.integration.azuresql.conftest import Look, until_blocked
from tests.patience import PATIENCE_S

TOPIC = "social.public.users"
USERS = TrackedTable(TableName("public", "users"), TableName("dbo", "users"), TOPIC, 2, ("id",))


@pytest.fixture
def session(target: AzureSqlTarget, state: AzureSqlState, sql: Look) -> Iterator[Any]:
    sql(
        "CREATE TABLE dbo.users (id bigint NOT NULL PRIMARY KEY, "
        "name nvarchar(20) COLLATE Latin1_General_100_BIN2 NULL, bio nvarchar(max) NULL, "
        "nick nvarchar(20) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE)"
    )
    state.initialise_checkpoints(TOPIC, 2)
    session = target.apply_session("social")
    yield session
    session.close()


def at(expected: int, next: int, partition: int = 0) -> Advance:
    return Advance(TOPIC, partition, expected, next, Position(f"{next:016x}/00000000"))


def row(id: int, name: str = "n", bio: str | None = "b", nick: str = "") -> dict[str, Any]:
    return {"id": id, "name": name, "bio": bio, "nick": nick or f"nick {id}"}


def created(id: int, **more: Any) -> KeyedChange:
    return KeyedChange({"id": id}, row(id, **more), Op.CREATE)


def updated(id: int, **more: Any) -> KeyedChange:
    return KeyedChange({"id": id}, row(id, **more), Op.UPDATE)


def partial(id: int, key_before: int | None = None, **values: Any) -> KeyedChange:
    before = None if key_before is None else {"id": key_before}
    return KeyedChange({"id": id}, {"id": id, **values}, Op.UPDATE, True, before)


def deleted(id: int, first: Op = Op.DELETE) -> KeyedChange:
    return KeyedChange({"id": id}, None, first)


def batch(*changes: KeyedChange, strict: bool = True, table: TrackedTable = USERS) -> TableBatch:
    return TableBatch(table, strict, list(changes))


def users(sql: Look) -> list[tuple[Any, ...]]:
    return sql("SELECT id, name, bio, nick FROM dbo.users ORDER BY id")


def offsets(state: AzureSqlState) -> list[int]:
    return [checkpoint.next_offset for checkpoint in state.checkpoints()]


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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (updated(9), "a row to update is not there"),
        (deleted(9), "a row to delete is not there"),
        (partial(9, name="x"), "a row to update is not there"),
        (deleted(1, Op.CREATE), "a row to create is there already"),
        (partial(2, key_before=9, name="x"), "a row whose key changes is not there"),
    ],
)
def test_a_consistent_table_must_hold_what_a_change_expects(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look, change: KeyedChange, says: str
) -> None:
    """✗ Tolerance for ever would hide a lost row."""
    session.apply([at(0, 1)], [batch(created(1))])
    with pytest.raises(DataRefused, match=says) as raised:
        session.apply([at(1, 2)], [batch(change, created(5))])
    assert raised.value.object == "public.users"
    assert raised.value.number == 50302
    assert users(sql) == [(1, "n", "b", "nick 1")]
    assert offsets(state) == [1, 0]


def test_a_row_that_exists_already_refuses_its_creation(
    session: AzureSqlApplySession, sql: Look
) -> None:
    session.apply([at(0, 1)], [batch(created(1))])
    with pytest.raises(DataRefused) as raised:
        session.apply([at(1, 2)], [batch(created(1, name="twice"))])
    assert raised.value.number == 2627
    assert users(sql)[0][1] == "n"


def test_until_it_is_consistent_a_table_takes_replays(
    session: AzureSqlApplySession, sql: Look
) -> None:
    session.apply([at(0, 1)], [batch(created(1), created(2), strict=False)])
    replay = (created(1, name="again"), updated(3), deleted(9), partial(8, name="x"), deleted(2))
    for step in (1, 2):
        session.apply([at(step, step + 1)], [batch(*replay, strict=False)])
        assert users(sql) == [(1, "again", "b", "nick 1"), (3, "n", "b", "nick 3")]


def test_unique_values_may_change_places_within_a_batch(
    session: AzureSqlApplySession, sql: Look
) -> None:
    """✗ Row after row, the first update would collide."""
    session.apply([at(0, 1)], [batch(created(1, nick="x"), created(2, nick="y"))])
    session.apply([at(1, 2)], [batch(updated(1, nick="y"), updated(2, nick="x"))])
    session.apply([at(2, 3)], [batch(deleted(1), updated(2, nick="y"), created(3, nick="x"))])
    assert [(r[0], r[3]) for r in users(sql)] == [(2, "y"), (3, "x")]


def test_unchanged_and_null_are_not_the_same(session: AzureSqlApplySession, sql: Look) -> None:
    session.apply([at(0, 1)], [batch(created(1), created(2), created(3))])
    session.apply(
        [at(1, 2)],
        [batch(partial(1, name="p"), partial(2, name="q", bio=None), updated(3, bio=None))],
    )
    assert [r[:3] for r in users(sql)] == [(1, "p", "b"), (2, "q", None), (3, "n", None)]


def test_a_key_change_without_its_long_value_keeps_it(
    session: AzureSqlApplySession, sql: Look
) -> None:
    """✗ Written as a delete and a create it would lose `bio`."""
    long = "long " * 2000
    session.apply([at(0, 1)], [batch(created(1, bio=long))])
    session.apply([at(1, 2)], [batch(partial(7, key_before=1, name="moved", nick="nick 1"))])
    assert users(sql) == [(7, "moved", long, "nick 1")]


def test_a_replayed_key_change_converges(session: AzureSqlApplySession, sql: Look) -> None:
    """✗ The snapshot saw the moved row and a new row under the old key: the replay must not give
    the new row's value to the moved one."""
    move = partial(2, key_before=1, name="moved", nick="nick 1")
    sql("INSERT INTO dbo.users VALUES (1, N'later', N'LATER', N'nick 9')")
    sql("INSERT INTO dbo.users VALUES (2, N'moved', N'FIRST', N'nick 1')")
    session.apply([at(0, 1)], [batch(move, strict=False)])
    assert users(sql) == [(2, "moved", "FIRST", "nick 1")]
    session.apply([at(1, 2)], [batch(created(1, bio="LATER", nick="nick 9"), strict=False)])
    assert [r[2] for r in users(sql)] == ["LATER", "FIRST"]
    session.apply([at(2, 3)], [batch(partial(4, key_before=3, name="gone"), strict=False)])
    assert len(users(sql)) == 2


def test_a_refused_value_rolls_everything_back_and_names_its_table(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    """✗ OPENJSON with the column's own length would cut the name and apply the rest."""
    sql("CREATE TABLE dbo.tags (tag nvarchar(5) NOT NULL PRIMARY KEY)")
    tags = TrackedTable(TableName("public", "tags"), TableName("dbo", "tags"), "t", 1, ("tag",))
    state.initialise_checkpoints("t", 1)
    good = batch(created(1))
    bad = batch(KeyedChange({"tag": "toolong"}, {"tag": "toolong"}, Op.CREATE), table=tags)
    with pytest.raises(DataRefused) as raised:
        session.apply([at(0, 1), Advance("t", 0, 0, 1, Position("1"))], [good, bad])
    assert raised.value.object == "public.tags"
    assert raised.value.number in (2628, 8152)
    assert users(sql) == []
    assert offsets(state) == [0, 0, 0]
    session.apply([at(0, 1)], [good])
    assert len(users(sql)) == 1


def test_two_rows_for_one_unique_value_are_refused(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    with pytest.raises(DataRefused) as raised:
        session.apply([at(0, 1)], [batch(created(1, nick="x"), created(2, nick="x"))])
    assert raised.value.number in (2627, 2601)
    assert users(sql) == []
    assert offsets(state) == [0, 0], "the checkpoint did not move without its changes"


@pytest.mark.parametrize("strict", [True, False])
def test_text_keys_that_are_equal_but_not_identical_are_refused(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look, strict: bool
) -> None:
    """✗ 'a' and 'a ' are one key to the target, two to the source: rows would merge."""
    sql(
        "CREATE TABLE dbo.words (n int, "
        "word nvarchar(9) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY)"
    )
    words = TrackedTable(TableName("public", "words"), TableName("dbo", "words"), "w", 1, ("word",))
    state.initialise_checkpoints("w", 1)

    def word(text: str, first: Op) -> TableBatch:
        change = KeyedChange({"word": text}, {"word": text, "n": 1}, first)
        return batch(change, table=words, strict=strict)

    session.apply([Advance("w", 0, 0, 1, Position("1"))], [word("a", Op.CREATE)])
    session.apply([Advance("w", 0, 1, 2, Position("2"))], [word("A", Op.CREATE)])
    with pytest.raises(DataRefused) as raised:
        session.apply([Advance("w", 0, 2, 3, Position("3"))], [word("a ", Op.UPDATE)])
    assert raised.value.number == 50303
    assert raised.value.object == "public.words"
    assert sql("SELECT COUNT(*) FROM dbo.words") == [(2,)]


def test_identities_computed_columns_and_row_versions(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    sql(
        "CREATE TABLE dbo.items (id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, "
        "price decimal(10, 2) NULL, twice AS (price * 2))"
    )
    sql("CREATE TABLE dbo.others (id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, n int NULL)")
    items = TrackedTable(TableName("public", "items"), TableName("dbo", "items"), "i", 1, ("id",))
    others = TrackedTable(
        TableName("public", "others"), TableName("dbo", "others"), "o", 1, ("id",)
    )
    state.initialise_checkpoints("i", 1)
    state.initialise_checkpoints("o", 1)
    first = KeyedChange({"id": 40}, {"id": 40, "price": "1.25", "twice": "9"}, Op.CREATE)
    second = KeyedChange({"id": 7}, {"id": 7, "n": 1}, Op.CREATE)
    both = [Advance("i", 0, 0, 1, Position("1")), Advance("o", 0, 0, 1, Position("1"))]
    session.apply(both, [batch(first, table=items), batch(second, table=others)])
    assert [tuple(map(str, r)) for r in sql("SELECT id, price, twice FROM dbo.items")] == [
        ("40", "1.25", "2.50")
    ]
    again = [Advance("i", 0, 1, 2, Position("2")), Advance("o", 0, 1, 2, Position("2"))]
    with pytest.raises(DataRefused):
        session.apply(again, [batch(first, table=items), batch(second, table=others)])
    third = KeyedChange({"id": 8}, {"id": 8, "n": 2}, Op.CREATE)
    session.apply([again[1]], [batch(third, table=others)])
    assert sql("SELECT id FROM dbo.others ORDER BY id") == [(7,), (8,)]


EDGES: list[tuple[str, Any, str]] = [
    ("smallint", -32768, "-32768"),
    ("bigint", "9223372036854775807", "9223372036854775807"),
    ("decimal(38,10)", "-1234567890123456789012345678.0123456789", ""),
    ("decimal(19,4)", "922337203685477.5807", ""),
    ("float(53)", 1.7976931348623157e308, "1.7976931348623157E+308"),
    ("float(53)", 0.1, "0.1"),
    ("real", 3.4028235e38, "3.4028235E+38"),
    ("bit", True, "1"),
    ("nvarchar(max)", "  a'\"\\\n\t 😀 ÿ ", "  a'\"\\\n\t 😀 ÿ "),
    ("nvarchar(max)", "x" * 70_000, "x" * 70_000),
    ("nvarchar(10)", "", ""),
    ("nchar(4)", "a   ", "a   "),
    ("date", "0001-01-01", "0001-01-01"),
    ("date", "9999-12-31", "9999-12-31"),
    ("datetime2(6)", "2024-02-29T23:59:59.999999", "2024-02-29 23:59:59.999999"),
    ("datetimeoffset(6)", "2024-02-29T23:59:59.000001+00:00", "2024-02-29 23:59:59.000001 +00:00"),
    ("time(6)", "23:59:59.999999", "23:59:59.999999"),
    ("uniqueidentifier", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", ""),
]


def single(text: str) -> float:
    """The nearest single-precision number: a real prints with more digits than it needs."""
    found: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    return found


@pytest.mark.parametrize(("type", "value", "text"), EDGES, ids=[edge[0] for edge in EDGES])
def test_values_arrive_exactly(
    session: AzureSqlApplySession,
    state: AzureSqlState,
    sql: Look,
    type: str,
    value: Any,
    text: str,
) -> None:
    sql(f"CREATE TABLE dbo.edges (id int NOT NULL PRIMARY KEY, v {type} NULL)")
    edges = TrackedTable(TableName("public", "edges"), TableName("dbo", "edges"), "e", 1, ("id",))
    state.initialise_checkpoints("e", 1)
    rows = [{"id": 1, "v": value}, {"id": 2, "v": None}]
    changes = [KeyedChange({"id": r["id"]}, r, Op.CREATE) for r in rows]
    session.apply([Advance("e", 0, 0, 2, Position("1"))], [batch(*changes, table=edges)])
    style = ", 3" if type in ("float(53)", "real") else ""
    printed = "v" if "char" in type else f"CONVERT(varchar(100), v{style})"
    found = [r[0] for r in sql(f"SELECT {printed} FROM dbo.edges ORDER BY id")]
    assert found[1] is None
    if type in ("float(53)", "real"):
        assert single(found[0]) == single(text) if type == "real" else float(found[0]) == value
    else:
        assert found[0].lower() == (text or str(value)).lower()


def test_bytes_travel_as_base64_and_arrive_as_bytes(
    session: AzureSqlApplySession, state: AzureSqlState, sql: Look
) -> None:
    import base64

    sql("CREATE TABLE dbo.blobs (id int NOT NULL PRIMARY KEY, v varbinary(max) NULL)")
    blobs = TrackedTable(TableName("public", "blobs"), TableName("dbo", "blobs"), "b", 1, ("id",))
    state.initialise_checkpoints("b", 1)
    values = [b"", b"\x00", bytes(range(256)) * 400, None]
    changes = [
        KeyedChange(
            {"id": at},
            {"id": at, "v": None if v is None else base64.b64encode(v).decode()},
            Op.CREATE,
        )
        for at, v in enumerate(values)
    ]
    session.apply([Advance("b", 0, 0, 4, Position("1"))], [batch(*changes, table=blobs)])
    assert [r[0] for r in sql("SELECT v FROM dbo.blobs ORDER BY id")] == values


@pytest.fixture
def log(session: AzureSqlApplySession, state: AzureSqlState, sql: Look) -> TrackedTable:
    sql("CREATE TABLE dbo.log (n int NULL, what nvarchar(50) NULL)")
    state.initialise_checkpoints("l", 1)
    return TrackedTable(TableName("public", "log"), TableName("dbo", "log"), "l", 1, ())


def line(n: int | None, what: str | None) -> dict[str, Any]:
    return {"n": n, "what": what}


def test_keyless_changes_are_applied_one_by_one_in_order(
    session: AzureSqlApplySession, log: TrackedTable, sql: Look
) -> None:
    """✗ Doubled rows: each change touches exactly one of them."""
    steps = [
        KeylessChange(Op.CREATE, None, line(1, "a")),
        KeylessChange(Op.CREATE, None, line(1, "a")),
        KeylessChange(Op.CREATE, None, line(None, None)),
        KeylessChange(Op.UPDATE, line(1, "a"), line(2, "b")),
        KeylessChange(Op.DELETE, line(None, None), None),
        KeylessChange(Op.CREATE, None, line(1, "A")),
        KeylessChange(Op.DELETE, line(1, "a"), None),
    ]
    session.apply([Advance("l", 0, 0, 7, Position("1"))], [TableBatch(log, True, [], steps)])
    assert sorted(sql("SELECT n, what FROM dbo.log")) == [(1, "A"), (2, "b")]


def test_a_keyless_change_that_finds_no_row_is_refused(
    session: AzureSqlApplySession, log: TrackedTable, state: AzureSqlState, sql: Look
) -> None:
    sql("INSERT INTO dbo.log VALUES (1, N'a')")
    steps = [
        KeylessChange(Op.CREATE, None, line(5, "new")),
        KeylessChange(Op.DELETE, line(1, "a "), None),
    ]
    with pytest.raises(DataRefused) as raised:
        session.apply([Advance("l", 0, 0, 2, Position("1"))], [TableBatch(log, True, [], steps)])
    assert raised.value.number == 50304
    assert raised.value.object == "public.log"
    assert sql("SELECT n, what FROM dbo.log") == [(1, "a")]


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
