"""sp_describe_first_result_set and sp_describe_undeclared_parameters, which ODBC asks."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Result, ReturnStatus, SqlType
from sandbox.azuresql.tsql import evaluate, inserts, merge, queries, refusal, types, updates
from sandbox.azuresql.tsql.calls import Argument, matched
from sandbox.azuresql.tsql.link import Value
from sandbox.azuresql.tsql.listing import rows
from sandbox.azuresql.tsql.parameters import declared
from sandbox.azuresql.tsql.results import columns
from sandbox.azuresql.tsql.scope import Context, Output
from sandbox.azuresql.tsql.tree import Node, parse
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

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
    session = interpreter.session
    node = _first(_text(given, "@tsql"))
    found_rows: list[dict[str, object]] = []
    if node is not None:
        variables = {d.name.lower(): d.type for d in declared(_text(given, "@params"))}
        context = Context(await evaluate.load(session, node), variables)
        sql, outputs = _translated(node, context)
        oids = [
            session.types.oid(types.bare(variables[name])) if name in variables else 0
            for name in context.parameters
        ]
        described, _ = await session.link.describe(sql, oids)
        for ordinal, column in enumerate(columns(described, outputs, session.types), 1):
            found_rows.append(
                {
                    "column_ordinal": ordinal,
                    "name": column.name,
                    "is_nullable": column.nullable,
                    "is_identity_column": column.identity,
                    "is_computed_column": column.computed,
                    "collation_name": column.type.collation,
                    **asdict(shape(column.type)),
                }
            )
    sql = (
        "SELECT false::sys.bit, column_ordinal, name, is_nullable::sys.bit, system_type_id, "
        "system_type_name, max_length::int2, precision::sys.tinyint, scale::sys.tinyint, "
        "collation_name, is_identity_column::sys.bit, is_computed_column::sys.bit "
        "FROM jsonb_to_recordset($1::jsonb) AS r (column_ordinal int4, name text, "
        "is_nullable bool, system_type_id int4, system_type_name text, max_length int4, "
        "precision int4, scale int4, collation_name text, "
        "is_identity_column bool, is_computed_column bool)"
    )
    name, bit, tiny = SqlType("nvarchar", 256), SqlType("bit"), SqlType("tinyint")
    shown = [
        ("is_hidden", bit),
        ("column_ordinal", SqlType("int")),
        ("name", name),
        ("is_nullable", bit),
        ("system_type_id", SqlType("int")),
        ("system_type_name", name),
        ("max_length", SqlType("smallint")),
        ("precision", tiny),
        ("scale", tiny),
        ("collation_name", name),
        ("is_identity_column", bit),
        ("is_computed_column", bit),
    ]
    value = Value(25, json.dumps(found_rows).encode())
    async for result in rows(interpreter, sql, [value], shown):
        yield result
    yield ReturnStatus(0)


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
        found_rows.append({"ordinal": ordinal, "name": name, **asdict(shape(type))})
    sql = (
        "SELECT ordinal, name, system_type_id, system_type_name, max_length::int2, "
        "precision::sys.tinyint, scale::sys.tinyint, NULL::int4, NULL::text, NULL::text, "
        "NULL::text, NULL::text, NULL::int4, NULL::text, NULL::text, NULL::text, false::sys.bit, "
        "false::sys.bit, false::sys.bit, true::sys.bit, false::sys.bit, NULL::text, "
        "system_type_id, max_length FROM jsonb_to_recordset($1::jsonb) AS r (ordinal int4, "
        "name text, system_type_id int4, system_type_name text, max_length int4, precision int4, "
        "scale int4)"
    )
    label, bit, tiny, number = (
        SqlType("nvarchar", 256),
        SqlType("bit"),
        SqlType("tinyint"),
        SqlType("int"),
    )
    shown = [
        ("parameter_ordinal", number),
        ("name", label),
        ("suggested_system_type_id", number),
        ("suggested_system_type_name", label),
        ("suggested_max_length", SqlType("smallint")),
        ("suggested_precision", tiny),
        ("suggested_scale", tiny),
        ("suggested_user_type_id", number),
        ("suggested_user_type_database", label),
        ("suggested_user_type_schema", label),
        ("suggested_user_type_name", label),
        ("suggested_assembly_qualified_type_name", label),
        ("suggested_xml_collection_id", number),
        ("suggested_xml_collection_database", label),
        ("suggested_xml_collection_schema", label),
        ("suggested_xml_collection_name", label),
        ("suggested_is_xml_document", bit),
        ("suggested_is_case_sensitive", bit),
        ("suggested_is_fixed_length_clr_type", bit),
        ("suggested_is_input", bit),
        ("suggested_is_output", bit),
        ("formal_parameter_name", label),
        ("suggested_tds_type_id", number),
        ("suggested_tds_length", number),
    ]
    value = Value(25, json.dumps(found_rows).encode())
    async for result in rows(interpreter, sql, [value], shown):
        yield result
    yield ReturnStatus(0)
