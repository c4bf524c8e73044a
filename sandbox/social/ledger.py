"""What was acknowledged: at the end, every acknowledged write is looked up in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sandbox.social.sessions import Session, Statement

_KEYS_PER_QUERY: Final = 200
_EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Aspect:
    """Columns of a table that one kind of write decides. The first of `key` is looked up."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...] = ()


HANDLE: Final = Aspect("users", ("id",), ("handle",))
VISIT: Final = Aspect("profiles", ("user_id",), ("revision",))
AVATAR: Final = Aspect("profiles", ("user_id",), ("avatar",))
POST: Final = Aspect("posts", ("id",), ("author_id", "body"))
COMMENT: Final = Aspect("comments", ("id",), ("author_id", "body"))
LIKE: Final = Aspect("likes", ("user_id", "post_id"))
FOLLOW: Final = Aspect("follows", ("follower_id", "followed_id"))
MESSAGE: Final = Aspect("messages", ("id",), ("sender_id", "body"))
NOTIFICATION: Final = Aspect("notifications", ("id",))
POST_TAG: Final = Aspect("post_tags", ("post_id", "tag_id"))
TAG: Final = Aspect("tags", ("id",), ("name",))

ABSENT: Final = "absent"

State = tuple[Any, ...] | str
"""The values of an aspect's columns, or ABSENT."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What an acknowledged write made true of one row."""

    aspect: Aspect
    key: tuple[Any, ...]
    state: State = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many facts were looked up, how many were not found, and some of these in words."""

    checked: int
    missing: int
    examples: tuple[str, ...]


@dataclass(slots=True)
class Ledger:
    """The last acknowledged state of each row that was written. Rows belong to one client each."""

    facts: dict[tuple[Aspect, tuple[Any, ...]], State] = field(default_factory=dict)

    def record(self, facts: Sequence[Fact]) -> None:
        """Take down what an acknowledged transaction did, in its order."""
        for fact in facts:
            key = tuple(_normal(part) for part in fact.key)
            self.facts[fact.aspect, key] = _state(fact.state)

    def merge(self, other: Ledger) -> None:
        """Take over what another client wrote (its rows are not ours)."""
        self.facts.update(other.facts)

    def verify(self, session: Session) -> Verdict:
        """Look every fact up. Raises RequestFailed when the database does not answer."""
        missing: list[str] = []
        for aspect in sorted({aspect for aspect, _ in self.facts}, key=repr):
            expected = {key: state for (one, key), state in self.facts.items() if one == aspect}
            found = _read(session, aspect, sorted({key[0] for key in expected}, key=str))
            missing += [
                f"{aspect.table} {dict(zip(aspect.key, key, strict=True))}: acknowledged"
                f" {state!r}, found {found.get(key, ABSENT)!r}"
                for key, state in expected.items()
                if found.get(key, ABSENT) != state
            ]
        return Verdict(len(self.facts), len(missing), tuple(missing[:_EXAMPLES]))


def _read(
    session: Session, aspect: Aspect, first_keys: Sequence[Any]
) -> dict[tuple[Any, ...], State]:
    found: dict[tuple[Any, ...], State] = {}
    width = len(aspect.key)
    for start in range(0, len(first_keys), _KEYS_PER_QUERY):
        some = first_keys[start : start + _KEYS_PER_QUERY]
        for row in session.execute(lookup(aspect, len(some)), *some):
            found[tuple(_normal(part) for part in row[:width])] = _state(tuple(row[width:]))
        session.commit()
    return found


def lookup(aspect: Aspect, keys: int) -> Statement:
    """The query for the rows of that many first keys."""
    columns = ", ".join((*aspect.key, *aspect.columns))
    where = f"WHERE {aspect.key[0]} IN ({', '.join('?' * keys)})"
    return Statement(
        f"SELECT {columns} FROM {aspect.table} {where}".replace("?", "%s"),
        f"SELECT {columns} FROM dbo.{aspect.table} {where}",
    )


def _state(state: State) -> State:
    return state if isinstance(state, str) else tuple(_normal(value) for value in state)


def _normal(value: Any) -> Any:
    """The same value, whichever driver it came through; of bytes and long text, a digest."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return "sha256:" + hashlib.sha256(bytes(value)).hexdigest()
    if isinstance(value, str):
        if len(value) == 36 and value.count("-") == 4:
            return value.lower()
        if len(value) > 200:
            return "sha256:" + hashlib.sha256(value.encode()).hexdigest()
    return value
