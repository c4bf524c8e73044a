"""Which of a connection's statements are prepared, and by what names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sandbox.azuresql.tsql.exchange import Value

_LIMIT: Final = 256

Shape = tuple[str, tuple[int, ...]]
"""A statement's text and the types of its parameters: binary values need the right plan."""


def shape_of(sql: str, values: Sequence[Value]) -> Shape:
    return sql, tuple(value.oid for value in values)


class Prepared:
    """A statement that comes a second time with the same types is worth preparing, so that its plan
    is kept."""

    def __init__(self) -> None:
        self._seen: set[Shape] = set()
        self._names: dict[Shape, bytes] = {}
        self._count = 0
        self.forgotten = 0
        """How often all were dropped."""

    @property
    def full(self) -> bool:
        return len(self._names) >= _LIMIT

    def name(self, shape: Shape) -> bytes | None:
        return self._names.get(shape)

    def comes_again(self, shape: Shape) -> bool:
        """Whether this statement was met before; it has been from now on."""
        if shape in self._seen:
            return True
        if len(self._seen) > 10 * _LIMIT:
            self._seen.clear()
        self._seen.add(shape)
        return False

    def new_name(self) -> bytes:
        self._count += 1
        return b"p%d" % self._count

    def keep(self, shape: Shape, name: bytes) -> None:
        """The server has prepared it."""
        self._names[shape] = name

    def forget(self) -> bool:
        """Drop all; whether there were any for the server to drop."""
        self._seen.clear()
        if not self._names:
            return False
        self._names.clear()
        self.forgotten += 1
        return True
