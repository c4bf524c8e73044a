"""A record that is not ours is named, never applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ForeignRecord
from model.position import Position
from tests.streams import ORIGIN, USERS, create, table
from topics.envelope import TableEncoder, TransactionPart, moment
from topics.record import RecordDecoder

OF = table()
DECODER = RecordDecoder("m", "app.public.users", USERS, ("id",))
CHANGE = create(OF, b"1", b'"x"', b"null")
KEY = CHANGE.key
VALUE = TableEncoder(OF, ORIGIN).value(CHANGE, TransactionPart("7", 1, "00aa"), 0, moment(2))


def _changed(path: str, new: Any) -> bytes:
    document = orjson.loads(VALUE)
    at = document
    *way, last = path.split(".")
    for step in way:
        at = at[step]
    if new is ...:
        del at[last]
    else:
        at[last] = new
    return orjson.dumps(document)


def _update(path: str, new: Any) -> bytes:
    return _changed(path, new).replace(b'{"op":"c"', b'{"op":"u"')


def _delete(path: str, new: Any) -> bytes:
    assert path == "before"
    document = orjson.loads(VALUE)
    return orjson.dumps({**document, "op": "d", "after": None, "before": new})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "it has no value"),
        (b"hello", "it is not JSON"),
        (b"{}", "it lacks parts of our envelope"),
        (b"[1]", "it lacks parts of our envelope"),
        (b"null", "it lacks parts of our envelope"),
        (_changed("op", "r"), "its op is none of c, u, d, t"),
        (_changed("source.name", "other"), "its source.name is another migration"),
        (_changed("source.table", "posts"), "its source is another table"),
        (_changed("source.schema", "private"), "its source is another table"),
        (_changed("source.position", 7), "its source.position is no position"),
        (_changed("source.position", "00aa"), "its source.position is no position"),
        (_changed("source.position", "zzzz/00000000"), "its source.position is no position"),
        (_changed("before", {"id": 1}), "op c and before do not belong together"),
        (_changed("after.id", 2), "its key is not that of its row: id differs"),
        (_changed("after.id", ...), "it lacks parts of our envelope"),
        (_update("source.unchanged", "bio"), "its source.unchanged is no list of columns"),
        (_update("source.unchanged", ["bio"]), "its source.unchanged names a value that is there"),
        (_update("source.key_before", ["id"]), "its source.key_before has other columns"),
        (_delete("before", None), "a delete needs the row's key"),
        (_delete("before", {"id": 7}), "its key is not that of its row: id differs"),
        (_changed("source.ts_ms", "7"), "its source.ts_ms or schema_version is no number"),
        (_changed("source.schema_version", ...), "it lacks parts of our envelope"),
        (_changed("after", None), "op c and after do not belong together"),
        (_changed("op", "d"), "op d and after do not belong together"),
        (_changed("source.unchanged", ["bio"]), "only an update may lack values or move its key"),
        (_changed("source.key_before", {"id": 2}), "only an update may lack values"),
    ],
)
def test_what_is_wrong_is_said(value: bytes | None, reason: str) -> None:
    with pytest.raises(ForeignRecord) as caught:
        DECODER.decode(3, 99, KEY, value)
    assert caught.value.what.startswith("the record at offset 99 of partition 3 is not ours: ")
    assert reason in caught.value.what
    assert caught.value.object == "app.public.users"
    assert caught.value.exit_code == 3
    assert "`replicator table skip public.users`" in caught.value.hint


@pytest.mark.parametrize("key", [None, b'{"uid": 1}', b'{"id": 1, "x": 2}', b"[1]", b"nonsense"])
def test_the_key_is_the_tables(key: bytes | None) -> None:
    with pytest.raises(ForeignRecord):
        DECODER.decode(0, 0, key, VALUE)


@given(st.binary(max_size=300), st.one_of(st.none(), st.binary(max_size=50)))
def test_no_bytes_escape_as_another_error(value: bytes, key: bytes | None) -> None:
    with pytest.raises(ForeignRecord):
        DECODER.decode(0, 0, key, value)


@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(
                st.sampled_from(["op", "before", "after", "source", "name", "ts_ms"]),
                inner,
                max_size=6,
            ),
        ),
        max_leaves=20,
    )
)
def test_no_json_escapes_as_another_error(document: Any) -> None:
    try:
        value = orjson.dumps(document)
    except TypeError:
        return
    with pytest.raises(ForeignRecord):
        DECODER.decode(0, 0, KEY, value)


def test_a_position_of_another_kind_of_source_is_none() -> None:
    """✗ As text it sorts above all of ours: every record behind it would be dropped as a replay."""
    like = Position("0000000000000001/00000000")
    decoder = RecordDecoder("m", "app.public.users", USERS, ("id",), like)
    for position in ("ffffffff/00000000", "000000000000000a/00000000/0001", "00000000000000aa/0"):
        with pytest.raises(ForeignRecord, match="no position of this source's log"):
            decoder.decode(0, 0, KEY, _changed("source.position", position))
    good = _changed("source.position", "00000000000000aa/00000007")
    assert decoder.decode(0, 0, KEY, good).position == "00000000000000aa/00000007"


def test_numbers_in_a_key_are_canonical_and_texts_are_not() -> None:
    value = _changed("after.id", "1.00")
    assert DECODER.decode(0, 0, b'{"id":"1"}', value).key == {"id": "1"}
    with pytest.raises(ForeignRecord, match="id differs"):
        DECODER.decode(0, 0, b'{"id":"a"}', _changed("after.id", "a "))


def test_keys_may_hold_any_character_and_be_long() -> None:
    for text in ("a\0b", "\0", "x" * 8000, "\u2028 😀"):
        key = orjson.dumps({"id": text})
        assert DECODER.decode(0, 0, key, _changed("after.id", text)).key == {"id": text}


_TOLD = {("source", "connector"), ("source", "db"), ("source", "txId"), ("ts_ms",)}
"""Parts that nothing of ours depends on."""
_ROW = {("after", "bio"), ("after", "avatar")}
"""Values: that one is missing shows only in the target, where its column does not take NULL."""


def _paths(document: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*at, name)
            yield from _paths(value, (*at, name))


_NUMBERS = st.integers(-(2**63), 2**63 - 1)
PATHS = sorted(set(_paths(orjson.loads(VALUE))) - _TOLD - _ROW)


@given(st.integers(0, len(VALUE) - 1), st.integers(0, len(KEY or b"") - 1))
def test_a_record_that_breaks_off_is_none(value: int, key: int) -> None:
    for damaged in ((KEY, VALUE[:value]), ((KEY or b"")[:key], VALUE), (VALUE, KEY)):
        with pytest.raises(ForeignRecord):
            DECODER.decode(0, 0, *damaged)


@given(
    st.sampled_from(PATHS),
    st.one_of(
        st.just(...),
        st.none(),
        st.booleans(),
        _NUMBERS,
        st.text(max_size=3),
        st.lists(_NUMBERS, max_size=2),
        st.dictionaries(st.text(max_size=3), _NUMBERS, max_size=2),
    ),
)
def test_a_damaged_record_is_refused_or_tells_the_same(path: tuple[str, ...], new: Any) -> None:
    """Whatever is missing or of another kind, no other change comes of it: only the position, the
    time and the version may have another value of their own kind."""
    whole = DECODER.decode(0, 0, KEY, VALUE)
    try:
        found = DECODER.decode(0, 0, KEY, _changed(".".join(path), new))
    except ForeignRecord:
        return
    assert (found.op, found.key, found.before) == (whole.op, whole.key, whole.before)
    assert found.after == whole.after or path == ("after",)
    assert (found.key_before, found.unchanged) == (None, ())
    assert (type(found.position), type(found.source_ts), type(found.version)) == (str, int, int)


@given(st.binary(min_size=1, max_size=4), st.integers(0, len(VALUE) - 1), st.booleans())
def test_overwritten_bytes_give_a_record_or_a_clear_error(
    noise: bytes, at: int, in_key: bool
) -> None:
    def hit(whole: bytes) -> bytes:
        place = at % len(whole)
        return (whole[:place] + noise + whole[place + len(noise) :])[: len(whole)]

    key, value = KEY or b"", VALUE
    try:
        found = DECODER.decode(0, 0, hit(key) if in_key else key, value if in_key else hit(value))
    except ForeignRecord:
        return
    assert found.key is not None
    assert found.after is not None
    assert found.after["id"] == found.key["id"]
