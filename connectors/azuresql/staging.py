"""Text of the statements that stage and apply one table's share of a batch.

A stage is a `#` table with one column `c…` for each target column, `f…` for each that a change may
leave unchanged, `b…` for the key before a key change, and `op`:

| op | after the batch | before it, once the table is consistent |
| --- | --- | --- |
| 1 | no row | one row |
| 2 | no row (created and deleted within the batch) | no row |
| 3 | the row as staged | one row |
| 4 | the row as staged | no row |
| 5 | the row, with unchanged columns left alone | one row |
| 6 | the row at a new key | one row at the old key, none at the new one |

Until then replays are tolerated. Deletes come first, then one update (so that unique values may
change places), then inserts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connectors.azuresql.columns import is_text, stage_type, wire_type
from connectors.azuresql.ddl import create_stage
from connectors.azuresql.dialect import comma, comment, qualified, quote
from connectors.azuresql.errors import IDENTITY_FIXED, NOT_AS_EXPECTED, NOT_IDENTICAL
from model.ports import TargetColumn, TargetTable

COUNTS: Final = "@deletes int, @absent int, @updates int, @inserts int, @moves int, @runs int"
"""Parameters of every statement that applies a stage."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a stage holds. `columns` are those that values are known for; `key` is the record's
    key; `flagged` names columns that some change leaves unchanged; `moves`: some change a key."""

    table: TargetTable
    key: tuple[str, ...]
    columns: tuple[TargetColumn, ...]
    flagged: tuple[str, ...] = ()
    moves: bool = False

    def place(self, name: str) -> int:
        return [column.name for column in self.columns].index(name)

    @property
    def keys(self) -> tuple[tuple[int, TargetColumn], ...]:
        return tuple((self.place(name), self.columns[self.place(name)]) for name in self.key)

    @property
    def identity(self) -> bool:
        return any(column.identity for column in self.columns)


def create(shape: Shape, name: str) -> str:
    """The stage's table, made once a session in a plain batch."""
    stage = [("op", "tinyint")]
    stage += [(f"c{i}", stage_type(column)) for i, column in enumerate(shape.columns)]
    if shape.moves:
        stage += [(f"b{i}", stage_type(column)) for i, column in shape.keys]
    stage += [(f"f{shape.place(flag)}", "bit") for flag in shape.flagged]
    return create_stage(name, stage)


def fill(shape: Shape, name: str) -> str:
    """Empty the stage and fill it from `@rows`, a JSON array of arrays in the stage's order.

    Values at the end of an array may be left out; they are NULL.
    """
    table = shape.table.name
    fields = [("op", "tinyint")]
    fields += [(f"c{i}", wire_type(column, table)) for i, column in enumerate(shape.columns)]
    if shape.moves:
        fields += [(f"b{i}", wire_type(column, table)) for i, column in shape.keys]
    fields += [(f"f{shape.place(flag)}", "bit") for flag in shape.flagged]
    return fill_text(f"{table.schema}.{table.name}", name, fields)


def fill_text(label: str, name: str, fields: list[tuple[str, str]]) -> str:
    """The same for any stage: `fields` are its columns and their types in the JSON."""
    typed = comma(f"{field} {type} '$[{at}]'" for at, (field, type) in enumerate(fields))
    return (
        f"/* replicator:stage {comment(label)} */ TRUNCATE TABLE {name}; "
        f"INSERT INTO {name} ({comma(field for field, _ in fields)}) "
        f"SELECT {comma('j.' + field for field, _ in fields)} "
        f"FROM OPENJSON(@rows) WITH ({typed}) AS j;"
    )


def apply(shape: Shape, name: str, *, strict: bool) -> str:
    """Bring the table to what the stage says; `COUNTS` say how many rows of each op there are."""
    parts = [f"/* replicator:apply {comment(str(shape.table.name))} */"]
    parts += _identical(shape, name)
    parts += _fixed_identity(shape, name)
    parts += (_strict if strict else _tolerant)(shape, name)
    return " ".join(parts)


def _strict(shape: Shape, name: str) -> list[str]:
    joined = _join(shape, name, "c")
    parts = [
        f"IF @deletes > 0 BEGIN DELETE t FROM {joined} WHERE s.op = 1; "
        f"IF @@ROWCOUNT <> @deletes {throw('a row to delete is not there')} END;",
        f"IF @absent > 0 AND EXISTS (SELECT 1 FROM {joined} WHERE s.op = 2) "
        f"{throw('a row to create is there already')}",
    ]
    if shape.moves:
        parts.append(
            "IF @moves > 0 BEGIN "
            + _completed(shape, name)
            + f"DELETE t FROM {_join(shape, name, 'b')} WHERE s.op = 6; "
            f"IF @@ROWCOUNT <> @moves {throw('a row whose key changes is not there')} END;"
        )
    if assignments := _assignments(shape):
        parts.append(
            f"IF @updates > 0 BEGIN UPDATE t SET {assignments} FROM {joined} "
            f"WHERE s.op IN (3, 5); "
            f"IF @@ROWCOUNT <> @updates {throw('a row to update is not there')} END;"
        )
    else:
        parts.append(
            f"IF @updates > 0 AND (SELECT COUNT(*) FROM {joined} WHERE s.op IN (3, 5)) "
            f"<> @updates {throw('a row to update is not there')}"
        )
    parts.append(_inserting(shape, name, "@inserts + @moves > 0", "s.op IN (4, 6)"))
    return parts


