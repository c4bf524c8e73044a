"""Functions: by name into a call of `sys.…` or PostgreSQL's own; forms of their own elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import aggregates, inlined, types
from sandbox.azuresql.tsql.expression import Expression, given
from sandbox.azuresql.tsql.function_table import SIMPLE
from sandbox.azuresql.tsql.names import parts
from sandbox.azuresql.tsql.session_values import FUNCTIONS, SESSION_VALUES
from sandbox.azuresql.tsql.special_forms import SPECIAL
from sandbox.azuresql.tsql.string_functions import as_string
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.typed_functions import COMPOUND
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_INT: Final = SqlType("int")
_FLOAT: Final = SqlType("float")


_STRING_ARGUMENTS: Final = {
    **dict.fromkeys(("UPPER", "LOWER", "REVERSE", "LEFT", "RIGHT"), (0,)),
    "CHARINDEX": (0, 1),
}
"""The places where a number is shown as text first."""

_SEARCHES: Final = frozenset({"CHARINDEX", "PATINDEX"})
"""They look for a string in another: the collation decides what is the same."""

_COUNTS: Final = {
    **dict.fromkeys(("LEN", "DATALENGTH", "YEAR", "MONTH", "DAY"), 1),
    **dict.fromkeys(("ISNULL", "NULLIF", "HASHBYTES"), 2),
}
"""How many arguments the functions take that unpack a fixed number of them."""

_EXACT: Final = frozenset({"sys.rand"})
"""Functions that give a float and take something else."""


def call(expressions: Expressions, node: Node) -> Expression:
    """A `function` or `bare_function` node."""
    if node.kind == "bare_function":
        return _named(expressions, node, node.word, [])
    walk = Walk(node)
    name_node = walk.need("function_name")
    names = parts(name_node)
    contents = walk.need("function_contents")
    bracketed = contents.children[0]
    name = names[-1].upper()
    if len(names) > 1 and names[0].lower() != "sys":
        walk.done()
        return inlined.scalar(expressions, node)
    if name in aggregates.NAMES:
        found = aggregates.call(expressions, name, bracketed, walk)
        walk.done()
        return found
    walk.done()
    special = SPECIAL.get(name)
    if special is not None:
        return _counted(name, node, lambda: special(expressions, bracketed))
    arguments = [expressions.value(group, bracketed) for group in listed(bracketed)]
    return _named(expressions, node, name, arguments)


def _named(
    expressions: Expressions, node: Node, name: str, arguments: list[Expression]
) -> Expression:
    value = FUNCTIONS.get(name)
    if value is not None and not arguments:
        return Expression(expressions.context.parameter(value), SESSION_VALUES[value])
    simple = SIMPLE.get(name)
    if simple is None:
        maker = COMPOUND.get(name)
        if maker is None:
            raise Refused(
                195, f"'{name}' is not a recognized built-in function name.", 15, 10, node.line
            )
        return _counted(name, node, lambda: maker(expressions, arguments, node))
    function, fewest, most, result = simple
    if not fewest <= len(arguments) <= most:
        raise Refused(
            174, f"The {name.lower()} function requires {most} argument(s).", 15, line=node.line
        )
    strings = _STRING_ARGUMENTS.get(name, ())
    shown = [as_string(a) if n in strings else a.text for n, a in enumerate(arguments)]
    if result == _FLOAT and simple[0] not in _EXACT:
        shown = [a.text if a.type == _FLOAT else f"{a.wrapped}::float8" for a in arguments]
    if name in _SEARCHES and not any(argument.bound for argument in arguments):
        collation = types.collation(expressions.context.default_collation)
        shown[0] = f"{arguments[0].wrapped}::sys.nvarchar COLLATE {collation}"
    type = result if result is not None else _widened(name, arguments[0].type)
    if name in ("FLOOR", "CEILING") and type is not None and type.name == "decimal":
        type = SqlType("decimal", 0, min(38, type.precision - type.scale + 1), 0)
        whole = f"{function}({shown[0]})::{types.postgresql(type)}"
        return Expression(whole, type, bound=arguments[0].bound)
    bound = given(arguments)
    if name in ("ROUND", "POWER") and type is not None and type.name == "decimal":
        type = type if name == "ROUND" else SqlType("decimal", 0, 38, type.scale)
        fitted = f"{function}({', '.join(shown)})::{types.postgresql(type)}"
        return Expression(fitted, type, bound=bound)
    return Expression(
        f"{function}({', '.join(shown)})",
        type,
        bound=bound,
        json=name == "JSON_QUERY",
    )


def _counted(name: str, node: Node, make: Callable[[], Expression]) -> Expression:
    """A translator unpacks its arguments, so that a wrong number of them is a ValueError."""
    try:
        return make()
    except ValueError:
        wanted = _COUNTS.get(name, "another number of")
        text = f"The {name.lower()} function requires {wanted} argument(s)."
        raise Refused(174, text, 15, line=node.line) from None


def _widened(name: str, type: SqlType | None) -> SqlType | None:
    """Numeric functions keep the type; small integers count as int."""
    if type is not None and type.name in ("tinyint", "smallint", "bit"):
        return _INT
    if type is not None and type.name in ("nchar", "char"):
        return replace(type, name="nvarchar" if type.name == "nchar" else "varchar")
    if type is not None and name == "POWER" and type.name == "real":
        return _FLOAT
    return type
