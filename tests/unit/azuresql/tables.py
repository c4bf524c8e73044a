"""Target tables that the tests of the generated text share."""

from __future__ import annotations

from model.catalog import TableName
from model.ports import TargetColumn, TargetTable

BIN2 = "Latin1_General_100_BIN2"

USERS = TargetTable(
    TableName("dbo", "users"),
    (
        TargetColumn("id", "bigint", False),
        TargetColumn("name", "nvarchar(50)", True, collation=BIN2),
        TargetColumn("bio", "nvarchar(max)", True, collation="SQL_Latin1_General_CP1_CI_AS"),
    ),
    ("id",),
)
TAGS = TargetTable(
    TableName("dbo", "tags"),
    (TargetColumn("tag", "nvarchar(50)", False, collation=BIN2),),
    ("tag",),
)
LOG = TargetTable(
    TableName("dbo", "log"),
    (
        TargetColumn("at", "datetime2(6)", True),
        TargetColumn("what", "nvarchar(max)", True, collation=BIN2),
    ),
)
NUMBERED = TargetTable(
    TableName("dbo", "numbered"),
    (
        TargetColumn("id", "int", False, identity=True),
        TargetColumn("total", "decimal(10,2)", True),
        TargetColumn("twice", "decimal(11,2)", True, computed=True),
        TargetColumn("version", "timestamp", False),
    ),
    ("id",),
)
