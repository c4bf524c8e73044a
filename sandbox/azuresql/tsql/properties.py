"""SERVERPROPERTY, DATABASEPROPERTYEX and the functions that ask about rights and databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.expression import Expression
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_INT: Final = SqlType("int")
_NAME: Final = SqlType("nvarchar", 128)

_SERVER: Final[dict[str, str | int | None]] = {
    "buildclrversion": "v4.0.30319",
    "collation": "SQL_Latin1_General_CP1_CI_AS",
    "collationid": 872468488,
    "comparisonstyle": 196609,
    "computernamephysicalnetbios": "azuresql-standin",
    "edition": "SQL Azure",
    "editionid": 1674378470,
    "engineedition": 5,
    "filestreamconfiguredlevel": 0,
    "filestreameffectivelevel": 0,
    "filestreamsharename": None,
    "hadrmanagerstatus": 2,
    "instancedefaultdatapath": None,
    "instancedefaultlogpath": None,
    "instancename": None,
    "isadvancedanalyticsinstalled": 0,
    "isbigdatacluster": 0,
    "isclustered": 0,
    "isexternalauthenticationonly": 0,
    "isfulltextinstalled": 0,
    "ishadrenabled": 0,
    "isintegratedsecurityonly": 0,
    "islocaldb": 0,
    "ispolybaseinstalled": 0,
    "isservercontainedavailabilitygroup": 0,
    "issingleuser": 0,
    "istempdbmetadatamemoryoptimized": 0,
    "isxtpsupported": 0,
    "lcid": 1033,
    "licensetype": "DISABLED",
    "machinename": "azuresql-standin",
    "numlicenses": None,
    "processid": 1,
    "productbuild": "2000",
    "productbuildtype": None,
    "productlevel": "RTM",
    "productmajorversion": "12",
    "productminorversion": "0",
    "productupdatelevel": None,
    "productupdatereference": None,
    "productversion": "12.0.2000.8",
    "resourcelastupdatedatetime": None,
    "resourceversion": "16.00.5000",
    "servername": "azuresql-standin",
    "sqlcharset": 1,
    "sqlcharsetname": "iso_1",
    "sqlsortorder": 52,
    "sqlsortordername": "nocase_iso",
}
"""Each documented property: an Azure SQL Database, whose server is this stand-in."""

_NUMBERS: Final = frozenset({"comparisonstyle", "lcid", "sqlsortorder", "version"})
"""Properties of a database that are numbers, besides those called `Is…`."""


def _server(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """The sql_variant's own type is that of its value, so the name must be a constant."""
    (name,) = arguments
    if name.plain is None:
        raise refusal.unknown(node)
    value = _SERVER.get(name.plain.lower())
    if isinstance(value, int):
        return Expression(f"{value}::int4", _INT)
    shown = "NULL" if value is None else literal(value)
    return Expression(f"{shown}::sys.nvarchar", _NAME)


_SESSION: Final = {
    **dict.fromkeys(("ansi_nulls", "ansi_padding", "ansi_warnings", "arithabort"), 1),
    **dict.fromkeys(("concat_null_yields_null", "quoted_identifier"), 1),
    "numeric_roundabort": 0,
}
"""SESSIONPROPERTY: options that are always as the clients set them here."""


