"""Functions: by name into a call of `sys.…` or PostgreSQL's own; special forms by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import (
    aggregates,
    conversions,
    inlined,
    moments,
    properties,
    refusal,
    types,
)
from sandbox.azuresql.tsql.expression import Expression, cast, comparable, unify
from sandbox.azuresql.tsql.function_table import SIMPLE
from sandbox.azuresql.tsql.names import fold, literal, parts
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


_STRING_ARGUMENTS: Final = {
    **dict.fromkeys(("UPPER", "LOWER", "LTRIM", "RTRIM", "REVERSE", "LEFT", "RIGHT"), (0,)),
    "CHARINDEX": (0, 1),
    "REPLACE": (0, 1, 2),
}
"""The places where a number is shown as text first."""

_SEARCHES: Final = frozenset({"CHARINDEX", "REPLACE", "PATINDEX"})
"""They look for a string in another: the collation decides what is the same."""

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
    special = _SPECIAL.get(name)
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
        maker = _COMPOUND.get(name)
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
    shown = [_as_string(a) if n in strings else a.text for n, a in enumerate(arguments)]
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
    bound = any(argument.bound for argument in arguments)
    return Expression(
        f"{function}({', '.join(shown)})",
        type,
        bound=bound or not arguments,
        json=name == "JSON_QUERY",
    )


def _counted(name: str, node: Node, make: Callable[[], Expression]) -> Expression:
    """A translator unpacks its arguments, so that a wrong number of them is a ValueError."""
    try:
        return make()
    except ValueError:
        text = f"The {name.lower()} function requires another number of arguments."
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


def _as_string(value: Expression) -> str:
    """Numbers where a string is expected are shown as text first."""
    if value.type is None or value.is_string or value.open or value.type.name in types.BINARIES:
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
    """`TRIM(x)` and `TRIM(signs FROM x)`."""
    (group,) = listed(bracketed)
    places = [n for n, node in enumerate(group) if node.kind == "keyword" and node.word == "FROM"]
    if places:
        signs = expressions.value(group[: places[0]], bracketed)
        value = expressions.value(group[places[0] + 1 :], bracketed)
        text = f"sys.trim_of({_as_string(value)}, {_as_string(signs)})"
        return Expression(text, value.type, bound=value.bound)
    value = expressions.value(group, bracketed)
    return Expression(f"sys.trim({_as_string(value)})", value.type, bound=value.bound)


def _updated(expressions: Expressions, bracketed: Node) -> Expression:
    """UPDATE(column) inside a trigger."""
    ((reference,),) = listed(bracketed)
    columns = expressions.context.parameter("@@columns_updated")
    name = fold(parts(reference)[-1])
    return Expression(f"{columns}::text::jsonb ? {literal(name)}", truth=True)


_SPECIAL: Final[dict[str, Callable[[Expressions, Node], Expression]]] = {
    "UPDATE": _updated,
    "CAST": _conversion(try_=False, convert=False),
    "TRY_CAST": _conversion(try_=True, convert=False),
    "CONVERT": _conversion(try_=False, convert=True),
    "TRY_CONVERT": _conversion(try_=True, convert=True),
    "IIF": _iif,
    "DATEADD": moments.dateadd,
    "DATEDIFF": moments.datediff("datediff", _INT),
    "DATEDIFF_BIG": moments.datediff("datediff_big", _BIGINT),
    "DATETRUNC": moments.datetrunc,
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
    cut = second.plain is not None and 0 < first.type.length < len(second.plain)
    if second.type is not None and (cut or not second.open) and second.type != first.type:
        other = cast(second, first.type).text
    text = f"coalesce({first.text}, {other})"
    return Expression(text, first.type, bound=first.bound or second.bound)


def _nullif(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    (first, second), type = unify(arguments)
    bound = arguments[0].bound or arguments[1].bound
    if arguments[0].is_string and arguments[1].is_string and not bound:
        first, second = comparable(
            arguments[0], arguments[1], expressions.context.default_collation
        )
    return Expression(f"nullif({first}, {second})", arguments[0].type or type, bound=bound)


def _concat(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    if len(arguments) < 2:
        text = "The concat function requires 2 to 254 arguments."
        raise Refused(189, text, 15, line=node.line)
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


def _extreme(
    function: str,
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    """GREATEST and LEAST leave NULLs out, as PostgreSQL's own do."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        texts, type = unify(arguments)
        if type is not None and type.name == "decimal":
            texts = [cast(argument, type).text for argument in arguments]
        bound = any(argument.bound for argument in arguments)
        return Expression(f"{function}({', '.join(texts)})", type, bound=bound)

    return translate


def _calendar(part: str) -> Callable[[Expressions, list[Expression], Node], Expression]:
    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        (moment,) = (moments.moment(argument) for argument in arguments)
        return Expression(f"sys.{part}({moment.text})", _INT, bound=moment.bound)

    return translate


def _eomonth(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    first, *rest = arguments
    months = f", {rest[0].text}" if rest else ""
    date = cast(first, SqlType("date"))
    return Expression(f"sys.eomonth({date.text}{months})", SqlType("date"), bound=first.bound)


def _from_parts(
    function: str, name: str, count: int
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    """A moment whose last argument is its scale, which must be said."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        if len(arguments) != count:
            text = f"The {name}fromparts function requires {count} argument(s)."
            raise Refused(174, text, 15, line=node.line)
        if arguments[-1].text not in "01234567":
            text = "Scale argument is not valid. Valid expressions for data type "
            raise Refused(
                10760, f"{text}{name} scale argument are integer constants.", line=node.line
            )
        shown = ", ".join(argument.text for argument in arguments)
        type = SqlType(name, 0, 0, int(arguments[-1].text))
        return Expression(f"{function}({shown})::{types.postgresql(type)}", type, bound=True)

    return translate


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
    long = value.type is not None and value.is_string and value.type.length < 0
    text = f"{function}({_as_string(value)})"
    if long and not value.open:
        return Expression(f"{text}::int8", _BIGINT, bound=value.bound)
    return Expression(text, _INT, bound=value.bound)


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
    "GREATEST": _extreme("greatest"),
    "LEAST": _extreme("least"),
    "YEAR": _calendar("year"),
    "MONTH": _calendar("month"),
    "DAY": _calendar("day"),
    "EOMONTH": _eomonth,
    "DATETIME2FROMPARTS": _from_parts("sys.datetime2fromparts", "datetime2", 8),
    "TIMEFROMPARTS": _from_parts("sys.timefromparts", "time", 5),
    "DATETIMEOFFSETFROMPARTS": _from_parts("sys.datetimeoffsetfromparts", "datetimeoffset", 10),
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
