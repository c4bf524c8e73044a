"""Faults strike as often as they were asked to, those they were meant for, and then no more."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from sandbox.azuresql.fault_settings import FaultSettings, Point
from sandbox.azuresql.faults import ConnectionFaults, Faults
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
    faults = Faults(nap, clock=lambda: 100.0)
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
    faults, aborted, _ = connection(FaultSettings(drops=1, point=Point.BEFORE_COMMIT))
    with pytest.raises(ConnectionError):
        async with faults.around_commit():
            pytest.fail("it committed")
    assert aborted == ["aborted"]
    async with faults.around_commit():
        pass
    assert aborted == ["aborted"]


async def test_a_connection_dropped_during_its_commit_commits_after_the_client_knows() -> None:
    faults, aborted, nap = connection(FaultSettings(drops=1, point=Point.DURING_COMMIT))
    async with faults.around_commit():
        assert aborted == ["aborted"]
        assert faults.committing
        assert nap.slept == [0.2]


async def test_a_commit_after_its_connection_was_dropped_lands_when_it_thaws() -> None:
    settings = FaultSettings(drops=1, point=Point.DURING_COMMIT, frozen=True)
    faults, aborted, _ = connection(settings)
    landed: list[str] = []

    async def commit() -> None:
        async with faults.around_commit():
            landed.append("landed")

    committing = asyncio.create_task(commit())
    for _ in range(10):
        await asyncio.sleep(0)
    assert (aborted, landed) == (["aborted"], [])
    faults._faults.apply(FaultSettings())
    await committing
    assert landed == ["landed"]


async def test_a_connection_dropped_after_its_commit_loses_only_the_answer() -> None:
    faults, aborted, _ = connection(FaultSettings(drops=1, point=Point.AFTER_COMMIT))
    with pytest.raises(ConnectionError):
        async with faults.around_commit():
            assert aborted == []
    assert aborted == ["aborted"]


@pytest.mark.parametrize(("fault", "number"), [("requests_40501", 40501), ("deadlocks", 1205)])
async def test_a_commit_is_refused(fault: str, number: int) -> None:
    settings = FaultSettings.model_validate({"point": "before_commit", fault: 1})
    faults, _, _ = connection(settings)
    assert await faults.before_request(Rollback(True)) is None  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        async with faults.around_commit():
            pytest.fail("it committed")
    assert refused.value.notice.number == number


async def test_a_load_is_struck_in_its_middle_only() -> None:
    faults, _, _ = connection(FaultSettings(drops=1, point=Point.BULK, bulk_bytes=1000))
    for size in (10, 600, 600):
        await faults.before_bulk(size)
    with pytest.raises(ConnectionError):
        await faults.before_bulk(10)


async def test_a_later_load_is_struck_after_its_first_rows() -> None:
    faults, _, _ = connection(FaultSettings(deadlocks=1, point=Point.BULK, bulk_bytes=1000))
    await faults.before_bulk(2000)
    faults.bulk_begins()
    await faults.before_bulk(10)
    with pytest.raises(Refused):
        await faults.before_bulk(10)


@pytest.mark.parametrize(
    ("number", "said"),
    [(1205, [TransactionChanged("rollback"), Notice(1205, 16, 1, 1, "why")]), (40501, None)],
)
async def test_a_deadlock_undoes_more_than_the_load(number: int, said: object) -> None:
    faults, _, _ = connection(FaultSettings())
    answer = faults.refusal(Rollback(True), Refused(number, "why"))  # type: ignore[arg-type]
    if said is None:
        with pytest.raises(Refused):
            await anext(answer)
    else:
        assert [result async for result in answer] == said


async def test_latency_is_waited_for_where_it_is_set() -> None:
    faults, _, nap = connection(FaultSettings(latency_ms=20))
    await faults.before_answer()
    async with faults.around_commit():
        pass
    assert nap.slept == [0.02]
    faults, _, nap = connection(FaultSettings(latency_ms=30, point=Point.AFTER_COMMIT))
    await faults.before_answer()
    async with faults.around_commit():
        assert nap.slept == []
    assert nap.slept == [0.03]


async def test_all_loads_together_wait_for_one_log() -> None:
    nap = Nap()
    faults = Faults(nap, clock=lambda: 100.0)
    faults.apply(FaultSettings(log_bytes_per_s=1_000_000))
    loads = [faults.for_connection(Login("sa", "d"), lambda: None) for _ in range(2)]
    for load in loads:
        await load.before_bulk(500_000)
    assert nap.slept == [0.5, 1.0]


async def test_only_the_named_application_is_disturbed() -> None:
    settings = FaultSettings(logins_40613=1, application="load")
    await connection(settings, "replicator apply")[0].before_login()
    with pytest.raises(Refused):
        await connection(settings, "replicator load")[0].before_login()


@pytest.mark.parametrize(
    "text",
    [
        '{"latency": 5}',
        '{"latency_ms": -1}',
        '{"latency_ms": "5"}',
        '{"point": "soon"}',
        '{"point": "during_commit", "latency_ms": 1}',
        '{"point": "after_commit", "deadlocks": 1}',
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        FaultSettings.model_validate_json(text)
