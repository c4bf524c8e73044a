"""System procedures."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    Result,
    Results,
    ReturnStatus,
    SqlType,
)
from sandbox.azuresql.tds.collation import to_bytes
from sandbox.azuresql.tsql import catalog_procedures, describe, locks, renaming
from sandbox.azuresql.tsql.calls import Argument, matched, text
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.listing import rows
from sandbox.azuresql.tsql.type_info import datatype_info
from sandbox.azuresql.tsql.values import read_int, read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_LEVELS: Final = (
    "@level0type",
    "@level0name",
    "@level1type",
    "@level1name",
    "@level2type",
    "@level2name",
)


def _property(verb: str) -> Callable[[Interpreter, list[Argument]], Results]:
    async def run(
        interpreter: Interpreter, arguments: list[Argument]
    ) -> AsyncGenerator[Result, None]:
        with_value = ["@name", "@value", *_LEVELS] if verb != "drop" else ["@name", *_LEVELS]
        given = matched(arguments, with_value, f"sp_{verb}extendedproperty")
        path = [text(given, name) for name in _LEVELS]
        values = [
            Value(25, verb.encode()),
            Value(25, text(given, "@name").encode()),
            Value(25, text(given, "@value").encode()),
            *(Value(25, part.encode()) for part in path),
        ]
        await interpreter.session.link.fetch(
            "SELECT store.extended_property($1, $2, $3, $4, $5, $6, $7, $8, $9)", values
        )
        yield ReturnStatus(0)

    return run


async def tablecollations(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """sp_tablecollations_100: what bulk loads ask before they send text."""
    given = matched(arguments, ["@object"], "sp_tablecollations_100")
    name = text(given, "@object").lstrip(".")
    types = [
        ("colid", SqlType("int")),
        ("name", SqlType("nvarchar", 128)),
        *((f"tds_collation_{n}", SqlType("varbinary", 5)) for n in (28, 90, 100)),
        *((f"collation_{n}", SqlType("nvarchar", 128)) for n in (28, 90, 100)),
    ]
    found = await interpreter.session.link.fetch(
        "SELECT c.column_id, c.name::text, c.collation_name::text FROM sys.columns c "
        "WHERE c.object_id = sys.object_id($1) AND c.collation_name IS NOT NULL ORDER BY 1",
        [Value(25, name.encode())],
    )
    listed = [
        {
            "colid": read_int(row[0]),
            "name": read_text(row[1]),
            "code": to_bytes(read_text(row[2])).hex(),
            "collation_name": read_text(row[2]),
        }
        for row in found[0]
    ]
    sql = (
        "SELECT colid, name, decode(code, 'hex'), decode(code, 'hex'), decode(code, 'hex'), "
        "collation_name, collation_name, collation_name "
        "FROM jsonb_to_recordset($1::jsonb) "
        "AS r (colid int4, name text, code text, collation_name text)"
    )
    value = Value(25, json.dumps(listed).encode())
    async for result in rows(interpreter, sql, [value], types):
        yield result
    yield ReturnStatus(0)


async def nothing(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """Procedures that tune what PostgreSQL does by itself."""
    yield ReturnStatus(0)


PROCEDURES: Final[dict[str, Callable[[Interpreter, list[Argument]], Results]]] = {
    "sp_getapplock": locks.getapplock,
    "sp_releaseapplock": locks.releaseapplock,
    "sp_addextendedproperty": _property("add"),
    "sp_updateextendedproperty": _property("update"),
    "sp_dropextendedproperty": _property("drop"),
    "sp_tablecollations_100": tablecollations,
    "sp_describe_first_result_set": describe.first_result_set,
    "sp_describe_undeclared_parameters": describe.undeclared_parameters,
    "sp_rename": renaming.rename,
    "sp_updatestats": nothing,
    **catalog_procedures.PROCEDURES,
    **dict.fromkeys(
        ("sp_datatype_info", "sp_datatype_info_90", "sp_datatype_info_100"), datatype_info
    ),
    "sp_reset_connection": nothing,
}
