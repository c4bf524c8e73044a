"""Bulk rows of every type into COPY, however the stream is split; what does not fit is refused."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.adapt import Transformer
from psycopg.pq import Format

from sandbox.azuresql.session import BulkTarget, Refused, ResultColumn, SqlType
from sandbox.azuresql.tds import oids, tokens, types
from sandbox.azuresql.tds.bulk_stream import BulkStream
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.result_cells import cell_encoder, null_cell
from sandbox.azuresql.tds.result_rows import ROW
from tests.unit.tds.columns import KINDS, Kind, big_endian, numeric

_BULK_KINDS = [kind for kind in KINDS if kind.type.name != "xml"]
_DONE = tokens.done(tokens.DONE, 0)
_SHORT_DONE = _DONE[:9]
_MONEY = {"money": 4, "smallmoney": 4}
_loader = Transformer().get_loader(oids.NUMERIC, Format.BINARY)


def target_of(kinds: Sequence[Kind]) -> BulkTarget:
    return BulkTarget([ResultColumn(f"c{i}", kind.type, kind.oid) for i, kind in enumerate(kinds)])


def bulk_message(
    kinds: Sequence[Kind], rows: Sequence[Sequence[bytes | None]], done: bytes = _DONE
) -> bytes:
    """What a bulk client sends: its metadata and rows look like those of a result."""
    described = tokens.columns(target_of(kinds).columns)
    wires = [types.wire_type(kind.type) for kind in kinds]
    cells = [cell_encoder(wire, kind.oid) for wire, kind in zip(wires, kinds, strict=True)]
    body = b""
    for row in rows:
        body += bytes([ROW])
        for value, wire, cell in zip(row, wires, cells, strict=True):
            body += null_cell(wire) if value is None else cell(value)
    return described + body + done


def copy_rows(rows: Sequence[Sequence[bytes | None]]) -> bytes:
    out = b""
    for row in rows:
        out += struct.pack(">H", len(row))
        for value in row:
            out += b"\xff" * 4 if value is None else struct.pack(">I", len(value)) + value
    return out


def loaded(stream: BulkStream, message: bytes, cuts: Sequence[int] = ()) -> bytes:
    places = sorted({0, len(message), *(cut % (len(message) + 1) for cut in cuts)})
    pieces = [message[a:b] for a, b in itertools.pairwise(places)]
    return b"".join(
        stream.feed(piece, last=index == len(pieces) - 1) for index, piece in enumerate(pieces)
    )


# How fast its many cases are made says something of the machine, nothing of the code.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.data(),
    st.lists(st.integers(0, 5000), max_size=20),
    st.sampled_from([_DONE, _SHORT_DONE]),
)
def test_rows_arrive_in_copy_as_postgresql_would_write_them(
    data: st.DataObject, cuts: list[int], done: bytes
) -> None:
    exact = [kind for kind in _BULK_KINDS if kind.oid != oids.NUMERIC]
    kinds = data.draw(st.lists(st.sampled_from(exact), min_size=1, max_size=8))
    rows = [
        [
            None if v is None else k.stored(v)
            for k in kinds
            for v in [data.draw(st.none() | k.values)]
        ]
        for _ in range(data.draw(st.integers(0, 4)))
    ]
    stream = BulkStream(target_of(kinds))
    assert loaded(stream, bulk_message(kinds, rows, done), cuts) == copy_rows(rows)
    assert stream.rows == len(rows)


@pytest.mark.parametrize("kind", [k for k in _BULK_KINDS if k.oid == oids.NUMERIC], ids=str)
@given(data=st.data())
def test_decimals_arrive_in_copy_with_all_digits(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(kind.values)
    copied = loaded(BulkStream(target_of([kind])), bulk_message([kind], [[kind.stored(value)]]))
    field = copied[6:]
    assert copied[:6] == struct.pack(">HI", 1, len(field))
    assert _loader.load(field) == value
    assert struct.unpack_from(">H", field, 6) == (kind.type.scale or _MONEY.get(kind.type.name, 0),)


def test_a_value_longer_than_many_packets_is_read_in_linear_time() -> None:
    note = Kind(SqlType("nvarchar", -1), oids.TEXT, st.text(), str.encode)
    value = b"x" * 4_000_000
    message = bulk_message([note], [[value]])
    stream = BulkStream(target_of([note]))
    looked_at = 0
    joined = []
    for place in range(0, len(message), 4088):
        piece = message[place : place + 4088]
        before = stream.pending
        joined.append(stream.feed(piece, last=place + 4088 >= len(message)))
        looked_at += stream.pending if stream.pending < before + len(piece) else 0
    assert b"".join(joined) == copy_rows([[value]])
    assert looked_at < 2 * len(message)


def test_more_digits_than_the_table_keeps_are_rounded() -> None:
    sent = Kind(SqlType("datetime2", scale=7), oids.INT8, st.integers(), big_endian)
    kept = BulkTarget([ResultColumn("at", SqlType("datetime2", scale=3), oids.INT8)])
    copied = loaded(BulkStream(kept), bulk_message([sent], [[big_endian(12_345_678)]]))
    assert copied == copy_rows([[big_endian(12_350_000)]])


def test_wider_integers_pass_when_the_value_fits() -> None:
    sent = Kind(SqlType("bigint"), oids.INT8, st.integers(), big_endian)
    small = BulkTarget([ResultColumn("n", SqlType("smallint"), oids.INT2)])
    copied = loaded(BulkStream(small), bulk_message([sent], [[big_endian(-7)]]))
    assert copied == copy_rows([[struct.pack(">h", -7)]])
    with pytest.raises(Refused) as refused:
        loaded(BulkStream(small), bulk_message([sent], [[big_endian(40_000)]]))
    assert refused.value.notice.number == 8115


def test_short_text_is_padded_to_the_length_of_its_column() -> None:
    sent = Kind(SqlType("nvarchar", 5), oids.TEXT, st.text(), str.encode)
    kept = BulkTarget([ResultColumn("code", SqlType("nchar", 5), oids.TEXT)])
    assert loaded(BulkStream(kept), bulk_message([sent], [["a😀".encode()]])) == copy_rows(
        [["a😀  ".encode()]]
    )


@pytest.mark.parametrize(
    ("sent", "kept", "value"),
    [
        pytest.param(SqlType("nvarchar", 10), SqlType("nvarchar", 3), "😀😀", id="UTF-16 units"),
        pytest.param(SqlType("nvarchar", -1), SqlType("nvarchar", 3), "abcd", id="from (max)"),
        pytest.param(SqlType("varchar", 10), SqlType("nvarchar", 3), "abcd", id="from varchar"),
    ],
)
def test_text_that_would_be_truncated_is_refused_with_its_column(
    sent: SqlType, kept: SqlType, value: str
) -> None:
    column = Kind(sent, oids.TEXT, st.text(), str.encode)
    stream = BulkStream(BulkTarget([ResultColumn("title", kept, oids.TEXT)]))
    with pytest.raises(Refused, match="'title'") as refused:
        loaded(stream, bulk_message([column], [[value.encode()]]))
    assert refused.value.notice.number == 2628


def test_bytes_that_would_be_truncated_are_refused() -> None:
    column = Kind(SqlType("varbinary", 10), oids.BYTEA, st.binary(), bytes)
    kept = BulkTarget([ResultColumn("hash", SqlType("varbinary", 3), oids.BYTEA)])
    with pytest.raises(Refused, match="'hash'"):
        loaded(BulkStream(kept), bulk_message([column], [[b"abcd"]]))


def test_types_that_do_not_convert_are_refused_by_number_of_the_column() -> None:
    sent = [
        Kind(SqlType("int"), oids.INT4, st.integers(), bytes),
        Kind(SqlType("decimal", 0, 5, 2), oids.NUMERIC, st.integers(), numeric),
    ]
    kept = BulkTarget(
        [ResultColumn("a", SqlType("int"), oids.INT4), ResultColumn("b", SqlType("date"), 1082)]
    )
    with pytest.raises(Refused, match="colid 2") as refused:
        loaded(BulkStream(kept), bulk_message(sent, []))
    assert refused.value.notice.number == 4816


def test_another_number_of_columns_than_announced_is_refused() -> None:
    sent = [Kind(SqlType("int"), oids.INT4, st.integers(), bytes)]
    with pytest.raises(Refused, match="1 columns where INSERT BULK named 2"):
        loaded(BulkStream(target_of(sent * 2)), bulk_message(sent, []))


def test_half_a_surrogate_pair_is_refused_and_not_stored() -> None:
    column = Kind(SqlType("nvarchar", 5), oids.TEXT, st.text(), str.encode)
    message = bulk_message([column], [[b"ab"]]).replace(b"a\0b\0", b"a\0\x3d\xd8")
    with pytest.raises(Refused) as refused:
        loaded(BulkStream(target_of([column])), message)
    assert refused.value.notice.number == 4864


def test_a_load_without_a_single_column_ends_well() -> None:
    assert loaded(BulkStream(target_of([])), _DONE) == b""


_KINDS_FOR_DAMAGE = [
    kind for kind in _BULK_KINDS if kind.type.name in ("int", "nvarchar", "decimal")
]
_DAMAGED = target_of(_KINDS_FOR_DAMAGE)
_GOOD = bulk_message(_KINDS_FOR_DAMAGE, [[None] * len(_KINDS_FOR_DAMAGE)] * 2, _SHORT_DONE)


@given(st.integers(0, len(_GOOD)), st.binary(max_size=9), st.lists(st.integers(0, 999), max_size=4))
def test_a_damaged_load_is_read_or_refused(place: int, junk: bytes, cuts: list[int]) -> None:
    damaged = _GOOD[:place] + junk + _GOOD[place + len(junk) :]
    try:
        loaded(BulkStream(target_of(_KINDS_FOR_DAMAGE)), damaged, cuts)
    except (ProtocolError, Refused):
        return


def test_loads_cut_inside_a_row_are_protocol_errors() -> None:
    """FreeTDS sends no DONE, so a cut between two rows is a complete load."""
    width = (len(_GOOD) - len(_SHORT_DONE) - len(tokens.columns(_DAMAGED.columns))) // 2
    whole = [len(_GOOD) - len(_SHORT_DONE) - rows * width for rows in range(3)]
    for end in range(1, len(_GOOD)):
        stream = BulkStream(_DAMAGED)
        if end in whole:
            loaded(stream, _GOOD[:end])
            assert stream.rows == 2 - whole.index(end)
            continue
        with pytest.raises(ProtocolError):
            loaded(stream, _GOOD[:end])
