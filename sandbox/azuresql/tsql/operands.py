"""Operands of arithmetic and of +, which also joins strings."""

from __future__ import annotations

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import types
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.tree import Node


def counted(value: Expression, other: SqlType) -> Expression:
    """An operand of arithmetic: a string becomes what it meets, a bit an int."""
    if value.is_string and other.name not in types.STRINGS:
        value = cast(value, other)
    if value.type is not None and value.type.name == "bit":
        return Expression(f"{value.wrapped}::int4", SqlType("int"), bound=value.bound)
    return value


def signed(node: Node) -> bool:
    return bool(node.children) and node.children[0].kind == "sign_indicator"


def joins(left: Expression, right: Expression) -> bool:
    """True when + joins strings (or bytes)."""
    kinds = [side.type.name if side.type and not side.is_null else "" for side in (left, right)]
    texts = types.STRINGS | types.BINARIES
    return any(kind in texts for kind in kinds) and all(kind in texts or not kind for kind in kinds)


def joined(left: Expression, right: Expression) -> SqlType:
    a = left.type if left.type and not left.is_null else None
    b = right.type if right.type and not right.is_null else None
    if a is not None and a.name in types.BINARIES:
        return SqlType("varbinary", -1)
    national = any(side is not None and side.name.startswith("n") for side in (a, b))
    lengths = [side.length for side in (a, b) if side is not None]
    limit = 4000 if national else 8000
    length = -1 if -1 in lengths else min(sum(lengths), limit)
    return SqlType("nvarchar" if national else "varchar", length)
