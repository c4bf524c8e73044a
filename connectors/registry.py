"""Which connector serves which `kind`; a connector and its driver are imported when used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, Protocol, cast

from model.errors import ConfigurationError
from model.ports import Source, Target

_SOURCES: Final = {"postgresql": ("connectors.postgresql.source", "PostgresqlSource")}
_TARGETS: Final = {"azuresql": ("connectors.azuresql.target", "AzureSqlTarget")}


class Settings(Protocol):
    """A connector's settings: what they are beyond `kind` is the connector's own matter."""

    @property
    def kind(self) -> str: ...


def open_source(settings: Settings, migration: str) -> Source:
    """The source that `settings.kind` names. Raises ConfigurationError for an unknown kind."""
    return cast(Source, _maker(_SOURCES, settings.kind, "source")(settings, migration))


def open_target(settings: Settings) -> Target:
    """The target that `settings.kind` names. Raises ConfigurationError for an unknown kind."""
    return cast(Target, _maker(_TARGETS, settings.kind, "target")(settings))


def _maker(kinds: dict[str, tuple[str, str]], kind: str, role: str) -> Callable[..., Any]:
    if kind not in kinds:
        raise ConfigurationError(
            f"{kind!r} is not a kind of {role}",
            object=f"{role}.kind",
            hint=f"use one of: {', '.join(sorted(kinds))}",
        )
    module, name = kinds[kind]
    try:
        return cast(Callable[..., Any], getattr(import_module(module), name))
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.startswith("connectors"):
            raise
        raise ConfigurationError(
            f"{kind} needs the package {exc.name}, which is not installed",
            object=f"{role}.kind",
            hint=f"pip install 'replicator[{kind}]'",
        ) from exc
