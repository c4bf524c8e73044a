"""Progress, markers and what they prove."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ForeignRecord
from model.position import Position, SourceIdentity
from model.state import Checkpoint
from topics.control import (
    Marker,
    Progress,
    decode,
    encode_marker,
    encode_progress,
    last_progress,
    passed,
    remaining,
)

IDENTITY = SourceIdentity("7412345678901234567", 3)
places = st.tuples(st.text(min_size=1, max_size=8), st.integers(0, 99))
offsets = st.dictionaries(places, st.integers(0, 2**62), max_size=5)
numbers = st.integers(0, 2**62)


def _progress(position: str, **ends: int) -> Progress:
    return Progress(Position(position), 1, IDENTITY, {(name, 0): at for name, at in ends.items()})


@given(offsets, numbers)
def test_progress_reads_back(found: dict[tuple[str, int], int], ts: int) -> None:
    progress = Progress(Position("ab/0"), ts, IDENTITY, found)
    assert decode("control", 0, encode_progress(progress)) == progress


@given(offsets, st.text(max_size=10), st.booleans())
def test_a_marker_reads_back(found: dict[tuple[str, int], int], id: str, full: bool) -> None:
    marker = Marker(id, Position("ab/0"), 1, 2, 3, 4, found, full)
    assert decode("control", 0, encode_marker(marker)) == marker


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"other": {}}',
        b'{"marker": 1}',
        b'{"progress": {}, "marker": {}}',
        b'{"progress":{"position":7,"source_ts":1,"system":"7","timeline":1,"offsets":{}}}',
        b'{"progress":{"position":"a/0","source_ts":1,"system":"7","timeline":1,"offsets":[]}}',
        b'{"progress":{"position":"a/0","source_ts":1,"system":"7","timeline":1,'
        b'"offsets":{"t":{"x":1}}}}',
        b'{"progress":{"position":"a/0","source_ts":1,"system":"7","timeline":1,'
        b'"offsets":{"t":{"0":"1"}}}}',
    ],
)
def test_what_is_neither_is_named(value: bytes | None) -> None:
    with pytest.raises(ForeignRecord, match="offset 12"):
        decode("app.control", 12, value)


def test_the_last_progress_is_the_greatest_not_the_last_written() -> None:
    """✗ A capture that was overtaken may write after the one that goes on."""
    found = last_progress([_progress("01", a=5), _progress("03", a=9), _progress("02", a=7, b=2)])
    assert found is not None
    assert found.position == Position("03")
    assert found.offsets == {("a", 0): 9, ("b", 0): 2}


def test_offsets_of_partitions_that_did_not_grow_are_kept() -> None:
    found = last_progress([_progress("01", a=5, b=1), _progress("02", a=6), _progress("03", c=1)])
    assert found is not None
    assert found.offsets == {("a", 0): 6, ("b", 0): 1, ("c", 0): 1}


def test_no_progress() -> None:
    assert last_progress([]) is None


def test_a_marker_has_passed_when_every_partition_is_there() -> None:
    marker = {("a", 0): 5, ("a", 1): 0}
    here = Checkpoint("a", 0, 5)
    assert passed(marker, [here, Checkpoint("a", 1, 0)])
    assert not passed(marker, [here]), "a partition without a checkpoint has not passed"
    assert not passed(marker, [Checkpoint("a", 0, 4), Checkpoint("a", 1, 9)])
    assert remaining(marker, [Checkpoint("a", 0, 2), Checkpoint("a", 1, 9)]) == 3


@given(st.binary(max_size=200))
def test_no_bytes_escape_as_another_error(value: bytes) -> None:
    with pytest.raises(ForeignRecord):
        decode("app.control", 0, value)


_KINDS = st.one_of(
    st.none(), st.booleans(), numbers, st.text(max_size=3), st.lists(st.none(), max_size=1)
)


@given(
    st.sampled_from(["position", "source_ts", "system", "timeline", "offsets", "broken"]), _KINDS
)
def test_a_damaged_progress_is_refused_or_of_the_right_kinds(part: str, new: Any) -> None:
    document = orjson.loads(encode_progress(_progress("ab/0", t=1)))
    document["progress"][part] = new
    try:
        found = decode("app.control", 0, orjson.dumps(document))
    except ForeignRecord:
        return
    assert isinstance(found, Progress)
    assert type(found.position.text) is type(found.identity.system) is str
    assert type(found.source_ts) is type(found.identity.timeline) is int


def test_a_story_that_begins_anew_forgets_what_its_topic_held() -> None:
    """✗ A topic that was deleted and made anew for a reload ends below what was once confirmed."""
    told = [_progress("01", a=50, b=9), _progress("03", a=2)]
    found = last_progress(told, {"a": Position("02")})
    assert found is not None
    assert found.offsets == {("a", 0): 2, ("b", 0): 9}


def test_what_topics_lack_is_told_once_and_kept() -> None:
    told = [
        Progress(Position("01"), 1, IDENTITY, {}, {"public.a": "05"}),
        Progress(Position("03"), 1, IDENTITY, {}, {"public.a": "02", "public.b": "01"}),
        _progress("04"),
    ]
    assert decode("control", 0, encode_progress(told[1])) == told[1]
    found = last_progress(told)
    assert found is not None
    assert found.broken == {"public.a": "05", "public.b": "01"}
