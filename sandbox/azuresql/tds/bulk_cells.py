"""The columns of a generated bulk decoder: a few lines of Python for each pair of types.

Every cell leaves in its variable one field of a binary COPY row: a length of four bytes, then the
value. Lines see `data`, `p` and `end`; they may read past `end` (the row is then thrown away) but
must not raise anything but IndexError and struct.error for it, so they `break` before they convert.
"""

from __future__ import annotations

import codecs
import struct
from dataclasses import dataclass, field
from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tds.bulk_values import DECIMALS, FLOATS, INTEGER_BYTES, INTEGERS, converter
from sandbox.azuresql.tds.collation import codec
from sandbox.azuresql.tds.oids import BOOL, BYTEA, FLOAT4, FLOAT8, INT2, TEXTS
from sandbox.azuresql.tds.types import FIXED, MAX, Token, WireType

COPY_NULL: Final = b"\xff\xff\xff\xff"

_WIDE: Final = frozenset({Token.NVARCHAR, Token.NCHAR, Token.XML})
_NARROW: Final = frozenset({Token.BIGVARCHAR, Token.BIGCHAR})
_BINARY: Final = frozenset({Token.BIGVARBINARY, Token.BIGBINARY})


@dataclass(slots=True)
class Cell:
    name: str
    lines: list[str]
    scope: dict[str, object] = field(default_factory=dict)


def cell(index: int, wire: WireType, target: SqlType, oid: int) -> Cell:
    """The lines for column `index`. Raises Refused(4816) when the types do not convert."""
    if wire.token in _WIDE | _NARROW and oid in TEXTS:
        return _text(index, wire, target)
    if wire.token in _BINARY and oid == BYTEA:
        return _binary(index, wire, target)
    inline = _inline(wire, oid)
    if inline is not None:
        return _fixed(index, wire, inline, {})
    convert = converter(wire, target, oid)
    if convert is None:
        raise Refused(4816, f"Invalid column type from bcp client for colid {index + 1}.")
    name = f"convert_{index}"
    return _fixed(index, wire, f"{name}(data[{{start}}:{{end}}])", {name: convert}, guarded=True)


def _fixed(
    index: int, wire: WireType, value: str, scope: dict[str, object], *, guarded: bool = False
) -> Cell:
    """A value of few bytes: behind a length byte, or without one when its type cannot be NULL."""
    name = f"c{index}"
    if wire.token in FIXED:
        size = wire.length
        body = value.format(start="p", end=f"p + {size}", last=f"p + {size - 1}", before="p - 1")
        lines = [f"if p + {size} > end: break"] if guarded else []
        lines += [f"{name} = {body}", f"p += {size}"]
        return Cell(name, lines, scope)
    exact = wire.token not in DECIMALS
    body = value.format(start="p + 1", end="p + n + 1", last="p + n", before="p")
    lines = [
        "n = data[p]",
        f"if n == {wire.length}:" if exact else "if n:",
        *(["    if p + n + 1 > end: break"] if guarded else []),
        f"    {name} = {body}",
        "    p += n + 1",
        "elif not n:" if exact else "else:",
        f"    {name} = NULL",
        "    p += 1",
    ]
    if exact:
        lines += ["else:", f"    bad({index}, n)"]
    return Cell(name, lines, scope)


def _inline(wire: WireType, oid: int) -> str | None:
    """An expression for types that differ in nothing but byte order."""
    token, size = wire.token, wire.length
    reversed_ = f"{struct.pack('>I', size)!r} + data[{{last}}:{{before}}:-1]"
    if token in INTEGERS and size > 1 and INTEGER_BYTES.get(oid) == size:
        return reversed_
    if token in INTEGERS and size == 1 and oid == INT2:
        return f"{struct.pack('>IB', 2, 0)!r} + data[{{start}}:{{end}}]"
    if token in FLOATS and oid == (FLOAT8 if size == 8 else FLOAT4):
        return reversed_
    if token in (Token.BIT, Token.BITN) and oid == BOOL:
        return f"{struct.pack('>I', 1)!r} + data[{{start}}:{{end}}]"
    return None


