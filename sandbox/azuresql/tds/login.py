"""LOGIN7: who logs in, from where, with which password or token ([MS-TDS] 2.2.6.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.azuresql.tds.packet import DEFAULT_SIZE, MAX_SIZE, MIN_SIZE, ProtocolError
from sandbox.azuresql.tds.reading import Cursor, utf16

TDS_73: Final = 0x730B0003
"""7.3 B, the first that knows rows with a bitmap of their NULLs."""

TDS_74: Final = 0x74000004
TDS_80: Final = 0x08000000
"""7.4 inside a TLS connection."""

_PROCESS_AT: Final = 16
_FIXED_BYTES: Final = 36
_EXTENSION: Final = 0x10
_INTEGRATED: Final = 0x80

FEATURE_FEDERATED: Final = 0x02
FEATURE_UTF8: Final = 0x0A
_FEATURES_END: Final = 0xFF

_SECURITY_TOKEN: Final = 0x01


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A LOGIN7 message. `token` is the access token, None when the login has a password."""

    tds_version: int
    packet_size: int
    user: str
    password: str = field(repr=False)
    database: str = ""
    application: str = ""
    host: str = ""
    library: str = ""
    integrated: bool = False
    process: int = 0
    """The client's process id, as it says."""
    token: str | None = field(default=None, repr=False)
    features: tuple[int, ...] = ()


def parse(message: bytes) -> LoginRequest:
    """Read a LOGIN7. Raises ProtocolError when it is not one, or of a TDS before 7.3."""
    cursor = Cursor(message)
    if cursor.u32() > len(message):
        raise ProtocolError("LOGIN7 announces more bytes than came")
    version, size = cursor.u32(), cursor.u32()
    if version < TDS_73 and version != TDS_80:
        raise ProtocolError(f"TDS version 0x{version:08x}: 7.3 B is the oldest that is spoken here")
    _, second, _, third = Cursor(message, 24).take(4)
    features = _features(message) if third & _EXTENSION else {}
    return LoginRequest(
        tds_version=min(version, TDS_74),
        packet_size=min(max(size or DEFAULT_SIZE, MIN_SIZE), MAX_SIZE),
        host=_text(message, 0),
        user=_text(message, 1),
        password=_password(message),
        application=_text(message, 3),
        library=_text(message, 6),
        database=_text(message, 8),
        integrated=bool(second & _INTEGRATED),
        process=Cursor(message, _PROCESS_AT).u32(),
        token=_token(features.get(FEATURE_FEDERATED)),
        features=tuple(features),
    )


def _slot(message: bytes, index: int) -> tuple[int, int]:
    """Offset and length of a variable field: four bytes each, in the order of the specification."""
    cursor = Cursor(message, _FIXED_BYTES + 4 * index)
    return cursor.u16(), cursor.u16()


def _text(message: bytes, index: int) -> str:
    """A name. What no name holds, NUL or half a surrogate pair, is shown as U+FFFD.

    Names are told to others, and PostgreSQL's text holds neither.
    """
    offset, characters = _slot(message, index)
    sent = Cursor(message, offset).take(2 * characters)
    return sent.decode("utf-16-le", "replace").replace("\0", "\ufffd")


def _password(message: bytes) -> str:
    """Passwords travel with swapped nibbles and a mask: obscured, not encrypted."""
    offset, characters = _slot(message, 2)
    masked = (byte ^ 0xA5 for byte in Cursor(message, offset).take(2 * characters))
    return utf16(bytes((byte << 4 | byte >> 4) & 0xFF for byte in masked))


def _features(message: bytes) -> dict[int, bytes]:
    """Feature extensions: the field in the extension slot points at a pointer to them."""
    offset, _ = _slot(message, 5)
    cursor = Cursor(message, Cursor(message, offset).u32())
    features: dict[int, bytes] = {}
    while (feature := cursor.u8()) != _FEATURES_END:
        features[feature] = cursor.take(cursor.u32())
    return features


def _token(data: bytes | None) -> str | None:
    """The access token of a FEDAUTH extension."""
    if data is None:
        return None
    cursor = Cursor(data)
    if cursor.u8() >> 1 != _SECURITY_TOKEN:
        raise ProtocolError("only the security token library of FEDAUTH is spoken here")
    return utf16(cursor.take(cursor.u32()))
