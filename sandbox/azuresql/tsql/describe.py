"""sp_describe_first_result_set and sp_describe_undeclared_parameters, which ODBC asks."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, Result, ReturnStatus, SqlType
from sandbox.azuresql.tds.collation import DEFAULT, to_bytes
from sandbox.azuresql.tsql import evaluate, inserts, merge, queries, refusal, types, updates
from sandbox.azuresql.tsql.calls import Argument, matched
from sandbox.azuresql.tsql.describe_rows import (
    FIRST_RESULT_SET,
    UNDECLARED_PARAMETERS,
    answer,
    on_the_wire,
)
from sandbox.azuresql.tsql.described import asked, failure
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.parameters import declared
from sandbox.azuresql.tsql.results import columns
from sandbox.azuresql.tsql.scope import Context, Output
from sandbox.azuresql.tsql.tree import Node, parse
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter
    from sandbox.azuresql.tsql.session import TsqlSession

_IDS: Final = {
    "bit": 104,
    "tinyint": 48,
    "smallint": 52,
    "int": 56,
    "bigint": 127,
    "decimal": 106,
    "money": 60,
    "smallmoney": 122,
    "real": 59,
    "float": 62,
    "nvarchar": 231,
    "varchar": 167,
    "nchar": 239,
    "char": 175,
    "varbinary": 165,
    "binary": 173,
    "rowversion": 189,
    "uniqueidentifier": 36,
    "date": 40,
    "time": 41,
    "datetime2": 42,
    "datetimeoffset": 43,
    "datetime": 61,
    "smalldatetime": 58,
    "xml": 241,
    "sql_variant": 98,
}
"""system_type_id of sys.types."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A type as the catalog describes it."""

    system_type_id: int
    system_type_name: str
    max_length: int
    precision: int
    scale: int


def shape(type: SqlType) -> Shape:
    """sys.types' numbers for a type."""
    name = type.name
    if name in types.STRINGS or name in ("varbinary", "binary"):
        width = 2 if name.startswith("n") else 1
        length = -1 if type.length < 0 else type.length * width
        return Shape(_IDS[name], types.shown(type), length, 0, 0)
    precision, length = {
        "bit": (1, 1),
        "tinyint": (3, 1),
        "smallint": (5, 2),
        "int": (10, 4),
        "bigint": (19, 8),
        "decimal": (type.precision or 38, 17),
        "money": (19, 8),
        "smallmoney": (10, 4),
        "real": (24, 4),
        "float": (53, 8),
        "uniqueidentifier": (0, 16),
        "date": (10, 3),
        "time": (9 + type.scale, 5),
        "datetime2": (20 + type.scale, 8),
        "datetimeoffset": (27 + type.scale, 10),
        "datetime": (23, 8),
        "smalldatetime": (16, 4),
        "rowversion": (0, 8),
    }.get(name, (0, -1))
    scale = {"money": 4, "smallmoney": 4, "datetime": 3}.get(name, max(type.scale, 0))
    return Shape(_IDS[name], types.shown(type), length, precision, scale)


def _text(arguments: dict[str, Argument], name: str) -> str:
    argument = arguments.get(name)
    return "" if argument is None else read_text(argument.data)


def _translated(node: Node, context: Context) -> tuple[str, list[Output] | None]:
    makers = {
        "insert_statement": inserts.insert,
        "update_statement": updates.update,
        "delete_statement": updates.delete,
        "merge_statement": merge.merge,
    }
    maker = makers.get(node.kind)
    if maker is not None:
        change = maker(node, context)
        return change.sql, change.outputs
    return queries.query(node, context, None)


def _first(text: str) -> Node | None:
    """The first statement that returns or changes rows."""
    changing = ("insert_statement", "update_statement", "delete_statement", "merge_statement")
    kinds = ("select_statement", "set_expression", "with_compound_statement", *changing)
    for statement in parse(text).all("statement"):
        if statement.children[0].kind in kinds:
            return statement.children[0]
    return None


