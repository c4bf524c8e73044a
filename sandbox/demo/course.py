"""The story of the demo: from an empty machine to a compared target."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from model.errors import ConfigurationError, ReplicatorError
from sandbox.databases import connection_words, source_dsn, target_dsn
from sandbox.demo.application import Application
from sandbox.demo.evidence import Evidence
from sandbox.demo.kills import Killer
from sandbox.demo.migration import Migration
from sandbox.demo.report import AFTER_SWITCH_S, make_report, shortfalls
from sandbox.demo.settings import write_settings
from sandbox.demo.switch import SwitchDesk
from sandbox.demo.telling import Teller
from sandbox.servers import Servers
from sandbox.social.database import ROLE, install_source, install_target, remove_login
from sandbox.social.generate import MINIMUM_ROWS

_CUTOVERS: Final = 5
_PATIENCE_S: Final = 300.0
_ROWS_PER_S: Final = 2_000
"""Far below what a load reaches: only a stuck one is ended by its time."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to run: rows of the network, its writes a second, seconds of live sync, roles to kill.

    Raises ConfigurationError for values that make no demo.
    """

    rows: int = 200_000
    writes_per_s: float = 300.0
    seconds: float = 30.0
    kill: tuple[str, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        if self.rows < MINIMUM_ROWS:
            raise ConfigurationError(
                f"DEMO_ROWS is {self.rows}, at least {MINIMUM_ROWS} are needed"
            )
        if self.writes_per_s <= 0 or self.seconds <= 0:
            raise ConfigurationError("DEMO_WRITES_PER_S and DEMO_SECONDS must be above 0")


def run_demo(wishes: Wishes, folder: Path) -> bool:
    """Run it, write `report.json` into the folder, and say whether all holds.

    Ends whatever it started, however it ends. Raises ReplicatorError when a part fails.
    """
    teller = Teller()
    killer = Killer(wishes.kill, teller.event)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        report = _Course(wishes, folder, teller, killer, stack).run()
    missing = [f"{role} was never killed" for role in killer.missed()]
    wrong = [*shortfalls(report), *missing]
    (folder / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    teller.verdict(report, wrong, folder / "report.json")
    return not wrong


class _Course:
    """One run; the stack ends what was started, in reverse."""

    def __init__(
        self,
        wishes: Wishes,
        folder: Path,
        teller: Teller,
        killer: Killer,
        stack: contextlib.ExitStack,
    ) -> None:
        self._wishes = wishes
        self._folder = folder
        self._teller = teller
        self._killer = killer
        self._stack = stack
        self._password = secrets.token_urlsafe(18)
        self._topics = f"social-{secrets.token_hex(4)}"

    def run(self) -> dict[str, Any]:
        source, target, bootstrap = self._servers()
        self._teller.event(f"generating {self._wishes.rows:,} rows of the social network")
        install_source(source, self._password, self._wishes.rows, self._wishes.seed)
        install_target(target, connection_words(target)["database"], self._password)
        self._stack.callback(remove_login, target)
        settings = self._folder / "replicator.yaml"
        environment = {"SOURCE_DSN": source, "AZURESQL_DSN": target}
        # Written twice: the evidence needs a configuration, and the hook's address is known later.
        write_settings(settings, bootstrap=bootstrap, prefix=self._topics, hook="http://127.0.0.1/")
        evidence = self._stack.enter_context(Evidence(settings, environment))
        application = self._application(source, target)
        desk = SwitchDesk(evidence.target, application)
        self._stack.callback(desk.close)
        write_settings(settings, bootstrap=bootstrap, prefix=self._topics, hook=desk.url)
        migration = Migration(settings, environment, self._folder)
        self._stack.callback(migration.stop)
        self._until_in_sync(migration, application)
        self._live_sync(migration, application)
        self._cut_over(migration, application)
        return self._prove(migration, application, desk, evidence)

    def _servers(self) -> tuple[str, str, str]:
        servers = self._stack.enter_context(Servers())
        self._teller.event("starting PostgreSQL, Kafka and the Azure SQL stand-in")
        bootstrap = servers.kafka()
        source = self._stack.enter_context(servers.source_database("demo"))
        target = self._stack.enter_context(servers.target_database("demo"))
        return source, target, bootstrap

    def _application(self, source: str, target: str) -> Application:
        database = source.rpartition("/")[2]
        application = Application(
            source=source_dsn(source, database, ROLE, self._password),
            target=target_dsn(target, uid=ROLE, pwd=self._password),
            writes_per_s=self._wishes.writes_per_s,
            seed=self._wishes.seed,
            log=self._folder / "application.log",
        )
        self._stack.callback(application.stop)
        self._teller.event(
            f"the application writes to PostgreSQL, {self._wishes.writes_per_s:g} times a second"
        )
        return application

    def _until_in_sync(self, migration: Migration, application: Application) -> None:
        def tick() -> None:
            self._killer.during_load(migration)
            self._teller.progress(migration.observed, application)

        self._teller.event("replicator run: deploy, load, catch up")
        patience = _PATIENCE_S + self._wishes.rows / _ROWS_PER_S
        migration.wait_for(lambda seen: seen.state == "in-sync", patience, tick)
        self._teller.event("in sync")

    def _live_sync(self, migration: Migration, application: Application) -> None:
        begin, whole = time.monotonic(), self._wishes.seconds

        def elapsed() -> float:
            return time.monotonic() - begin

        def tick() -> None:
            self._killer.during_sync(migration, elapsed(), whole)
            self._teller.progress(migration.observed, application)

        migration.wait_for(
            lambda _: elapsed() >= whole and self._killer.all_back(migration), whole + 120.0, tick
        )

    def _cut_over(self, migration: Migration, application: Application) -> None:
        """Preflight may find the lag too high for a moment, right after a kill above all."""

        def progress() -> None:
            self._teller.progress(migration.observed, application)

        for attempt in range(1, _CUTOVERS + 1):
            migration.wait_for(lambda seen: seen.calm, _PATIENCE_S, progress)
            self._teller.event("replicator cutover --confirm social")
            code, said = migration.cut_over(120.0)
            if code == 0:
                self._teller.event(
                    f"switched; the coordinator measured {said.get('downtime_ms')} ms"
                )
                return
            self._teller.event(f"cut-over {attempt} ended with {code}: see cutover.log")
            migration.check()
            time.sleep(3.0)
        raise ReplicatorError(
            f"did not switch in {_CUTOVERS} attempts",
            object="replicator cutover",
            hint=f"its output is in {self._folder / 'cutover.log'}",
        )

    def _prove(
        self,
        migration: Migration,
        application: Application,
        desk: SwitchDesk,
        evidence: Evidence,
    ) -> dict[str, Any]:
        code = migration.wait_for_end(60.0)
        if code != 0:
            raise ReplicatorError(f"ended with {code} after the switch", object="replicator run")
        self._teller.event("comparing every row, value by value, while the application goes on")
        compared = evidence.compare(desk.frozen, self._folder, self._teller.compared)
        while desk.switched_at is not None and time.monotonic() < (
            desk.switched_at + AFTER_SWITCH_S + 2.0
        ):
            application.counters()
            time.sleep(0.2)
        self._teller.event("looking up every write that was acknowledged")
        finished = application.finish()
        return make_report(
            evidence.moved(migration.observed),
            differences=compared.differences,
            lag_ms=migration.observed.lag_ms,
            application=finished,
            peak_rss_mib=migration.observed.peak_rss_mib,
            rows_compared=compared.rows,
            killed=[one.role for one in self._killer.killed],
        )
