"""PostgreSQL's results as the seam wants them: columns with T-SQL types, rows as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from psycopg.pq.abc import PGresult

from sandbox.azuresql.catalog.reader import type_of
from sandbox.azuresql.session import ResultColumn, SqlType
from sandbox.azuresql.tsql.scope import Output
from sandbox.azuresql.tsql.types import SEAM_OIDS

_FAMILIES: Final = {
    16: "number",
    20: "number",
    21: "number",
    23: "number",
    1700: "number",
    700: "float",
    701: "float",
    25: "text",
    17: "bytes",
    2950: "uuid",
    1082: "date",
    1186: "offset",
}


class TypeMap:
    """PostgreSQL types by oid: `sys.nvarchar` and the like, known once a server has started."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names
        self.oids = {name: oid for oid, name in names.items()}

    def sql_type(self, oid: int, typmod: int) -> SqlType:
        name = self.names.get(oid)
        return type_of(name, typmod) if name else SqlType("nvarchar", -1)

    def oid(self, postgresql: str) -> int:
        """The oid of a type's bare name as `types.bare` writes it."""
        name = postgresql.replace('"', "")
        return self.oids[name if "." in name else f"pg_catalog.{name}"]


def columns(
    result: PGresult, outputs: Sequence[Output] | None, types: TypeMap
) -> list[ResultColumn]:
    """The columns of a result; a numeric of open scale gets the widest one of the rows at hand."""
    found: list[ResultColumn] = []
    for place in range(result.nfields):
        output = outputs[place] if outputs and place < len(outputs) else None
        native = types.sql_type(result.ftype(place), result.fmod(place))
        oid = SEAM_OIDS[native.name]
        type = native
        if output is not None and output.type is not None and _agree(output.type, native):
            type = output.type
        if _open(type):
            type = SqlType("decimal", 0, 38, _scale(result, place))
        column = output.column if output is not None else None
        if column is not None and column.collation:
            type = replace(type, collation=column.collation)
        name = output.name if output is not None else (result.fname(place) or b"").decode()
        found.append(
            ResultColumn(
                name="" if name == "?column?" else name,
                type=type,
                oid=oid,
                nullable=column.nullable if column is not None else True,
                identity=column.identity if column is not None else False,
                computed=column.computed if column is not None else False,
            )
        )
    return found


def settled(described: Sequence[ResultColumn], result: PGresult, types: TypeMap) -> bool:
    """Whether the columns are the same for all rows: no scale was taken from those at hand."""
    return not any(
        column.type.name == "decimal"
        and _open(types.sql_type(result.ftype(place), result.fmod(place)))
        for place, column in enumerate(described)
    )


def _open(type: SqlType) -> bool:
    return type.name == "decimal" and (type.scale < 0 or type.precision == 0)


def _agree(wanted: SqlType, native: SqlType) -> bool:
    """Whether values in the native format can be shown as the wanted type."""
    a, b = SEAM_OIDS[wanted.name], SEAM_OIDS[native.name]
    if a == b:
        return a != 20 or (wanted.name == "bigint") == (native.name == "bigint")
    ticks = {"datetime", "smalldatetime", "datetime2", "time"}
    if wanted.name in ticks or native.name in ticks:
        return False
    return _FAMILIES[a] == _FAMILIES[b]


def _scale(result: PGresult, place: int) -> int:
    scale = 0
    for row in range(min(result.ntuples, 512)):
        value = result.get_value(row, place)
        if value is not None and len(value) >= 8:
            scale = max(scale, int.from_bytes(value[6:8], "big"))
    return min(scale, 38)
