"""The generated decoder: the text of its function, and tuples to fragments."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.postgresql.decoder import decoder_source, row_decoder
from connectors.postgresql.forms import ColumnUnrepresentable, LogColumn
from connectors.postgresql.objects import canonical_decimal, key_writer, row_writer
from connectors.postgresql.types import SourceType
from connectors.postgresql.values import Fragment, Policies
from model.catalog import Column, Table, TableName
from model.types import Kind, LogicalType


def column(kind: Kind, name: str = "c", carried: int | None = 0) -> LogColumn:
    return LogColumn(name, SourceType(str(kind), LogicalType(kind)), carried)


def tuple_of(*texts: bytes | None) -> bytes:
    """A tuple as `pgoutput` sends it; None is NULL."""
    body = b"".join(b"n" if text is None else b"t" + len(text).to_bytes(4) + text for text in texts)
    return len(texts).to_bytes(2) + body


def decoded(kind: Kind, text: str, policies: Policies | None = None) -> Fragment | None:
    decode = row_decoder([column(kind)], policies or Policies())
    [fragment], _ = decode(tuple_of(text.encode()), 0)
    return fragment


def test_the_functions_text() -> None:
    columns = [column(Kind.INT32), column(Kind.TEXT, "t", None), column(Kind.UUID, "u", 1)]
    assert decoder_source(columns) == (
        "def decode(d, p):\n"
        "    if (d[p] << 8 | d[p + 1]) != 3:\n"
        '        raise ValueError("a tuple that does not fit its relation")\n'
        "    p += 2\n"
        "    n = 0\n"
        "    try:\n"
        "        if d[p] == 116:\n"
        "            s = p + 5\n"
        "            p = s + U(d, p + 1)[0]\n"
        "            v = d[s:p]\n"
        "            c0 = v\n"
        "        else:\n"
        "            c0 = NULL if d[p] == 110 else None\n"
        "            p += 1\n"
        "        if d[p] == 116:\n"
        "            p += 5 + U(d, p + 1)[0]\n"
        "        else:\n"
        "            p += 1\n"
        "        if d[p] == 116:\n"
        "            s = p + 5\n"
        "            p = s + U(d, p + 1)[0]\n"
        "            v = d[s:p]\n"
        "            c2 = b'\"' + v + b'\"'\n"
        "        else:\n"
        "            c2 = NULL if d[p] == 110 else None\n"
        "            p += 1\n"
        "    except Unrepresentable as error:\n"
        "        raise ColumnUnrepresentable(columns[n], error.reason) from None\n"
        "    except UnicodeDecodeError:\n"
        "        raise ColumnUnrepresentable(columns[n], 'bytes that are no text') from None\n"
        "    return (c0, c2, ), p\n"
    )


@pytest.mark.parametrize(
    ("kind", "text", "fragment"),
    [
        (Kind.INT64, "999999999999999", b"999999999999999"),
        (Kind.INT64, "-999999999999999", b"-999999999999999"),
        (Kind.INT64, "1000000000000000", b'"1000000000000000"'),
        (Kind.INT64, "-9223372036854775808", b'"-9223372036854775808"'),
        (Kind.DECIMAL, "1.00", b'"1.00"'),
        (Kind.MONEY, "-$92,233,720,368,547,758.08", b'"-92233720368547758.08"'),
        (Kind.FLOAT64, "1e-05", b"1e-05"),
        (Kind.FLOAT64, "-0", b"-0.0"),
        (Kind.FLOAT64, "-5", b"-5"),
        (Kind.BOOLEAN, "t", b"true"),
        (Kind.BYTES, "\\x", b'""'),
        (Kind.BYTES, "\\xdeadbeef", b'"3q2+7w=="'),
        (Kind.DATE, "infinity", b'"9999-12-31"'),
        (Kind.DATE, "-infinity", b'"0001-01-01"'),
        (Kind.TIMESTAMP, "2024-05-06 07:08:09.01", b'"2024-05-06T07:08:09.01"'),
        (Kind.TIMESTAMPTZ, "2024-05-06 07:08:09+00", b'"2024-05-06T07:08:09+00:00"'),
        (Kind.TIMESTAMPTZ, "infinity", b'"9999-12-31T00:00:00+00:00"'),
        (Kind.TIMETZ, "12:00:00.5-12", b'"12:00:00.5-12:00"'),
        (Kind.TIMETZ, "12:00:00+05:30", b'"12:00:00+05:30"'),
        (Kind.INTERVAL, "P1Y2M", b'"P1Y2M"'),
        (Kind.TEXT, 'q"\\\n\x01é😀', b'"q\\"\\\\\\n\\u0001\xc3\xa9\xf0\x9f\x98\x80"'),
        (Kind.JSON, '{"a": 1}', b'"{\\"a\\": 1}"'),
        (Kind.RANGE, "[1,5)", b'"\\"[1,5)\\""'),
        (Kind.KEYVALUE, '"a"=>"1", "b"=>NULL', b'"{\\"a\\": \\"1\\", \\"b\\": null}"'),
    ],
)
def test_fragments(kind: Kind, text: str, fragment: bytes) -> None:
    assert decoded(kind, text) == fragment


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_round_trips_through_json(text: str) -> None:
    fragment = decoded(Kind.TEXT, text)
    assert fragment is not None
    assert json.loads(fragment) == text


@given(st.decimals(-(10**12), 10**12, places=6))
def test_equal_numbers_are_one_key(number: Decimal) -> None:
    spellings = {f"{number:f}", f"{number:f}000", f"{number.normalize():f}"}
    assert len({canonical_decimal(b'"' + text.encode() + b'"') for text in spellings}) == 1


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.DECIMAL, "NaN"),
        (Kind.DECIMAL, "-Infinity"),
        (Kind.FLOAT32, "Infinity"),
        (Kind.INTERVAL, "-infinity"),
        (Kind.DATE, "0044-03-15 BC"),
        (Kind.DATE, "10000-01-01"),
        (Kind.TIMESTAMP, "12024-05-06 07:08:09"),
        (Kind.TIMESTAMP, "0044-03-15 00:00:00 BC"),
        (Kind.TIMESTAMPTZ, "0044-03-15 00:00:00+00 BC"),
        (Kind.TIMESTAMPTZ, "12024-05-06 07:08:09+00"),
        (Kind.TIME, "24:00:00"),
        (Kind.TIMETZ, "24:00:00-07"),
    ],
)
def test_what_the_target_does_not_have_names_its_column(kind: Kind, text: str) -> None:
    columns = [column(Kind.INT32), column(kind, "odd", 1), column(Kind.TEXT, "t", 2)]
    decode = row_decoder(columns, Policies())
    with pytest.raises(ColumnUnrepresentable) as caught:
        decode(tuple_of(b"1", text.encode(), b"x"), 0)
    assert caught.value.column == "odd"


def test_bytes_that_are_no_text_name_their_column() -> None:
    decode = row_decoder([column(Kind.TEXT, "a", 0), column(Kind.TEXT, "b", 1)], Policies())
    with pytest.raises(ColumnUnrepresentable, match="b: bytes that are no text"):
        decode(tuple_of(b"fine", b"\xff"), 0)


def test_a_tuple_of_another_shape_is_never_guessed_at() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        row_decoder([column(Kind.INT32)], Policies())(tuple_of(b"1", b"2"), 0)


def test_nulls_absent_values_and_where_the_tuple_ends() -> None:
    decode = row_decoder([column(Kind.INT32), column(Kind.TEXT, "t", 1)], Policies())
    message = b"......" + b"\0\2nu" + b"rest"
    assert decode(message, 6) == ((b"null", None), 10)


def table(*columns: tuple[str, Kind], key: tuple[str, ...]) -> Table:
    return Table(
        TableName("s", "t"),
        tuple(
            Column(name, LogicalType(kind), nullable=False, native=str(kind))
            for name, kind in columns
        ),
        key=key,
    )


def test_a_key_is_taken_in_its_own_order_and_canonical() -> None:
    write = key_writer(
        table(("a", Kind.FLOAT64), ("b", Kind.TEXT), ("n", Kind.DECIMAL), key=("n", "a"))
    )
    assert write((b"-0.0", b'"x"', b'"10.50"')) == b'{"n":"10.5","a":0}'
    assert write((None, b'"x"', b'"10.50"')) is None
    assert key_writer(table(("a", Kind.TEXT), key=()))((b'"x"',)) is None


def test_a_row_leaves_out_what_is_not_known() -> None:
    write = row_writer(table(("100%", Kind.TEXT), ('a"b', Kind.INT32), key=()))
    assert write((b'"%b"', b"null")) == b'{"100%":"%b","a\\"b":null}'
    assert write((None, b"1")) == b'{"a\\"b":1}'
