"""Calls of the catalog procedures (sp_tables …), which ODBC's and JDBC's metadata calls send."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, Result, Results, ReturnStatus
from sandbox.azuresql.tsql.calls import Argument, matched
from sandbox.azuresql.tsql.catalog_listings import LISTINGS, Listing
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.listing import native_rows
from sandbox.azuresql.tsql.names import fold, quote
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

Texts = dict[str, str | None]
"""Arguments as text by parameter; None is NULL or not given."""


_OLD_TIMES: Final = 'CASE "DATA_TYPE" WHEN 91 THEN 9 WHEN 93 THEN 11 ELSE "DATA_TYPE" END::int2'
"""ODBC 2 numbers dates and timestamps in its own way."""


def statement(listing: Listing, given: Texts) -> tuple[str, list[str]]:
    """The query of a call, and the values of its parameters, in order."""
    values: list[str] = []

    def place(value: str) -> str:
        values.append(value)
        return f"${len(values)}"

    patterns = given.get("@fusepattern") != "0"
    conditions = [
        f"store.matches({quote(column)}::text, {place(value)}, {str(patterns).lower()})"
        for name, column in listing.matching
        if (value := given.get(name)) is not None
    ]
    conditions += [
        f"lower({quote(column)}::text) = lower({place(value)})"
        for name, column in listing.exact
        if (value := given.get(name)) is not None
    ]
    conditions += _CONDITIONS.get(listing.view, _unconditional)(given)
    old = "@odbcver" in listing.parameters and int(given.get("@odbcver") or 2) < 3
    shown = ", ".join(
        f'{_OLD_TIMES} AS "DATA_TYPE"' if old and column == "DATA_TYPE" else quote(column)
        for column in listing.columns
    )
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = ", ".join(f"{quote(column)} NULLS FIRST" for column in listing.order)
    return f"SELECT {shown} FROM {listing.view}{where} ORDER BY {order}", values


def _unconditional(given: Texts) -> list[str]:
    return []


def _of_types(given: Texts) -> list[str]:
    """`@table_type` is a list of quoted words: `'TABLE','VIEW'`."""
    wanted = [
        word.strip().strip("'").upper() for word in (given.get("@table_type") or "").split(",")
    ]
    known = [word for word in wanted if word in ("TABLE", "VIEW", "SYSTEM TABLE")]
    if not any(wanted) or "%" in wanted:
        return []
    listed = ", ".join(f"'{word}'" for word in known) or "''"
    return [f'"TABLE_TYPE"::text IN ({listed})']


def _of_indexes(given: Texts) -> list[str]:
    only_unique = (given.get("@is_unique") or "N").upper() == "Y"
    return ['("NON_UNIQUE" IS NULL OR "NON_UNIQUE" = 0)'] if only_unique else []


def _of_rows(given: Texts) -> list[str]:
    kind = "V" if (given.get("@col_type") or "R").upper() == "V" else "R"
    strict = (given.get("@nullable") or "U").upper() == "O"
    return [
        f"\"COLUMN_TYPE\"::text = '{kind}'",
        f'"STRICT"::boolean = {str(strict).lower()}',
    ]


_CONDITIONS: Final[dict[str, Callable[[Texts], list[str]]]] = {
    "store.sp_tables": _of_types,
    "store.sp_statistics": _of_indexes,
    "store.sp_special_columns": _of_rows,
}

_EVERY: Final = "%"


def enumeration(given: Texts) -> str | None:
    """sp_tables as a list of databases, schemas or types: `%` in one place, nothing elsewhere."""
    parts = [given.get(name) for name in ("@table_qualifier", "@table_owner", "@table_name")]
    kind = (given.get("@table_type") or "").strip("'")
    shape = [part or "" for part in parts]
    empty = 'NULL::sys.nvarchar(128) AS "TABLE_{}"'
    rest = 'NULL::sys.varchar(32) AS "TABLE_TYPE", NULL::sys.varchar(254) AS "REMARKS"'
    if None in parts and kind != _EVERY:
        return None
    if shape == [_EVERY, "", ""]:
        return (
            f'SELECT name AS "TABLE_QUALIFIER", {empty.format("OWNER")}, '
            f"{empty.format('NAME')}, {rest} FROM sys.databases_of($1) ORDER BY 1"
        )
    if shape == ["", _EVERY, ""]:
        return (
            f'SELECT {empty.format("QUALIFIER")}, name AS "TABLE_OWNER", '
            f"{empty.format('NAME')}, {rest} FROM sys.schemas WHERE $1 <> '' ORDER BY 2"
        )
    if kind == _EVERY and shape == ["", "", ""]:
        nothing = ", ".join(empty.format(word) for word in ("QUALIFIER", "OWNER", "NAME"))
        return (
            f'SELECT {nothing}, w::sys.varchar(32) AS "TABLE_TYPE", '
            "NULL::sys.varchar(254) AS \"REMARKS\" FROM unnest(ARRAY['SYSTEM TABLE', 'TABLE', "
            "'VIEW']) AS w WHERE $1 <> '' ORDER BY 4"
        )
    return None


def _procedure(listing: Listing) -> Callable[[Interpreter, list[Argument]], Results]:
    async def run(
        interpreter: Interpreter, arguments: list[Argument]
    ) -> AsyncGenerator[Result, None]:
        given = await _texts(interpreter, listing, arguments)
        state = interpreter.session.state
        listed = enumeration(given) if listing.name == "sp_tables" else None
        if listed is not None:
            sql, values = listed, [state.describe_databases()]
        else:
            _of_this_database(listing, given, state.database.folded)
            sql, values = statement(listing, given)
        parameters = [Value(25, value.encode()) for value in values]
        async for result in native_rows(interpreter, sql, parameters):
            yield result
        yield ReturnStatus(0)

    return run


async def _texts(interpreter: Interpreter, listing: Listing, arguments: list[Argument]) -> Texts:
    """The arguments as text. Raises Refused 201 for one that must be given."""
    given = matched(arguments, listing.parameters, listing.name)
    for name in listing.required:
        if name not in given:
            raise Refused(
                201,
                f"Procedure or function '{listing.name}' expects parameter '{name}', which was "
                "not supplied.",
                state=4,
            )
    found: Texts = {}
    for name, argument in given.items():
        found[name] = await _text(interpreter, argument)
    return found


async def _text(interpreter: Interpreter, argument: Argument) -> str | None:
    if argument.data is None:
        return None
    if argument.type.name in _NUMBERS:
        return str(int.from_bytes(argument.data, "big", signed=len(argument.data) > 1))
    return read_text(argument.data)


_NUMBERS: Final = frozenset({"bit", "tinyint", "smallint", "int", "bigint"})


def _of_this_database(listing: Listing, given: Texts, folded: str) -> None:
    """Raises Refused 15250 for the name of another database."""
    for name in listing.qualifiers:
        wanted = given.get(name)
        if wanted and wanted != _EVERY and fold(wanted) != folded:
            raise Refused(
                15250,
                "The database name component of the object qualifier must be the name of the "
                "current database.",
            )


PROCEDURES: Final[dict[str, Callable[[Interpreter, list[Argument]], Results]]] = {
    listing.name: _procedure(listing) for listing in LISTINGS
}
