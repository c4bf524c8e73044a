"""Functions: by name into a call of `sys.…` or PostgreSQL's own; special forms by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import aggregates, conversions, moments, properties, refusal, types
from sandbox.azuresql.tsql.expression import Expression, cast, unify
from sandbox.azuresql.tsql.function_table import SIMPLE
from sandbox.azuresql.tsql.names import literal, parts
from sandbox.azuresql.tsql.session_values import FUNCTIONS, SESSION_VALUES
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_INT: Final = SqlType("int")
_BIGINT: Final = SqlType("bigint")
_NAME: Final = SqlType("nvarchar", 128)
_TEXT: Final = SqlType("nvarchar", -1)
_FLOAT: Final = SqlType("float")


_STRING_ARGUMENTS: Final = frozenset(
    {"UPPER", "LOWER", "LTRIM", "RTRIM", "REVERSE", "LEFT", "RIGHT", "CHARINDEX", "REPLACE"}
)

_SEARCHES: Final = frozenset({"CHARINDEX", "REPLACE", "PATINDEX"})
"""They look for a string in another: the collation decides what is the same."""


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
        raise Refused(
            4121,
            f'Cannot find either column "{names[0]}" or the user-defined function or aggregate '
            f'"{".".join(names)}", or the name is ambiguous.',
            line=node.line,
        )
    if name in aggregates.NAMES:
        found = aggregates.call(expressions, name, bracketed, walk)
        walk.done()
        return found
    walk.done()
    special = _SPECIAL.get(name)
    if special is not None:
        return special(expressions, bracketed)
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
        maker = _COMPOUND.get(name)
        if maker is None:
            raise Refused(
                195, f"'{name}' is not a recognized built-in function name.", 15, 10, node.line
            )
        return maker(expressions, arguments, node)
    function, fewest, most, result = simple
    if not fewest <= len(arguments) <= most:
        raise Refused(
            174, f"The {name.lower()} function requires {most} argument(s).", 15, line=node.line
        )
    shown = [_as_string(a) if name in _STRING_ARGUMENTS else a.text for a in arguments]
    if name in _SEARCHES and not any(argument.bound for argument in arguments):
        collation = types.collation(expressions.context.default_collation)
        shown[0] = f"{arguments[0].wrapped}::sys.nvarchar COLLATE {collation}"
    type = result if result is not None else _widened(name, arguments[0].type)
    bound = any(argument.bound for argument in arguments)
    return Expression(f"{function}({', '.join(shown)})", type, bound=bound or not arguments)


def _widened(name: str, type: SqlType | None) -> SqlType | None:
    """Numeric functions keep the type; small integers count as int."""
    if type is not None and type.name in ("tinyint", "smallint", "bit"):
        return _INT
    if type is not None and type.name in ("nchar", "char"):
        return replace(type, name="nvarchar" if type.name == "nchar" else "varchar")
    if type is not None and name == "POWER" and type.name == "real":
        return _FLOAT
    return type


def _as_string(value: Expression) -> str:
    """Numbers where a string is expected are shown as text first."""
    if value.type is None or value.is_string or value.open or value.type.name in types.BINARIES:
        return value.text
    if value.type.name in ("int", "bigint", "smallint", "tinyint") and not value.bound:
        return value.text
    return cast(value, _TEXT).text


# --- special forms: types, parts and conditions among their arguments ---------------------------


def _conversion(try_: bool, convert: bool) -> Callable[[Expressions, Node], Expression]:
    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        return conversions.conversion(expressions, bracketed, try_=try_, convert=convert)

    return translate


def _iif(expressions: Expressions, bracketed: Node) -> Expression:
    test, yes, no = listed(bracketed)
    condition = expressions.value(test, bracketed)
    results = [expressions.value(yes, bracketed), expressions.value(no, bracketed)]
    (first, second), type = unify(results)
    bound = condition.bound or results[0].bound or results[1].bound
    return Expression(
        f"CASE WHEN {condition.text} THEN {first} ELSE {second} END", type, bound=bound
    )


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


def _trim(expressions: Expressions, bracketed: Node) -> Expression:
    (group,) = listed(bracketed)
    value = expressions.value(group, bracketed)
    return Expression(f"sys.trim({_as_string(value)})", value.type, bound=value.bound)


_SPECIAL: Final[dict[str, Callable[[Expressions, Node], Expression]]] = {
    "CAST": _conversion(try_=False, convert=False),
    "TRY_CAST": _conversion(try_=True, convert=False),
    "CONVERT": _conversion(try_=False, convert=True),
    "TRY_CONVERT": _conversion(try_=True, convert=True),
    "IIF": _iif,
    "DATEADD": moments.dateadd,
    "DATEDIFF": moments.datediff("datediff", _INT),
    "DATEDIFF_BIG": moments.datediff("datediff_big", _BIGINT),
    "DATEPART": moments.datepart("datepart", _INT),
    "DATENAME": moments.datepart("datename", SqlType("nvarchar", 30)),
    "ISJSON": _isjson,
    "TRIM": _trim,
}


# --- functions of plain arguments that need their types -----------------------------------------


def _coalesce(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    texts, type = unify(arguments)
    bound = any(argument.bound for argument in arguments)
    return Expression(f"coalesce({', '.join(texts)})", type, bound=bound)


def _isnull(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    first, second = arguments
    if first.is_null or first.type is None:
        return _coalesce(expressions, arguments, node)
    other = second.text
    if second.type is not None and not second.open and second.type != first.type:
        other = cast(second, first.type).text
    text = f"coalesce({first.text}, {other})"
    return Expression(text, first.type, bound=first.bound or second.bound)


def _nullif(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    (first, second), type = unify(arguments)
    bound = arguments[0].bound or arguments[1].bound
    return Expression(f"nullif({first}, {second})", arguments[0].type or type, bound=bound)


def _concat(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    shown = [cast(a, _TEXT).text if not a.open else a.text for a in arguments]
    array = ", ".join(f"({text})::text" for text in shown)
    bound = any(argument.bound for argument in arguments)
    return Expression(f"sys.concat(ARRAY[{array}])", _TEXT, bound=bound)


def _concat_ws(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    separator, *values = arguments
    array = ", ".join(f"({cast(a, _TEXT).text if not a.open else a.text})::text" for a in values)
    bound = any(argument.bound for argument in arguments)
    return Expression(f"sys.concat_ws({separator.text}, ARRAY[{array}])", _TEXT, bound=bound)


def _choose(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    index, *values = arguments
    texts, type = unify(values)
    branches = " ".join(f"WHEN {n} THEN {text}" for n, text in enumerate(texts, 1))
    bound = any(argument.bound for argument in arguments)
    return Expression(f"CASE {index.text} {branches} END", type, bound=bound)


def typed(value: Expression) -> str:
    """The text with its PostgreSQL type decided, for functions that differ by type."""
    if value.open and value.type is not None:
        return f"{value.text}::{types.bare(value.type)}"
    return value.text


def _by_type(
    function: str, type: SqlType
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        bound = any(argument.bound for argument in arguments)
        shown = ", ".join(typed(argument) for argument in arguments)
        return Expression(f"{function}({shown})", type, bound=bound)

    return translate


def _len(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """UTF-16 units, or characters under a collation that knows supplementary ones."""
    (value,) = arguments
    name = f"{value.collation or expressions.context.default_collation}_".upper()
    aware = "_SC_" in name or "_140_" in name
    function = "sys.len_characters" if aware else "sys.len"
    return Expression(f"{function}({_as_string(value)})", _INT, bound=value.bound)


def _named_principal(
    expressions: Expressions, arguments: list[Expression], node: Node
) -> Expression:
    return Expression(f"sys.user_name({arguments[0].text})", _NAME, bound=True)


def _database(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    databases = expressions.context.parameter("@@databases")
    (which,) = arguments
    if which.open or which.is_string:
        return Expression(f"sys.db_id({databases}, {which.text})", SqlType("smallint"))
    return Expression(f"sys.db_name({databases}, {which.text})", _NAME)


_COMPOUND: Final[dict[str, Callable[[Expressions, list[Expression], Node], Expression]]] = {
    "COALESCE": _coalesce,
    "ISNULL": _isnull,
    "NULLIF": _nullif,
    "CONCAT": _concat,
    "CONCAT_WS": _concat_ws,
    "CHOOSE": _choose,
    "LEN": _len,
    "DATALENGTH": _by_type("sys.datalength", _INT),
    "HASHBYTES": _by_type("sys.hashbytes", SqlType("varbinary", 8000)),
    "CHECKSUM": _by_type("sys.checksum", _INT),
    **properties.COMPOUND,
    "USER_NAME": _named_principal,
    "DB_NAME": _database,
    "DB_ID": _database,
}
