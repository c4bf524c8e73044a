"""T-SQL text into a slim tree of what the parser saw: nodes with kind, text and line.

The parser is sqlfluff's `tsql` dialect, extended by `grammar`. Blanks and comments are left out;
every other token is in the tree, so a translator that consumes all children can drop nothing.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from sqlfluff.core import FluffConfig, Lexer, Parser
from sqlfluff.core.errors import SQLParseError
from sqlfluff.core.parser import BaseSegment
from sqlfluff.core.parser.rust_parser import RustParser

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import brackets, grammar, terminators


@dataclass(slots=True, eq=False)
class Node:
    """A piece of the tree. `kind` is the parser's name for it; a token has no children."""

    kind: str
    text: str
    line: int
    children: list[Node] = field(default_factory=list)
    start: int = 0
    end: int = 0
    memory: dict[Any, Any] = field(default_factory=dict)
    """What translators remember of this node: the tree of a text is shared by all sessions."""

    @property
    def word(self) -> str:
        return self.text.upper()

    def find(self, kind: str) -> Node | None:
        """The first child of that kind."""
        return next((child for child in self.children if child.kind == kind), None)

    def all(self, *kinds: str) -> Iterator[Node]:
        """Every node of these kinds below this one, itself included, from left to right."""
        if self.kind in kinds:
            yield self
        for child in self.children:
            yield from child.all(*kinds)

    def tokens(self) -> Iterator[Node]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.tokens()


class _Config(FluffConfig):
    """sqlfluff's configuration, whose dialect is ours."""

    def get(self, val: str, section: Any = "core", default: Any = None) -> Any:
        if val == "dialect_obj":
            return _dialect
        return super().get(val, section, default)


_dialect = grammar.dialect()
_config = _Config(overrides={"dialect": "tsql"})
_lexer = Lexer(config=_config)
_parser = Parser(config=_config)
_quick = RustParser(config=FluffConfig(overrides={"dialect": "tsql"}))
"""Eight times as fast, but it knows sqlfluff's own grammar only."""


class _Kept:
    """Trees of the texts that were parsed last, as many as `limit` characters of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._trees: OrderedDict[str, Node] = OrderedDict()

    def get(self, text: str) -> Node | None:
        found = self._trees.get(text)
        if found is not None:
            self._trees.move_to_end(text)
        return found

    def add(self, text: str, tree: Node) -> None:
        if text in self._trees or len(text) > self._limit:
            return
        self._trees[text] = tree
        self._size += len(text)
        while self._size > self._limit:
            self._size -= len(self._trees.popitem(last=False)[0])


_kept = _Kept(1 << 19)
_alone = threading.Lock()
_HALF = re.compile("[\ud800-\udfff]")
_thread = ThreadPoolExecutor(1, "parser")


def parse(text: str) -> Node:
    """The batch's tree, its children statements. Raises Refused 102 at what does not parse."""
    found = _kept.get(text)
    if found is None:
        found = _parse_alone(text)
    _kept.add(text, found)
    return found


async def parsed(text: str) -> Node:
    """`parse`, of which other sessions notice little: a new text is parsed by another thread."""
    found = _kept.get(text)
    if found is None:
        found = await asyncio.get_running_loop().run_in_executor(_thread, _parse_alone, text)
    _kept.add(text, found)
    return found


def _parse_alone(text: str) -> Node:
    with _alone:
        return _parse(text)


def _parse(text: str) -> Node:
    if (half := _HALF.search(text)) is not None:
        raise Refused(
            40517,
            f"Half a surrogate pair (U+{ord(half[0]):04X}) is not supported by the Azure SQL "
            "stand-in.",
            line=text.count("\n", 0, half.start()) + 1,
        )
    tokens, faults = _lexer.lex(brackets.hidden(text))
    if faults:
        rest = "\n".join(text.split("\n")[faults[0].line_no - 1 :])[faults[0].line_pos - 1 :]
        raise _unclosed(text) or near(_first(rest), faults[0].line_no)
    root = Node("file", text, 1)
    tree = _parsed(tokens)
    if tree is None:
        return root
    for fault in tree.recursive_crawl("unparsable"):
        first = next((leaf for leaf in fault.raw_segments if leaf.is_code), fault)
        line = first.pos_marker.source_position()[0] if first.pos_marker else 1
        raise _unclosed(text) or near(_first(first.raw), line)
    root.children = _slim(tree).children
    terminators.check(root)
    return root


def _parsed(tokens: Sequence[BaseSegment]) -> BaseSegment | None:
    """The tree by the quick parser, by ours where that one finds something unparsable."""
    try:
        tree: BaseSegment | None = _quick.parse(tuple(tokens))
    except SQLParseError:
        tree = None
    if tree is not None and not any(tree.recursive_crawl("unparsable")):
        return tree
    found: BaseSegment | None = _parser.parse(tokens)
    return found


_LONGEST: Final = 128
_NAMES: Final = frozenset({"naked_identifier", "quoted_identifier"})


def _slim(segment: BaseSegment) -> Node:
    marker = segment.pos_marker
    line = marker.source_position()[0] if marker else 1
    where = marker.source_slice if marker else slice(0, 0)
    raw = brackets.shown(segment.raw)
    node = Node(segment.get_type(), raw, line, [], where.start, where.stop)
    if len(raw) > _LONGEST and node.kind in _NAMES:
        name = raw[1:-1] if node.kind == "quoted_identifier" or raw.startswith("[") else raw
        if len(name) > _LONGEST:
            text = f"The identifier that starts with '{name[:_LONGEST]}' is too long. "
            raise Refused(103, f"{text}Maximum length is {_LONGEST}.", 15, 4, line)
    node.children = [_slim(child) for child in segment.segments if child.is_code]
    if segment.segments and node.children:
        node.line, node.start, node.end = (
            node.children[0].line,
            node.children[0].start,
            node.children[-1].end,
        )
    return node


def near(word: str, line: int) -> Refused:
    """Error 102."""
    return Refused(102, f"Incorrect syntax near '{word}'.", 15, line=line)


def _unclosed(text: str) -> Refused | None:
    """Error 105 or 113 where a string, a name or a comment of the text has no end."""
    start = brackets.unclosed(text)
    if start is None:
        return None
    line = text.count("\n", 0, start) + 1
    if text[start] == "/":
        return Refused(113, "Missing end comment mark '*/'.", 15, line=line)
    rest = text[start + 1 :]
    return Refused(
        105, f"Unclosed quotation mark after the character string '{rest}'.", 15, line=line
    )


def _first(text: str) -> str:
    words = text.split()
    return words[0] if words else text
