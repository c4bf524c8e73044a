"""Constraints and triggers: recorded as found, off, and restored exactly."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.azuresql import guards
from connectors.azuresql.guards import Guard, Kind
from model.catalog import TableName

POSTS = TableName("dbo", "posts")
KEY = Guard(POSTS, Kind.FOREIGN_KEY, "fk]", False, False)
CHECK = Guard(POSTS, Kind.CHECK, "ck", False, False)
TRIGGER = Guard(POSTS, Kind.TRIGGER, "tr", False, False)


def test_the_statements() -> None:
    assert [sql for _, sql in guards.off([KEY, CHECK, TRIGGER])] == [
        "ALTER TABLE [dbo].[posts] NOCHECK CONSTRAINT [fk]]]",
        "ALTER TABLE [dbo].[posts] DISABLE TRIGGER [tr]",
    ]
    off = [replace(guard, is_disabled=True, is_not_trusted=True) for guard in (KEY, TRIGGER)]
    assert [sql for _, sql in guards.on(off, [KEY, TRIGGER])] == [
        "ALTER TABLE [dbo].[posts] CHECK CONSTRAINT [fk]]]",
        "ALTER TABLE [dbo].[posts] ENABLE TRIGGER [tr]",
    ]
    enabled = replace(KEY, is_not_trusted=True)
    assert [sql for _, sql in guards.trusted([enabled], [KEY])] == [
        "ALTER TABLE [dbo].[posts] WITH CHECK CHECK CONSTRAINT [fk]]]"
    ]


def test_what_was_disabled_before_us_stays_disabled() -> None:
    """✗ Enabling everything at the end would switch on what its owner had switched off."""
    before = replace(TRIGGER, is_disabled=True)
    assert guards.on([before], [before]) == []
    untrusted = replace(KEY, is_not_trusted=True)
    assert guards.trusted([untrusted], [untrusted]) == []


def test_our_own_foreign_keys_are_enabled_although_nobody_recorded_them() -> None:
    created = replace(KEY, is_disabled=True, is_not_trusted=True)
    recorded = guards.to_record_on([created, TRIGGER], [])
    assert recorded == [KEY]
    assert len(guards.on([created], recorded)) == 1


def test_switching_off_again_does_not_record_the_state_of_the_sync() -> None:
    """✗ A second record would remember 'disabled' for what is to be enabled."""
    off = replace(KEY, is_disabled=True, is_not_trusted=True)
    assert guards.to_record_off([off], [KEY]) == []


STATES = st.builds(
    Guard,
    st.just(POSTS),
    st.sampled_from(Kind),
    st.sampled_from(["a", "b", "c"]),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(STATES, unique_by=lambda guard: guard.place))
def test_off_and_on_again_gives_back_what_was_found(found: list[Guard]) -> None:
    recorded = guards.to_record_off(found, [])
    state = {guard.place: guard for guard in found}
    for guard, _ in guards.off(found):
        state[guard.place] = replace(guard, is_disabled=True, is_not_trusted=True)
    for guard, _ in guards.on(list(state.values()), recorded):
        state[guard.place] = replace(state[guard.place], is_disabled=False)
    for guard, _ in guards.trusted(list(state.values()), recorded):
        state[guard.place] = replace(state[guard.place], is_not_trusted=False)
    for guard in found:
        now = state[guard.place]
        assert now.is_disabled == guard.is_disabled
        if guard.kind is not Kind.TRIGGER and not guard.is_disabled:
            assert now.is_not_trusted == guard.is_not_trusted


def test_lines_say_how_each_object_stands() -> None:
    assert guards.line(KEY) == "dbo.posts foreign key fk]: enabled, trusted"
    assert guards.line(replace(TRIGGER, is_disabled=True)) == "dbo.posts trigger tr: disabled"


def test_guards_of_other_tables_are_left_alone() -> None:
    rows = [("dbo", "posts", "F", "fk", True, True), ("dbo", "other", "F", "fk2", True, True)]
    assert [guard.name for guard in guards.read(rows, [POSTS])] == ["fk"]
