"""The one ALTER that makes room for a new column of the source."""

from __future__ import annotations

import pytest

from model.catalog import Column, TableName
from model.errors import Unsupported
from model.types import Kind, LogicalType
from replicator.following import alter, planned
from replicator.schema import PlanOptions, TableTypes

USERS = TableName("public", "users")
TEXT = Column("bio", LogicalType(Kind.TEXT), nullable=True, native="text")
NUMBER = Column("age", LogicalType(Kind.INT32), nullable=True, native="integer")


def test_all_new_columns_come_in_one_statement_and_take_null() -> None:
    columns = planned(USERS, [TEXT, NUMBER], PlanOptions())
    assert alter(TableName("dbo", "users"), columns) == (
        "/* replicator:follow dbo.users */ ALTER TABLE [dbo].[users] ADD "
        "[bio] nvarchar(max) NULL, [age] int NULL"
    )


def test_types_that_the_operator_chose_count_here_too() -> None:
    """Overrides of other tables and of columns that are there already concern nobody here."""
    own = {"public.users": TableTypes({}, {"bio": "nvarchar(200)", "name": "nvarchar(50)"})}
    others = {"public.other": TableTypes({}, {"x": "int"})}
    [column] = planned(USERS, [TEXT], PlanOptions(tables={**own, **others}))
    assert str(column.type) == "nvarchar(200)"


def test_a_type_without_counterpart_is_refused() -> None:
    odd = Column("odd", LogicalType(Kind.UNKNOWN), nullable=True, native="odd")
    with pytest.raises(Unsupported, match=r"public\.users\.odd"):
        planned(USERS, [odd], PlanOptions())
