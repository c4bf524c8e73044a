"""Whether what the topics hold is what the clients wrote: each change once, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sandbox.soak.records import Content


def miscounted(
    contents: Mapping[str, Content],
    counts: Sequence[int],
    records: Callable[[Sequence[int]], Counter[str]],
) -> list[str]:
    """Each client's counter goes on by one to its last write, and those writes left their records.

    `counts` is the last write of each client; `records` says how many records of each table the
    writes beyond such numbers made. Writes before the slot was made are in no topic.
    """
    wrong = []
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for record in contents["counters"].all:
        client, number = record.after["client"], record.after["writes"]
        first.setdefault(client, number)
        if number != last.get(client, number - 1) + 1:
            wrong.append(f"write {number} of client {client} came after {last[client]}")
        last[client] = number
    for client, count in enumerate(counts):
        if count != last.get(client, count):
            wrong.append(f"client {client} wrote {count}, its topic ends at {last[client]}")
    written = records([first.get(client, count + 1) - 1 for client, count in enumerate(counts)])
    for name, content in contents.items():
        if len(content.all) != written[name]:
            wrong.append(
                f"{name}: {written[name]} records were written and {len(content.all)} are there,"
                f" {content.repeated} of them more than once"
            )
    return wrong


def unbalanced(content: Content, high: str, loaded: int, rows: int) -> list[str]:
    """A table without a key: rows loaded, created and deleted since its snapshot make its rows.

    `high` is the position at which its snapshot was taken.
    """
    ops = content.ops(since=high.rpartition("/")[0])
    if loaded + ops["c"] - ops["d"] == rows:
        return []
    return [
        f"{loaded} rows loaded, {ops['c']} created and {ops['d']} deleted since make {rows} rows"
    ]
