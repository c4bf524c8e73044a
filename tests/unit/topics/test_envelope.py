"""What is written is read back, and looks like Debezium's envelope to everybody else."""

from __future__ import annotations

import math
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from model.catalog import TableName
from model.change import Op
from tests.streams import ORIGIN, create, delete, table, truncate, update
from topics.envelope import TableEncoder, TransactionPart, moment
from topics.record import RecordDecoder

TRANSACTION = TransactionPart("771", 1_760_000_000_123, "000000000000abcd")
END = moment(1_760_000_000_345)

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
columns = st.lists(names, min_size=1, max_size=6, unique=True)


def _fragment(value: Any) -> bytes:
    return orjson.dumps(value)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0, abs_tol=0) or one == other
    return bool(one == other)


@given(columns, names, names, st.data())
def test_round_trip(found: list[str], schema: str, name: str, data: st.DataObject) -> None:
    of = table(TableName(schema, name), found, (found[0],))
    row = tuple(data.draw(st.one_of(values, st.just(...))) for _ in found[1:])
    key = data.draw(values)
    op = data.draw(st.sampled_from([Op.CREATE, Op.UPDATE]))
    if op is Op.CREATE:
        row = tuple(None if value is ... else value for value in row)
    fragments = (_fragment(key), *(None if v is ... else _fragment(v) for v in row))
    change = update(of, fragments)._replace(op=op)
    value = TableEncoder(of, ORIGIN).value(change, TRANSACTION, 7, END)

    record = RecordDecoder("m", "topic", of.name, of.key).decode(0, 5, change.key, value)

    assert record.op is op
    assert record.position == "000000000000abcd/00000007"
    assert record.source_ts == 1_760_000_000_123
    assert record.key == {found[0]: key}
    expected = {n: v for n, v in zip(found, (key, *row), strict=True) if v is not ...}
    assert record.after is not None
    assert record.after.keys() == expected.keys()
    assert all(_same(record.after[n], v) for n, v in expected.items())
    assert list(record.unchanged) == [
        n for n, v in zip(found, (key, *row), strict=True) if v is ...
    ]


def test_the_whole_value() -> None:
    of = table()
    value = TableEncoder(of, ORIGIN).value(
        update(of, (b"42", b'"\xe2\x80\xa6"', None)), TRANSACTION, 1, END
    )
    assert orjson.loads(value) == {
        "op": "u",
        "before": None,
        "after": {"id": 42, "bio": "…"},
        "source": {
            "connector": "postgresql",
            "name": "m",
            "db": "app",
            "schema": "public",
            "table": "users",
            "schema_version": 1,
            "unchanged": ["avatar"],
            "txId": "771",
            "ts_ms": 1_760_000_000_123,
            "position": "000000000000abcd/00000001",
        },
        "ts_ms": 1_760_000_000_345,
    }


def test_a_delete_shows_its_key_and_a_truncate_nothing() -> None:
    of = table()
    encoder = TableEncoder(of, ORIGIN)
    deleted = orjson.loads(encoder.value(delete(of, b"42"), TRANSACTION, 0, END))
    assert (deleted["op"], deleted["before"], deleted["after"]) == ("d", {"id": 42}, None)
    emptied = orjson.loads(encoder.value(truncate(of), TRANSACTION, 0, END))
    assert (emptied["op"], emptied["before"], emptied["after"]) == ("t", None, None)


def test_the_whole_old_row_is_shown() -> None:
    of = table()
    change = update(of, (b"42", b'"new"', b"null"))._replace(before=b'{"id":42,"bio":"old"}')
    value = orjson.loads(TableEncoder(of, ORIGIN).value(change, TRANSACTION, 0, END))
    assert value["after"] == {"id": 42, "bio": "new", "avatar": None}
    assert value["before"] == {"id": 42, "bio": "old"}
    assert "unchanged" not in value["source"]


def test_names_with_percent_signs_and_quotes() -> None:
    of = table(TableName("100%", 'a"b%s'), ("%d", "%b", '"'), ("%d",))
    encoder = TableEncoder(of, ORIGIN)
    change = create(of, b"1", b'"%b"', b"null")
    record = RecordDecoder("m", "topic", of.name, of.key).decode(
        0, 0, change.key, encoder.value(change, TRANSACTION, 0, END)
    )
    assert record.after == {"%d": 1, "%b": "%b", '"': None}
    removed = encoder.value(delete(of, b"1"), TRANSACTION, 0, END)
    assert orjson.loads(removed)["before"] == {"%d": 1}
