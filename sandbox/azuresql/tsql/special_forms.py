"""Functions with types, parts or conditions among their arguments: each reads its own brackets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import (
    conversions,
    cultures,
    json_functions,
    moments,
    refusal,
    string_functions,
)
from sandbox.azuresql.tsql.expression import Expression, chosen, given, unify
from sandbox.azuresql.tsql.names import fold, literal, parts
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_INT: Final = SqlType("int")
_BIGINT: Final = SqlType("bigint")


def _conversion(try_: bool, convert: bool) -> Callable[[Expressions, Node], Expression]:
    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        return conversions.conversion(expressions, bracketed, try_=try_, convert=convert)

    return translate


def _iif(expressions: Expressions, bracketed: Node) -> Expression:
    test, yes, no = listed(bracketed)
    condition = expressions.value(test, bracketed)
    results = [expressions.value(yes, bracketed), expressions.value(no, bracketed)]
    (first, second), type = unify(chosen(results, bracketed))
    text = f"CASE WHEN {condition.text} THEN {first} ELSE {second} END"
    return Expression(text, type, bound=given(results))


def _isjson(expressions: Expressions, bracketed: Node) -> Expression:
    group = next(iter(listed(bracketed)))
    value = expressions.value(group, bracketed)
    rest = listed(bracketed)[1:]
    kind = ""
    if rest:
        words = [node.word for part in rest for node in part]
        if words not in (["VALUE"], ["OBJECT"], ["ARRAY"], ["SCALAR"]):
            raise refusal.unknown(bracketed)
        kind = f", {literal(words[0].lower())}"
    return Expression(f"sys.isjson({value.text}{kind})", _INT, bound=value.bound)


def _updated(expressions: Expressions, bracketed: Node) -> Expression:
    """UPDATE(column) inside a trigger."""
    ((reference,),) = listed(bracketed)
    columns = expressions.context.parameter("@@columns_updated")
    name = fold(parts(reference)[-1])
    return Expression(f"{columns}::text::jsonb ? {literal(name)}", truth=True)


SPECIAL: Final[dict[str, Callable[[Expressions, Node], Expression]]] = {
    "UPDATE": _updated,
    "CAST": _conversion(try_=False, convert=False),
    "TRY_CAST": _conversion(try_=True, convert=False),
    "CONVERT": _conversion(try_=False, convert=True),
    "TRY_CONVERT": _conversion(try_=True, convert=True),
    "PARSE": cultures.parse(try_=False),
    "TRY_PARSE": cultures.parse(try_=True),
    "IIF": _iif,
    "DATEADD": moments.dateadd,
    "DATEDIFF": moments.datediff("datediff", _INT),
    "DATEDIFF_BIG": moments.datediff("datediff_big", _BIGINT),
    "DATETRUNC": moments.datetrunc,
    "DATE_BUCKET": moments.date_bucket,
    "DATEPART": moments.datepart("datepart", _INT),
    "DATENAME": moments.datepart("datename", SqlType("nvarchar", 30)),
    "ISJSON": _isjson,
    **json_functions.SPECIAL,
    "TRIM": string_functions.trim,
}
