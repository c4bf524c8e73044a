"""Requests as drivers send them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.azuresql.session import Parameter, SqlType
from sandbox.azuresql.tds import requests
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.requests import Call, TransactionRequest
from sandbox.azuresql.tds.types import UnknownType

_HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
_INT = "26 04 04"


def rpc(*parts: str) -> bytes:
    return _HEADERS + bytes.fromhex("".join(parts).replace(" ", ""))


def test_a_batch_is_its_text_after_the_headers() -> None:
    assert requests.batch(_HEADERS + "SELECT N'é😀'".encode("utf-16-le")) == "SELECT N'é😀'"


def test_one_message_may_carry_several_calls() -> None:
    first = "ffff 0c00 0000" + "00 00" + _INT + "05000000" + "00 00" + _INT + "01000000"
    second = "ffff 0c00 0200" + "00 00" + _INT + "05000000" + "00 00 26 04 00"
    assert list(requests.calls(rpc(first, "ff", second))) == [
        Call("sp_execute", (_integer(5), _integer(1))),
        Call("sp_execute", (_integer(5), _integer(None))),
    ]


def _integer(value: int | None) -> Parameter:
    return Parameter("", SqlType("int"), value)


def test_a_call_by_name_with_an_output_parameter() -> None:
    name = "dbo.Do".encode("utf-16-le").hex()
    parameter = "02" + "@a".encode("utf-16-le").hex() + "01" + _INT + "07000000"
    (call,) = requests.calls(rpc("0600", name, "0000", parameter))
    assert call == Call("dbo.do", (Parameter("@a", SqlType("int"), 7, output=True),))


@pytest.mark.parametrize(("number", "name"), requests.PROCEDURES.items())
def test_procedures_by_number(number: int, name: str) -> None:
    (call,) = requests.calls(rpc("ffff", struct.pack("<H", number).hex(), "0000"))
    assert call.name == name


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("0500 02 00", TransactionRequest("begin", isolation=2)),
        ("0700 00 00", TransactionRequest("commit")),
        ("0700 00 01 00 00", TransactionRequest("commit", again=True)),
        ("0800 00 00", TransactionRequest("rollback")),
        ("0800 01 7300 00", TransactionRequest("rollback", name="s")),
        ("0900 01 7300", TransactionRequest("save", name="s")),
    ],
)
def test_transaction_requests(body: str, expected: TransactionRequest) -> None:
    assert requests.transaction(rpc(body)) == expected


def test_distributed_transactions_are_not_spoken() -> None:
    with pytest.raises(ProtocolError, match="request 0"):
        requests.transaction(rpc("0000 0000"))


@pytest.mark.parametrize("parse", [requests.batch, lambda m: list(requests.calls(m))])
@given(data=st.binary(max_size=80))
def test_hostile_requests_are_read_or_refused(parse: object, data: bytes) -> None:
    assert callable(parse)
    for message in (data, _HEADERS + data, _HEADERS + b"\xff\xff\x0a\0\0\0" + data):
        try:
            parse(message)
        except (ProtocolError, UnknownType):
            continue
