"""Positions of PostgreSQL: text that sorts as the log does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.postgresql import position
from connectors.postgresql.slot import branches_at

LSNS = st.integers(1, 2**64 - 2)


@given(LSNS, LSNS)
def test_boundaries_sort_as_the_log(a: int, b: int) -> None:
    assert (position.boundary(a) < position.boundary(b)) == (a < b)
    assert (position.at(a) < position.at(b)) == (a < b)


@given(LSNS)
def test_lsns_round_trip(lsn: int) -> None:
    assert position.lsn(position.boundary(lsn)) == lsn
    assert position.parse_lsn(position.format_lsn(lsn)) == lsn
    assert position.at(lsn).boundary == position.boundary(lsn)


@given(LSNS)
def test_a_commit_at_the_consistent_point_is_asked_for(point: int) -> None:
    """The server skips commits that begin below the LSN that it is asked for."""
    assert position.resume_at(position.before(point)) == point
    assert position.before(point) < position.at(point)


@given(LSNS)
def test_a_commit_that_was_reached_is_not_sent_again(commit: int) -> None:
    assert commit < position.resume_at(position.at(commit)) <= commit + 1


@pytest.mark.parametrize("text", ["", "16B374D848", "x/1", "1/"])
def test_what_is_no_lsn(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        position.parse_lsn(text)


def test_a_boundary_has_sixteen_digits() -> None:
    with pytest.raises(ValueError, match="16 hexadecimal digits"):
        position.lsn("1F")


HISTORY = "1\t0/16E0000\tno recovery target specified\n\n2\t1/A0000028\tpromoted\n"


@pytest.mark.parametrize(
    ("timeline", "branch"), [(1, 0x16E0000), (2, 0x1_A000_0028), (3, None), (11, None)]
)
def test_where_a_timeline_was_left(timeline: int, branch: int | None) -> None:
    assert branches_at(HISTORY, timeline) == branch
