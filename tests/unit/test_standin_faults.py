"""Faults strike as often as they were asked to, those they were meant for, and then no more."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sandbox.azuresql.faults import CommitFault, ConnectionFaults, Faults, FaultSettings
from sandbox.azuresql.session import Done, Login, Notice, Refused, Results, TransactionChanged


class Nap:
    """A clock that only remembers."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


class Rollback:
    """As much of a session as a deadlock needs."""

    def __init__(self, in_transaction: bool) -> None:
        self._in_transaction = in_transaction

    async def rollback(self, savepoint: str, begin_again: bool) -> Results:
        if not self._in_transaction:
            raise Refused(3903, "no transaction")
        yield TransactionChanged("rollback")
        yield Done()


def connection(
    settings: FaultSettings, application: str = "apply"
) -> tuple[ConnectionFaults, list[str], Nap]:
    nap, aborted = Nap(), list[str]()
    faults = Faults(nap)
    faults.apply(settings)
    login = Login("sa", "social", application, session_id=60)
    return faults.for_connection(login, lambda: aborted.append("aborted")), aborted, nap


async def test_the_next_logins_fail() -> None:
    faults, _, _ = connection(FaultSettings(logins_40613=2))
    for _ in range(2):
        with pytest.raises(Refused, match="'social'") as refused:
            await faults.before_login()
        assert (refused.value.notice.number, refused.value.notice.severity) == (40613, 17)
    await faults.before_login()


async def test_the_next_requests_are_throttled_and_lose_their_connection() -> None:
    faults, _, _ = connection(FaultSettings(requests_40501=1))
    with pytest.raises(Refused) as refused:
        await faults.before_request(Rollback(True))  # type: ignore[arg-type]
    assert (refused.value.notice.number, refused.value.notice.severity) == (40501, 20)
    assert await faults.before_request(Rollback(True)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("in_transaction", [True, False])
async def test_a_deadlock_victim_loses_its_transaction(in_transaction: bool) -> None:
    faults, _, _ = connection(FaultSettings(deadlocks=1))
    results = await faults.before_request(Rollback(in_transaction))  # type: ignore[arg-type]
    assert results is not None
    said = [result async for result in results]
    assert isinstance(said[-1], Notice)
    assert (said[-1].number, said[-1].severity) == (1205, 13)
    assert said[:-1] == ([TransactionChanged("rollback")] if in_transaction else [])


async def test_a_connection_dropped_before_its_commit_commits_nothing() -> None:
    faults, aborted, _ = connection(FaultSettings(commit=CommitFault.BEFORE))
    with pytest.raises(ConnectionError):
        await faults.before_commit()
    assert aborted == ["aborted"]
    await faults.before_commit()


async def test_a_connection_dropped_during_its_commit_commits_after_the_client_knows() -> None:
    faults, aborted, nap = connection(FaultSettings(commit=CommitFault.DURING))
    await faults.before_commit()
    assert aborted == ["aborted"]
    assert faults.committing
    assert nap.slept == [0.2]


async def test_a_connection_dropped_after_its_commit_loses_only_the_answer() -> None:
    faults, aborted, _ = connection(FaultSettings(commit=CommitFault.AFTER))
    await faults.before_commit()
    assert aborted == []
    with pytest.raises(ConnectionError):
        await faults.before_answer()
    assert aborted == ["aborted"]


async def test_latency_and_the_log_rate_are_waited_for() -> None:
    faults, _, nap = connection(FaultSettings(latency_ms=20, log_bytes_per_s=1_000_000))
    await faults.before_answer()
    await faults.before_bulk(500_000)
    assert nap.slept == [0.02, 0.5]


async def test_only_the_named_application_is_disturbed() -> None:
    settings = FaultSettings(logins_40613=1, application="load")
    await connection(settings, "replicator apply")[0].before_login()
    with pytest.raises(Refused):
        await connection(settings, "replicator load")[0].before_login()


@pytest.mark.parametrize(
    "text", ['{"latency": 5}', '{"latency_ms": -1}', '{"commit": "soon"}', '{"latency_ms": "5"}']
)
def test_settings_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        FaultSettings.model_validate_json(text)
