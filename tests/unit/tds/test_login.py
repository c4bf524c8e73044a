"""PRELOGIN and LOGIN7 as clients send them, and as attackers do."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.azuresql.tds import login, prelogin
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.prelogin import Encryption, Prelogin
from sandbox.fuzzing.client import login7


def test_a_login_says_who_and_from_where() -> None:
    request = login.parse(
        login7(
            {
                "host": "laptop",
                "user": "sa",
                "password": "pässwörd😀",
                "application": "replicator apply",
                "library": "ODBC",
                "database": "social",
            },
            size=8000,
        )
    )
    assert (request.user, request.password, request.database) == ("sa", "pässwörd😀", "social")
    assert (request.host, request.application, request.library) == (
        "laptop",
        "replicator apply",
        "ODBC",
    )
    assert request.packet_size == 8000
    assert request.token is None
    assert not request.integrated
    assert request.process == 1


def test_secrets_are_not_in_the_repr() -> None:
    features = b"\x02" + struct.pack("<IBI", 9, 0x03, 4) + "tk".encode("utf-16-le") + b"\xff"
    request = login.parse(login7({"user": "sa", "password": "hunter2"}, features=features))
    assert request.token == "tk"
    assert "hunter2" not in repr(request)
    assert "tk" not in repr(request).replace("token", "")


@pytest.mark.parametrize(
    ("asked", "negotiated"), [(0, 4096), (1, 512), (512, 512), (16192, 16192), (99999, 32767)]
)
def test_the_packet_size_stays_within_bounds(asked: int, negotiated: int) -> None:
    assert login.parse(login7({}, size=asked)).packet_size == negotiated


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        (0x730B0003, 0x730B0003),
        (0x74000004, 0x74000004),
        (2**31, 0x74000004),
        pytest.param(0x08000000, 0x08000000, id="8.0"),
    ],
)
def test_the_older_of_both_versions_is_spoken(asked: int, spoken: int) -> None:
    assert login.parse(login7({}, version=asked)).tds_version == spoken


@pytest.mark.parametrize("version", [0x72090002, 0x730A0003])
def test_versions_without_the_newer_dates_and_rows_are_refused(version: int) -> None:
    with pytest.raises(ProtocolError, match=r"7\.3 B"):
        login.parse(login7({}, version=version))


def test_a_federated_library_that_needs_a_dialogue_is_refused() -> None:
    features = b"\x02" + struct.pack("<IB", 1, 0x05) + b"\xff"
    with pytest.raises(ProtocolError, match="security token"):
        login.parse(login7({}, features=features))


_GOOD = login7({"user": "sa", "password": "x", "database": "d"}, features=b"\x0a\x01\0\0\0\x01\xff")


@given(st.integers(0, len(_GOOD) - 1), st.binary(max_size=6))
def test_a_damaged_login_is_a_login_or_a_protocol_error(place: int, junk: bytes) -> None:
    for damaged in (_GOOD[:place], _GOOD[:place] + junk + _GOOD[place + len(junk) :]):
        try:
            login.parse(damaged)
        except ProtocolError:
            continue


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        (Encryption.LOGIN_ONLY, Encryption.LOGIN_ONLY),
        (Encryption.ON, Encryption.ON),
        (Encryption.NOT_SUPPORTED, Encryption.NOT_SUPPORTED),
        (Encryption.REQUIRED, Encryption.ON),
    ],
)
def test_encryption_is_what_the_client_asks_for(asked: Encryption, agreed: Encryption) -> None:
    assert prelogin.agree(asked) is agreed
    said = prelogin.answer(Prelogin(asked, False, b""), agreed)
    assert prelogin.parse(said).encryption is agreed


def test_the_nonce_of_a_federated_client_is_kept() -> None:
    head = struct.pack(">BHHBHHBHHB", 1, 16, 1, 6, 17, 1, 7, 18, 32, 0xFF)
    parsed = prelogin.parse(head + b"\x01\x01" + bytes(range(32)))
    assert parsed == Prelogin(Encryption.ON, True, bytes(range(32)))


@given(st.binary(max_size=80))
def test_hostile_prelogins_are_refused_or_read(data: bytes) -> None:
    try:
        prelogin.parse(data)
    except ProtocolError:
        return