def _tolerant(shape: Shape, name: str) -> list[str]:
    joined = _join(shape, name, "c")
    parts = [f"IF @deletes + @absent > 0 DELETE t FROM {joined} WHERE s.op IN (1, 2);"]
    if shape.moves:
        parts.append(_replayed_moves(shape, name))
    if assignments := _assignments(shape):
        parts.append(
            f"IF @updates + @inserts + @moves > 0 UPDATE t SET {assignments} FROM {joined} "
            "WHERE s.op IN (3, 4, 5);"
        )
    same = _on(shape, "c")
    parts.append(
        _inserting(
            shape,
            name,
            "@updates + @inserts + @moves > 0",
            "s.op IN (3, 4, 6) AND NOT EXISTS "
            f"(SELECT 1 FROM {qualified(shape.table.name)} AS t WHERE {same})",
        )
    )
    return parts


def _replayed_moves(shape: Shape, name: str) -> str:
    """A key change that may have happened already: the row at the new key then keeps what the
    change does not carry, because the old key's row may be a later one by now."""
    text = (
        f"IF @moves > 0 BEGIN UPDATE s SET s.op = {5 if shape.flagged else 3} "
        f"FROM {_join(shape, name, 'c')} WHERE s.op = 6; " + _completed(shape, name)
    )
    if shape.flagged:
        unknown = " OR ".join(f"s.f{shape.place(flag)} = 1" for flag in shape.flagged)
        text += f"UPDATE s SET s.op = 5 FROM {name} AS s WHERE s.op = 6 AND ({unknown}); "
    given = f"s.b{shape.keys[0][0]} IS NOT NULL"
    return text + f"DELETE t FROM {_join(shape, name, 'b')} WHERE {given}; END;"


def _completed(shape: Shape, name: str) -> str:
    """Take what a key change does not carry from the row at the old key."""
    if not shape.flagged:
        return ""
    taken = []
    for flag in shape.flagged:
        at = shape.place(flag)
        taken.append(f"s.c{at} = CASE WHEN s.f{at} = 1 THEN t.{quote(flag)} ELSE s.c{at} END")
        taken.append(f"s.f{at} = 0")
    return f"UPDATE s SET {comma(taken)} FROM {_join(shape, name, 'b')} WHERE s.op = 6; "


def _identical(shape: Shape, name: str) -> list[str]:
    """Text keys that are equal in the collation but not the same text must not meet."""
    texts = [(at, column) for at, column in shape.keys if is_text(column)]
    if not texts:
        return []
    differ = " OR ".join(
        f"CONVERT(varbinary(8000), t.{quote(column.name)}) <> CONVERT(varbinary(8000), s.c{at})"
        for at, column in texts
    )
    return [
        f"IF EXISTS (SELECT 1 FROM {_join(shape, name, 'c')} WHERE {differ}) "
        + throw("a key equals another one without being identical", NOT_IDENTICAL)
    ]


def _fixed_identity(shape: Shape, name: str) -> list[str]:
    """An identity column outside of the key cannot be updated: refuse a change of it."""
    parts = []
    for at, column in enumerate(shape.columns):
        if column.identity and column.name not in shape.key:
            kept = f" AND (s.f{at} IS NULL OR s.f{at} = 0)" if column.name in shape.flagged else ""
            parts.append(
                f"IF EXISTS (SELECT 1 FROM {_join(shape, name, 'c')} WHERE s.op IN (3, 4, 5)"
                f"{kept} AND t.{quote(column.name)} <> s.c{at}) "
                + throw(f"identity column {column.name} cannot be updated", IDENTITY_FIXED)
            )
    return parts


def _inserting(shape: Shape, name: str, when: str, which: str) -> str:
    table = qualified(shape.table.name)
    insert = (
        f"INSERT INTO {table} ({comma(quote(column.name) for column in shape.columns)}) "
        f"SELECT {comma(f's.c{at}' for at in range(len(shape.columns)))} "
        f"FROM {name} AS s WHERE {which};"
    )
    return f"IF {when} BEGIN {numbered_by_us(shape.identity, table, insert)} END;"


def numbered_by_us(identity: bool, table: str, insert: str) -> str:
    """The insert with the source's own numbers where the table has an identity column."""
    if not identity:
        return insert
    return f"SET IDENTITY_INSERT {table} ON; {insert} SET IDENTITY_INSERT {table} OFF;"


def _assignments(shape: Shape) -> str:
    parts = []
    for at, column in enumerate(shape.columns):
        if column.name in shape.key or column.identity:
            continue
        target = f"t.{quote(column.name)}"
        value = f"s.c{at}"
        if column.name in shape.flagged:
            value = f"CASE WHEN s.f{at} = 1 THEN {target} ELSE s.c{at} END"
        parts.append(f"{target} = {value}")
    return comma(parts)


def _join(shape: Shape, name: str, side: str) -> str:
    return f"{qualified(shape.table.name)} AS t INNER JOIN {name} AS s ON {_on(shape, side)}"


def _on(shape: Shape, side: str) -> str:
    return " AND ".join(f"t.{quote(column.name)} = s.{side}{at}" for at, column in shape.keys)


def throw(text: str, number: int = NOT_AS_EXPECTED) -> str:
    """A statement that ends the batch with one of our numbers."""
    return f"THROW {number}, N'{text.replace(chr(39), chr(39) * 2)}', 1;"
