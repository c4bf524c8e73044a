"""Sequences."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Final

from sandbox.azuresql.session import Refused, Result, SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.constraints import remark
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_INTEGERS: Final = {
    "tinyint": ("int2", 0, 255),
    "smallint": ("int2", -(2**15), 2**15 - 1),
    "int": ("int4", -(2**31), 2**31 - 1),
    "bigint": ("int8", -(2**63), 2**63 - 1),
}


async def create_sequence(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("CREATE", "SEQUENCE")
    name = ObjectName.of(walk.need("sequence_reference"))
    running.require(interpreter, "CREATE", name, node)
    statements = sequence_sql(name, walk)
    async for result in running.run(interpreter, statements, node):
        yield result


def sequence_sql(name: ObjectName, walk: Walk) -> list[str]:
    """CREATE SEQUENCE. Without START WITH it begins at the type's least value, as SQL Server's."""
    type, chosen = SqlType("bigint"), {}
    for words, number, given in _options(walk):
        if given is not None:
            type = given
        else:
            chosen[words] = number
    native, least, greatest = _INTEGERS.get(type.name) or _decimal(type)
    minimum = _number(chosen.get("MINVALUE"), least)
    maximum = _number(chosen.get("MAXVALUE"), greatest)
    increment = _number(chosen.get("INCREMENT BY"), 1)
    start = _number(chosen.get("START WITH"), minimum if increment > 0 else maximum)
    cycle = " CYCLE" if "CYCLE" in chosen else " NO CYCLE"
    made = (
        f"CREATE SEQUENCE {name.sql} AS {native} INCREMENT BY {increment} MINVALUE {minimum} "
        f"MAXVALUE {maximum} START WITH {start}{cycle}"
    )
    notes: dict[str, Any] = {"name": name.name} if fold(name.name) != name.name else {}
    if type.name in ("tinyint", "decimal"):
        notes["type"] = type.precision or type.name
    return [made, *remark("SEQUENCE", name.sql, notes)]


def _decimal(type: SqlType) -> tuple[str, int, int]:
    """A sequence of decimals counts as far as 64 bits go."""
    most = min(10**type.precision, 2**63) - 1
    return "int8", -most, most


def _number(text: str | None, default: int) -> int:
    return default if text is None else int(text)


def _options(walk: Walk) -> list[tuple[str, str | None, SqlType | None]]:
    """Each option's words with its number, or its type. Raises Refused 11702 for a wrong one."""
    found: list[tuple[str, str | None, SqlType | None]] = []
    while walk.here is not None:
        part = Walk(walk.need("create_sequence_options_segment", "alter_sequence_options_segment"))
        if part.words("AS"):
            type = types.read_type(part.need("data_type"))
            if type.name not in _INTEGERS and (type.name != "decimal" or type.scale):
                raise Refused(
                    11702,
                    "The sequence object must be of data type int, bigint, smallint, tinyint, or "
                    "decimal or numeric with a scale of 0, or any user-defined data type that is "
                    "based on one of the above integer data types.",
                    state=2,
                    line=part.node.line,
                )
            found.append(("AS", None, type))
            part.done()
            continue
        words: list[str] = []
        number: str | None = None
        sign = ""
        while part.here is not None:
            child = part.skip()
            if child.kind in ("numeric_literal", "integer_literal"):
                number = sign + child.text.replace(" ", "")
            elif child.kind == "sign_indicator":
                sign = child.text
            else:
                words.append(child.word)
        key = " ".join(words)
        known = {"START WITH", "INCREMENT BY", "MINVALUE", "MAXVALUE", "CYCLE", "RESTART WITH"}
        ignored = {"NO MINVALUE", "NO MAXVALUE", "NO CYCLE", "CACHE", "NO CACHE", "RESTART"}
        if key not in known | ignored:
            raise refusal.unknown(part.node)
        if key in known or key == "RESTART":
            found.append((key, number, None))
        elif key == "NO CYCLE":
            found.append((key, None, None))
    return found


async def alter_sequence(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("ALTER", "SEQUENCE")
    name = ObjectName.of(walk.need("sequence_reference"))
    clauses: list[str] = []
    for words, number, _ in _options(walk):
        clauses.append(f"{words} {number}" if number is not None else words)
    rows, _ = await interpreter.session.link.fetch(
        "SELECT to_regclass($1) IS NOT NULL", [Value(25, name.sql.encode())]
    )
    if not read_bool(rows[0][0]):
        raise Refused(
            15151,
            f"Cannot alter the sequence object '{name}', because it does not exist or you do not "
            "have permission.",
            line=node.line,
        )
    running.require(interpreter, "ALTER", name, node)
    statement = f"ALTER SEQUENCE {name.sql} {' '.join(clauses)}"
    async for result in running.run(interpreter, [statement], node):
        yield result
