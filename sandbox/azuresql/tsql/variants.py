"""sql_variant: values that carry their base type (`catalog/sql/69_variants.sql` keeps them)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import types
from sandbox.azuresql.tsql.names import literal

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expression import Expression

VARIANT: Final = SqlType("sql_variant")


def is_variant(value: Expression) -> bool:
    return value.type is not None and value.type.name == "sql_variant"


def made(value: Expression) -> str:
    """A value as a sql_variant. Raises Refused 206 for a type that none can hold."""
    type = value.type
    if value.is_null:
        return "NULL::sys.sql_variant"
    if type is None or type.name == "sql_variant":
        return f"{value.wrapped}::sys.sql_variant"
    if type.name in ("xml", "rowversion") or type.length < 0:
        raise Refused(
            206, f"Operand type clash: {types.shown(type)} is incompatible with sql_variant"
        )
    return f"sys.variant({literal(types.shown(type))}, {_text(value, type)})"


def _text(value: Expression, type: SqlType) -> str:
    """The value as the variant keeps it: exact, and readable without its type's own styles."""
    typed = f"{value.text}::{types.bare(type)}" if value.open else value.wrapped
    if type.name in types.BINARIES:
        return f"encode({typed}::bytea, 'hex')"
    if type.name in ("bit", "tinyint"):
        return f"{typed}::int4::text"
    if type.name == "uniqueidentifier":
        return f"upper({typed}::text)"
    if type.name in types.TIMES and type.name != "date":
        scale = {"datetime": 3, "smalldatetime": 0}.get(type.name, type.scale)
        return f"sys.show({typed}, 121, {scale})"
    return f"{typed}::text"


def cast_from(value: Expression, type: SqlType) -> str:
    """A sql_variant as another type, by what its base type is."""
    target, name = types.postgresql(type), literal(type.name)
    if type.name in types.STRINGS:
        return f"sys.variant_shown({value.text})::{target}"
    if type.name in types.NUMBERS:
        number = f"sys.variant_number({value.text}, {name})"
        whole = type.name in types.INTEGERS and type.name != "bit"
        return f"{f'trunc({number})' if whole else number}::{target}"
    if type.name in types.TIMES:
        return f"sys.variant_moment({value.text}, {name})::{target}"
    if type.name in types.BINARIES:
        return f"sys.variant_bytes({value.text}, {name})::{target}"
    return f"sys.variant_shown({value.text})::sys.nvarchar::{target}"
