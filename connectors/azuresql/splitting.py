"""A chunk that the target cannot take at once becomes two."""

from __future__ import annotations

from typing import Final

from connectors.azuresql.connection import DUPLICATE, Link
from model.errors import DataRefused, Overtaken
from model.state import Chunk, ChunkState

_TABLE: Final = "[migration] = @migration AND [source_schema] = @schema AND [source_name] = @name"

SPLIT_CHUNK: Final = (
    "/* replicator:chunk-split */ DECLARE @migration nvarchar(128) = ?, "
    "@schema nvarchar(128) = ?, @name nvarchar(128) = ?, @number int = ?, "
    "@owner nvarchar(128) = ?, @bound nvarchar(max) = ?, @upper nvarchar(max) = ?, "
    "@sending nvarchar(16) = ?, @planned nvarchar(16) = ?, @ours int; BEGIN TRANSACTION; "
    "UPDATE [replicator].[chunk] SET [upper] = @bound, [state] = @planned, [probe] = NULL, "
    f"[owner] = N'' WHERE {_TABLE} AND [number] = @number AND [owner] = @owner "
    "AND [state] = @sending; SET @ours = @@ROWCOUNT; "
    "IF @ours = 1 INSERT INTO [replicator].[chunk] ([migration], [source_schema], [source_name], "
    "[number], [lower], [upper], [state], [probe], [high], [rows], [bytes], [owner]) "
    "SELECT @migration, @schema, @name, MAX([number]) + 1, @bound, @upper, @planned, NULL, N'', "
    f"0, 0, N'' FROM [replicator].[chunk] WHERE {_TABLE}; "
    "COMMIT TRANSACTION; SELECT @ours;"
)


def split(link: Link, migration: str, chunk: Chunk, bound: str) -> None:
    """The chunk up to `bound` and a new one beyond it, both planned. Raises Overtaken."""
    place = (migration, chunk.table.schema, chunk.table.name, chunk.number, chunk.owner)
    states = (ChunkState.SENDING.value, ChunkState.PLANNED.value)
    while True:
        try:
            found = link.rows(
                SPLIT_CHUNK, (*place, bound, chunk.upper, *states), object=str(chunk.table)
            )
            break
        except DataRefused as error:
            # Another chunk of the table was split at the same time and took the next number.
            if error.number not in DUPLICATE:
                raise
    if found[0][0] != 1:
        raise not_ours(chunk)


def not_ours(chunk: Chunk) -> Overtaken:
    """What is raised to the worker of a chunk that somebody else decides about by now."""
    return Overtaken(
        f"chunk {chunk.number} is not {chunk.owner}'s any more",
        object=str(chunk.table),
        hint="the table is loaded anew",
    )
