"""What a batch does to rows: what must be there, replays, keys that move, values that collide."""

from __future__ import annotations

import pytest

from connectors.azuresql.apply import AzureSqlApplySession
from connectors.azuresql.state import AzureSqlState
from model.change import Op
from model.errors import DataRefused
from model.ports import Advance, KeyedChange, TableBatch
from model.position import Position
from tests.integration.azuresql.applying import (
    at,
    batch,
    created,
    deleted,
    offsets,
    partial,
    tracked,
    updated,
    users,
)
from tests.integration.azuresql.conftest import Look


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
    tags = tracked(state, "tags", "tag")
    good = batch(created(1))
    bad = batch(KeyedChange({"tag": "toolong"}, {"tag": "toolong"}, Op.CREATE), table=tags)
    with pytest.raises(DataRefused) as raised:
        session.apply([at(0, 1), Advance("tags", 0, 0, 1, Position("1"))], [good, bad])
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
    words = tracked(state, "words", "word")

    def word(text: str, first: Op) -> TableBatch:
        change = KeyedChange({"word": text}, {"word": text, "n": 1}, first)
        return batch(change, table=words, strict=strict)

    session.apply([Advance("words", 0, 0, 1, Position("1"))], [word("a", Op.CREATE)])
    session.apply([Advance("words", 0, 1, 2, Position("2"))], [word("A", Op.CREATE)])
    with pytest.raises(DataRefused) as raised:
        session.apply([Advance("words", 0, 2, 3, Position("3"))], [word("a ", Op.UPDATE)])
    assert raised.value.number == 50303
    assert raised.value.object == "public.words"
    assert sql("SELECT COUNT(*) FROM dbo.words") == [(2,)]
