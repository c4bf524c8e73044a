"""Opening what a command works with, and closing all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.registry import open_source, open_target
from model.errors import Blocked
from model.ports import Source, State, Target
from model.state import Migration
from replicator.config.file import Config


@contextmanager
def source_of(config: Config) -> Iterator[Source]:
    """The configured source."""
    source = open_source(config.source, config.migration)
    try:
        yield source
    finally:
        source.close()


@contextmanager
def target_of(config: Config) -> Iterator[Target]:
    """The configured target."""
    target = open_target(config.target)
    try:
        yield target
    finally:
        target.close()


@contextmanager
def state_of(config: Config, target: Target) -> Iterator[State]:
    """This migration's memory in the target."""
    state = target.state(config.migration)
    try:
        yield state
    finally:
        state.close()


def existing(state: State, name: str) -> Migration:
    """The migration. Raises Blocked when nobody has started it."""
    migration = state.migration()
    if migration is None:
        raise Blocked(
            "there is no such migration in the target yet",
            object=name,
            hint="start it with `replicator run`",
        )
    return migration
