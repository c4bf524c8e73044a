"""Definitions of checks, defaults, computed columns and filters as SQL Server decodes them.

Its catalog keeps the expression, not the text: blanks go, names stand in brackets, numbers in
parentheses, parentheses that change nothing go, IN and BETWEEN of a check become comparisons
(sys.check_constraints, "definition"). What is not known here is kept as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sandbox.azuresql.tsql.names import fold, plain
from sandbox.azuresql.tsql.scope import Column
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import listed


class _Unknown(Exception):
    """An expression whose normal form is not known."""


class _Shown(NamedTuple):
    """A normal form, and how tightly its outermost operator binds."""

    text: str
    level: int


_OR, _AND, _NOT, _PREDICATE, _SUM, _PRODUCT, _SIGN, _ATOM = range(8)
_LEVELS: Final = {"OR": _OR, "AND": _AND} | dict.fromkeys("+-&|^", _SUM)
_LEVELS.update(dict.fromkeys("*/%", _PRODUCT))
_COMPARISONS: Final = {"!=": "<>", "!<": ">=", "!>": "<="}
_WRAPPERS: Final = frozenset({"expression", "bracketed"})
_BRACKETS: Final = frozenset({"start_bracket", "end_bracket"})


def definition(
    nodes: Sequence[Node], text: str, columns: Iterable[Column] = (), *, filters: bool = False
) -> str:
    """The normal form of an expression in its parentheses; a filter's IN stays one.

    `text` is the batch's, which the nodes are a part of.
    """
    try:
        form = _Form({fold(column.name): column.name for column in columns}, filters)
        return f"({form.whole(nodes).text})"
    except _Unknown:
        written = text[nodes[0].start : nodes[-1].end]
        return written if written.startswith("(") else f"({written})"


class _Form:
    """Reads one list of operands and operators after the other, by precedence."""

    def __init__(self, names: dict[str, str], filters: bool) -> None:
        self._names = names
        self._filters = filters
        self._items: list[Node] = []

    def whole(self, nodes: Sequence[Node]) -> _Shown:
        outside, self._items = self._items, _opened(nodes)
        found = self._binary(_OR)
        if self._items:
            raise _Unknown
        self._items = outside
        return found

    def _word(self) -> str:
        return self._items[0].text.upper() if self._items else ""

    def _take(self, *words: str) -> bool:
        """Whether these words come next, which are taken then."""
        if [item.text.upper() for item in self._items[: len(words)]] != list(words):
            return False
        del self._items[: len(words)]
        return True

    def _binary(self, level: int) -> _Shown:
        """Operands of an operator of this level; at some levels other things stand."""
        if level == _NOT:
            return self._negated()
        if level == _PREDICATE:
            return self._predicate()
        if level == _SIGN:
            return self._signed()
        left = self._binary(level + 1)
        while _LEVELS.get(self._word()) == level:
            operator = self._items.pop(0).text.upper()
            right = self._binary(level + 1)
            blank = " " if level in (_OR, _AND) else ""
            # a-(b-c) is not a-b-c; what AND and OR join may be joined in any order.
            tight = right.level <= level if level > _AND else right.level < level
            shown = f"({right.text})" if tight else right.text
            left = _Shown(f"{_within(left, level)}{blank}{operator}{blank}{shown}", level)
        return left

    def _negated(self) -> _Shown:
        if not self._take("NOT"):
            return self._binary(_PREDICATE)
        return _Shown(f"NOT {_within(self._negated(), _NOT)}", _NOT)

    def _predicate(self) -> _Shown:
        left = self._binary(_SUM)
        if not self._items:
            return left
        if self._take("IS", "NOT", "NULL"):
            return _Shown(f"{_within(left, _SUM)} IS NOT NULL", _PREDICATE)
        if self._take("IS", "NULL"):
            return _Shown(f"{_within(left, _SUM)} IS NULL", _PREDICATE)
        if self._take("NOT", "LIKE"):
            return _Shown(f"NOT {self._like(left).text}", _NOT)
        if self._take("LIKE"):
            return self._like(left)
        if self._take("BETWEEN"):
            return self._between(_within(left, _SUM))
        if self._take("IN"):
            return self._in(_within(left, _SUM))
        if self._items[0].kind != "comparison_operator":
            return left
        sign = "".join(self._items.pop(0).text.split())
        right = _within(self._binary(_SUM), _SUM)
        return _Shown(f"{_within(left, _SUM)}{_COMPARISONS.get(sign, sign)}{right}", _PREDICATE)

    def _like(self, left: _Shown) -> _Shown:
        right = self._binary(_SUM)
        return _Shown(f"{_within(left, _SUM)} like {_within(right, _SUM)}", _PREDICATE)

    def _between(self, left: str) -> _Shown:
        low = _within(self._binary(_SUM), _SUM)
        if not self._take("AND"):
            raise _Unknown
        return _Shown(f"{left}>={low} AND {left}<={_within(self._binary(_SUM), _SUM)}", _AND)

    def _in(self, left: str) -> _Shown:
        """Comparisons, the last value first."""
        if not self._items or self._items[0].kind != "bracketed":
            raise _Unknown
        values = [_within(self.whole(each), _SUM) for each in listed(self._items.pop(0))]
        if self._filters:
            return _Shown(f"{left} IN ({', '.join(values)})", _PREDICATE)
        compared = " OR ".join(f"{left}={value}" for value in reversed(values))
        return _Shown(compared, _OR if len(values) > 1 else _PREDICATE)

    def _signed(self) -> _Shown:
        if self._items and self._items[0].kind == "sign_indicator":
            sign = self._items.pop(0).text
            return _Shown(f"{sign}{_within(self._signed(), _SIGN)}", _SIGN)
        return self._operand()

    def _operand(self) -> _Shown:
        if not self._items:
            raise _Unknown
        node = self._items.pop(0)
        if node.kind in _WRAPPERS:
            return self.whole([node])
        if node.kind in ("integer_literal", "numeric_literal"):
            return _Shown(f"({_number(node)})", _ATOM)
        if node.kind == "quoted_literal":
            return _Shown(node.text[0].upper() + node.text[1:], _ATOM)
        if node.kind == "null_literal":
            return _Shown("NULL", _ATOM)
        if node.kind == "column_reference" and len(node.children) == 1:
            name = plain(node.children[0].text)
            return _Shown(_bracketed(self._names.get(fold(name), name)), _ATOM)
        if node.kind == "sequence_next_value":
            return _Shown(f"NEXT VALUE FOR {_dotted(node.children[-1])}", _ATOM)
        if node.kind == "bare_function" and node.text.upper() == "CURRENT_TIMESTAMP":
            return _Shown("getdate()", _ATOM)
        if node.kind == "function":
            return _Shown(self._function(node), _ATOM)
        raise _Unknown

    def _function(self, node: Node) -> str:
        if len(node.children) != 2 or len(node.children[1].children) != 1:
            raise _Unknown
        name, contents = node.children[0], node.children[1].children[0]
        word = name.text.upper()
        groups = listed(contents)
        if word == "CONVERT":
            (type,), *rest = groups
            return f"CONVERT({_type(type)},{','.join(self.whole(each).text for each in rest)})"
        if word == "CAST":
            value, keyword, type = groups[0]
            if keyword.text.upper() != "AS":
                raise _Unknown
            return f"CONVERT({_type(type)},{self.whole([value]).text})"
        arguments = ",".join(self.whole(each).text for each in groups)
        shown = _dotted(name) if len(name.children) > 1 else word.lower()
        return f"{shown}({arguments})"


def _opened(nodes: Sequence[Node]) -> list[Node]:
    """What stands inside expressions and parentheses around everything."""
    found = list(nodes)
    while len(found) == 1 and found[0].kind in _WRAPPERS:
        found = [child for child in found[0].children if child.kind not in _BRACKETS]
    return found


def _within(shown: _Shown, level: int) -> str:
    return f"({shown.text})" if shown.level < level else shown.text


def _number(node: Node) -> str:
    text = "".join(node.text.split())
    if not text.lstrip("+-").replace(".", "", 1).isdigit():
        raise _Unknown
    return text


def _bracketed(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def _dotted(node: Node) -> str:
    names = [child for child in node.children if child.kind != "dot"]
    return ".".join(_bracketed(plain(name.text)) for name in names)


def _type(node: Node) -> str:
    if node.kind != "data_type" or not node.children:
        raise _Unknown
    name, *rest = node.children
    lengths = "".join("".join(part.text.split()) for part in rest)
    return f"{_bracketed(plain(name.text).lower())}{lengths}"
