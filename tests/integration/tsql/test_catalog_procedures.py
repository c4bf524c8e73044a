"""sp_tables, sp_columns and the others, through ODBC's own metadata functions and by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import mssql_python
import pymssql
import pyodbc
import pytest

from sandbox.databases import connection_words
from tests.integration.tsql.conftest import number

Rows = list[tuple[Any, ...]]

TABLES = """
CREATE TABLE dbo.All_Types (
  k bigint NOT NULL CONSTRAINT PK_All_Types PRIMARY KEY, i int IDENTITY NOT NULL, s smallint NULL,
  t tinyint NULL, b bit NULL, d decimal(18, 2) NULL, m money NULL, sm smallmoney NULL, r real NULL,
  f float NULL, dt datetime NULL, sd smalldatetime NULL, da date NULL, ti time(3) NULL,
  d2 datetime2(6) NULL, dto datetimeoffset(7) NULL, c char(3) NULL, vc varchar(20) NULL,
  vm varchar(max) NULL, n nchar(4) NULL, nv nvarchar(50) NULL CONSTRAINT DF_nv DEFAULT N'x',
  nm nvarchar(max) NULL, bi binary(5) NULL, vb varbinary(9) NULL, bm varbinary(max) NULL,
  g uniqueidentifier NULL, x AS (k * 2), rv rowversion);
CREATE TABLE dbo.Parts (
  k bigint NOT NULL, place int NOT NULL, word nvarchar(20) NULL,
  CONSTRAINT PK_Parts PRIMARY KEY (k, place),
  CONSTRAINT FK_Parts FOREIGN KEY (k) REFERENCES dbo.All_Types (k) ON DELETE CASCADE);
