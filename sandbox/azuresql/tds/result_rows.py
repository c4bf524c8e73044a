"""Result rows: PostgreSQL's binary values into ROW tokens, by a function generated per shape.

What a column costs is one expression; the shapes of results repeat, so the functions are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tds import types
from sandbox.azuresql.tds.result_cells import cell_encoder, inline, null_cell

RowsEncoder = Callable[[Sequence[Sequence[bytes | None]]], bytes]

ROW: Final = 0xD1


@lru_cache(maxsize=512)
def rows_encoder(shape: tuple[tuple[SqlType, int], ...]) -> RowsEncoder:
    """A function that turns rows of these columns (type, PostgreSQL oid) into ROW tokens.

    Raises UnknownType when a type cannot come from values of its oid.
    """
    names = [f"v{index}" for index in range(len(shape))]
    scope: dict[str, object] = {"row_token": bytes([ROW])}
    cells = []
    for name, (sql, oid) in zip(names, shape, strict=True):
        kind = types.wire_type(sql)
        null, cell = f"null_{name}", f"cell_{name}"
        scope[null] = null_cell(kind)
        expressed = inline(kind, oid)
        if expressed is None:
            scope[cell] = cell_encoder(kind, oid)
            value = f"{cell}({name})"
        else:
            prefix, expression = expressed
            scope[cell] = prefix
            value = f"{cell} + {expression.format(v=name)}"
        cells.append(f"{null} if {name} is None else {value}")
    source = (
        "def encode(rows):\n"
        "    out = []\n"
        f"    for {', '.join(names)}{',' if len(names) == 1 else ''} in rows:\n"
        f"        out += (row_token, {', '.join(cells)})\n"
        "    return b''.join(out)\n"
    )
    exec(compile(source, "<rows encoder>", "exec"), scope)
    encode = scope["encode"]
    assert callable(encode)
    return encode
