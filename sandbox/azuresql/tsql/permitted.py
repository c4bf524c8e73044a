"""Which conversions CAST and CONVERT allow, by the chart of the page on CAST and CONVERT."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import types

_NUMBERS: Final = types.NUMBERS
_MODERN: Final = frozenset({"date", "time", "datetime2", "datetimeoffset"})
_FLOATS: Final = frozenset({"float", "real"})
_BYTES: Final = frozenset({"binary", "varbinary", "rowversion"})

_NEVER: Final[tuple[tuple[frozenset[str], frozenset[str]], ...]] = (
    (_NUMBERS, _MODERN | {"uniqueidentifier", "xml"}),
    (_FLOATS, frozenset({"rowversion"})),
    (_MODERN, _NUMBERS | {"uniqueidentifier", "xml", "rowversion"}),
    (frozenset({"datetime", "smalldatetime"}), frozenset({"uniqueidentifier", "xml"})),
    (frozenset({"date"}), frozenset({"time"})),
    (frozenset({"time"}), frozenset({"date"})),
    (frozenset({"uniqueidentifier"}), _NUMBERS | types.TIMES | {"xml", "rowversion"}),
    (_BYTES, _FLOATS),
    (frozenset({"rowversion"}), _MODERN | {"uniqueidentifier", "xml", "sql_variant"}),
    (frozenset({"xml"}), _NUMBERS | types.TIMES | {"uniqueidentifier", "sql_variant"}),
    (frozenset({"sql_variant"}), frozenset({"xml", "rowversion"})),
)
"""Sources with the targets that none of them can be converted to."""


def check(source: SqlType | None, target: SqlType, line: int) -> None:
    """Raises Refused 529 for a conversion that there is not, whatever the value."""
    if source is None:
        return
    if any(source.name in sources and target.name in targets for sources, targets in _NEVER):
        text = f"Explicit conversion from data type {_named(source)} to {_named(target)} is not "
        raise Refused(529, f"{text}allowed.", line=line)


def _named(type: SqlType) -> str:
    """As messages call it."""
    return {"decimal": "numeric", "rowversion": "timestamp"}.get(type.name, type.name)
