"""Every type through both directions of the wire, and the wire's own layout by examples."""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tds import collation, oids, types, values
from sandbox.azuresql.tds.numeric import NotRepresentable
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor
from sandbox.azuresql.tds.result_cells import cell_encoder, null_cell
from sandbox.azuresql.tds.result_rows import rows_encoder
from sandbox.azuresql.tds.types import UnknownType
from tests.unit.tds.columns import KINDS, Kind, numeric

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


@every_kind
def test_type_info_reads_back_what_it_wrote(kind: Kind) -> None:
    wire = types.wire_type(kind.type)
    cursor = Cursor(types.write(wire))
    again = types.read(cursor)
    assert cursor.left == 0
    assert (again.token, again.length, again.chunked) == (wire.token, wire.length, wire.chunked)
    assert again.sql == kind.type


@every_kind
@given(data=st.data())
def test_a_value_that_was_sent_is_read_back_exactly(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(kind.values)
    wire = types.wire_type(kind.type)
    cursor = Cursor(cell_encoder(wire, kind.oid)(kind.stored(value)))
    assert values.read(cursor, wire) == kind.seen(value)
    assert cursor.left == 0


@every_kind
def test_null_is_read_back_as_none(kind: Kind) -> None:
    wire = types.wire_type(kind.type)
    cursor = Cursor(null_cell(wire))
    assert values.read(cursor, wire) is None
    assert cursor.left == 0


@given(st.data())
def test_rows_are_their_cells(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    drawn = [[data.draw(st.none() | kind.values) for kind in kinds] for _ in range(3)]
    rows = [
        [None if v is None else k.stored(v) for k, v in zip(kinds, row, strict=True)]
        for row in drawn
    ]
    cursor = Cursor(rows_encoder(tuple((kind.type, kind.oid) for kind in kinds))(rows))
    for row in drawn:
        nulls = [value is None for value in row]
        assert cursor.u8() == (0xD2 if any(nulls) else 0xD1)
        if any(nulls):
            said = int.from_bytes(cursor.take((len(kinds) + 7) // 8), "little")
            assert [bool(said >> place & 1) for place in range(len(kinds))] == nulls
        for kind, value in zip(kinds, row, strict=True):
            if value is not None:
                assert values.read(cursor, types.wire_type(kind.type)) == kind.seen(value)
    assert cursor.left == 0


def test_a_row_of_nulls_is_a_bitmap() -> None:
    encode = rows_encoder(((SqlType("int"), oids.INT4),) * 9)
    one = struct.pack(">i", 1)
    assert encode([(None,) * 9]).hex() == "d2ff01"
    assert encode([(None,) * 8 + (one,)]).hex() == "d2ff00" + "0401000000"
    assert encode([(one,) * 9]).hex() == "d1" + "0401000000" * 9


@pytest.mark.parametrize(
    ("kind", "oid", "stored", "wire"),
    [
        pytest.param(
            SqlType("uniqueidentifier"),
            oids.UUID,
            bytes(range(16)),
            "10 03020100 0504 0706 08090a0b0c0d0e0f",
            id="uniqueidentifier: three groups little-endian",
        ),
        pytest.param(
            SqlType("money"),
            oids.NUMERIC,
            numeric(Decimal("1.2345")),
            "08 00000000 39300000",
            id="money: upper half first",
        ),
        pytest.param(
            SqlType("decimal", 0, 5, 2),
            oids.NUMERIC,
            numeric(Decimal("-1.5")),
            "05 00 96000000",
            id="decimal: sign 0 is negative, magnitude at the column's scale",
        ),
        pytest.param(
            SqlType("decimal", 0, 5, 1),
            oids.NUMERIC,
            numeric(Decimal("0.05")),
            "05 01 01000000",
            id="decimal: more digits than the column round half away from zero",
        ),
        pytest.param(
            SqlType("datetime"),
            oids.INT8,
            struct.pack(">q", 693_595 * 864_000_000_000 + 10_000_000),
            "08 00000000 2c010000",
            id="datetime: days from 1900, three hundredths of a second",
        ),
        pytest.param(
            SqlType("datetime2", 0, 0, 7),
            oids.INT8,
            struct.pack(">q", 864_000_000_000 + 1),
            "08 0100000000 010000",
            id="datetime2: ticks, then days from year one",
        ),
        pytest.param(
            SqlType("nvarchar", 10),
            oids.TEXT,
            "é😀".encode(),
            "0600 e900 3dd8 00de",
            id="nvarchar: UTF-16 with surrogates",
        ),
        pytest.param(
            SqlType("nvarchar", -1),
            oids.TEXT,
            b"a",
            "0200000000000000 02000000 6100 00000000",
            id="nvarchar(max): one chunk of known length",
        ),
        pytest.param(
            SqlType("nvarchar", -1),
            oids.TEXT,
            b"",
            "0000000000000000 00000000",
            id="empty (max) is not NULL",
        ),
        pytest.param(
            SqlType("varchar", 10), oids.TEXT, "€".encode(), "0100 80", id="varchar: code page 1252"
        ),
        pytest.param(
            SqlType("sql_variant"),
            oids.TEXT,
            b"int:5",
            "06000000 38 00 05000000",
            id="sql_variant of an int",
        ),
        pytest.param(SqlType("tinyint"), oids.INT2, b"\0\xff", "01 ff", id="tinyint is unsigned"),
    ],
)
def test_the_layout_of_values(kind: SqlType, oid: int, stored: bytes, wire: str) -> None:
    assert cell_encoder(types.wire_type(kind), oid)(stored).hex() == wire.replace(" ", "")


@pytest.mark.parametrize(
    ("type_info", "value", "expected"),
    [
        ("e7ffff0904d00034", "feffffffffffffff 02000000 6100 02000000 6200 00000000", "ab"),
        ("e7ffff0904d00034", "ffffffffffffffff", None),
        ("e70a000904d00034", "ffff", None),
        ("a7ffff0904d00034", "feffffffffffffff 01000000 80 00000000", "€"),
        ("26 04", "04 ffffffff", -1),
        ("30", "ff", 255),
        ("32", "01", True),
        ("3d", "00000000 2c010000", "1900-01-01 00:00:01.0000000"),
        ("2b 07", "0a 0000000000 010000 7800", "0001-01-02 02:00:00.0000000 +02:00"),
        ("7a", "10270000", Decimal("1.0000")),
        ("6a 11 26 00", "11 00" + "ff" * 16, Decimal(-(2**128 - 1))),
        ("24 10", "10 33221100 5544 7766 8899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff"),
        ("62 491f0000", "06000000 38 00 05000000", 5),
        ("62 491f0000", "0b000000 e7 07 0904d00034 0200 6100", "a"),
        ("27 05", "01 61", "a"),
        ("1f", "", None),
    ],
)
def test_parameters_as_clients_send_them(type_info: str, value: str, expected: object) -> None:
    cursor = Cursor(bytes.fromhex(type_info.replace(" ", "")))
    kind = types.read(cursor)
    read = values.read(Cursor(bytes.fromhex(value.replace(" ", ""))), kind)
    assert (str(read) if isinstance(read, UUID) else read) == expected
    assert type(read) is not float


@pytest.mark.parametrize("special", ["NaN", "Infinity", "-Infinity"])
def test_numbers_without_digits_are_no_decimals(special: str) -> None:
    encode = cell_encoder(types.wire_type(SqlType("decimal", 0, 10, 2)), oids.NUMERIC)
    with pytest.raises(NotRepresentable):
        encode(numeric(Decimal(special)))


@pytest.mark.parametrize(
    "read",
    [
        lambda data: types.read(Cursor(data)),
        lambda data: values.read(Cursor(data[3:]), types.read(Cursor(data[:3]))),
        lambda data: values.read(Cursor(data), types.wire_type(SqlType("sql_variant"))),
        lambda data: values.read(Cursor(data), types.wire_type(SqlType("nvarchar", -1))),
        lambda data: values.read(Cursor(data), types.wire_type(SqlType("datetime2", scale=7))),
    ],
)
@given(data=st.binary(max_size=60))
def test_hostile_values_are_read_or_refused(read: Callable[[bytes], object], data: bytes) -> None:
    try:
        read(data)
    except (ProtocolError, UnknownType):
        return


@pytest.mark.parametrize(
    ("name", "five"),
    [
        (None, "0904d00034"),
        ("SQL_Latin1_General_CP1_CI_AS", "0904d00034"),
        ("Latin1_General_100_BIN2", "0904002200"),
        ("Latin1_General_CI_AS", "0904d00000"),
        ("Latin1_General_100_CI_AS_SC_UTF8", "0904d02400"),
    ],
)
def test_collations_as_five_bytes(name: str | None, five: str) -> None:
    assert collation.to_bytes(name).hex() == five
    assert collation.codec(bytes.fromhex(five)) == (
        "utf-8" if name and name.endswith("UTF8") else "cp1252"
    )


def test_a_type_that_nobody_sends_is_refused_by_name() -> None:
    with pytest.raises(UnknownType, match="hierarchyid"):
        types.wire_type(SqlType("hierarchyid"))
    with pytest.raises(UnknownType, match="int from PostgreSQL's type 2950"):
        rows_encoder(((SqlType("int"), oids.UUID),))
