"""The short way gives what the long way gives, or declines."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.postgresql.decoder import row_decoder
from connectors.postgresql.forms import ColumnUnrepresentable, LogColumn
from connectors.postgresql.objects import key_writer, row_writer
from connectors.postgresql.plain import SHORT, change_maker, maker_source
from connectors.postgresql.types import SourceType
from connectors.postgresql.values import Policies
from model.catalog import Column, Table, TableName
from model.change import Change, Op
from model.types import Kind, LogicalType

Columns = Sequence[tuple[str, Kind]]

UNCHANGED = ...
KINDS = sorted(set(Kind) - {Kind.TSVECTOR, Kind.COMPOSITE, Kind.ARRAY})
"""What one name of a type is enough for; containers' own fields are `values`' matter."""

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300)
digits = st.integers(-(10**20), 10**20).map(str)
days = st.sampled_from(
    ["2024-05-06", "0001-01-01", "12024-05-06", "infinity", "-infinity", "0044-03-15 BC"]
)
clocks = st.sampled_from(["07:08:09", "07:08:09.5", "24:00:00", "23:59:59.999999"])
numbers = st.one_of(
    digits,
    st.sampled_from(["-0", "-5", "0", "1.50", "1e-05", "-1.5e+300", "NaN", "Infinity"]),
)
moments = st.builds(lambda day, clock: day if day[-1] == "y" else f"{day} {clock}", days, clocks)
TEXTS: dict[Kind, st.SearchStrategy[str]] = {
    Kind.INT16: st.integers(-(2**15), 2**15 - 1).map(str),
    Kind.INT32: st.integers(-(2**31), 2**31 - 1).map(str),
    Kind.INT64: st.integers(-(2**63), 2**63 - 1).map(str),
    Kind.DECIMAL: numbers,
    Kind.FLOAT32: numbers,
    Kind.FLOAT64: numbers,
    Kind.BOOLEAN: st.sampled_from(["t", "f"]),
    Kind.MONEY: st.sampled_from(["$0.00", "-$1,234.56", "$92,233,720,368,547,758.07"]),
    Kind.BYTES: st.binary(max_size=200).map(lambda data: "\\x" + data.hex()),
    Kind.DATE: days,
    Kind.TIMESTAMP: moments,
    Kind.TIMESTAMPTZ: moments.map(lambda text: text if text[-1] == "y" else text + "+00"),
    Kind.TIME: clocks,
    Kind.TIMETZ: st.builds(str.__add__, clocks, st.sampled_from(["+00", "-03:30"])),
    Kind.INTERVAL: st.sampled_from(["P1Y2M", "PT0S", "infinity", "-infinity"]),
    Kind.UUID: st.uuids().map(str),
    Kind.RANGE: st.sampled_from(["empty", "[1,5)", '["a b",)']),
    Kind.KEYVALUE: st.sampled_from(["", '"a"=>"1", "b"=>NULL']),
}


def table(columns: Columns, key: tuple[str, ...]) -> Table:
    return Table(
        TableName("s", "t"),
        tuple(Column(n, LogicalType(k), nullable=True, native=str(k)) for n, k in columns),
        key=key,
    )


def log_columns(columns: Columns) -> list[LogColumn]:
    return [
        LogColumn(name, SourceType(str(kind), LogicalType(kind)), place)
        for place, (name, kind) in enumerate(columns)
    ]


def tuple_of(texts: Sequence[object]) -> bytes:
    """A tuple as `pgoutput` sends it, without its number of columns."""
    body = b""
    for text in texts:
        if text is None or text is UNCHANGED:
            body += b"n" if text is None else b"u"
        else:
            data = text if isinstance(text, bytes) else str(text).encode()
            body += b"t" + struct.pack(">I", len(data)) + data
    return body


def long_way(of: Table, columns: Columns, message: bytes, op: Op) -> Change | None:
    """By the general decoder; None when a value cannot be carried."""
    head = len(columns).to_bytes(2)
    try:
        row, end = row_decoder(log_columns(columns), Policies())(head + message, 0)
    except ColumnUnrepresentable:
        return None
    assert end == len(message) + 2
    lacking = tuple(name for (name, _), value in zip(columns, row, strict=True) if value is None)
    return Change(of, op, key_writer(of)(row), None, None, row_writer(of)(row), lacking)


def short_way(of: Table, columns: Columns, message: bytes, op: Op) -> Change | None:
    return change_maker(of, log_columns(columns), Policies())(message.split(SHORT), op)


@st.composite
def tuples(draw: st.DrawFn) -> tuple[Columns, tuple[str, ...], list[object]]:
    """Columns of any kinds and names, a key among them, and texts that fit."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    names = draw(st.lists(words, min_size=len(kinds), max_size=len(kinds), unique=True))
    key = tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=3)))
    absent = st.sampled_from([None, UNCHANGED])
    texts: list[object] = []
    for kind in kinds:
        some = TEXTS.get(kind, words)
        texts.append(draw(st.one_of(some, some, some, some, absent)))
    return list(zip(names, kinds, strict=True)), key, texts


