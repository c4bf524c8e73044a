"""The message of a bulk load: column metadata, rows, DONE; decoded while it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sandbox.azuresql.session import BulkTarget, Refused
from sandbox.azuresql.tds import tokens, types
from sandbox.azuresql.tds.bulk_rows import ROW, BulkColumn, RowsDecoder, rows_decoder
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor
from sandbox.azuresql.tds.types import Token, UnknownType, WireType

_METADATA_LIMIT: Final = 1 << 20
_ROW_LIMIT: Final = 1 << 30
"""A row that does not end has to end somewhere."""

_DECODE_BYTES: Final = 1 << 17
"""Bytes to gather before decoding: fewer, larger COPY messages."""


class BulkStream:
    """Turns the pieces of a bulk message into COPY rows.

    What stays undecoded doubles before it is looked at again, so a huge value costs linear time.
    """

    def __init__(self, target: BulkTarget) -> None:
        self._target = target
        self._pieces: list[bytes] = []
        self._size = 0
        self._wanted = 1
        self._decode: RowsDecoder | None = None
        self.rows = 0

    @property
    def pending(self) -> int:
        """Bytes that arrived and are not decoded yet."""
        return self._size

    def feed(self, piece: bytes, *, last: bool) -> bytes:
        """COPY rows of what arrived so far, b"" while too little did.

        Raises ProtocolError on bytes that are no bulk message, Refused on values or types that the
        table does not take.
        """
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > _ROW_LIMIT:
            raise ProtocolError(f"a bulk row of more than {_ROW_LIMIT} bytes")
        if self._size < self._wanted and not last:
            return b""
        data = b"".join(self._pieces)
        position = 0
        if self._decode is None:
            position = self._metadata(data, last=last)
        out: list[bytes] = []
        if self._decode is not None:
            position, rows = self._decode(data, position, len(data), out)
            self.rows += rows
            position = self._end(data, position, last=last)
        self._keep(data[position:])
        return b"".join(out)

    def _keep(self, rest: bytes) -> None:
        self._pieces, self._size = [rest], len(rest)
        self._wanted = max(_DECODE_BYTES, 2 * len(rest))

    def _metadata(self, data: bytes, *, last: bool) -> int:
        """Make the decoder once the metadata is whole; 0 until then."""
        cursor = Cursor(data)
        if not data or data[0] in (tokens.DONE, tokens.DONE_PROC):
            if not last:
                return 0
            self._decode = rows_decoder([])
            return 0
        try:
            wire = read_columns(cursor)
        except ProtocolError:
            if last or len(data) > _METADATA_LIMIT:
                raise
            return 0
        except UnknownType as unknown:
            raise Refused(4816, f"Invalid column type from bcp client: {unknown}.") from unknown
        self._decode = rows_decoder(self._paired(wire))
        return cursor.position

    def _paired(self, wire: Sequence[WireType]) -> list[BulkColumn]:
        targets = self._target.columns
        if len(wire) != len(targets):
            raise Refused(
                4817,
                f"The bulk load sends {len(wire)} columns where INSERT BULK named {len(targets)}.",
            )
        return [BulkColumn(*pair) for pair in zip(wire, targets, strict=True)]

    def _end(self, data: bytes, position: int, *, last: bool) -> int:
        """After the rows only a DONE may come, and with it the message ends.

        FreeTDS ends its message after the last row.
        """
        left = len(data) - position
        if left and data[position] not in (ROW, tokens.DONE, tokens.DONE_PROC):
            raise ProtocolError(f"0x{data[position]:02x} begins no bulk row")
        if not last or not left:
            return position
        if data[position] == ROW or left not in _DONE_BYTES:
            raise ProtocolError("the bulk load ends in the middle of a row")
        return position + left


_DONE_BYTES: Final = (9, 13)
"""A client's DONE counts in four bytes or, by the book, in eight."""


def read_columns(cursor: Cursor) -> list[WireType]:
    """The types in a client's COLMETADATA. Raises ProtocolError, UnknownType."""
    if cursor.u8() != tokens.COLMETADATA:
        raise ProtocolError("a bulk load begins with its columns")
    count = cursor.u16()
    wire = []
    for _ in range(count):
        cursor.take(6)
        kind = types.read(cursor)
        if kind.token in (Token.TEXT, Token.NTEXT, Token.IMAGE, Token.VARIANT):
            raise UnknownType(f"{kind.sql.name} in a bulk load")
        cursor.text8()
        wire.append(kind)
    return wire