def _session(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    (name,) = arguments
    if name.plain is None:
        raise refusal.unknown(node)
    value = _SESSION.get(name.plain.lower())
    return Expression(f"{'NULL' if value is None else value}::int4", _INT)


def _database(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    _counted(arguments, 2, "DATABASEPROPERTYEX", node)
    which, name = arguments
    if name.plain is None:
        raise refusal.unknown(node)
    wanted = name.plain.lower()
    text = f"sys.databasepropertyex(({which.text})::text, {literal(wanted)}::text)"
    if wanted == "maxsizeinbytes":
        return Expression(f"{text}::text::int8", SqlType("bigint"))
    if wanted in _NUMBERS or wanted.startswith("is"):
        return Expression(f"{text}::text::int4", _INT)
    return Expression(text, _NAME)


def _object_property(
    expressions: Expressions, arguments: list[Expression], node: Node
) -> Expression:
    """OBJECTPROPERTYEX: a number, but for the letters of the base type."""
    _counted(arguments, 2, "OBJECTPROPERTYEX", node)
    number, name = arguments
    if name.plain is None:
        raise refusal.unknown(node)
    text = f"sys.objectpropertyex({number.text}, {literal(name.plain)}::sys.nvarchar)"
    if name.plain.lower() == "basetype":
        return Expression(text, SqlType("char", 2))
    return Expression(f"{text}::text::int8", SqlType("bigint"), bound=True)


def _principal(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """DATABASE_PRINCIPAL_ID, of the current user where none is named."""
    named = f'({arguments[0].text})::text COLLATE "default"' if arguments else None
    who = named or expressions.context.parameter("@@user_name")
    return Expression(f"sys.database_principal_id({who})", _INT, bound=True)


def _object(function: str) -> Callable[[Expressions, list[Expression], Node], Expression]:
    """OBJECT_NAME and OBJECT_SCHEMA_NAME, of this database or one by its number."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        if len(arguments) == 1:
            return Expression(f"sys.{function}({arguments[0].text})", _NAME)
        _counted(arguments, 2, function, node)
        databases = expressions.context.parameter("@@databases")
        shown = ", ".join([f"{databases}::text", *(argument.text for argument in arguments)])
        return Expression(f"sys.{function}({shown})", _NAME)

    return translate


def _of_user(
    function: str, fewest: int, most: int
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    """A question about the rights of the current user."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        if not fewest <= len(arguments) <= most:
            _counted(arguments, most, function, node)
        user = expressions.context.parameter("@@user_name")
        shown = ", ".join(
            [user, *(f'({argument.text})::text COLLATE "default"' for argument in arguments)]
        )
        return Expression(f"sys.{function}({shown})", _INT, bound=True)

    return translate


def _once(
    function: str, fewest: int, most: int, type: SqlType
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    """A look-up that is asked once for a statement, not for each row, where no row matters."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        if not fewest <= len(arguments) <= most:
            _counted(arguments, most, function, node)
        call = f"sys.{function}({', '.join(argument.text for argument in arguments)})"
        if any(argument.bound for argument in arguments):
            return Expression(call, type, bound=True)
        return Expression(f"(SELECT {call})", type, bound=True)

    return translate


def _counted(arguments: list[Expression], wanted: int, function: str, node: Node) -> None:
    if len(arguments) != wanted:
        text = f"The {function.lower()} function requires {wanted} argument(s)."
        raise Refused(174, text, 15, line=node.line)


COMPOUND: Final[dict[str, Callable[[Expressions, list[Expression], Node], Expression]]] = {
    "SERVERPROPERTY": _server,
    "SESSIONPROPERTY": _session,
    "DATABASEPROPERTYEX": _database,
    "OBJECT_ID": _once("object_id", 1, 2, _INT),
    "SCHEMA_ID": _once("schema_id", 0, 1, _INT),
    "TYPE_ID": _once("type_id", 1, 1, _INT),
    "OBJECT_NAME": _object("object_name"),
    "OBJECTPROPERTYEX": _object_property,
    "DATABASE_PRINCIPAL_ID": _principal,
    "OBJECT_SCHEMA_NAME": _object("object_schema_name"),
    "HAS_PERMS_BY_NAME": _of_user("has_perms_by_name", 3, 5),
    "IS_MEMBER": _of_user("is_member", 1, 1),
    "IS_ROLEMEMBER": _of_user("is_rolemember", 1, 2),
    "IS_SRVROLEMEMBER": _of_user("is_srvrolemember", 1, 2),
    "HAS_DBACCESS": _of_user("has_dbaccess", 1, 1),
}