@given(tuples(), st.sampled_from([Op.CREATE, Op.UPDATE]))
@example(([("a", Kind.TEXT), ("b", Kind.TEXT)], (), ["t", None]), Op.CREATE)
@example(([("a", Kind.TEXT), ("b", Kind.TEXT)], (), ["", "x" * 0x74]), Op.CREATE)
@example(([("a", Kind.TEXT), ("b", Kind.TEXT)], (), [None, "tt"]), Op.CREATE)
@example(([("a", Kind.TEXT), ("b", Kind.TEXT)], (), ["n" * 256, "n"]), Op.CREATE)
def test_both_ways_agree(found: tuple[Columns, tuple[str, ...], list[object]], op: Op) -> None:
    columns, key, texts = found
    of, message = table(columns, key), tuple_of(texts)
    short = short_way(of, columns, message, op)
    assert short is None or short == long_way(of, columns, message, op)


@given(st.lists(st.sampled_from(["t", "", "tt", "n", "nt", "u", "x" * 116]), max_size=9))
def test_plain_tuples_go_the_short_way(texts: list[str]) -> None:
    columns = [(f"c{n}", Kind.TEXT) for n in range(len(texts) + 1)]
    of, message = table(columns, ("c0",)), tuple_of(["7", *texts])
    short = short_way(of, columns, message, Op.CREATE)
    assert short == long_way(of, columns, message, Op.CREATE) is not None


@pytest.mark.parametrize("odd", [None, UNCHANGED, "x" * 256, "x" * 65536, b"\xff"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_anything_else_declines(odd: object, place: int) -> None:
    columns = [("a", Kind.TEXT), ("b", Kind.TEXT), ("c", Kind.TEXT)]
    texts: list[object] = ["t", "t", "t"]
    texts[place] = odd
    assert short_way(table(columns, ("a",)), columns, tuple_of(texts), Op.UPDATE) is None


def test_the_functions_text() -> None:
    columns = [("id", Kind.INT32), ("n", Kind.DECIMAL), ('"%s"', Kind.TEXT)]
    assert maker_source(table(columns, ("id",)), log_columns(columns)) == (
        "def make(c, op):\n"
        "    if len(c) != 4:\n"
        "        return None\n"
        "    _, c0, c1, c2 = c\n"
        "    if not (c1[-1] < 58):\n"
        "        return None\n"
        "    try:\n"
        "        k0 = c0[1:]\n"
        "        return new(Change, (table, op, b'{\"id\":' + k0 + b'}', None, None, "
        'join((b\'{"id":\', k0, b\',"n":"\', c1[1:], b\'","\\\\"%s\\\\"":\', '
        "dumps(str(c2[1:], 'utf-8')), b'}',)), ()))\n"
        "    except (Unrepresentable, UnicodeDecodeError):\n"
        "        return None\n"
    )
