"""Checkpoints: text of the compare-and-set that fences every applier but one.

An advance touches the row only where it still says what the applier read, and only while it is
open. Fewer rows than advances means that somebody else moved on (`OVERTAKEN`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from connectors.azuresql.dialect import BIN2
from connectors.azuresql.errors import OVERTAKEN
from model.ports import Advance
from model.position import Position
from model.state import Checkpoint

_MOVES: Final = (
    "OPENJSON(@advances) WITH ([topic] nvarchar(249) '$[0]', [partition] int '$[1]', "
    "[expected] bigint '$[2]', [next] bigint '$[3]', [position] nvarchar(200) '$[4]', "
    "[before] nvarchar(200) '$[5]') AS a "
    f"ON c.[topic] = a.[topic] COLLATE {BIN2} AND c.[partition] = a.[partition]"
)
_STORY: Final = "(a.[before] IS NULL OR c.[position] = a.[before])"
"""The offset alone does not tell a table's story from the one begun anew at the same place."""

_THROW: Final = f"THROW {OVERTAKEN}, N'a checkpoint was moved or closed by someone else', 1;"

SELECT: Final = (
    "/* replicator:checkpoints */ SELECT [topic], [partition], [next_offset], [position], "
    "[closed], [waiting_at] FROM [replicator].[checkpoint] WHERE [migration] = ?"
)
SELECT_TOPIC: Final = f"{SELECT} AND [topic] = ? ORDER BY [partition]"
SELECT_ALL: Final = f"{SELECT} ORDER BY [topic], [partition]"

INITIALISE: Final = (
    "/* replicator:checkpoint-initialise */ DECLARE @migration nvarchar(128) = ?, "
    "@topic nvarchar(249) = ?, @partitions nvarchar(max) = ?; "
    "INSERT INTO [replicator].[checkpoint] "
    "([migration], [topic], [partition], [next_offset], [position], [closed]) "
    "SELECT @migration, @topic, j.[value], 0, N'', 0 "
    "FROM OPENJSON(@partitions) WITH ([value] int '$') AS j "
    "WHERE NOT EXISTS (SELECT 1 FROM [replicator].[checkpoint] AS c "
    "WHERE c.[migration] = @migration AND c.[topic] = @topic AND c.[partition] = j.[value]);"
)

CLOSE: Final = (
    "/* replicator:checkpoint-close */ UPDATE [replicator].[checkpoint] SET [closed] = 1 "
    "WHERE [migration] = ?"
)
REOPEN: Final = (
    "/* replicator:checkpoint-reopen */ UPDATE [replicator].[checkpoint] SET [closed] = 0 "
    "WHERE [migration] = ?"
)


def advance() -> str:
    """Move every checkpoint of `@advances`, or throw. Runs inside the batch's transaction."""
    return (
        "UPDATE c SET c.[next_offset] = a.[next], c.[position] = a.[position], "
        "c.[at] = SYSUTCDATETIME() "
        f"FROM [replicator].[checkpoint] AS c INNER JOIN {_MOVES} "
        f"WHERE c.[migration] = @migration AND {_STORY} "
        "AND c.[next_offset] = a.[expected] AND c.[closed] = 0; "
        f"IF @@ROWCOUNT <> @moved {_THROW}"
    )


def wait(*, compared: bool) -> str:
    """Record that one partition has applied all before `expected` and waits there.

    `compared`: the position before is a last parameter.
    """
    position = "AND [position] = ? " if compared else ""
    return (
        "/* replicator:checkpoint-wait */ UPDATE [replicator].[checkpoint] "
        "SET [waiting_at] = [next_offset], [at] = SYSUTCDATETIME() "
        "WHERE [migration] = ? AND [topic] = ? AND [partition] = ? AND [next_offset] = ? "
        f"AND [closed] = 0 {position}; SELECT @@ROWCOUNT;"
    )


def settle() -> str:
    """Move every partition that waits at its advance's `expected`, or throw."""
    return (
        "UPDATE c SET c.[next_offset] = a.[next], c.[position] = a.[position], "
        "c.[waiting_at] = NULL, c.[at] = SYSUTCDATETIME() "
        f"FROM [replicator].[checkpoint] AS c INNER JOIN {_MOVES} "
        f"WHERE c.[migration] = @migration AND {_STORY} AND c.[next_offset] = a.[expected] "
        "AND c.[waiting_at] = a.[expected] AND c.[closed] = 0; "
        f"IF @@ROWCOUNT <> @moved {_THROW}"
    )


def as_json(advances: Sequence[Advance]) -> str:
    """The parameter `@advances`."""
    return orjson.dumps(
        [
            (
                a.topic,
                a.partition,
                a.expected,
                a.next,
                a.position.text,
                None if a.before is None else a.before.text,
            )
            for a in advances
        ]
    ).decode()


def read(rows: Iterable[Any]) -> list[Checkpoint]:
    """Rows of `SELECT`."""
    return [
        Checkpoint(topic, partition, offset, Position(position), bool(closed), waiting)
        for topic, partition, offset, position, closed, waiting in rows
    ]
