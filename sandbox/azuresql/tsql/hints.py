"""Table hints: the ones that choose a plan mean nothing here, the ones that lock rows do."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.tree import Node

_NO_OPS: Final = frozenset(
    {"NOLOCK", "READUNCOMMITTED", "READCOMMITTED", "READCOMMITTEDLOCK", "ROWLOCK", "PAGLOCK"}
    | {"TABLOCK", "FORCESEEK", "FORCESCAN", "INDEX", "NOEXPAND", "SNAPSHOT", "KEEPIDENTITY"}
    | {"REPEATABLEREAD"}
)
"""Hints that choose a plan or a weaker lock than PostgreSQL's versions need."""

_ROW_LOCKS: Final = frozenset({"UPDLOCK", "XLOCK"})
_TABLE_LOCKS: Final = frozenset({"HOLDLOCK", "SERIALIZABLE", "TABLOCKX"})


def hints(node: Node) -> list[str]:
    """Words of `WITH (…)`, each known; an INDEX hint's arguments are left out."""
    words: list[str] = []
    for hint in node.all("query_hint_segment"):
        word = next(hint.tokens()).word
        if word not in _NO_OPS | _ROW_LOCKS | _TABLE_LOCKS | {"READPAST", "NOWAIT"}:
            raise refusal.unknown(hint)
        words.append(word)
    return words


def row_lock(words: list[str], alias: str) -> str | None:
    """`FOR UPDATE OF …` for hints that keep or ask for locks."""
    if not set(words) & (_ROW_LOCKS | {"READPAST"}):
        return None
    waiting = " SKIP LOCKED" if "READPAST" in words else ""
    waiting = " NOWAIT" if "NOWAIT" in words else waiting
    return f"FOR UPDATE OF {alias}{waiting}"


def table_lock(words: list[str]) -> str | None:
    """PostgreSQL's table lock where rows alone would not keep others out.

    HOLDLOCK keeps ranges: a row that is not there yet must not appear. The whole table stands for
    the range, in a mode in which two readers deadlock when both go on to write, as they do there.
    """
    given = set(words)
    if "TABLOCKX" in given or {"TABLOCK", "XLOCK"} <= given:
        return "EXCLUSIVE"
    if not given & {"HOLDLOCK", "SERIALIZABLE"}:
        return None
    return "SHARE ROW EXCLUSIVE" if given & {"UPDLOCK", "XLOCK"} else "SHARE"
