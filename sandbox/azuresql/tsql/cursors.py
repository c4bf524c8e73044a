"""Cursors: the rows of a query, read when it is opened and fetched one by one.

Every kind reads all its rows at OPEN, as a STATIC one does; the kind decides which fetches and
which positioned changes are allowed, and what `@@CURSOR_ROWS` tells.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    Done,
    Refused,
    Result,
    ResultColumn,
    Results,
    ResultSet,
    Rows,
)
from sandbox.azuresql.tsql import evaluate, fetching, positioned, refusal
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.names import fold, plain
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_SELECT: Final = 0xC1
_NAMES: Final = ("naked_identifier", "quoted_identifier", "parameter")
_DIRECTIONS: Final = ("NEXT", "PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE")


@dataclass(slots=True)
class Cursor:
    """`options` are the words between CURSOR and FOR; `columns` is None while it is closed."""

    query: Node
    frame: Frame
    """What the query reads, variables with their values at the declaration."""
    options: frozenset[str]
    columns: list[ResultColumn] | None = None
    rows: list[list[bytes | None]] = field(default_factory=list)
    place: int = 0
    """Of the current row, from 1; 0 is before the first, and behind the last comes one more."""
    key: positioned.Key | None = None

    @property
    def scrolls(self) -> bool:
        if "SCROLL" in self.options:
            return True
        kinds = self.options & {"STATIC", "KEYSET", "DYNAMIC", "INSENSITIVE"}
        return bool(kinds - {"INSENSITIVE"}) and "FORWARD_ONLY" not in self.options

    @property
    def counted(self) -> bool:
        """Whether `@@CURSOR_ROWS` tells the number of rows; it is -1 otherwise."""
        return bool(self.options & {"STATIC", "KEYSET", "INSENSITIVE"})

    @property
    def status(self) -> int:
        """What CURSOR_STATUS tells: 1 open, 0 open without a row, -1 closed."""
        if self.columns is None:
            return -1
        return 1 if self.rows or "DYNAMIC" in self.options else 0

    @property
    def row(self) -> list[bytes | None] | None:
        return self.rows[self.place - 1] if 1 <= self.place <= len(self.rows) else None


async def declare(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DECLARE c CURSOR …`, in either order of words. Raises Refused 16915 for a name in use."""
    name = next(child for child in node.children if child.kind in _NAMES)
    definition = node.find("cursor_definition") or node
    options = frozenset(child.word for child in definition.children if child.kind == "keyword")
    cursors = interpreter.session.state.cursors if "LOCAL" not in options else frame.cursors
    folded = fold(plain(name.text))
    if cursors.get(folded) is not None:
        text = f"A cursor with the name '{plain(name.text)}' already exists."
        raise Refused(16915, text, line=node.line)
    cursors[folded] = defined(definition, frame)
    return
    yield Done()


def defined(definition: Node, frame: Frame) -> Cursor:
    """The closed cursor of a definition: its query is what follows FOR."""
    words = [child.word for child in definition.children]
    query = definition.children[words.index("FOR") + 1]
    options = frozenset(child.word for child in definition.children if child.kind == "keyword")
    values = {name: Variable(v.type, v.data) for name, v in frame.variables.items()}
    return Cursor(query, replace(frame, variables=values), options)


