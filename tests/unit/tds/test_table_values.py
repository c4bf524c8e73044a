"""Table-valued parameters as drivers send them, and as attackers do."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.azuresql.session import Parameter, SqlType, TableValue
from sandbox.azuresql.tds import requests, table_values
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor
from sandbox.azuresql.tds.types import UnknownType

_HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
_NAME = "00" + "03 640062006f00" + "01 7400"
_COLUMNS = "0200" + "00000000 0000 2604 00" + "00000000 0000 e70a000904d00034 00"
_INT = SqlType("int")
_TEXT = SqlType("nvarchar", 5)


def read(*parts: str) -> TableValue:
    cursor = Cursor(bytes.fromhex("".join(("f3", *parts)).replace(" ", "")))
    value = table_values.read(cursor)
    assert cursor.left == 0
    return value


def test_rows_have_the_values_of_their_columns() -> None:
    row_one = "01" + "04 05000000" + "0200 6100"
    row_two = "01" + "00" + "ffff"
    value = read(_NAME, _COLUMNS, "00", row_one, row_two, "00")
    assert value == TableValue("dbo", "t", (_INT, _TEXT), (0, 1), ((5, "a"), (None, None)))


def test_an_empty_table_has_no_rows() -> None:
    assert read(_NAME, _COLUMNS, "00", "00").rows == ()
    assert read(_NAME, "ffff", "00", "00") == TableValue("dbo", "t", (), (), ())


def test_a_column_that_takes_its_default_has_no_values() -> None:
    columns = "0200" + "00000000 0002 2604 00" + "00000000 0000 2604 00"
    value = read(_NAME, columns, "00", "01 04 07000000", "00")
    assert value == TableValue("dbo", "t", (_INT,), (1,), ((7,),))


def test_hints_about_the_order_are_followed() -> None:
    unique = "10 0100 0100 01"
    swapped = "11 0200 0200 0100"
    value = read(_NAME, _COLUMNS, unique, swapped, "00", "01 0200 6100 04 05000000", "00")
    assert value.rows == ((5, "a"),)


def test_a_table_value_is_a_parameter_of_its_call() -> None:
    sent = "ffff 0a00 0000" + "00 00 f3" + _NAME + _COLUMNS + "00 00" + "00 00 26 04 04 05000000"
    (call,) = requests.calls(_HEADERS + bytes.fromhex(sent.replace(" ", "")))
    assert call.parameters == (
        Parameter("", SqlType("table"), TableValue("dbo", "t", (_INT, _TEXT), (0, 1), ())),
        Parameter("", _INT, 5),
    )


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(_NAME + _COLUMNS + "00" + "02", id="a token that begins no row"),
        pytest.param(_NAME + _COLUMNS + "12", id="unknown metadata"),
        pytest.param(_NAME + _COLUMNS + "11 0200 0100 0100", id="an order that repeats a column"),
        pytest.param(_NAME + _COLUMNS + "11 0200 0000 0300", id="an order of other columns"),
        pytest.param(_NAME + "feff", id="more columns than a table has"),
        pytest.param(_NAME + _COLUMNS + "00 01 04 0500", id="a row cut short"),
    ],
)
def test_damaged_table_values_are_refused(damaged: str) -> None:
    with pytest.raises(ProtocolError):
        read(damaged)


@given(st.binary(max_size=80))
def test_hostile_table_values_are_read_or_refused(data: bytes) -> None:
    head = bytes.fromhex(("f3" + _NAME + _COLUMNS).replace(" ", ""))
    for message in (b"\xf3" + data, head + data, head + b"\0\x01" + data):
        try:
            table_values.read(Cursor(message))
        except (ProtocolError, UnknownType):
            continue