def _text(index: int, wire: WireType, target: SqlType) -> Cell:
    source = "utf-16-le" if wire.token in _WIDE else codec(wire.collation)
    pack = struct.Struct(">I").pack
    pad = target.length if target.name in ("char", "nchar") else 0

    def padded(raw: bytes) -> bytes:
        text = raw.decode(source)
        encoded = (text + " " * (pad - _units(text, target))).encode()
        return pack(len(encoded)) + encoded

    fits = _fits_bytes(wire, target)
    if target.length == MAX or target.name == "xml":
        check: list[str] = []
    elif fits is not None:
        check = [f"if n > {fits}: too_long({index})"]
    else:
        check = [f"if units_{index}(raw) > {target.length}: too_long({index})"]

    def units(raw: bytes) -> int:
        return _units(raw.decode(source), target)

    decode, call = codecs.getdecoder(source), f"decode_{index}(raw, 'strict')"
    if wire.token in _WIDE:
        # The C function itself; told that the text ends here, so that half a pair is an error.
        decode, call = codecs.utf_16_le_decode, f"decode_{index}(raw, 'strict', True)"
    scope: dict[str, object] = {
        f"decode_{index}": decode,
        f"put_{index}": padded,
        f"units_{index}": units,
        "pack_length": pack,
    }
    name = f"c{index}"
    put = (
        [f"{name} = put_{index}(raw)"]
        if pad
        else [
            f"raw = {call}[0].encode()",
            f"{name} = pack_length(len(raw)) + raw",
        ]
    )
    return _variable(index, wire, [*check, *put], scope)


def _fits_bytes(wire: WireType, target: SqlType) -> int | None:
    """The most bytes of the wire that fit, None when bytes of the wire do not tell."""
    if wire.token in _WIDE and target.name in ("nvarchar", "nchar"):
        return 2 * target.length
    if wire.token in _NARROW and codec(wire.collation) != "utf-8":
        return target.length
    return None


def _units(text: str, target: SqlType) -> int:
    """Length as the target counts it: UTF-16 units, or bytes of its code page."""
    if target.name in ("nvarchar", "nchar"):
        return len(text.encode("utf-16-le")) // 2
    return len(text)


def _binary(index: int, wire: WireType, target: SqlType) -> Cell:
    pack = struct.Struct(">I").pack
    pad = target.length if target.name == "binary" else 0

    def field_of(raw: bytes) -> bytes:
        raw = raw.ljust(pad, b"\x00")
        return pack(len(raw)) + raw

    check = [] if target.length == MAX else [f"if n > {target.length}: too_long({index})"]
    put = f"put_{index}"
    return _variable(index, wire, [*check, f"c{index} = {put}(raw)"], {put: field_of})


def _variable(index: int, wire: WireType, put: list[str], scope: dict[str, object]) -> Cell:
    """Text or bytes behind a length of two bytes, or in chunks; `put` sees them as `raw`."""
    name = f"c{index}"
    if wire.chunked:
        scope |= {"chunked": chunked, "chunk": _CHUNK, "ZERO": bytes(4), "NO_TOTAL": b"\xff" * 8}
        lines = [
            f"if data[p:p + 8] == NO_TOTAL: {name}, p = NULL, p + 8",
            "else:",
            "    n = chunk(data, p + 8)[0]",
            "    q = p + 12 + n",
            "    if n and data[q:q + 4] == ZERO: raw, p = data[p + 12:q], q + 4",
            "    else:",
            "        raw, p = chunked(data, p, end)",
            "        if p > end: break",
            "        n = len(raw)",
            *[f"    {line}" for line in put],
        ]
        return Cell(name, lines, scope)
    lines = [
        "n = data[p] | data[p + 1] << 8",
        "p += 2",
        f"if n == 65535: {name} = NULL",
        "else:",
        "    q = p + n",
        "    if q > end: break",
        "    raw = data[p:q]",
        *[f"    {line}" for line in put],
        "    p = q",
    ]
    return Cell(name, lines, scope)


_CHUNK: Final = struct.Struct("<I").unpack_from


def chunked(data: bytes, position: int, end: int) -> tuple[bytes, int]:
    """A PLP value and the position after it; a position past `end` when it is not complete."""
    position += 8
    parts: list[bytes] = []
    while True:
        if position + 4 > end:
            return b"", end + 1
        size: int = _CHUNK(data, position)[0]
        position += 4
        if not size:
            return b"".join(parts), position
        if position + size > end:
            return b"", end + 1
        parts.append(data[position : position + size])
        position += size
