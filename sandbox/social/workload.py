"""The living application: readers and writers in an open loop that follow the switch.

Each write is due at its time, whatever became of the one before; a write that was refused is tried
again until a database acknowledges it, and its latency counts from when it was due.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from sandbox.social.ledger import Ledger, Verdict
from sandbox.social.operations import Operation
from sandbox.social.people import Client, Population, population
from sandbox.social.record import Kind, Request, Summary, summarise
from sandbox.social.sessions import RequestFailed, Session, Side, Statement, open_session, statement

_AGAIN_S: Final = 0.05
"""How long an application waits before it tries a refused request again."""

_GRACE_S: Final = 20.0
"""How long after the end a write that was due may still be acknowledged."""

_QUERIES: Final = (
    statement(
        "SELECT{top} p.id, p.body, u.handle FROM {s}follows AS f"
        " JOIN {s}posts AS p ON p.author_id = f.followed_id"
        " JOIN {s}users AS u ON u.id = p.author_id"
        " WHERE f.follower_id = ? ORDER BY p.created_at DESC, p.id DESC{limit}"
    ),
    statement("SELECT COUNT(*) FROM {s}likes WHERE post_id = ?"),
    statement(
        "SELECT{top} id, sender_id, body FROM {s}messages"
        " WHERE recipient_id = ? AND read_at IS NULL ORDER BY sent_at DESC{limit}"
    ),
    statement("SELECT handle, email, display_name FROM {s}users WHERE id = ?"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the workload shall do. Rates are requests a second over all clients."""

    source: str
    target: str
    writes_per_s: float
    reads_per_s: float
    writers: int = 6
    readers: int = 2
    seed: int = 1

    def address(self, side: Side) -> str:
        return self.source if side is Side.SOURCE else self.target


@dataclass(slots=True)
class _Log:
    """What one thread did; read by others only after it ended, but for `acknowledged`."""

    requests: list[Request] = field(default_factory=list)
    dues: list[float] = field(default_factory=list)
    acknowledged: int = 0
    refused: int = 0


class Workload:
    """All clients of the application. `start` once, `flip` any number of times, `finish` once."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._clock = clock
        self._side = Side.SOURCE
        self._end = float("inf")
        self._flips: set[str] = set()
        self._logs: list[_Log] = []
        self._ledgers: list[Ledger] = []
        self._threads: list[threading.Thread] = []
        self._crashes: list[BaseException] = []

    def start(self) -> None:
        """Count the network and begin. Raises RequestFailed when the source does not answer."""
        session = open_session(Side.SOURCE, self._plan.source)
        known = population(session)
        session.close()
        begin = self._clock() + 0.1
        for number in range(self._plan.writers):
            self._launch(self._write, number, known, begin)
        for number in range(self._plan.readers):
            self._launch(self._read, number, known, begin)

    def _launch(self, work: Callable[..., None], *arguments: Any) -> None:
        log = _Log()
        self._logs.append(log)

        def run() -> None:
            try:
                work(log, *arguments)
            except BaseException as error:
                self._crashes.append(error)
                raise

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def flip(self, id: str) -> bool:
        """Send requests to the target from now on; False when this call was heard before."""
        fresh = id not in self._flips
        self._flips.add(id)
        self._side = Side.TARGET
        return fresh

    def counters(self) -> dict[str, Any]:
        """How it goes: the side, requests acknowledged and refused, clients that broke."""
        return {
            "side": self._side,
            "acknowledged": sum(log.acknowledged for log in self._logs),
            "refused": sum(log.refused for log in self._logs),
            "crashed": [repr(error) for error in self._crashes],
        }

    def finish(self) -> tuple[Summary, Verdict]:
        """End, and look up all that was acknowledged where the application is now.

        Raises RequestFailed when the database does not answer, RuntimeError when a client broke.
        """
        self._end = self._clock()
        for thread in self._threads:
            thread.join(_GRACE_S + 10)
        if self._crashes or any(thread.is_alive() for thread in self._threads):
            raise RuntimeError(f"a client of the workload broke: {self._crashes!r}")
        ledger = Ledger()
        for one in self._ledgers:
            ledger.merge(one)
        session = open_session(self._side, self._plan.address(self._side))
        verdict = ledger.verify(session)
        session.close()
        requests = [request for log in self._logs for request in log.requests]
        dues = [due for log in self._logs for due in log.dues]
        return summarise(requests, dues, self._end), verdict

    def _write(self, log: _Log, number: int, known: Population, begin: float) -> None:
        plan = self._plan
        client, ledger = Client(number, plan.writers, plan.seed, known), Ledger()
        self._ledgers.append(ledger)
        connection = _Connection(self, log)
        due = begin + number / plan.writes_per_s
        while self._sleep_until(due):
            log.dues.append(due)
            operation = client.next()
            if not connection.write(operation, ledger, due):
                break
            client.acknowledge(operation)
            due += plan.writers / plan.writes_per_s
        connection.close()

    def _read(self, log: _Log, number: int, known: Population, begin: float) -> None:
        plan = self._plan
        random = Random(f"{plan.seed}/reader/{number}")
        connection = _Connection(self, log)
        due = begin + number / plan.reads_per_s
        while self._sleep_until(due):
            query = random.choice(_QUERIES)
            bound = known.posts if "likes" in query.postgresql else known.users
            connection.read(query, 1 + int(bound * random.random() ** 3), due)
            due += plan.readers / plan.reads_per_s
        connection.close()

    def _sleep_until(self, due: float) -> bool:
        """Wait for a request's time; False when it lies beyond the end."""
        while due < self._end:
            wait = due - self._clock()
            if wait <= 0:
                return True
            time.sleep(min(wait, 0.2))
        return False


class _Connection:
    """One client's connection, which follows the switch and keeps the record."""

    def __init__(self, workload: Workload, log: _Log) -> None:
        self._workload = workload
        self._log = log
        self._session: Session | None = None

    def write(self, operation: Operation, ledger: Ledger, due: float) -> bool:
        """Try until it is acknowledged; False when the end and the grace came first."""
        while True:

            def transact(session: Session) -> None:
                facts = operation.run(session)
                session.commit()
                ledger.record(facts)

            if self._attempt(Kind.WRITE, transact, due):
                return True
            if not self._again():
                return False

    def read(self, query: Statement, parameter: int, due: float) -> None:
        """Ask until an answer comes or the end does."""

        def ask(session: Session) -> None:
            session.execute(query, parameter)
            session.commit()

        while not self._attempt(Kind.READ, ask, due) and self._again():
            pass

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _attempt(self, kind: Kind, work: Callable[[Session], None], due: float) -> bool:
        workload, log = self._workload, self._log
        side, sent, error, words = workload._side, workload._clock(), "", ""
        try:
            if self._session is None or self._session.side is not side:
                self.close()
                self._session = open_session(side, workload._plan.address(side))
            work(self._session)
        except RequestFailed as failure:
            error, words = failure.code, str(failure)
            self.close()
        log.requests.append(Request(kind, side, due, sent, workload._clock(), error, words))
        if error:
            log.refused += 1
        else:
            log.acknowledged += 1
        return not error

    def _again(self) -> bool:
        time.sleep(_AGAIN_S)
        return self._workload._clock() < self._workload._end + _GRACE_S
