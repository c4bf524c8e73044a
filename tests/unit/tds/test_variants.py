"""A sql_variant that goes out is read again as what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tds import types, values, variants
from sandbox.azuresql.tds.reading import Cursor
from sandbox.azuresql.tds.types import UnknownType


def read(stored: str) -> object:
    raw = variants.encode(stored.encode())
    return values.read(Cursor(raw), types.wire_type(SqlType("sql_variant")))


@pytest.mark.parametrize(
    ("stored", "wire"),
    [
        ("int:5", "38 00 05000000"),
        ("bit:1", "32 00 01"),
        ("decimal(8,2):-1.5", "6a 02 08 02 00 96000000"),
        ("date:2024-02-29", "28 00 80460b"),
        ("nvarchar(2):é", "e7 07 0904d00034 0400 e900"),
        ("varbinary(2):00ff", "a5 02 0200 00ff"),
        ("datetime:1900-01-01 00:00:01.000", "3d 00 00000000 2c010000"),
        ("money:1.0000", "3c 00 00000000 10270000"),
        ("datetime2(0):0001-01-02 00:00:01", "2a 01 00 010000 010000"),
    ],
)
def test_base_type_properties_and_value(stored: str, wire: str) -> None:
    raw = bytes.fromhex(wire)
    assert variants.encode(stored.encode()) == len(raw).to_bytes(4, "little") + raw


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers(number: int) -> None:
    assert read(f"bigint:{number}") == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, max_value=10**14))
def test_exact_numbers(number: Decimal) -> None:
    bounded = max(number, Decimal(-(10**14)))
    assert read(f"decimal(38,4):{bounded:f}") == bounded
    assert read(f"money:{bounded:f}") == bounded


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats(number: float) -> None:
    assert read(f"float:{number!r}") == Decimal(number) or read(f"float:{number!r}") == number


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_texts(text: str) -> None:
    assert read(f"nvarchar(4000):{text}") == text


@given(st.binary(max_size=40))
def test_bytes(data: bytes) -> None:
    assert read(f"varbinary(8000):{data.hex()}") == data


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9999, 12, 30)),
    st.integers(0, 9),
    st.integers(-840, 840),
)
def test_moments(moment: datetime, tick: int, offset: int) -> None:
    text = f"{moment.replace(tzinfo=UTC):%Y-%m-%d %H:%M:%S.%f}".rjust(26, "0") + str(tick)
    assert read(f"datetime2(7):{text}") == text
    assert read(f"time(7):{text[11:]}") == text[11:]
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    assert read(f"datetimeoffset(7):{text} {zone}") == f"{text} {zone}"


def test_what_no_variant_holds_is_refused() -> None:
    with pytest.raises(UnknownType):
        variants.encode(b"xml:<a/>")
