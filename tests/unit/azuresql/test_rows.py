"""Changes as the JSON that fills a stage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.azuresql import rows
from connectors.azuresql.rows import Counts, Knowledge
from model.change import Op
from model.errors import DataRefused
from model.ports import KeyedChange, KeylessChange
from tests.unit.azuresql.tables import LOG, NUMBERED, USERS


def full(id: int, first: Op = Op.UPDATE, **values: Any) -> KeyedChange:
    return KeyedChange({"id": id}, {"id": id, "name": None, "bio": None} | values, first)


def staged(changes: list[KeyedChange], known: Knowledge | None = None) -> tuple[Any, Counts]:
    known = known or Knowledge(USERS, ("id",))
    known.learn(changes)
    shape = known.shape(moves=any(change.key_before for change in changes))
    text, counts = rows.keyed(changes, shape, known.digits)
    return json.loads(text), counts


def test_every_op_has_its_number_and_is_counted() -> None:
    changes = [
        full(1, Op.CREATE, name="a"),
        full(2, Op.UPDATE, name="b"),
        KeyedChange({"id": 3}, None, Op.DELETE),
        KeyedChange({"id": 4}, None, Op.CREATE),
        KeyedChange({"id": 5}, {"id": 5, "name": "e"}, Op.UPDATE, partial=True),
        KeyedChange({"id": 7}, {"id": 7, "name": "g"}, Op.UPDATE, True, {"id": 6}),
    ]
    found, counts = staged(changes)
    assert found == [
        [4, 1, "a", None],
        [3, 2, "b", None],
        [1, 3, None, None],
        [2, 4, None, None],
        [5, 5, "e", None, None, 1],
        [6, 7, "g", None, 6, 1],
    ]
    assert counts == Counts(deletes=1, absent=1, updates=2, inserts=1, moves=1)


def test_a_whole_row_that_lacks_a_known_column_means_null_a_partial_one_unchanged() -> None:
    known = Knowledge(USERS, ("id",))
    staged([full(1, name="a", bio="b")], known)
    found, _ = staged([KeyedChange({"id": 2}, {"id": 2, "name": "x"}, Op.UPDATE)], known)
    assert found == [[3, 2, "x", None]]
    assert known.shape().flagged == ()
    found, _ = staged([KeyedChange({"id": 2}, {"id": 2, "name": "x"}, Op.UPDATE, True)], known)
    assert found == [[5, 2, "x", None, 1]]
    assert known.shape().flagged == ("bio",)


def test_knowledge_only_grows_so_that_stages_are_few() -> None:
    known = Knowledge(USERS, ("id",))
    staged([full(1)], known)
    before = known.shape()
    staged([KeyedChange({"id": 2}, None, Op.DELETE)], known)
    assert known.shape() == before


def test_a_column_that_the_target_lacks_is_refused() -> None:
    """✗ Ignoring it would lose its values without a word."""
    with pytest.raises(DataRefused, match="column extra, which the target does not have") as raised:
        staged([full(1, extra=5)])
    assert raised.value.object == "dbo.users"
    with pytest.raises(DataRefused, match="the key's column nr"):
        Knowledge(USERS, ("nr",))


def test_computed_columns_and_row_versions_are_left_out() -> None:
    change = KeyedChange({"id": 1}, {"id": 1, "total": "1.00", "twice": "2.00"}, Op.CREATE)
    known = Knowledge(NUMBERED, ("id",))
    found, _ = staged([change], known)
    assert [column.name for column in known.shape().columns] == ["id", "total"]
    assert found == [[4, 1, "1.00"]]


@pytest.mark.parametrize("value", ["1", "1.5", "1.50", "1.500"])
def test_zeros_beyond_the_scale_are_no_loss(value: str) -> None:
    assert staged_total(value) == value


def test_digits_beyond_the_scale_are_refused() -> None:
    """✗ The server rounds them in silence."""
    with pytest.raises(DataRefused, match=r"1\.505 in column total has more than 2 digits"):
        staged_total("1.505")


def staged_total(value: str) -> str:
    change = KeyedChange({"id": 1}, {"id": 1, "total": value}, Op.CREATE)
    found, _ = staged([change], Knowledge(NUMBERED, ("id",)))
    return str(found[0][2])


def row(what: str | None) -> dict[str, Any]:
    return {"at": None, "what": what}


def test_inserts_in_a_row_share_a_run_everything_else_stands_alone() -> None:
    changes = [
        KeylessChange(Op.CREATE, None, row("a")),
        KeylessChange(Op.CREATE, None, row("b")),
        KeylessChange(Op.UPDATE, row("a"), row("c")),
        KeylessChange(Op.DELETE, row("b"), None),
        KeylessChange(Op.DELETE, row("c"), None),
        KeylessChange(Op.CREATE, None, row("d")),
    ]
    known = Knowledge(LOG, ())
    known.learn_rows(side for change in changes for side in (change.before, change.after))
    text, counts = rows.keyless(changes, known.shape(), known.digits)
    assert json.loads(text) == [
        [1, 4, None, "a"],
        [1, 4, None, "b"],
        [2, 3, None, "c", None, "a"],
        [3, 1, None, None, None, "b"],
        [4, 1, None, None, None, "c"],
        [5, 4, None, "d"],
    ]
    assert counts == Counts(runs=5)


def test_a_keyless_update_of_an_identity_is_a_delete_and_an_insert() -> None:
    change = KeylessChange(Op.UPDATE, {"id": 1, "total": "1"}, {"id": 2, "total": "1"})
    known = Knowledge(NUMBERED, ())
    known.learn_rows([change.before, change.after])
    text, counts = rows.keyless([change], known.shape(), known.digits)
    assert json.loads(text) == [[1, 1, None, None, 1, "1"], [2, 4, 2, "1"]]
    assert counts == Counts(runs=2)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), max_size=40))
def test_counts_say_exactly_what_is_staged(seeds: list[tuple[int, bool, bool]]) -> None:
    changes = [
        KeyedChange({"id": id}, None, Op.CREATE if first else Op.DELETE)
        if gone
        else full(id, Op.CREATE if first else Op.UPDATE)
        for id, first, gone in seeds
    ]
    found, counts = staged(changes)
    ops = [staged_row[0] for staged_row in found]
    assert counts == Counts(ops.count(1), ops.count(2), ops.count(3), ops.count(4))
