"""The result sets of sp_describe_first_result_set and sp_describe_undeclared_parameters.

Names, order and types of the columns are those of Microsoft's documentation.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Result, SqlType
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.listing import rows
from sandbox.azuresql.tsql.types import SEAM_OIDS

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_BIT: Final = SqlType("bit")
_INT: Final = SqlType("int")
_SHORT: Final = SqlType("smallint")
_TINY: Final = SqlType("tinyint")
_NAME: Final = SqlType("nvarchar", 128)
_WORDS: Final = SqlType("nvarchar", 256)
_LONG: Final = SqlType("nvarchar", 4000)

FIRST_RESULT_SET: Final = (
    ("is_hidden", _BIT),
    ("column_ordinal", _INT),
    ("name", _NAME),
    ("is_nullable", _BIT),
    ("system_type_id", _INT),
    ("system_type_name", _WORDS),
    ("max_length", _SHORT),
    ("precision", _TINY),
    ("scale", _TINY),
    ("collation_name", _NAME),
    ("user_type_id", _INT),
    ("user_type_database", _NAME),
    ("user_type_schema", _NAME),
    ("user_type_name", _NAME),
    ("assembly_qualified_type_name", _LONG),
    ("xml_collection_id", _INT),
    ("xml_collection_database", _NAME),
    ("xml_collection_schema", _NAME),
    ("xml_collection_name", _NAME),
    ("is_xml_document", _BIT),
    ("is_case_sensitive", _BIT),
    ("is_fixed_length_clr_type", _BIT),
    ("source_server", _NAME),
    ("source_database", _NAME),
    ("source_schema", _NAME),
    ("source_table", _NAME),
    ("source_column", _NAME),
    ("is_identity_column", _BIT),
    ("is_part_of_unique_key", _BIT),
    ("is_updateable", _BIT),
    ("is_computed_column", _BIT),
    ("is_sparse_column_set", _BIT),
    ("ordinal_in_order_by_list", _SHORT),
    ("order_by_list_length", _SHORT),
    ("order_by_is_descending", _SHORT),
    ("tds_type_id", _INT),
    ("tds_length", _INT),
    ("tds_collation_id", _INT),
    ("tds_collation_sort_id", _TINY),
)

UNDECLARED_PARAMETERS: Final = (
    ("parameter_ordinal", _INT),
    ("name", _NAME),
    ("suggested_system_type_id", _INT),
    ("suggested_system_type_name", _WORDS),
    ("suggested_max_length", _SHORT),
    ("suggested_precision", _TINY),
    ("suggested_scale", _TINY),
    ("suggested_user_type_id", _INT),
    ("suggested_user_type_database", _NAME),
    ("suggested_user_type_schema", _NAME),
    ("suggested_user_type_name", _NAME),
    ("suggested_assembly_qualified_type_name", _LONG),
    ("suggested_xml_collection_id", _INT),
    ("suggested_xml_collection_database", _NAME),
    ("suggested_xml_collection_schema", _NAME),
    ("suggested_xml_collection_name", _NAME),
    ("suggested_is_xml_document", _BIT),
    ("suggested_is_case_sensitive", _BIT),
    ("suggested_is_fixed_length_clr_type", _BIT),
    ("suggested_is_input", _BIT),
    ("suggested_is_output", _BIT),
    ("formal_parameter_name", _NAME),
    ("suggested_tds_type_id", _INT),
    ("suggested_tds_length", _INT),
)

_NULLABLE_TOKENS: Final = {
    "tinyint": 38,
    "smallint": 38,
    "int": 38,
    "bigint": 38,
    "real": 109,
    "float": 109,
    "money": 110,
    "smallmoney": 110,
    "datetime": 111,
    "smalldatetime": 111,
    "rowversion": 173,
}
"""TDS writes a nullable value of these types under the token of its family."""


@dataclass(frozen=True, slots=True)
class OnTheWire:
    """How TDS would write a value."""

    token: int
    length: int


def on_the_wire(type: SqlType, system_type: int, length: int) -> OnTheWire:
    """The token of the type; `(max)` has the length 65535."""
    return OnTheWire(_NULLABLE_TOKENS.get(type.name, system_type), 65535 if length < 0 else length)


def query(columns: Sequence[tuple[str, SqlType]]) -> str:
    """Rows of these columns out of a parameter of JSON objects; what they lack is NULL."""
    items = ", ".join(f"{name}{_CASTS.get(type.name, '')}" for name, type in columns)
    shapes = ", ".join(f"{name} {_JSON[type.name]}" for name, type in columns)
    return f"SELECT {items} FROM jsonb_to_recordset($1::jsonb) AS r ({shapes})"


_JSON: Final = {
    "bit": "bool",
    "int": "int4",
    "smallint": "int2",
    "tinyint": "int2",
    "nvarchar": "text",
}
_CASTS: Final = {"bit": "::sys.bit", "tinyint": "::sys.tinyint"}


async def answer(
    interpreter: Interpreter,
    columns: Sequence[tuple[str, SqlType]],
    found: Sequence[Mapping[str, object]],
) -> AsyncGenerator[Result, None]:
    """The result set of these rows."""
    value = Value(SEAM_OIDS["nvarchar"], json.dumps(list(found)).encode())
    async for result in rows(interpreter, query(columns), [value], list(columns)):
        yield result
