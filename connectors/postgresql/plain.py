"""The short way from a message to a change, made for one version of one table.

Most messages are plain: an insert, or an update without an old row, whose columns are all there,
none NULL, none of 256 bytes or more, none a special value (an infinity, a year before Christ). In
such a tuple each value follows `t` and three zero bytes of its length's four, and that sequence
stands nowhere else: PostgreSQL's text holds no zero byte, and every other length of up to a
gigabyte has fewer zeros or another byte before them. So one split takes the tuple apart, each
piece with its length's last byte in front, and the number of pieces tells whether it was one.
Everything else goes by `decoder`, which costs twice as much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from orjson import dumps

from connectors.postgresql.forms import (
    LogColumn,
    Part,
    form,
    fragment_of,
    names_of,
    source_of,
    summed,
    written,
)
from connectors.postgresql.objects import CANONICAL_NAMES, canonical
from connectors.postgresql.values import Policies
from model.catalog import Table
from model.change import Change, Op

SHORT: Final = b"t\0\0\0"
"""What stands before a value of up to 255 bytes; its length's last byte follows."""

MakeChange = Callable[[list[bytes], Op], Change | None]
"""Takes a tuple split at SHORT; returns None when it is not plain."""


def change_maker(table: Table, columns: Sequence[LogColumn], policies: Policies) -> MakeChange:
    """The function for plain tuples of exactly these columns."""
    names: dict[str, Any] = {
        **names_of(columns, policies),
        **CANONICAL_NAMES,
        "join": b"".join,
        "new": tuple.__new__,
        "Change": Change,
        "table": table,
    }
    exec(compile(maker_source(table, columns), "<change maker>", "exec"), names)
    make: MakeChange = names["make"]
    return make


def maker_source(table: Table, columns: Sequence[LogColumn]) -> str:
    """The text of the function."""
    taken = "".join(f", c{place}" for place in range(len(columns)))
    carried = [(place, each) for place, each in enumerate(columns) if each.carried is not None]
    conditions = [
        written(found.when, f"c{place}", 1)
        for place, column in carried
        if (found := form(column, place)).when and column.name not in table.key
    ]
    lines = [
        "def make(c, op):",
        f"    if len(c) != {len(columns) + 1}:",
        "        return None",
        f"    _{taken} = c",
        *(
            [f"    if not ({' and '.join(conditions)}):", "        return None"]
            if conditions
            else []
        ),
        "    try:",
    ]
    return "\n".join([*lines, *_body(table, carried)]) + "\n"


def _body(table: Table, carried: Sequence[tuple[int, LogColumn]]) -> list[str]:
    key_places = {column.name: place for place, column in carried if column.name in table.key}
    lines = [
        f"        k{place} = {fragment_of(column, place, f'c{place}', 1)}"
        for place, column in carried
        if column.name in key_places
    ]
    key: list[Part] = []
    for name in table.key:
        place = key_places[name]
        wrap = canonical(table.column(name).type.kind)
        key += [_member(name, not key), f"{wrap}(k{place})" if wrap else f"k{place}"]
    row: list[Part] = []
    for place, column in sorted(carried, key=lambda each: each[1].carried or 0):
        row.append(_member(column.name, not row))
        if column.name in key_places:
            row.append(f"k{place}")
        else:
            row += source_of(form(column, place).parts, f"c{place}", 1)
    key_text = summed(_merged([*key, b"}"])) if key else "None"
    after = ", ".join(
        repr(each) if isinstance(each, bytes) else each for each in _merged([*row, b"}"])
    )
    return [
        *lines,
        f"        return new(Change, (table, op, {key_text}, None, None, join(({after},)), ()))",
        "    except (Unrepresentable, UnicodeDecodeError):",
        "        return None",
    ]


def _member(name: str, first: bool) -> bytes:
    return (b"{" if first else b",") + dumps(name) + b":"


def _merged(parts: Sequence[Part]) -> list[Part]:
    """The same with neighbouring bytes as one."""
    merged: list[Part] = []
    for each in parts:
        last = merged[-1] if merged else None
        if isinstance(each, bytes) and isinstance(last, bytes):
            merged[-1] = last + each
        else:
            merged.append(each)
    return merged
