"""Functions: by name into a call of `sys.…` or PostgreSQL's own; special forms by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import aggregates, conversions, refusal, types
from sandbox.azuresql.tsql.expression import Expression, cast, unify
from sandbox.azuresql.tsql.names import literal, parts
from sandbox.azuresql.tsql.session_values import FUNCTIONS, SERVER_PROPERTIES, SESSION_VALUES
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_INT: Final = SqlType("int")
_BIGINT: Final = SqlType("bigint")
_NAME: Final = SqlType("nvarchar", 128)
_TEXT: Final = SqlType("nvarchar", -1)
_MOMENT: Final = SqlType("datetime2", 0, 0, 7)
_FLOAT: Final = SqlType("float")

_Rule = SqlType | None
"""The result's type; None: the first argument's."""

SIMPLE: Final[dict[str, tuple[str, int, int, _Rule]]] = {
    # name: (PostgreSQL function, fewest, most arguments, result)
    "UPPER": ("sys.upper", 1, 1, None),
    "LOWER": ("sys.lower", 1, 1, None),
    "LTRIM": ("sys.ltrim", 1, 1, None),
    "RTRIM": ("sys.rtrim", 1, 1, None),
    "REVERSE": ("sys.reverse", 1, 1, None),
    "LEFT": ('sys."left"', 2, 2, None),
    "RIGHT": ('sys."right"', 2, 2, None),
    "SUBSTRING": ("sys.substring", 3, 3, None),
    "CHARINDEX": ("sys.charindex", 2, 3, _INT),
    "PATINDEX": ("sys.patindex", 2, 2, _INT),
    "REPLACE": ("sys.replace", 3, 3, _TEXT),
    "STUFF": ("sys.stuff", 4, 4, _TEXT),
    "REPLICATE": ("sys.replicate", 2, 2, _TEXT),
    "SPACE": ("sys.space", 1, 1, _TEXT),
    "QUOTENAME": ("sys.quotename", 1, 2, SqlType("nvarchar", 258)),
    "ASCII": ("sys.ascii", 1, 1, _INT),
    "UNICODE": ("sys.unicode", 1, 1, _INT),
    "CHAR": ('sys."char"', 1, 1, SqlType("varchar", 1)),
    "NCHAR": ("sys.nchar", 1, 1, SqlType("nvarchar", 2)),
    "STR": ("sys.str", 1, 3, SqlType("varchar", 64)),
    "JSON_VALUE": ("sys.json_value", 2, 2, SqlType("nvarchar", 4000)),
    "JSON_QUERY": ("sys.json_query", 1, 2, _TEXT),
    "NEWID": ("gen_random_uuid", 0, 0, SqlType("uniqueidentifier")),
    "NEWSEQUENTIALID": ("uuidv7", 0, 0, SqlType("uniqueidentifier")),
    "SYSUTCDATETIME": ("sys.sysutcdatetime", 0, 0, _MOMENT),
    "SYSDATETIME": ("sys.sysdatetime", 0, 0, _MOMENT),
    "SYSDATETIMEOFFSET": ("sys.sysdatetimeoffset", 0, 0, SqlType("datetimeoffset", 0, 0, 7)),
    "GETDATE": ("sys.getdate", 0, 0, SqlType("datetime")),
    "GETUTCDATE": ("sys.getutcdate", 0, 0, SqlType("datetime")),
    "CURRENT_TIMESTAMP": ("sys.getdate", 0, 0, SqlType("datetime")),
    "SWITCHOFFSET": ("sys.switchoffset", 2, 2, SqlType("datetimeoffset", 0, 0, 7)),
    "TODATETIMEOFFSET": ("sys.todatetimeoffset", 2, 2, SqlType("datetimeoffset", 0, 0, 7)),
    "EOMONTH": ("sys.eomonth", 1, 2, SqlType("date")),
    "YEAR": ("sys.year", 1, 1, _INT),
    "MONTH": ("sys.month", 1, 1, _INT),
    "DAY": ("sys.day", 1, 1, _INT),
    "ISDATE": ("sys.isdate", 1, 1, _INT),
    "ISNUMERIC": ("sys.isnumeric", 1, 1, _INT),
    "ABS": ("sys.abs", 1, 1, None),
    "CEILING": ("sys.ceiling", 1, 1, None),
    "FLOOR": ("sys.floor", 1, 1, None),
    "ROUND": ("sys.round", 2, 3, None),
    "POWER": ("sys.power", 2, 2, None),
    "SIGN": ("sys.sign", 1, 1, None),
    "SQRT": ("sys.sqrt", 1, 1, _FLOAT),
    "EXP": ("pg_catalog.exp", 1, 1, _FLOAT),
    "LOG": ("sys.log", 1, 2, _FLOAT),
    "PI": ("pg_catalog.pi", 0, 0, _FLOAT),
    "RAND": ("sys.rand", 0, 1, _FLOAT),
    "OBJECT_ID": ("sys.object_id", 1, 2, _INT),
    "OBJECT_NAME": ("sys.object_name", 1, 1, _NAME),
    "OBJECT_SCHEMA_NAME": ("sys.object_schema_name", 1, 1, _NAME),
    "OBJECT_DEFINITION": ("sys.object_definition", 1, 1, _TEXT),
    "SCHEMA_ID": ("sys.schema_id", 0, 1, _INT),
    "SCHEMA_NAME": ("sys.schema_name", 0, 1, _NAME),
    "TYPE_NAME": ("sys.type_name", 1, 1, _NAME),
    "TYPE_ID": ("sys.type_id", 1, 1, _INT),
    "COLUMNPROPERTY": ("sys.columnproperty", 3, 3, _INT),
    "COL_NAME": ("sys.col_name", 2, 2, _NAME),
    "OBJECTPROPERTY": ("sys.objectproperty", 2, 2, _INT),
    "INDEXPROPERTY": ("sys.indexproperty", 3, 3, _INT),
    "IDENT_CURRENT": ("sys.ident_current", 1, 1, SqlType("decimal", 0, 38, 0)),
}

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


def _part(group: list[Node]) -> str:
    return literal(_PARTS.get(group[0].text.lower(), group[0].text.lower()))


_PARTS: Final = {
    **dict.fromkeys(("year", "yy", "yyyy"), "year"),
    **dict.fromkeys(("quarter", "qq", "q"), "quarter"),
    **dict.fromkeys(("month", "mm", "m"), "month"),
    **dict.fromkeys(("dayofyear", "dy", "y"), "dayofyear"),
    **dict.fromkeys(("day", "dd", "d"), "day"),
    **dict.fromkeys(("week", "wk", "ww"), "week"),
    **dict.fromkeys(("weekday", "dw", "w"), "weekday"),
    **dict.fromkeys(("hour", "hh"), "hour"),
    **dict.fromkeys(("minute", "mi", "n"), "minute"),
    **dict.fromkeys(("second", "ss", "s"), "second"),
    **dict.fromkeys(("millisecond", "ms"), "millisecond"),
    **dict.fromkeys(("microsecond", "mcs"), "microsecond"),
    **dict.fromkeys(("nanosecond", "ns"), "nanosecond"),
    **dict.fromkeys(("tzoffset", "tz"), "tzoffset"),
    **dict.fromkeys(("iso_week", "isowk", "isoww"), "iso_week"),
}


def _moment(value: Expression) -> Expression:
    """A string literal where a date is expected is a datetime2."""
    return cast(value, _MOMENT) if value.open or value.is_string else value


def _dateadd(expressions: Expressions, bracketed: Node) -> Expression:
    part, number, moment = listed(bracketed)
    amount = expressions.value(number, bracketed)
    value = _moment(expressions.value(moment, bracketed))
    text = f"sys.dateadd({_part(part)}, {amount.wrapped}::int8, {value.text})"
    return Expression(text, value.type, bound=amount.bound or value.bound)


def _datediff(function: str, type: SqlType) -> Callable[[Expressions, Node], Expression]:
    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        part, first, second = listed(bracketed)
        a = _moment(expressions.value(first, bracketed))
        b = _moment(expressions.value(second, bracketed))
        if a.type and b.type and a.type.name != b.type.name:
            wider = replace(types.higher(a.type, b.type), scale=7)
            a, b = cast(a, wider), cast(b, wider)
        text = f"sys.{function}({_part(part)}, {a.text}, {b.text})"
        return Expression(text, type, bound=a.bound or b.bound)

    return translate


def _datepart(function: str, type: SqlType) -> Callable[[Expressions, Node], Expression]:
    def translate(expressions: Expressions, bracketed: Node) -> Expression:
        part, moment = listed(bracketed)
        value = _moment(expressions.value(moment, bracketed))
        return Expression(f"sys.{function}({_part(part)}, {value.text})", type, bound=value.bound)

    return translate


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
    "DATEADD": _dateadd,
    "DATEDIFF": _datediff("datediff", _INT),
    "DATEDIFF_BIG": _datediff("datediff_big", _BIGINT),
    "DATEPART": _datepart("datepart", _INT),
    "DATENAME": _datepart("datename", SqlType("nvarchar", 30)),
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


def _serverproperty(
    expressions: Expressions, arguments: list[Expression], node: Node
) -> Expression:
    (name,) = arguments
    if name.plain is None:
        raise refusal.unknown(node)
    value = SERVER_PROPERTIES.get(name.plain.lower())
    if isinstance(value, int):
        return Expression(f"{value}::int4", SqlType("int"))
    shown = "NULL" if value is None else literal(value)
    return Expression(f"{shown}::sys.nvarchar", _NAME)


def _with_user(function: str) -> Callable[[Expressions, list[Expression], Node], Expression]:
    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        user = expressions.context.parameter("@@user_name")
        shown = ", ".join([user, *(argument.text for argument in arguments)])
        return Expression(f"{function}({shown})", _INT, bound=True)

    return translate


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
    "SERVERPROPERTY": _serverproperty,
    "HAS_PERMS_BY_NAME": _with_user("sys.has_perms_by_name"),
    "IS_MEMBER": _with_user("sys.is_member"),
    "IS_ROLEMEMBER": _with_user("sys.is_rolemember"),
    "USER_NAME": _named_principal,
    "DB_NAME": _database,
    "DB_ID": _database,
    "DATABASEPROPERTYEX": _by_type("sys.databasepropertyex", SqlType("nvarchar", 128)),
    "DATABASE_PRINCIPAL_ID": _by_type("sys.database_principal_id", _INT),
}


def at_time_zone(value: Expression, zone: Expression) -> Expression:
    """`x AT TIME ZONE 'UTC'`; only UTC is known here."""
    if zone.plain is None or zone.plain.upper() != "UTC":
        raise Refused(9820, f"The time zone parameter '{zone.text}' provided is invalid.")
    if value.type is not None and value.type.name == "datetimeoffset":
        text = f"sys.switchoffset({value.text}, '+00:00')"
        return Expression(text, value.type, bound=value.bound)
    return cast(value, SqlType("datetimeoffset", 0, 0, 7))
