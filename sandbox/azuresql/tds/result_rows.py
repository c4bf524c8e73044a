"""Result rows: PostgreSQL's binary values into tokens, by a function generated per shape.

A row without NULL is a ROW; one with NULLs an NBCROW, which tells them by a bit each and leaves
their values out ([MS-TDS] 2.2.7.13), so that wide rows of NULLs cost almost nothing.

What a column costs is one expression; the shapes of results repeat, so the functions are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tds import types
from sandbox.azuresql.tds.result_cells import cell_encoder, inline

RowsEncoder = Callable[[Sequence[Sequence[bytes | None]]], bytes]

ROW, NBC_ROW = 0xD1, 0xD2


@lru_cache(maxsize=512)
def rows_encoder(shape: tuple[tuple[SqlType, int], ...]) -> RowsEncoder:
    """A function that turns rows of these columns (type, PostgreSQL oid) into row tokens.

    Raises UnknownType when a type cannot come from values of its oid.
    """
    names = [f"v{index}" for index in range(len(shape))]
    scope: dict[str, object] = {"row": bytes([ROW]), "nbc_row": bytes([NBC_ROW])}
    cells = []
    for name, (sql, oid) in zip(names, shape, strict=True):
        kind = types.wire_type(sql)
        cell = f"cell_{name}"
        expressed = inline(kind, oid)
        if expressed is None:
            scope[cell] = cell_encoder(kind, oid)
            cells.append(f"{cell}({name})")
        else:
            prefix, expression = expressed
            scope[cell] = prefix
            cells.append(f"{cell} + {expression.format(v=name)}")
    exec(compile(_source(names, cells), "<rows encoder>", "exec"), scope)
    encode = scope["encode"]
    assert callable(encode)
    return encode


def _source(names: Sequence[str], cells: Sequence[str]) -> str:
    bits = " | ".join(f"({name} is None) << {index}" for index, name in enumerate(names))
    given = (f'b"" if {name} is None else {cell}' for name, cell in zip(names, cells, strict=True))
    return (
        "def encode(rows):\n"
        "    out = []\n"
        f"    for {', '.join(names)}, in rows:\n"
        f"        if {' or '.join(f'{name} is None' for name in names)}:\n"
        f"            nulls = ({bits}).to_bytes({(len(names) + 7) // 8}, 'little')\n"
        f"            out += (nbc_row, nulls, {', '.join(given)})\n"
        "        else:\n"
        f"            out += (row, {', '.join(cells)})\n"
        "    return b''.join(out)\n"
    )
