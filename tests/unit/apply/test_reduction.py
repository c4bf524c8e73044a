"""A batch becomes the last state of each key."""

from __future__ import annotations

from typing import Any

import pytest

from model.change import Op
from model.errors import DataRefused
from model.ports import KeyedChange
from replicator.apply.reduction import reduce
from topics.record import Record

C, U, D = Op.CREATE, Op.UPDATE, Op.DELETE


def _record(
    op: Op, key: int, after: dict[str, Any] | None = None, unchanged: tuple[str, ...] = ()
) -> Record:
    row = None if op is D else {"id": key, **(after or {})}
    return Record(0, op, "p", {"id": key}, None, row, None, unchanged, 0, 1, 0)


def _reduced(*records: Record, strict: bool = True) -> list[KeyedChange]:
    return reduce(records, "public.users", strict=strict)


def test_the_last_state_and_the_first_operation() -> None:
    [change] = _reduced(_record(C, 1, {"a": 1}), _record(U, 1, {"a": 2}), _record(U, 1, {"a": 3}))
    assert change == KeyedChange({"id": 1}, {"id": 1, "a": 3}, C)


def test_what_was_created_and_deleted() -> None:
    [change] = _reduced(_record(C, 1, {"a": 1}), _record(D, 1))
    assert change == KeyedChange({"id": 1}, None, C)


def test_unchanged_values_come_from_the_record_before() -> None:
    [change] = _reduced(_record(U, 1, {"a": 1, "b": 1}), _record(U, 1, {"a": 2}, ("b",)))
    assert change == KeyedChange({"id": 1}, {"id": 1, "a": 2, "b": 1}, U)


def test_two_partial_updates_stay_partial_and_know_the_union() -> None:
    [change] = _reduced(_record(U, 1, {"a": 1}, ("b",)), _record(U, 1, {"b": 2}, ("a",)))
    assert change == KeyedChange({"id": 1}, {"id": 1, "a": 1, "b": 2}, U, partial=True)


def test_a_whole_update_ends_what_was_partial() -> None:
    [change] = _reduced(_record(U, 1, {"a": 1}, ("b",)), _record(U, 1, {"a": 2, "b": 2}))
    assert change == KeyedChange({"id": 1}, {"id": 1, "a": 2, "b": 2}, U)


def test_merging_never_looks_past_a_delete_or_a_create() -> None:
    """✗ The row that was deleted had `b`; the new one must not inherit it."""
    [change] = _reduced(
        _record(U, 1, {"a": 1, "b": "old"}),
        _record(D, 1),
        _record(C, 1, {"a": 2, "b": None}),
        _record(U, 1, {"a": 3}, ("b",)),
    )
    assert change == KeyedChange({"id": 1}, {"id": 1, "a": 3, "b": None}, U)


def test_a_partial_update_of_a_deleted_row_leaves_it_deleted_while_replays_are_tolerated() -> None:
    [change] = _reduced(_record(D, 1), _record(U, 1, {"a": 3}, ("b",)), strict=False)
    assert change == KeyedChange({"id": 1}, None, D)


@pytest.mark.parametrize(
    "records",
    [
        (_record(C, 1), _record(C, 1)),
        (_record(U, 1), _record(C, 1)),
        (_record(D, 1), _record(U, 1)),
        (_record(D, 1), _record(D, 1)),
    ],
)
def test_a_story_that_cannot_be_is_refused_once_consistent(records: tuple[Record, ...]) -> None:
    with pytest.raises(DataRefused) as caught:
        _reduced(*records)
    assert caught.value.object == "public.users"
    assert len(_reduced(*records, strict=False)) == 1


def test_keys_are_told_apart_by_all_their_columns() -> None:
    one = Record(0, C, "p", {"a": 1, "b": "x"}, None, {}, None, (), 0, 1, 0)
    other = Record(0, C, "p", {"a": 1, "b": "x "}, None, {}, None, (), 0, 1, 0)
    assert len(_reduced(one, other)) == 2