CREATE UNIQUE INDEX IX_Parts ON dbo.Parts (word DESC) INCLUDE (k)
"""


@pytest.fixture(scope="module")
def connection(database: str) -> Iterator[pyodbc.Connection]:
    with closing(pyodbc.connect(database, autocommit=True, timeout=20)) as opened:
        opened.execute(TABLES)
        opened.execute("CREATE VIEW dbo.Seen AS SELECT k FROM dbo.All_Types")
        yield opened


@pytest.fixture
def cursor(connection: pyodbc.Connection) -> Iterator[pyodbc.Cursor]:
    with closing(connection.cursor()) as opened:
        yield opened


@pytest.fixture
def name(connection: pyodbc.Connection) -> str:
    found: str = connection.execute("SELECT DB_NAME()").fetchval()
    return found


def found(cursor: pyodbc.Cursor) -> Rows:
    return [tuple(row) for row in cursor.fetchall()]


def test_tables_are_found_by_pattern_and_type(cursor: pyodbc.Cursor, name: str) -> None:
    assert found(cursor.tables(schema="dbo")) == [
        (name, "dbo", "All_Types", "TABLE", None),
        (name, "dbo", "Parts", "TABLE", None),
        (name, "dbo", "Seen", "VIEW", None),
    ]
    assert [row[2] for row in found(cursor.tables(table="all%", schema="dbo"))] == ["All_Types"]
    assert [row[2] for row in found(cursor.tables(schema="dbo", tableType="VIEW"))] == ["Seen"]
    assert found(cursor.tables(table="nothing")) == []


def test_catalogs_schemas_and_types_are_listed(cursor: pyodbc.Cursor, name: str) -> None:
    databases = found(cursor.tables(catalog="%", schema="", table=""))
    assert {row[0] for row in databases} == {"master", name}
    schemas = found(cursor.tables(catalog="", schema="%", table=""))
    assert {"dbo", "sys", "INFORMATION_SCHEMA"} <= {row[1] for row in schemas}
    types = found(cursor.tables(catalog="", schema="", table="", tableType="%"))
    assert [row[3] for row in types] == ["SYSTEM TABLE", "TABLE", "VIEW"]


COLUMNS = {
    # column: type, name, size, length, digits, radix, ODBC's concise type, its part, octets, token
    "k": (-5, "bigint", 19, 8, 0, 10, -5, None, None, 63),
    "i": (4, "int identity", 10, 4, 0, 10, 4, None, None, 56),
    "s": (5, "smallint", 5, 2, 0, 10, 5, None, None, 38),
    "t": (-6, "tinyint", 3, 1, 0, 10, -6, None, None, 38),
    "b": (-7, "bit", 1, 1, None, None, -7, None, None, 50),
    "d": (3, "decimal", 18, 20, 2, 10, 3, None, None, 106),
    "m": (3, "money", 19, 21, 4, 10, 3, None, None, 110),
    "sm": (3, "smallmoney", 10, 12, 4, 10, 3, None, None, 110),
    "r": (7, "real", 24, 4, None, 2, 7, None, None, 109),
    "f": (6, "float", 53, 8, None, 2, 6, None, None, 109),
    "dt": (93, "datetime", 23, 16, 3, None, 9, 3, None, 111),
    "sd": (93, "smalldatetime", 16, 16, 0, None, 9, 3, None, 111),
    "da": (91, "date", 10, 6, 0, None, 9, 1, None, 0),
    "ti": (-154, "time", 12, 10, 3, None, -154, None, None, 0),
    "d2": (93, "datetime2", 26, 16, 6, None, 9, 3, None, 0),
    "dto": (-155, "datetimeoffset", 34, 20, 7, None, -155, None, None, 0),
    "c": (1, "char", 3, 3, None, None, 1, None, 3, 39),
    "vc": (12, "varchar", 20, 20, None, None, 12, None, 20, 39),
    "vm": (12, "varchar", 0, 0, None, None, 12, None, 0, 39),
    "n": (-8, "nchar", 4, 8, None, None, -8, None, 8, 39),
    "nv": (-9, "nvarchar", 50, 100, None, None, -9, None, 100, 39),
    "nm": (-9, "nvarchar", 0, 0, None, None, -9, None, 0, 39),
    "bi": (-2, "binary", 5, 5, None, None, -2, None, 5, 37),
    "vb": (-3, "varbinary", 9, 9, None, None, -3, None, 9, 37),
    "bm": (-3, "varbinary", 0, 0, None, None, -3, None, 0, 37),
    "g": (-11, "uniqueidentifier", 36, 16, None, None, -11, None, None, 37),
    "x": (-5, "bigint", 19, 8, 0, 10, -5, None, None, 108),
    "rv": (-2, "timestamp", 8, 8, None, None, -2, None, 8, 45),
}


def test_columns_have_odbcs_numbers(cursor: pyodbc.Cursor, name: str) -> None:
    rows = found(cursor.columns(table="All_Types"))
    assert [row[:3] for row in rows] == [(name, "dbo", "All_Types")] * len(COLUMNS)
    assert {row[3]: (*row[4:10], *row[13:16], row[28]) for row in rows} == COLUMNS
    assert [row[16] for row in rows] == list(range(1, len(COLUMNS) + 1))
    shown = {row[3]: row for row in rows}
    assert shown["nv"][12] == "(N'x')"
    assert shown["i"][21] == 1
    assert shown["x"][20] == 1
    assert (shown["k"][10], shown["k"][17]) == (0, "NO")


def test_columns_are_found_by_pattern(cursor: pyodbc.Cursor) -> None:
    assert [row[3] for row in found(cursor.columns(table="Parts", column="%or%"))] == ["word"]
    assert found(cursor.columns(table="Parts", schema="nowhere")) == []


def test_keys(cursor: pyodbc.Cursor, name: str) -> None:
    assert found(cursor.primaryKeys("Parts")) == [
        (name, "dbo", "Parts", "k", 1, "PK_Parts"),
        (name, "dbo", "Parts", "place", 2, "PK_Parts"),
    ]
    rules = (1, 1, 0, "FK_Parts", "PK_All_Types", 7)
    reference = [(name, "dbo", "All_Types", "k", name, "dbo", "Parts", "k", *rules)]
    assert found(cursor.foreignKeys(table="All_Types")) == reference
    assert found(cursor.foreignKeys(foreignTable="Parts")) == reference


def test_statistics(cursor: pyodbc.Cursor, name: str) -> None:
    rows = found(cursor.statistics("Parts"))
    assert [row[3:10] for row in rows] == [
        (None, None, None, 0, None, None, None),
        (0, "Parts", "PK_Parts", 1, 1, "k", "A"),
        (0, "Parts", "PK_Parts", 1, 2, "place", "A"),
        (0, "Parts", "IX_Parts", 3, 1, "word", "D"),
    ]


def test_the_columns_that_tell_a_row(cursor: pyodbc.Cursor) -> None:
    best = cursor.execute("EXEC sp_special_columns_100 N'Parts', @ODBCVer = 3")
    assert found(best) == [
        (0, "k", -5, "bigint", 19, 8, 0, 1),
        (0, "place", 4, "int", 10, 4, 0, 1),
    ]
    assert found(cursor.rowVerColumns("All_Types")) == [
        (None, "rv", -2, "timestamp", 8, 8, None, 1)
    ]


def test_old_odbc_has_its_own_numbers_of_dates(cursor: pyodbc.Cursor) -> None:
    rows = found(cursor.execute("EXEC sp_columns @table_name = N'All_Types'"))
    assert {row[3]: row[4] for row in rows if row[3] in ("dt", "da")} == {"dt": 11, "da": 9}
    assert len(cursor.description) == 19


def test_privileges_tell_the_owner_and_grants(cursor: pyodbc.Cursor) -> None:
    cursor.execute("CREATE ROLE lookers; GRANT SELECT ON dbo.Parts TO lookers WITH GRANT OPTION")
    rows = found(cursor.execute("EXEC sp_table_privileges N'Parts'"))
    assert [row[3:] for row in rows if row[4] == "lookers"] == [("dbo", "lookers", "SELECT", "YES")]
    assert [row[5] for row in rows if row[4] == "dbo"] == [
        *("DELETE", "INSERT", "REFERENCES", "SELECT", "UPDATE")
    ]
    columns = found(cursor.execute("EXEC sp_column_privileges N'Parts', @column_name = N'word'"))
    assert ("word", "dbo", "lookers", "SELECT", "YES") in [row[3:] for row in columns]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("EXEC sp_pkeys", 201),
        ("EXEC sp_pkeys N'Parts', NULL, N'elsewhere'", 15250),
        ("EXEC sp_pkeys N'Parts', @nothing = 1", 8145),
    ],
)
def test_a_wrong_call_is_refused(cursor: pyodbc.Cursor, call: str, error: int) -> None:
    with pytest.raises(pyodbc.Error) as raised:
        cursor.execute(call)
    assert number(raised.value) == error


def test_a_query_is_described(cursor: pyodbc.Cursor) -> None:
    cursor.execute(
        "EXEC sp_describe_first_result_set N'SELECT k, i, nv, d FROM dbo.All_Types WHERE k = @p', "
        "N'@p bigint'"
    )
    columns = [column[0] for column in cursor.description]
    assert len(columns) == 39
    wanted = ("name", "is_nullable", "system_type_name", "max_length", "is_identity_column")
    rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    assert [tuple(row[key] for key in wanted) for row in rows] == [
        ("k", False, "bigint", 8, False),
        ("i", False, "int", 4, True),
        ("nv", True, "nvarchar(50)", 100, False),
        ("d", True, "decimal(18,2)", 17, False),
    ]
    assert [row["tds_type_id"] for row in rows] == [38, 38, 231, 106]


def test_undeclared_parameters_are_described(cursor: pyodbc.Cursor) -> None:
    cursor.execute(
        "EXEC sp_describe_undeclared_parameters N'UPDATE dbo.Parts SET word = @w WHERE k = @k'"
    )
    assert len(cursor.description) == 24
    rows = found(cursor)
    assert [(row[1], row[3], row[4], row[22]) for row in rows] == [
        ("@w", "nvarchar(20)", 40, 231),
        ("@k", "bigint", 8, 38),
    ]


def test_another_client_calls_them_too(connection: pyodbc.Connection, database: str) -> None:
    words = connection_words(database)
    host, _, port = words["server"].removeprefix("tcp:").partition(",")
    with closing(
        pymssql.connect(
            server=host,
            port=port,
            user=words["uid"],
            password=words["pwd"],
            database=words["database"],
        )
    ) as other:
        cursor = other.cursor()
        cursor.callproc("sp_columns", ("Parts",))
        assert [row[3] for row in cursor] == ["k", "place", "word"]
        cursor.callproc("sp_pkeys", ("Parts",))
        assert [row[3:5] for row in cursor] == [("k", 1), ("place", 2)]


def test_microsofts_own_python_driver_finds_keys(
    connection: pyodbc.Connection, database: str
) -> None:
    words = [word for word in database.split(";") if not word.upper().startswith("DRIVER=")]
    with closing(mssql_python.connect(";".join(words), autocommit=True)) as other:
        cursor: Any = other.cursor()
        assert [row[2] for row in cursor.tables(schema="dbo", tableType="TABLE").fetchall()] == [
            "All_Types",
            "Parts",
        ]
        assert [row[3] for row in cursor.columns(table="Parts").fetchall()] == [
            *("k", "place", "word")
        ]
        best = cursor.rowIdColumns(table="Parts", nullable=False).fetchall()
        assert [row[1] for row in best] == ["k", "place"]
        assert [row[3] for row in cursor.primaryKeys(table="Parts").fetchall()] == ["k", "place"]
        # The driver swaps the two tables (1.16): this one's foreign keys.
        references = cursor.foreignKeys(table="Parts").fetchall()
        assert [row[11] for row in references] == ["FK_Parts"]
        assert [row[5] for row in cursor.statistics(table="Parts", unique=True).fetchall()] == [
            *(None, "PK_Parts", "PK_Parts", "IX_Parts")
        ]
