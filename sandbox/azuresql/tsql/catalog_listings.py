"""The catalog procedures as their documentation describes them: parameters, columns, order.

Each reads one view of `catalog/sql/92_odbc.sql`; names and order of parameters and columns are
those of "Catalog Stored Procedures" in Microsoft's documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Listing:
    """One procedure: its parameters in order, the view that it reads and how it chooses."""

    name: str
    parameters: tuple[str, ...]
    view: str
    columns: tuple[str, ...]
    matching: tuple[tuple[str, str], ...]
    """Parameters that are patterns, with the columns that they choose by."""
    exact: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ()
    qualifiers: tuple[str, ...] = ("@table_qualifier",)
    required: tuple[str, ...] = ()


_SHAPE: Final = (
    *("DATA_TYPE", "TYPE_NAME", "PRECISION", "LENGTH", "SCALE", "RADIX", "NULLABLE", "REMARKS"),
    *("COLUMN_DEF", "SQL_DATA_TYPE", "SQL_DATETIME_SUB", "CHAR_OCTET_LENGTH", "ORDINAL_POSITION"),
    "IS_NULLABLE",
)
_SPARSE: Final = ("SS_IS_SPARSE", "SS_IS_COLUMN_SET", "SS_IS_COMPUTED", "SS_IS_IDENTITY")
_DEFINED: Final = (
    *("SS_UDT_CATALOG_NAME", "SS_UDT_SCHEMA_NAME", "SS_UDT_ASSEMBLY_TYPE_NAME"),
    *("SS_XML_SCHEMACOLLECTION_CATALOG_NAME", "SS_XML_SCHEMACOLLECTION_SCHEMA_NAME"),
    "SS_XML_SCHEMACOLLECTION_NAME",
)
_TABLE: Final = ("TABLE_QUALIFIER", "TABLE_OWNER", "TABLE_NAME")
_ROUTINE: Final = ("PROCEDURE_QUALIFIER", "PROCEDURE_OWNER", "PROCEDURE_NAME")
_OF_TABLE: Final = ("@table_name", "@table_owner", "@table_qualifier")
_PATTERNS: Final = (("@table_name", "TABLE_NAME"), ("@table_owner", "TABLE_OWNER"))
_COLUMN_PATTERN: Final = ("@column_name", "COLUMN_NAME")


def _columns(name: str, parameters: tuple[str, ...], more: tuple[str, ...]) -> Listing:
    return Listing(
        name,
        (*_OF_TABLE, "@column_name", *parameters),
        "store.sp_columns",
        (*_TABLE, "COLUMN_NAME", *_SHAPE, *more, "SS_DATA_TYPE"),
        (*_PATTERNS, _COLUMN_PATTERN),
        order=("TABLE_OWNER", "TABLE_NAME", "ORDINAL_POSITION"),
        required=("@table_name",),
    )


def _routine_columns(name: str, more: tuple[str, ...]) -> Listing:
    return Listing(
        name,
        (
            *("@procedure_name", "@procedure_owner", "@procedure_qualifier", "@column_name"),
            *("@odbcver", "@fusepattern"),
        ),
        "store.sp_sproc_columns",
        (*_ROUTINE, "COLUMN_NAME", "COLUMN_TYPE", *_SHAPE, *more, "SS_DATA_TYPE"),
        (
            ("@procedure_name", "BARE_NAME"),
            ("@procedure_owner", "PROCEDURE_OWNER"),
            _COLUMN_PATTERN,
        ),
        order=("PROCEDURE_OWNER", "PROCEDURE_NAME", "ORDINAL_POSITION"),
        qualifiers=("@procedure_qualifier",),
    )


def _statistics(name: str) -> Listing:
    return Listing(
        name,
        (*_OF_TABLE, "@index_name", "@is_unique", "@accuracy"),
        "store.sp_statistics",
        (
            *(*_TABLE, "NON_UNIQUE", "INDEX_QUALIFIER", "INDEX_NAME", "TYPE", "SEQ_IN_INDEX"),
            *("COLUMN_NAME", "COLLATION", "CARDINALITY", "PAGES", "FILTER_CONDITION"),
        ),
        (),
        exact=_PATTERNS,
        order=("NON_UNIQUE", "TYPE", "INDEX_NAME", "SEQ_IN_INDEX"),
        required=("@table_name",),
    )


def _special_columns(name: str) -> Listing:
    return Listing(
        name,
        (*_OF_TABLE, "@col_type", "@scope", "@nullable", "@odbcver"),
        "store.sp_special_columns",
        (
            *("SCOPE", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "PRECISION", "LENGTH"),
            *("SCALE", "PSEUDO_COLUMN"),
        ),
        (),
        exact=_PATTERNS,
        order=("PLACE",),
        required=("@table_name",),
    )


_PRIVILEGES: Final = ("GRANTOR", "GRANTEE", "PRIVILEGE", "IS_GRANTABLE")
_KEYS: Final = ("KEY_SEQ", "UPDATE_RULE", "DELETE_RULE", "FK_NAME", "PK_NAME", "DEFERRABILITY")

LISTINGS: Final = (
    Listing(
        "sp_tables",
        (*_OF_TABLE, "@table_type", "@fusepattern"),
        "store.sp_tables",
        (*_TABLE, "TABLE_TYPE", "REMARKS"),
        _PATTERNS,
        order=("TABLE_TYPE", "TABLE_OWNER", "TABLE_NAME"),
    ),
    _columns("sp_columns", ("@odbcver", "@fusepattern"), ()),
    _columns("sp_columns_90", ("@odbcver", "@fusepattern"), _DEFINED),
    _columns("sp_columns_100", ("@namescope", "@odbcver", "@fusepattern"), (*_SPARSE, *_DEFINED)),
    Listing(
        "sp_pkeys",
        _OF_TABLE,
        "store.sp_pkeys",
        (*_TABLE, "COLUMN_NAME", "KEY_SEQ", "PK_NAME"),
        (),
        exact=_PATTERNS,
        order=("TABLE_OWNER", "TABLE_NAME", "KEY_SEQ"),
        required=("@table_name",),
    ),
    Listing(
        "sp_fkeys",
        tuple(
            f"@{side}table_{part}"
            for side in ("pk", "fk")
            for part in ("name", "owner", "qualifier")
        ),
        "store.sp_fkeys",
        (
            *("PKTABLE_QUALIFIER", "PKTABLE_OWNER", "PKTABLE_NAME", "PKCOLUMN_NAME"),
            *("FKTABLE_QUALIFIER", "FKTABLE_OWNER", "FKTABLE_NAME", "FKCOLUMN_NAME", *_KEYS),
        ),
        (),
        exact=tuple(
            (f"@{side}table_{part}", f"{side}table_{part}".upper())
            for side in ("pk", "fk")
            for part in ("name", "owner")
        ),
        order=("FKTABLE_OWNER", "FKTABLE_NAME", "FK_NAME", "KEY_SEQ"),
        qualifiers=("@pktable_qualifier", "@fktable_qualifier"),
    ),
    _statistics("sp_statistics"),
    _statistics("sp_statistics_100"),
    *(_special_columns(f"sp_special_columns{version}") for version in ("", "_90", "_100")),
    Listing(
        "sp_stored_procedures",
        ("@sp_name", "@sp_owner", "@sp_qualifier", "@fusepattern"),
        "store.sp_stored_procedures",
        (
            *(*_ROUTINE, "NUM_INPUT_PARAMS", "NUM_OUTPUT_PARAMS", "NUM_RESULT_SETS", "REMARKS"),
            "PROCEDURE_TYPE",
        ),
        (("@sp_name", "BARE_NAME"), ("@sp_owner", "PROCEDURE_OWNER")),
        order=("PROCEDURE_OWNER", "PROCEDURE_NAME"),
        qualifiers=("@sp_qualifier",),
    ),
    _routine_columns("sp_sproc_columns", ()),
    _routine_columns("sp_sproc_columns_90", _DEFINED),
    _routine_columns("sp_sproc_columns_100", _DEFINED),
    Listing(
        "sp_table_privileges",
        (*_OF_TABLE, "@fusepattern"),
        "store.sp_table_privileges",
        (*_TABLE, *_PRIVILEGES),
        _PATTERNS,
        order=("TABLE_OWNER", "TABLE_NAME", "PRIVILEGE", "GRANTEE"),
        required=("@table_name",),
    ),
    Listing(
        "sp_column_privileges",
        (*_OF_TABLE, "@column_name"),
        "store.sp_column_privileges",
        (*_TABLE, "COLUMN_NAME", *_PRIVILEGES),
        (_COLUMN_PATTERN,),
        exact=_PATTERNS,
        order=("TABLE_OWNER", "TABLE_NAME", "COLUMN_NAME", "PRIVILEGE", "GRANTEE"),
        required=("@table_name",),
    ),
)
