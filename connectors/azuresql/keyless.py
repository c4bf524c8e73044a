"""Text for tables without a key: each change alone and in order, exactly one row each.

A stage has the row after the change in `c…`, the row before it in `b…`, `op` (1 delete, 3 update,
4 insert) and `run`: one number for each delete and update, one for each unbroken row of inserts.
"""

from __future__ import annotations

from connectors.azuresql.columns import family, is_text, stage_type, wire_type
from connectors.azuresql.ddl import create_stage
from connectors.azuresql.dialect import comma, comment, qualified, quote
from connectors.azuresql.errors import NOT_ONE_ROW
from connectors.azuresql.staging import Shape, fill_text, numbered_by_us, throw
from model.ports import TargetColumn


def create(shape: Shape, name: str) -> str:
    """The stage's table, made once a session in a plain batch."""
    columns = [("run", "int"), ("op", "tinyint")]
    columns += [(f"c{at}", stage_type(column)) for at, column in enumerate(shape.columns)]
    columns += [(f"b{at}", stage_type(column)) for at, column in enumerate(shape.columns)]
    return create_stage(name, columns)


def fill(shape: Shape, name: str) -> str:
    """As `staging.fill`."""
    table = shape.table.name
    fields = [("run", "int"), ("op", "tinyint")]
    fields += [(f"c{at}", wire_type(column, table)) for at, column in enumerate(shape.columns)]
    fields += [(f"b{at}", wire_type(column, table)) for at, column in enumerate(shape.columns)]
    return fill_text(str(table), name, fields)


def apply(shape: Shape, name: str) -> str:
    """Walk the stage run by run; anything but the expected number of rows throws."""
    table = qualified(shape.table.name)
    joined = f"{table} AS t INNER JOIN {name} AS s ON {_same(shape)} WHERE s.run = @run"
    insert = (
        f"INSERT INTO {table} ({comma(quote(column.name) for column in shape.columns)}) "
        f"SELECT {comma(f's.c{at}' for at in range(len(shape.columns)))} "
        f"FROM {name} AS s WHERE s.run = @run; SET @rows = @@ROWCOUNT;"
    )
    assignments = comma(
        f"t.{quote(column.name)} = s.c{at}"
        for at, column in enumerate(shape.columns)
        if not column.identity
    )
    return (
        f"/* replicator:apply {comment(str(shape.table.name))} */ "
        "DECLARE @run int = 1, @op tinyint, @count int, @rows int; "
        "WHILE @run <= @runs BEGIN "
        f"SELECT @op = MIN(s.op), @count = COUNT(*) FROM {name} AS s WHERE s.run = @run; "
        f"IF @op = 1 BEGIN DELETE TOP (1) t FROM {joined}; SET @rows = @@ROWCOUNT; END; "
        + (
            f"IF @op = 3 BEGIN UPDATE TOP (1) t SET {assignments} FROM {joined}; "
            "SET @rows = @@ROWCOUNT; END; "
            if assignments
            else ""
        )
        + f"IF @op = 4 BEGIN {numbered_by_us(shape.identity, table, insert)} END; "
        f"IF @rows <> @count {throw('a change did not find exactly one row', NOT_ONE_ROW)} "
        "SET @run = @run + 1; END;"
    )


def _same(shape: Shape) -> str:
    return " AND ".join(_equal(at, column) for at, column in enumerate(shape.columns))


def _equal(at: int, column: TargetColumn) -> str:
    """Equal or both NULL; texts byte for byte, because a collation equates different ones."""
    here, there = f"t.{quote(column.name)}", f"s.b{at}"
    equal = f"{here} = {there}"
    if is_text(column) or family(column) == "xml":
        equal = f"CONVERT(varbinary(max), {here}) = CONVERT(varbinary(max), {there})"
    return f"({equal} OR ({here} IS NULL AND {there} IS NULL))"
