"""Walking a node's children in order, so that none is left unread."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.azuresql.tsql.refusal import unknown
from sandbox.azuresql.tsql.tree import Node


class Walk:
    """A cursor over children; `done` refuses what nobody took."""

    def __init__(self, node: Node, children: Sequence[Node] | None = None) -> None:
        self.node = node
        self._items = list(node.children if children is None else children)
        self._at = 0

    @property
    def here(self) -> Node | None:
        """The next child, None at the end."""
        return self._items[self._at] if self._at < len(self._items) else None

    @property
    def rest(self) -> list[Node]:
        return self._items[self._at :]

    def skip(self) -> Node:
        """Take the next child, whatever it is."""
        node = self.here
        if node is None:
            raise unknown(self.node, "too short")
        self._at += 1
        return node

    def kind(self, *kinds: str) -> Node | None:
        """Take the next child when it is of one of these kinds."""
        node = self.here
        if node is not None and node.kind in kinds:
            self._at += 1
            return node
        return None

    def words(self, *words: str) -> bool:
        """Take these words when they come next, one child each."""
        following = self._items[self._at : self._at + len(words)]
        if len(following) == len(words) and all(
            node.word == word for node, word in zip(following, words, strict=True)
        ):
            self._at += len(words)
            return True
        return False

    def any_word(self, *words: str) -> str | None:
        """Take one of these words when it comes next."""
        return next((word for word in words if self.words(word)), None)

    def need(self, *kinds: str) -> Node:
        """Take a child of one of these kinds, or refuse what stands there."""
        found = self.kind(*kinds)
        if found is None:
            raise unknown(self.here or self.node, self.node.kind)
        return found

    def need_words(self, *words: str) -> None:
        if not self.words(*words):
            raise unknown(self.here or self.node, self.node.kind)

    def done(self) -> None:
        """Refuse a child that was not read."""
        if self.here is not None:
            raise unknown(self.here, self.node.kind)


def listed(node: Node) -> list[list[Node]]:
    """The children of a bracketed list, split at its commas."""
    groups: list[list[Node]] = [[]]
    for child in node.children:
        if child.kind in ("start_bracket", "end_bracket"):
            continue
        if child.kind == "comma":
            groups.append([])
        else:
            groups[-1].append(child)
    return groups if groups != [[]] else []
