"""A record that is not ours is named, never applied."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ForeignRecord
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
