"""JSON_MODIFY, JSON_OBJECT and JSON_ARRAY: values of any type become JSON by FOR JSON's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import for_json, refusal
from sandbox.azuresql.tsql.expression import Expression
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_TEXT: Final = SqlType("nvarchar", -1)


def _modify(expressions: Expressions, bracketed: Node) -> Expression:
    document, path, fresh = (expressions.value(group, bracketed) for group in listed(bracketed))
    value = "NULL" if fresh.is_null else for_json.written(fresh)
    text = f"sys.json_modify({document.wrapped}::text, {path.wrapped}::text, {value})"
    bound = document.bound or path.bound or fresh.bound
    return Expression(text, _TEXT, bound=bound, json=True)


def _object(expressions: Expressions, bracketed: Node) -> Expression:
    """`JSON_OBJECT(key: value, … NULL | ABSENT ON NULL)`; NULLs are kept unless it says so."""
    groups, absent = _nulls(bracketed, "NULL")
    members: list[str] = []
    bound = False
    for group in groups:
        at = next((n for n, part in enumerate(group) if part.kind == "colon_delimiter"), 0)
        if not at:
            raise refusal.unknown(bracketed)
        key = expressions.value(group[:at], bracketed)
        value = _member(expressions, group[at + 1 :], bracketed)
        bound = bound or key.bound or value.bound
        name = f"sys.json_text({key.wrapped}::text)"
        members.append(f"{name} || ':' || {_written(value, absent)}")
    return _joined("{", members, "}", bound)


def _array(expressions: Expressions, bracketed: Node) -> Expression:
    """`JSON_ARRAY(value, … NULL | ABSENT ON NULL)`; NULLs are left out unless it says so."""
    groups, absent = _nulls(bracketed, "ABSENT")
    values = [_member(expressions, group, bracketed) for group in groups]
    members = [_written(value, absent) for value in values]
    return _joined("[", members, "]", any(value.bound for value in values))


def _member(expressions: Expressions, group: list[Node], bracketed: Node) -> Expression:
    """A value; the parser takes NULL for a keyword here."""
    if [node.word for node in group] == ["NULL"]:
        return Expression("NULL", SqlType("int"), open=True)
    return expressions.value(group, bracketed)


def _nulls(bracketed: Node, default: str) -> tuple[list[list[Node]], bool]:
    """The members, and whether those that are NULL are left out."""
    groups = listed(bracketed)
    word = default
    if groups and [node.word for node in groups[-1][-2:]] == ["ON", "NULL"]:
        word = groups[-1][-3].word
        groups[-1] = groups[-1][:-3]
    if word not in ("NULL", "ABSENT"):
        raise refusal.unknown(bracketed)
    return [group for group in groups if group], word == "ABSENT"


def _written(value: Expression, absent: bool) -> str:
    if value.is_null:
        return "NULL::text" if absent else "'null'"
    text = for_json.written(value)
    return text if absent else f"coalesce({text}, 'null')"


def _joined(opening: str, members: list[str], ending: str, bound: bool) -> Expression:
    inside = f"ARRAY[{', '.join(members)}]::text[]"
    text = f"sys.json_joined('{opening}', {inside}, '{ending}')"
    return Expression(text, _TEXT, bound=bound, json=True)


SPECIAL: Final[dict[str, Callable[[Expressions, Node], Expression]]] = {
    "JSON_MODIFY": _modify,
    "JSON_OBJECT": _object,
    "JSON_ARRAY": _array,
}
