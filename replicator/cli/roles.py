"""`replicator capture`, `load`, `apply`, `coordinate`, and `run`, which starts all of them.

Each role is imported where it is played: a process pays only for what it runs.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Annotated, Final

import typer

from monitoring.logs import configure
from monitoring.metrics import Metrics
from replicator import supervisor
from replicator.cli.checking import require
from replicator.cli.ends import source_of, state_of, target_of
from replicator.cli.output import DEFAULT_CONFIG, ConfigOption
from replicator.cli.shell import Role, in_thread, instance, perform, play
from replicator.cli.signals import EXIT_BASE, draining
from replicator.config.file import Config, load_config, parse_config
from replicator.holder import ours

ParentOption = Annotated[int | None, typer.Option("--parent", hidden=True)]


async def _capture(config: Config, metrics: Metrics, stop: asyncio.Event) -> None:
    from replicator.capture import capture
    from replicator.capture.shape import Followed
    from replicator.following import follow
    from replicator.phases.staging import plan_options

    with source_of(config) as source, target_of(config) as target, target_of(config) as altered:
        options = plan_options(config)

        def make_room(new: Followed) -> None:
            follow(altered, config, options, new.table, new.added)

        await capture(
            source,
            target,
            config.kafka,
            migration=config.migration,
            options=config.capture,
            metrics=metrics,
            stop=stop,
            follow=make_room,
        )


async def _apply(config: Config, metrics: Metrics, stop: asyncio.Event) -> None:
    from replicator.apply import apply

    with target_of(config) as target:
        await apply(
            target,
            config.kafka,
            migration=config.migration,
            instance=instance(),
            options=config.apply,
            metrics=metrics,
            stop=stop,
        )


async def _load(config: Config, metrics: Metrics, stop: asyncio.Event) -> None:
    from replicator.snapshot import Loader

    await in_thread(stop, lambda ask: Loader(config, metrics, ask).stay())


async def _load_once(config: Config, metrics: Metrics, stop: asyncio.Event) -> None:
    from replicator.snapshot import Loader

    await in_thread(stop, lambda ask: Loader(config, metrics, ask).run())


async def _coordinate(config: Config, metrics: Metrics, stop: asyncio.Event) -> None:
    from replicator.coordination import coordinate
    from replicator.phases.context import Stopped

    def work(ask: threading.Event) -> None:
        try:
            coordinate(config, ours(), ask, metrics)
        except Stopped:
            return

    await in_thread(stop, work)


ROLES: Final[dict[str, Role]] = {
    "coordinate": _coordinate,
    "load": _load,
    "capture": _capture,
    "apply": _apply,
}
"""In the order in which `run` stops them: who decides first, who drains last."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (capture_changes, load_rows, apply_changes, coordinate_phases):
        app.command(command.__name__.partition("_")[0])(command)
    app.command("run")(run_all)


def capture_changes(config: ConfigOption = DEFAULT_CONFIG, parent: ParentOption = None) -> None:
    """Read the source's log into Kafka. Example: replicator capture -c m.yaml"""
    _play("capture", config, parent)


def load_rows(
    stay: Annotated[
        bool, typer.Option("--stay", help="Wait for tables to be loaded anew, as `run` does.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    parent: ParentOption = None,
) -> None:
    """Copy all rows in bulk, once. Example: replicator load -c m.yaml"""
    _play("load", config, parent, ROLES["load"] if stay or parent is not None else _load_once)


def apply_changes(config: ConfigOption = DEFAULT_CONFIG, parent: ParentOption = None) -> None:
    """Apply changes from Kafka to the target. Example: replicator apply -c m.yaml"""
    _play("apply", config, parent)


def coordinate_phases(config: ConfigOption = DEFAULT_CONFIG, parent: ParentOption = None) -> None:
    """Walk the migration through its states. Example: replicator coordinate -c m.yaml"""
    _play("coordinate", config, parent)


def run_all(
    config: ConfigOption = DEFAULT_CONFIG,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="All roles in this one process (small migrations).")
    ] = False,
) -> None:
    """Start every role and restart what dies, until switched. Example: replicator run -c m.yaml

    Walks to in-sync by itself and waits there for `replicator cutover`. The first signal drains,
    the second one forces.
    """
    read = load_config(config)
    log = read.monitoring.log
    configure(log.format, log.level, read.secrets, role="run")
    _ready(read)
    raise typer.Exit(asyncio.run(_together(read) if in_process else _supervised(read)))


def _play(name: str, config: ConfigOption, parent: int | None, role: Role | None = None) -> None:
    """A supervisor hands its roles the configuration that it has read (`supervise`)."""
    if parent is None:
        read = load_config(config)
    else:
        read = parse_config(sys.stdin.read(), origin=str(config))
    raise typer.Exit(play(name, role or ROLES[name], read, parent))


def _ready(config: Config) -> None:
    """Before the first deployment, everything that `check` asks must hold."""
    with target_of(config) as target, state_of(config, target) as state:
        state.install()
        known = state.migration()
    if known is None:
        require(config)


async def _supervised(config: Config) -> int:
    stop = asyncio.Event()
    with draining(stop, config.run.drain + 5.0) as received:
        code = await supervisor.supervise(list(ROLES), config, stop)
    return EXIT_BASE + received[0] if received else code


async def _together(config: Config) -> int:
    """All roles in one event loop. The coordinator's end ends the others."""
    stop = asyncio.Event()
    ending = asyncio.Event()

    async def coordinating() -> None:
        await perform("coordinate", ROLES["coordinate"], config, stop)
        ending.set()

    async def stopping() -> None:
        await stop.wait()
        ending.set()

    with draining(stop, config.run.drain) as received:
        waiting = asyncio.create_task(stopping())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(coordinating())
                for name in ("load", "capture", "apply"):
                    group.create_task(perform(name, ROLES[name], config, ending))
        except ExceptionGroup as failures:
            raise supervisor.gravest(failures) from failures
        finally:
            waiting.cancel()
    return EXIT_BASE + received[0] if received else 0
