"""String functions whose result is varchar or nvarchar, limited or not, by their arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression, cast, given
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

Maker = Callable[["Expressions", list[Expression], Node], Expression]

_TEXT: Final = SqlType("nvarchar", -1)
_LIMITS: Final = {"varchar": 8000, "nvarchar": 4000}
_EDGES: Final = {"LEADING": "ltrim", "TRAILING": "rtrim", "BOTH": "btrim"}


def as_string(value: Expression) -> str:
    """Numbers where a string is expected are shown as text first."""
    if value.type is None or value.is_string or value.open or value.type.name in types.BINARIES:
        return value.text
    return cast(value, _TEXT).text


def string_type(arguments: list[Expression]) -> SqlType:
    """nvarchar where one of them is national; as long as its kind can be, max where one is."""
    strings = [a.type for a in arguments if a.is_string and a.type is not None and not a.is_null]
    national = any(type.name.startswith("n") for type in strings)
    name = "nvarchar" if national else "varchar"
    endless = any(type.length < 0 for type in strings)
    return SqlType(name, -1 if endless else _LIMITS[name])


def _result(call: str, type: SqlType, arguments: list[Expression]) -> Expression:
    """The call's result, cut where SQL Server cuts it: at 8,000 bytes unless it is a max type."""
    return Expression(f"{call}::{types.postgresql(type)}", type, bound=given(arguments))


def _replicate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    value, count = arguments
    call = f"sys.replicate({as_string(value)}, {count.text})"
    return _result(call, string_type([value]), [value])


def _space(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    (count,) = arguments
    return _result(f"sys.space({count.text})", SqlType("varchar", 8000), [])


def _stuff(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    value, start, length, fresh = arguments
    shown = f"{as_string(value)}, {start.text}, {length.text}, {as_string(fresh)}"
    return _result(f"sys.stuff({shown})", string_type([value, fresh]), [value, fresh])


def _replace(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """The collation of the three decides what is found, the database's where they have none."""
    shown = [as_string(argument) for argument in arguments]
    if len(shown) != 3:
        raise ValueError(node.text)
    if not given(arguments):
        collation = types.collation(expressions.context.default_collation)
        shown[0] = f"{arguments[0].wrapped}::sys.nvarchar COLLATE {collation}"
    type = string_type(arguments)
    type = replace(type, length=string_type(arguments[:1]).length if type.length > 0 else -1)
    return _result(f"sys.replace({', '.join(shown)})", type, arguments)


def _translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    value, signs, others = arguments
    shown = ", ".join(as_string(argument) for argument in (value, signs, others))
    return _result(f'sys."translate"({shown})', string_type(arguments), arguments)


def _trimmed(side: str) -> Maker:
    """LTRIM and RTRIM: blanks, or the signs that are named."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        value, *signs = arguments
        type = _variable_length(value)
        if not signs:
            return Expression(f"sys.{side}({as_string(value)})", type, bound=value.bound)
        (sign,) = signs
        return Expression(_cut(side, value, as_string(sign)), type, bound=value.bound)

    return translate


def trim(expressions: Expressions, bracketed: Node) -> Expression:
    """`TRIM(x)` and `TRIM(LEADING | TRAILING | BOTH signs FROM x)`."""
    (group,) = listed(bracketed)
    places = [n for n, node in enumerate(group) if node.kind == "keyword" and node.word == "FROM"]
    if not places:
        value = expressions.value(group, bracketed)
        shown = f"sys.trim({as_string(value)})"
        return Expression(shown, _variable_length(value), bound=value.bound)
    before = group[: places[0]]
    side = _EDGES.get(before[0].word, "") if len(before) > 1 else ""
    signs = expressions.value(before[1:] if side else before, bracketed)
    value = expressions.value(group[places[0] + 1 :], bracketed)
    text = _cut(side or "btrim", value, as_string(signs))
    return Expression(text, _variable_length(value), bound=value.bound)


def _cut(side: str, value: Expression, signs: str) -> str:
    return f"sys.trim_of({as_string(value)}, {signs}, '{side}')"


def _variable_length(value: Expression) -> SqlType | None:
    type = value.type
    if type is not None and type.name in ("char", "nchar"):
        return replace(type, name="varchar" if type.name == "char" else "nvarchar")
    return type if value.is_string else string_type([])


def _concat(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    if len(arguments) < 2:
        text = "The concat function requires 2 to 254 arguments."
        raise Refused(189, text, 15, line=node.line)
    return _joined(f"sys.concat({_array(arguments)})", arguments)


def _concat_ws(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    separator, *values = arguments
    if len(values) < 2:
        text = "The concat_ws function requires 3 to 254 arguments."
        raise Refused(189, text, 15, line=node.line)
    return _joined(f"sys.concat_ws({separator.text}, {_array(values)})", arguments)


def _array(values: list[Expression]) -> str:
    texts = (cast(value, _TEXT).text if not value.open else value.text for value in values)
    return f"ARRAY[{', '.join(f'({text})::text' for text in texts)}]"


def _joined(call: str, arguments: list[Expression]) -> Expression:
    type = string_type(arguments)
    return Expression(f"{call}::{types.bare(type)}", type, bound=given(arguments))


def _nchar(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """Beyond the first plane only where the database's collation knows supplementary characters."""
    (number,) = arguments
    name = f"{expressions.context.default_collation}_".upper()
    most = 0x10FFFF if "_SC_" in name or "_140_" in name else 0xFFFF
    return Expression(
        f'sys."nchar"({cast(number, SqlType("int")).text}, {most})', SqlType("nvarchar", 2)
    )


def _soundex(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    (value,) = arguments
    return Expression(f"sys.soundex({as_string(value)})", SqlType("varchar", 4))


def _difference(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    first, second = arguments
    text = f"sys.difference({as_string(first)}, {as_string(second)})"
    return Expression(text, SqlType("int"))


def _checksum(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """Its algorithm is not documented, so no value here would be SQL Server's."""
    raise refusal.unknown(node)


COMPOUND: Final[dict[str, Maker]] = {
    "REPLICATE": _replicate,
    "SPACE": _space,
    "STUFF": _stuff,
    "REPLACE": _replace,
    "TRANSLATE": _translate,
    "LTRIM": _trimmed("ltrim"),
    "RTRIM": _trimmed("rtrim"),
    "CONCAT": _concat,
    "CONCAT_WS": _concat_ws,
    "NCHAR": _nchar,
    "SOUNDEX": _soundex,
    "DIFFERENCE": _difference,
    "CHECKSUM": _checksum,
    "BINARY_CHECKSUM": _checksum,
}
