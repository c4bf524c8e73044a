"""Functions whose arguments are plain values: their names in PostgreSQL and their results."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import SqlType

_INT: Final = SqlType("int")
_NAME: Final = SqlType("nvarchar", 128)
_TEXT: Final = SqlType("nvarchar", -1)
_MOMENT: Final = SqlType("datetime2", 0, 0, 7)
_FLOAT: Final = SqlType("float")

Rule = SqlType | None
"""The result's type; None: the first argument's."""

SIMPLE: Final[dict[str, tuple[str, int, int, Rule]]] = {
    # name: (PostgreSQL function, fewest, most arguments, result)
    "UPPER": ("sys.upper", 1, 1, None),
    "LOWER": ("sys.lower", 1, 1, None),
    "REVERSE": ("sys.reverse", 1, 1, None),
    "LEFT": ('sys."left"', 2, 2, None),
    "RIGHT": ('sys."right"', 2, 2, None),
    "SUBSTRING": ("sys.substring", 3, 3, None),
    "CHARINDEX": ("sys.charindex", 2, 3, _INT),
    "PATINDEX": ("sys.patindex", 2, 2, _INT),
    "QUOTENAME": ("sys.quotename", 1, 2, SqlType("nvarchar", 258)),
    "ASCII": ("sys.ascii", 1, 1, _INT),
    "UNICODE": ("sys.unicode", 1, 1, _INT),
    "CHAR": ('sys."char"', 1, 1, SqlType("varchar", 1)),
    "STR": ("sys.str", 1, 3, SqlType("varchar", 64)),
    "JSON_VALUE": ("sys.json_value", 2, 2, SqlType("nvarchar", 4000)),
    "JSON_QUERY": ("sys.json_query", 1, 2, _TEXT),
    "JSON_PATH_EXISTS": ("sys.json_path_exists", 2, 2, _INT),
    "NEWID": ("gen_random_uuid", 0, 0, SqlType("uniqueidentifier")),
    "NEWSEQUENTIALID": ("uuidv7", 0, 0, SqlType("uniqueidentifier")),
    "SYSUTCDATETIME": ("sys.sysutcdatetime", 0, 0, _MOMENT),
    "SYSDATETIME": ("sys.sysdatetime", 0, 0, _MOMENT),
    "SYSDATETIMEOFFSET": ("sys.sysdatetimeoffset", 0, 0, SqlType("datetimeoffset", 0, 0, 7)),
    "GETDATE": ("sys.getdate", 0, 0, SqlType("datetime")),
    "GETUTCDATE": ("sys.getutcdate", 0, 0, SqlType("datetime")),
    "CURRENT_TIMESTAMP": ("sys.getdate", 0, 0, SqlType("datetime")),
    "SWITCHOFFSET": ("sys.switchoffset", 2, 2, None),
    "TODATETIMEOFFSET": ("sys.todatetimeoffset", 2, 2, SqlType("datetimeoffset", 0, 0, 7)),
    "DATEFROMPARTS": ("sys.datefromparts", 3, 3, SqlType("date")),
    "DATETIMEFROMPARTS": ("sys.datetimefromparts", 7, 7, SqlType("datetime")),
    "SMALLDATETIMEFROMPARTS": ("sys.smalldatetimefromparts", 5, 5, SqlType("smalldatetime")),
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
    "SQUARE": ("sys.square", 1, 1, _FLOAT),
    "LOG10": ("pg_catalog.log10", 1, 1, _FLOAT),
    "SIN": ("pg_catalog.sin", 1, 1, _FLOAT),
    "COS": ("pg_catalog.cos", 1, 1, _FLOAT),
    "TAN": ("pg_catalog.tan", 1, 1, _FLOAT),
    "COT": ("pg_catalog.cot", 1, 1, _FLOAT),
    "ASIN": ("pg_catalog.asin", 1, 1, _FLOAT),
    "ACOS": ("pg_catalog.acos", 1, 1, _FLOAT),
    "ATAN": ("pg_catalog.atan", 1, 1, _FLOAT),
    "ATN2": ("pg_catalog.atan2", 2, 2, _FLOAT),
    "DEGREES": ("pg_catalog.degrees", 1, 1, _FLOAT),
    "RADIANS": ("pg_catalog.radians", 1, 1, _FLOAT),
    "STRING_ESCAPE": ("sys.string_escape", 2, 2, _TEXT),
    "PARSENAME": ("sys.parsename", 2, 2, _NAME),
    "OBJECT_DEFINITION": ("sys.object_definition", 1, 1, _TEXT),
    "SCHEMA_NAME": ("sys.schema_name", 0, 1, _NAME),
    "TYPE_NAME": ("sys.type_name", 1, 1, _NAME),
    "COLUMNPROPERTY": ("sys.columnproperty", 3, 3, _INT),
    "COL_NAME": ("sys.col_name", 2, 2, _NAME),
    "OBJECTPROPERTY": ("sys.objectproperty", 2, 2, _INT),
    "INDEXPROPERTY": ("sys.indexproperty", 3, 3, _INT),
    "TYPEPROPERTY": ("sys.typeproperty", 2, 2, _INT),
    "COLLATIONPROPERTY": ("sys.collationproperty", 2, 2, _INT),
    "COL_LENGTH": ("sys.col_length", 2, 2, SqlType("smallint")),
    "INDEX_COL": ("sys.index_col", 3, 3, _NAME),
    "IDENT_SEED": ("sys.ident_seed", 1, 1, SqlType("decimal", 0, 38, 0)),
    "IDENT_INCR": ("sys.ident_incr", 1, 1, SqlType("decimal", 0, 38, 0)),
    "IDENT_CURRENT": ("sys.ident_current", 1, 1, SqlType("decimal", 0, 38, 0)),
}
