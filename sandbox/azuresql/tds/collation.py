"""Collations as five bytes: locale, comparison flags, version, sort order ([MS-TDS] 2.2.5.1.2)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

DEFAULT: Final = "SQL_Latin1_General_CP1_CI_AS"
DEFAULT_BYTES: Final = bytes.fromhex("0904d00034")

_ENGLISH: Final = 0x0409
_IGNORE_CASE, _IGNORE_ACCENT, _IGNORE_KANA, _IGNORE_WIDTH = (1 << bit for bit in range(20, 24))
_BINARY, _BINARY2, _UTF8 = 1 << 24, 1 << 25, 1 << 26
_VERSION: Final = {"": 0, "90": 1, "100": 2, "140": 3}
_SQL_SORT: Final = {"CI_AS": 0x34, "CS_AS": 0x33, "CI_AI": 0x36}
_WINDOWS_NAME: Final = re.compile(r"Latin1_General(?:_(90|100|140))?_(.+)", re.IGNORECASE)
_SQL_NAME: Final = re.compile(r"SQL_Latin1_General_CP1_(CI_AS|CS_AS|CI_AI)", re.IGNORECASE)


@lru_cache(maxsize=256)
def to_bytes(name: str | None) -> bytes:
    """The five bytes of a Latin1 collation; a name that is none of those travels as the default."""
    if sql := _SQL_NAME.fullmatch(name or DEFAULT):
        suffix = sql[1].upper()
        return (_ENGLISH | _flags(suffix)).to_bytes(4, "little") + bytes([_SQL_SORT[suffix]])
    if windows := _WINDOWS_NAME.fullmatch(name or ""):
        bits = _ENGLISH | _flags(windows[2].upper()) | _VERSION[windows[1] or ""] << 28
        return bits.to_bytes(4, "little") + b"\x00"
    return DEFAULT_BYTES


def _flags(suffix: str) -> int:
    parts = frozenset(suffix.split("_"))
    utf8 = _UTF8 if "UTF8" in parts else 0
    if "BIN2" in parts:
        return _BINARY2 | utf8
    if "BIN" in parts:
        return _BINARY | utf8
    return (
        utf8
        | (_IGNORE_CASE if "CI" in parts else 0)
        | (_IGNORE_ACCENT if "AI" in parts else 0)
        | (0 if "KS" in parts else _IGNORE_KANA)
        | (0 if "WS" in parts else _IGNORE_WIDTH)
    )


def codec(collation: bytes) -> str:
    """The Python codec of char and varchar under these five bytes."""
    return "utf-8" if int.from_bytes(collation[:4], "little") & _UTF8 else "cp1252"
