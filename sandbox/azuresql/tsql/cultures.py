"""PARSE and TRY_PARSE: numbers and moments as a culture writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.types import read_type
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_POINT: Final = ("en-us", "en-gb", "ja-jp", "zh-tw", "zh-cn", "ko-kr", "th-th")
_COMMA: Final = (
    *("de-de", "es-es", "it-it", "nl-nl", "pt-br", "da-dk", "ro-ro", "hr-hr", "sl-si", "el-gr"),
    *("tr-tr", "sr-latn-cs", "fr-fr", "sv-se", "nn-no", "fi-fi", "pl-pl", "cs-cz", "hu-hu"),
    *("sk-sk", "bg-bg", "ru-ru", "et-ee", "lv-lv", "lt-lt", "pt-pt"),
)
_DECIMAL_SIGNS: Final = {**dict.fromkeys(_POINT, "."), **dict.fromkeys(_COMMA, ",")}
"""The page's cultures, but for Arabic, by the sign before a fraction."""

_ORDERS: Final = {"en-us": "MDY", "en-gb": "DMY"}
"""Cultures whose names of months and days are known here."""


def parse(try_: bool) -> Callable[[Expressions, Node], Expression]:
    """`PARSE(text AS type [USING culture])`. Raises Refused 9818, 10761, 8116."""

    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        walk = Walk(bracketed)
        walk.need("start_bracket")
        value = expressions.of(walk.skip())
        walk.need_words("AS")
        type = read_type(walk.need("data_type"))
        culture = "en-US"
        if walk.words("USING"):
            given = expressions.of(walk.skip())
            if given.plain is None:
                raise refusal.unknown(bracketed, "a culture that is no literal")
            culture = given.plain
        walk.need("end_bracket")
        walk.done()
        if value.is_null:
            text = "Argument data type NULL is invalid for argument 1 of parse function."
            raise Refused(8116, text, line=bracketed.line)
        call = _call("$1", type, culture, bracketed)
        source = f"{value.wrapped}::text"
        target = types.postgresql(type)
        if not try_:
            return Expression(_call(source, type, culture, bracketed), type)
        kind = f"NULL::{types.bare(type)}"
        return Expression(
            f"sys.attempt({source}, {literal(f'SELECT {call}')}, {kind})::{target}", type
        )

    return translate


def _call(source: str, type: SqlType, culture: str, node: Node) -> str:
    """The conversion of PostgreSQL text `source`."""
    folded, target = culture.lower(), types.postgresql(type)
    sign = _DECIMAL_SIGNS.get(folded)
    if sign is None:
        text = f"The culture parameter '{culture}' provided in the function call is not supported."
        raise Refused(9818, text, line=node.line)
    shown = f"{literal(type.name)}, {literal(culture)}"
    if type.name in types.NUMBERS and type.name != "bit":
        return f"sys.parse_number({source}, {literal(sign)}, {shown})::{target}"
    if type.name not in types.TIMES:
        raise Refused(10761, f"Invalid data type {type.name} in function PARSE.", line=node.line)
    order = _ORDERS.get(folded)
    if order is None:
        raise refusal.unknown(node, f"dates of the culture {culture}")
    return f"sys.parse_moment({source}, {literal(order)}, {shown})::sys.nvarchar::{target}"
