"""A process that may die, or lose an answer, between any two of its calls to the outside."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

_LAST_WORDS: Final = frozenset({"close", "release_lease"})
"""Calls that a process makes when it ends in good order. A killed one makes none."""

COMMITS: Final = frozenset({"apply", "settle_truncate", "write", "open_gate", "mark_chunk"})
"""Calls that change what the target holds."""

_PORTS: Final = frozenset({"state", "apply_session", "bulk", "snapshot"})
"""Calls that answer with another port."""

Strike = Callable[[str, bool], None]
"""What strikes at a call of this name, before its effect (False) or before its answer (True)."""


class Killed(BaseException):
    """`kill -9`: nothing in the process may catch it and go on."""


class Life:
    """Counts a process's calls and lets `strike` happen at the one that was chosen."""

    def __init__(self) -> None:
        self.alive = True
        self._left = 0
        self._strike: Strike | None = None
        self._commits = False

    def meet(self, calls: int, strike: Strike, *, commits: bool = False) -> None:
        """After so many calls (each counts before and after its effect), this strikes once.

        `commits`: only calls that change the target count.
        """
        self._left, self._strike, self._commits = calls, strike, commits

    def spare(self) -> bool:
        """Forget what was to strike; whether it had not struck yet."""
        spared, self._strike = self._strike is not None, None
        return spared

    def touch(self, call: str, done: bool = False) -> None:
        """A call is being made (`done`: its effect is there, its answer is under way)."""
        if not self.alive:
            raise Killed(call)
        if self._strike is None or (self._commits and call not in COMMITS):
            return
        if self._left:
            self._left -= 1
            return
        strike, self._strike = self._strike, None
        strike(call, done)
        if not self.alive:
            raise Killed(call)

    def kill(self, call: str = "", done: bool = False) -> None:
        """No call of this process has an effect any more."""
        self.alive = False


class Port:
    """What a process sees of a server: every call goes through its life."""

    def __init__(self, inner: Any, life: Life) -> None:
        self._inner = inner
        self._life = life

    def __getattr__(self, name: str) -> Any:
        found, life = getattr(self._inner, name), self._life
        if not callable(found):
            return found
        if inspect.iscoroutinefunction(found):

            async def waited(*args: Any, **named: Any) -> Any:
                life.touch(name)
                answer = await found(*args, **named)
                life.touch(name, True)
                return answer

            return waited

        def call(*args: Any, **named: Any) -> Any:
            if name in _LAST_WORDS and not life.alive:
                return None
            life.touch(name)
            answer = found(*args, **named)
            life.touch(name, True)
            if name in _PORTS:
                return Port(answer, life)
            if isinstance(answer, AbstractContextManager) and name == "log_reader":
                return _entered(answer, life)
            return answer

        return call


@contextmanager
def _entered(manager: AbstractContextManager[Any], life: Life) -> Iterator[Port]:
    with manager as inner:
        yield Port(inner, life)