async def assign(
    interpreter: Interpreter, name: Node, value: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SET @c = CURSOR … FOR …` and `SET @c = c`."""
    if value.kind == "cursor_definition":
        frame.cursors[name.text.lower()] = defined(value, frame)
    else:
        tokens = list(value.tokens())
        if len(tokens) != 1:
            raise refusal.unknown(value)
        shelf, key = _shelf(interpreter, tokens[0], frame, anywhere=True)
        frame.cursors[name.text.lower()] = shelf[key]
    return
    yield Done()


def _shelf(
    interpreter: Interpreter, name: Node, frame: Frame, *, anywhere: bool
) -> tuple[MutableMapping[str, Cursor | None], str]:
    """Where the cursor is kept, and under which key. Raises Refused 16916, 16950."""
    if name.kind == "parameter":
        key = name.text.lower()
        if frame.cursors.get(key) is None:
            raise Refused(
                16950,
                f"The variable '{name.text}' does not currently have a cursor allocated to it.",
                line=name.line,
            )
        return frame.cursors, key
    key = fold(plain(name.text))
    shared = interpreter.session.state.cursors
    for shelf in (frame.cursors, shared) if anywhere else (shared,):
        if shelf.get(key) is not None:
            return shelf, key
    text = f"A cursor with the name '{plain(name.text)}' does not exist."
    raise Refused(16916, text, line=name.line)


def _named(interpreter: Interpreter, walk: Walk, frame: Frame) -> Cursor:
    anywhere = not walk.words("GLOBAL")
    shelf, key = _shelf(interpreter, walk.need(*_NAMES), frame, anywhere=anywhere)
    found = shelf[key]
    assert found is not None
    return found


def current(interpreter: Interpreter, name: Node, frame: Frame) -> Cursor:
    """The cursor of WHERE CURRENT OF. Raises Refused 16916, 16950."""
    return _named(interpreter, Walk(name, [name]), frame)


async def open_(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`OPEN c`. Raises Refused 16905, and whatever the query raises."""
    walk = Walk(node)
    walk.need_words("OPEN")
    cursor = _named(interpreter, walk, frame)
    walk.done()
    if cursor.columns is not None:
        raise Refused(16905, "The cursor is already open.", line=node.line)
    query, cursor.key = await positioned.keyed(interpreter, cursor)
    columns: list[ResultColumn] = []
    rows: list[list[bytes | None]] = []
    async for result in interpreter.results(query, cursor.frame):
        if isinstance(result, ResultSet):
            columns = list(result.columns)
        elif isinstance(result, Rows):
            rows += [list(row) for row in result.rows]
        elif not isinstance(result, Done):
            yield result
    hidden = len(cursor.key.columns) if cursor.key is not None else 0
    cursor.columns = columns[: len(columns) - hidden]
    cursor.rows, cursor.place = rows, 0
    interpreter.session.state.cursor_rows = len(rows) if cursor.counted else -1


async def fetch(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`FETCH [direction] [FROM] c [INTO @x, …]`. Raises Refused 16911, 16917, 16924, 16925."""
    walk = Walk(node)
    walk.need_words("FETCH")
    direction = walk.any_word(*_DIRECTIONS) or "NEXT"
    offset: list[Node] = []
    while direction in ("ABSOLUTE", "RELATIVE") and walk.here is not None:
        if walk.here.word in ("FROM", "GLOBAL"):
            break
        offset.append(walk.skip())
    walk.words("FROM")
    cursor = _named(interpreter, walk, frame)
    session, state = interpreter.session, interpreter.session.state
    _check(cursor, direction, node)
    assert cursor.columns is not None
    given = await evaluate.integer(session, offset, node, frame) if offset else None
    fetching.move(cursor, direction, read_int(given) or 0)
    row = cursor.row
    state.fetch_status = -1 if row is None else 0
    state.rowcount = 0 if row is None else 1
    shown = row[: len(cursor.columns)] if row is not None else None
    if walk.words("INTO"):
        names = [child.text.lower() for child in walk.rest if child.kind != "comma"]
        await fetching.into(session, cursor.columns, shown, names, frame, node)
        return
    walk.done()
    yield ResultSet(cursor.columns)
    if shown is not None:
        yield Rows([shown])
    yield Done(None if state.options.nocount else state.rowcount, _SELECT)


def _check(cursor: Cursor, direction: str, node: Node) -> None:
    if cursor.columns is None:
        raise Refused(16917, "Cursor is not open.", line=node.line)
    if direction != "NEXT" and not cursor.scrolls:
        text = f"fetch: The fetch type {direction} cannot be used with forward only cursors."
        raise Refused(16911, text, line=node.line)
    if direction == "ABSOLUTE" and "DYNAMIC" in cursor.options:
        text = f"The fetch type {direction} cannot be used with dynamic cursors."
        raise Refused(16925, text, line=node.line)


async def close(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`CLOSE c`. Raises Refused 16917."""
    walk = Walk(node)
    walk.need_words("CLOSE")
    cursor = _named(interpreter, walk, frame)
    walk.done()
    if cursor.columns is None:
        raise Refused(16917, "Cursor is not open.", line=node.line)
    cursor.columns, cursor.rows, cursor.place = None, [], 0
    interpreter.session.state.cursor_rows = 0
    return
    yield Done()


async def deallocate(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DEALLOCATE c`: the name or variable is free; others that share the cursor keep it."""
    walk = Walk(node)
    walk.need_words("DEALLOCATE")
    anywhere = not walk.words("GLOBAL")
    shelf, key = _shelf(interpreter, walk.need(*_NAMES), frame, anywhere=anywhere)
    walk.done()
    shelf[key] = None
    return
    yield Done()


HANDLERS: Final[dict[str, Callable[[Interpreter, Node, Frame], Results]]] = {
    "declare_cursor_statement": declare,
    "open_cursor_statement": open_,
    "fetch_cursor_statement": fetch,
    "close_cursor_statement": close,
    "deallocate_cursor_statement": deallocate,
}
