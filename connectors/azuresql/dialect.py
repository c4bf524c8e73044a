"""T-SQL's lexical rules: names, literals, batches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from model.catalog import TableName

BIN2: Final = "Latin1_General_100_BIN2"
"""The collation of every name and key text of ours: different texts stay different."""

_GO: Final = re.compile(r"[ \t]*GO(?:[ \t]+(\d+))?[ \t]*(?:--.*)?", re.IGNORECASE)
_CLOSING: Final = {"'": "'", '"': '"', "[": "]"}


def quote(name: str) -> str:
    """A name in brackets; a bracket inside is doubled, never removed."""
    return "[" + name.replace("]", "]]") + "]"


def qualified(name: TableName) -> str:
    """`[schema].[name]`."""
    return f"{quote(name.schema)}.{quote(name.name)}"


def literal(text: str) -> str:
    """A Unicode string literal."""
    return "N'" + text.replace("'", "''") + "'"


def comma(parts: Iterable[str]) -> str:
    """`a, b, c`."""
    return ", ".join(parts)


def like_prefix(prefix: str) -> str:
    """A LIKE pattern for texts that start with `prefix`; its escape character is `~`."""
    return re.sub(r"([%_\[~])", r"~\1", prefix) + "%"


def comment(text: str) -> str:
    """Text that may stand inside `/* … */`: T-SQL nests comments, so both marks are broken up."""
    return text.replace("/*", "/ *").replace("*/", "* /")


def batches(script: str) -> Iterator[str]:
    """The batches of a script: a line with nothing but `GO` ends one, `GO n` repeats it n times.

    As in sqlcmd, a `GO` inside a string, a quoted name or a comment ends nothing. Empty batches
    are left out.
    """
    lines: list[str] = []
    opened = ""
    for line in script.splitlines(keepends=True):
        match = None if opened else _GO.fullmatch(line.rstrip("\r\n"))
        if match is None:
            lines.append(line)
            opened = _still_open(line, opened)
            continue
        yield from [batch] * int(match[1] or 1) if (batch := "".join(lines).strip()) else []
        lines = []
    if batch := "".join(lines).strip():
        yield batch


def _still_open(line: str, opened: str) -> str:
    """What is open at the end of a line: a closing quote, `*` per level of comment, or nothing."""
    at = 0
    while at < len(line):
        two = line[at : at + 2]
        if opened and opened[0] == "*":
            step = {"/*": "*" + opened, "*/": opened[1:]}.get(two)
            if step is not None:
                opened, at = step, at + 1
        elif opened:
            if line[at] == opened:
                if two == opened * 2:
                    at += 1
                else:
                    opened = ""
        elif two == "--":
            return ""
        elif two == "/*":
            opened, at = "*", at + 1
        else:
            opened = _CLOSING.get(line[at], "")
        at += 1
    return opened
