"""One seed: a migration under its faults, judged at rest."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from model.errors import ReplicatorError
from sandbox.demo.evidence import Evidence
from sandbox.soak.clients import Clients
from sandbox.soak.eye import Eye
from sandbox.soak.faults.fault import Scene
from sandbox.soak.judge import Judge
from sandbox.soak.plan import SYNC_WRITES, Strike
from sandbox.soak.report import Seed
from sandbox.soak.roles import Roles
from sandbox.soak.settings import document, write_settings
from sandbox.soak.stage import Stage
from sandbox.soak.watch import Watch
from sandbox.soak.writes import WRITES_PER_S

_BEFORE: Final = 900
"""Writes that may be acknowledged before all tables are loaded."""

_WITHOUT_LIMIT: Final = 10**9
_TICK_S: Final = 0.1
_PATIENCE_S: Final = 400.0
"""For each part of a seed: what has not come by then does not come by itself."""

Tell = Callable[[str], None]


def run_seed(seed: int, strikes: Sequence[Strike], stage: Stage, folder: Path, tell: Tell) -> Seed:
    """Run it; what was found. Its folder holds logs and the configuration.

    A migration that does not come to rest is a finding too, not an error.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    begin = time.monotonic()
    name = f"soak_{seed}_{secrets.token_hex(3)}"
    strikes = [strike for strike in strikes if _possible(strike, tell)]
    result = Seed(seed)
    with contextlib.ExitStack() as stack:
        stack.enter_context(stage.databases(name))
        scene = _opened(seed, stage, name, folder, strikes, stack)
        watch = Watch(scene, strikes, tell)
        stack.callback(watch.end_all)
        try:
            lasting = sum(strike.lasts for strike in strikes) / WRITES_PER_S
            _through(scene, watch, _PATIENCE_S + lasting)
            _judge(scene, watch, result, tell)
        except ReplicatorError as error:
            result.wrong.append(str(error))
        result.faults, result.recoveries_s = watch.struck, watch.recoveries_s
        result.writes = scene.clients.acknowledged
    result.seconds = time.monotonic() - begin
    return result


def _possible(strike: Strike, tell: Tell) -> bool:
    reason = strike.fault.skipped()
    tell(f"skipped: {strike}: {reason}" if reason else f"planned: {strike}")
    return not reason


def _opened(
    seed: int,
    stage: Stage,
    name: str,
    folder: Path,
    strikes: Sequence[Strike],
    stack: contextlib.ExitStack,
) -> Scene:
    """Everything that moves, from here to the end of the stack."""
    prefix = name.replace("_", "-")
    settings = document(stage.bootstrap, prefix)
    source, target = stage.postgres.dsn(name), stage.target.dsn(name)
    file = folder / "replicator.yaml"
    write_settings(file, settings)
    eye = Eye(target)
    stack.callback(eye.close)
    clients = Clients(source, seed, WRITES_PER_S, _BEFORE)
    stack.callback(clients.finish)
    environment = stage.environment(name)
    for strike in strikes:
        environment |= strike.fault.environment(folder)
    roles = Roles(file, environment)
    stack.callback(roles.stop)
    return Scene(
        stage=stage,
        source=source,
        target=target,
        settings=settings,
        folder=folder,
        roles=roles,
        clients=clients,
        eye=eye,
    )


def _through(scene: Scene, watch: Watch, patience_s: float) -> None:
    """Until every fault is over and enough was written since the load."""
    deadline = time.monotonic() + patience_s
    while watch.striking or watch.sync_writes < SYNC_WRITES:
        watch.look()
        if watch.loaded:
            scene.clients.allowance = _WITHOUT_LIMIT
        elif watch.striking_now:  # a fault that lasts for so many writes must see them
            scene.clients.allowance = max(_BEFORE, scene.clients.acknowledged + WRITES_PER_S)
        if time.monotonic() > deadline:
            tables = [(each.source_name, each.state) for each in scene.eye.tables()]
            raise ReplicatorError(
                f"after {patience_s:g} s the tables are {tables} and {watch.sync_writes} writes"
                " were acknowledged since the load",
                object="the migration",
                hint="its log is beside its configuration",
            )
        time.sleep(_TICK_S)


def _judge(scene: Scene, watch: Watch, result: Seed, tell: Tell) -> None:
    ledger = scene.clients.finish()
    tell(f"{scene.clients.acknowledged} writes are acknowledged: waiting for rest")
    bootstrap = scene.stage.kafka.bootstrap
    settings = scene.folder / "judge.yaml"
    write_settings(settings, document(bootstrap, scene.settings["kafka"]["topic_prefix"]))
    environment = {"SOURCE_DSN": scene.source, "AZURESQL_DSN": scene.target}
    with Evidence(settings, environment) as evidence:
        judge = Judge(scene, evidence, bootstrap, _PATIENCE_S)
        ends = judge.rest(watch.look)
        watch.look()
        tell("at rest: comparing")
        verdict = judge.verdict(ends, ledger)
    result.rows, result.changes = verdict.rows, verdict.changes
    result.repeated, result.differences = verdict.repeated, verdict.differences
    result.wrong += verdict.wrong
