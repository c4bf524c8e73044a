"""One session's state, and the shared state of the server that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Login, SqlType
from sandbox.azuresql.tsql.scope import Alias, Relation

if TYPE_CHECKING:
    from sandbox.azuresql.catalog.security import Rights
    from sandbox.azuresql.tsql.cursors import Cursor
    from sandbox.azuresql.tsql.modules import Modules


_ALWAYS_ON: Final = 8 + 16 + 32 + 64 + 256 + 1024 + 4096
"""ANSI_WARNINGS, ANSI_PADDING, ANSI_NULLS, ARITHABORT, QUOTED_IDENTIFIER, ANSI_NULL_DFLT_ON,
CONCAT_NULL_YIELDS_NULL in `@@OPTIONS`.
"""


@dataclass(slots=True)
class Options:
    """SET options that change how statements run."""

    nocount: bool = False
    xact_abort: bool = False
    implicit_transactions: bool = False
    format_only: bool = False
    lock_timeout: int = -1
    rowcount: int = 0
    language: str = "us_english"
    datefirst: int = 7

    @property
    def bits(self) -> int:
        """`@@OPTIONS`: what is always on (ANSI_NULLS, QUOTED_IDENTIFIER …), and what was set."""
        chosen = (self.implicit_transactions, 2), (self.nocount, 512), (self.xact_abort, 16384)
        return _ALWAYS_ON + sum(bit for on, bit in chosen if on)


@dataclass(slots=True)
class DatabaseState:
    """What all sessions of one database share: tables read so far, and who may do what."""

    name: str
    folded: str
    epoch: int = 0
    relations: dict[tuple[str, str], Relation] = field(default_factory=dict)
    sequences: dict[tuple[str, str], SqlType] = field(default_factory=dict)
    synonyms: dict[tuple[str, str], tuple[str, str]] | None = None
    aliases: dict[tuple[str, str], Alias] | None = None
    rights: Rights | None = None
    rights_epoch: int = 0
    collations: set[str] = field(default_factory=set)
    modules: Modules | None = None
    global_tables: bool = False
    """Whether a global temporary table was made since the server started."""

    def changed(self) -> None:
        """A definition changed: forget what was read.

        The rights stay until they are read again: a statement of another session may be between
        reading and checking them.
        """
        self.epoch += 1
        self.relations.clear()
        self.sequences.clear()
        self.synonyms = self.aliases = None
        self.modules = None


@dataclass(slots=True)
class Identity:
    """The last identity value given, and the table that gave it while nobody asked for it."""

    source: Relation
    value: int | None = None


@dataclass(slots=True)
class SessionState:
    """What statements read through `@@…`, and what SET and EXECUTE AS change."""

    login: Login
    database: DatabaseState
    user: str = "dbo"
    options: Options = field(default_factory=Options)
    rowcount: int = 0
    error: int = 0
    identity_insert: tuple[str, str] | None = None
    identity: Identity | None = None
    impersonated: list[str] = field(default_factory=list)
    temporary: dict[tuple[str, str], Relation] = field(default_factory=dict)
    temporary_epoch: int = 0
    cursors: dict[str, Cursor | None] = field(default_factory=dict)
    """Global ones."""
    fetch_status: int = 0
    cursor_rows: int = 0
    nesting: int = 0
    chained: bool = False
    """Inside a module: its owner's objects need no right of the caller."""
    describe_sessions: Callable[[], str] = lambda: "[]"
    describe_databases: Callable[[], str] = lambda: "[]"

    def forget_temporary(self) -> None:
        self.temporary.clear()
        self.temporary_epoch += 1