async def first_result_set(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """The columns that a text would return."""
    given = matched(
        arguments, ["@tsql", "@params", "@browse_information_mode"], "sp_describe_first_result_set"
    )
    found = await _columns(interpreter.session, _text(given, "@tsql"), _text(given, "@params"))
    async for result in answer(interpreter, FIRST_RESULT_SET, found):
        yield result
    yield ReturnStatus(0)


async def described(session: TsqlSession, name: str, frame: Frame) -> str:
    """What sys.dm_exec_describe_first_result_set gives, as JSON; an error is its only row."""
    text, parameters = asked(name, frame)
    await session.transaction.guard()
    try:
        found = await _columns(session, text, parameters)
    except Refused as refused:
        found = [failure(refused.notice)]
    except ServerError as error:
        await session.transaction.undo_statement()
        found = [failure(await session.interpreter.explain(error, 1))]
    return json.dumps(found)


async def _columns(session: TsqlSession, text: str, parameters: str) -> list[dict[str, object]]:
    """The columns of the first result set of a text with these declarations."""
    node = _first(text)
    found_rows: list[dict[str, object]] = []
    if node is not None:
        variables = {d.name.lower(): d.type for d in declared(parameters)}
        context = Context(await evaluate.load(session, node), variables)
        sql, outputs = _translated(node, context)
        oids = [
            session.types.oid(types.bare(variables[name])) if name in variables else 0
            for name in context.parameters
        ]
        described, _ = await session.link.describe(sql, oids)
        for ordinal, column in enumerate(columns(described, outputs, session.types), 1):
            numbers = shape(column.type)
            wire = on_the_wire(column.type, numbers.system_type_id, numbers.max_length)
            found_rows.append(
                {
                    "is_hidden": False,
                    "column_ordinal": ordinal,
                    "name": column.name or None,
                    "is_nullable": column.nullable,
                    **asdict(numbers),
                    **_collated(column.type),
                    "is_xml_document": False,
                    "is_fixed_length_clr_type": False,
                    "is_identity_column": column.identity,
                    "is_updateable": not (column.identity or column.computed),
                    "is_computed_column": column.computed,
                    "is_sparse_column_set": False,
                    "tds_type_id": wire.token,
                    "tds_length": wire.length,
                }
            )
    return found_rows


def _collated(type: SqlType) -> dict[str, object]:
    """What a string's collation says of it; nothing for another type."""
    if type.name not in types.STRINGS:
        return {"is_case_sensitive": False}
    name = type.collation or DEFAULT
    words = set(name.upper().split("_"))
    return {
        "collation_name": name,
        "is_case_sensitive": not words.isdisjoint({"CS", "BIN", "BIN2"}),
        "tds_collation_id": int.from_bytes(to_bytes(name)[:4], "little"),
        "tds_collation_sort_id": to_bytes(name)[4],
    }


async def undeclared_parameters(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """The types that a text's undeclared parameters should have."""
    given = matched(arguments, ["@tsql", "@params"], "sp_describe_undeclared_parameters")
    session = interpreter.session
    text = _text(given, "@tsql")
    node = _first(text)
    if node is None:
        raise refusal.unknown(parse(text))
    known = {d.name.lower(): d.type for d in declared(_text(given, "@params"))}
    names = list(dict.fromkeys(n.text for n in node.all("parameter")))
    context = Context(await evaluate.load(session, node), known, undeclared=set())
    sql, _ = _translated(node, context)
    oids = [
        session.types.oid(types.bare(known[name])) if name in known else 0
        for name in context.parameters
    ]
    _, found = await session.link.describe(sql, oids)
    found_rows: list[dict[str, object]] = []
    for ordinal, name in enumerate((n for n in names if n.lower() not in known), 1):
        folded = name.lower()
        type = context.suggested.get(folded)
        if type is None:
            type = session.types.sql_type(found[context.parameters.index(folded)], -1)
        if type.name == "decimal" and type.scale < 0:
            type = SqlType("decimal", 0, 38, 19)
        numbers = shape(type)
        wire = on_the_wire(type, numbers.system_type_id, numbers.max_length)
        found_rows.append(
            {
                "parameter_ordinal": ordinal,
                "name": name,
                **{f"suggested_{key}": value for key, value in asdict(numbers).items()},
                "suggested_is_xml_document": False,
                "suggested_is_case_sensitive": False,
                "suggested_is_fixed_length_clr_type": False,
                "suggested_is_input": True,
                "suggested_is_output": False,
                "suggested_tds_type_id": wire.token,
                "suggested_tds_length": wire.length,
            }
        )
    async for result in answer(interpreter, UNDECLARED_PARAMETERS, found_rows):
        yield result
    yield ReturnStatus(0)
