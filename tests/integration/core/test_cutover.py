"""The cut-over between real servers, with the ways that were seen to fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from connectors.registry import open_target
from model.catalog import TableName
from model.errors import Blocked
from model.state import MigrationState, TableState
from replicator.phases.context import Context
from tests.integration.core.journey import Before, Journey
from tests.patience import PATIENCE_S, until

S = MigrationState


class Killed(BaseException):
    """The coordinator's process is gone in this very moment."""


@contextmanager
def in_sync(journey: Journey, before: Before | None = None) -> Iterator[Context]:
    """A migration that is in sync, with all its roles, and a coordinator that tests disturb."""
    journey.people()
    with (
        journey.roles("capture", "apply", "load"),
        journey.coordinated(before, tolerate=(Killed,)) as context,
    ):
        journey.until(S.IN_SYNC)
        journey.calm(context)
        yield context


def _kill_fence(context: Context) -> None:
    """What an operator, or `idle_in_transaction_session_timeout`, would do."""
    attempt = context.cutting_over()
    assert attempt.fence is not None
    with psycopg.connect(context.config.source.dsn.get_secret_value(), autocommit=True) as admin:
        ended = admin.execute(
            "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks AS l"
            " JOIN pg_class AS c ON c.oid = l.relation"
            " WHERE l.mode = 'ShareLock' AND c.relname = 'people'"
        ).fetchone()
    assert ended == (1,)


def test_every_row_and_change_arrives_and_the_source_is_closed(journey: Journey) -> None:
    with in_sync(journey) as context:
        journey.sql("UPDATE people SET name = 'renamed' WHERE id = 7")
        journey.sql("DELETE FROM visits WHERE id <= 10")
        journey.sql("INSERT INTO people VALUES (9001, 'late', NULL)")
        answer = journey.ask(context)
        assert answer["state"] == "switched"
        assert answer["downtime_ms"] > 0
        steps = [step["step"] for step in answer["steps"]]
        assert steps == [str(s) for s in S if s in (*_STEPS,)]
    assert journey.target("SELECT name FROM dbo.people WHERE id IN (7, 9001) ORDER BY id") == [
        ("renamed",),
        ("late",),
    ]
    assert journey.target("SELECT COUNT_BIG(*), MIN(id) FROM dbo.visits") == [(990, 11)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        journey.sql("INSERT INTO people VALUES (1, 'never', NULL)")
    # The identity goes on where the source's stood.
    journey.target("INSERT INTO dbo.visits (person, note) VALUES (1, N'first of the new life')")
    assert journey.target("SELECT MAX(id) FROM dbo.visits") == [(1001,)]
    with pytest.raises(Exception, match="547"):
        journey.target("INSERT INTO dbo.visits (person, note) VALUES (-1, N'nobody')")


_STEPS = (S.PREFLIGHT, S.ARM, S.FENCE, S.MARK, S.DRAIN, S.VERIFY, S.FINALISE, S.CLOSE)


def test_a_fence_that_is_killed_during_the_drain_aborts(journey: Journey) -> None:
    with in_sync(journey, {S.DRAIN: _kill_fence}) as context:
        answer = journey.ask(context)
        assert answer["state"] == "aborted"
        assert "holds the fence has ended" in answer["reason"]
        journey.sql("INSERT INTO people VALUES (9001, 'goes on', NULL)")


def test_a_write_between_marker_and_close_is_found_by_the_closing_marker(
    journey: Journey,
) -> None:
    """Naive: drain and verify pass, then the source is closed by another transaction."""

    written: list[str] = []

    def let_one_through(context: Context) -> None:
        attempt = context.cutting_over()
        if written or attempt.fence is None:
            return
        written.append("once")
        attempt.fence.release()
        journey.sql("UPDATE people SET name = 'slipped in' WHERE id = 1")
        attempt.fence = context.source.fence([t.source for t in context.tracked()], PATIENCE_S)
        assert attempt.fence.attempt(PATIENCE_S)

    with in_sync(journey, {S.CLOSE: let_one_through}) as context:
        answer = journey.ask(context)
        assert answer["state"] == "aborted"
        assert "writes came in after the marker" in answer["reason"]
        journey.sql("UPDATE people SET name = 'open again' WHERE id = 2")
        # Nothing of the attempt stays: the checkpoints are open and the changes arrive.
        journey.calm(context)
        answer = journey.ask(context)
        assert answer["state"] == "switched", answer
    assert journey.target("SELECT name FROM dbo.people WHERE id IN (1, 2) ORDER BY id") == [
        ("slipped in",),
        ("open again",),
    ]


@pytest.mark.slow
def test_the_target_is_shut_to_its_applications_from_deploy_to_switch(journey: Journey) -> None:
    """✗ An application that writes there too early would be overwritten, or stop the applier."""
    journey.target("CREATE USER app WITHOUT LOGIN")
    journey.target("CREATE USER early WITHOUT LOGIN")
    journey.target("GRANT SELECT, INSERT, UPDATE, DELETE TO app")
    journey.more["cutover"] = {"target_principals": ["app"]}
    people = TableName("dbo", "people")
    with in_sync(journey) as context:
        target = open_target(context.config.target)
        try:
            assert not target.write_allowed("app", people)
            journey.target("GRANT INSERT TO early")
            answer = journey.ask(context)
            assert answer["state"] == "blocked"
            assert "early may write in the target already" in answer["reason"]
            assert "app may write" not in answer["reason"]
            journey.target("REVOKE INSERT FROM early")
            assert journey.ask(context)["state"] == "switched"
            assert target.write_allowed("app", people)
        finally:
            target.close()


@pytest.mark.slow
def test_a_difference_aborts_and_opens_everything_again(journey: Journey) -> None:
    def lose_a_row(_: Context) -> None:
        journey.target("DELETE FROM dbo.people WHERE id = 500")

    with in_sync(journey, {S.VERIFY: lose_a_row}) as context:
        answer = journey.ask(context)
        assert answer["state"] == "aborted"
        assert "public.people has 500 rows in the source and 499 in the target" in answer["reason"]
        journey.sql("UPDATE people SET name = 'open' WHERE id = 2")


@pytest.mark.slow
def test_a_coordinator_that_dies_after_closing_is_undone_by_the_next(journey: Journey) -> None:
    journey.people()

    def die(context: Context) -> None:
        attempt = context.cutting_over()
        assert attempt.fence is not None
        attempt.fence.close_source([journey.app])
        raise Killed

    with journey.roles("capture", "apply", "load"):
        with journey.coordinated({S.CLOSE: die}, tolerate=(Killed,)) as context:
            journey.until(S.IN_SYNC)
            context.state.ask("cutover", "test", {})
            journey.until(S.CLOSE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            journey.sql("UPDATE people SET name = 'closed' WHERE id = 2")
        with journey.coordinated() as context:
            journey.until(S.IN_SYNC)
            journey.sql("UPDATE people SET name = 'open' WHERE id = 2")
            assert all(not each.closed for each in context.state.checkpoints())
            journey.calm(context)
            assert journey.ask(context)["state"] == "switched"
    assert journey.target("SELECT name FROM dbo.people WHERE id = 2") == [("open",)]


@pytest.mark.slow
def test_an_operators_word_aborts(journey: Journey) -> None:
    def take_long(context: Context) -> None:
        def heard() -> bool:
            context.breathe()
            return False

        context.state.ask("abort", "somebody@elsewhere", {})
        until(heard, "the operator's word")

    with in_sync(journey, {S.VERIFY: take_long}) as context:
        answer = journey.ask(context)
        assert answer["state"] == "aborted"
        assert "somebody@elsewhere asked to abort" in answer["reason"]
        journey.sql("UPDATE people SET name = 'open' WHERE id = 2")


def test_what_stands_in_the_way_blocks_before_anything_is_touched(journey: Journey) -> None:
    stranger = f"{journey.name}_stranger"
    with in_sync(journey) as context:
        journey.admin(f"CREATE ROLE {stranger} LOGIN")
        try:
            journey.admin(f"GRANT INSERT ON people TO {stranger}")
            journey.sql("CREATE TABLE public.brand_new (id int PRIMARY KEY)")
            context.state.set_table(
                context.tracked()[0].source,
                TableState.QUARANTINED,
                expected=[TableState.CONSISTENT],
                reason="a test says so",
            )
            answer = journey.ask(context)
            assert answer["state"] == "blocked"
            for problem in (
                f"the role {stranger} may write in the source",
                "public.brand_new is new",
                "is quarantined (a test says so)",
            ):
                assert problem in answer["reason"]
            # An application that logs in as a superuser is nobody's role: it must be named.
            context.config.cutover.source_roles.clear()
            assert "source_roles names no role" in journey.ask(context)["reason"]
            journey.sql("UPDATE people SET name = 'never fenced' WHERE id = 2")
        finally:
            journey.admin(f"DROP OWNED BY {stranger}")
            journey.admin(f"DROP ROLE {stranger}")


@pytest.mark.slow
def test_a_long_transaction_is_never_waited_for_longer_than_the_pause(journey: Journey) -> None:
    journey.more["cutover"] = {
        "fence": {"pause": "100ms", "attempts": 2, "first_wait": "50ms"},
    }
    with in_sync(journey) as context:
        dsn = journey.dsn
        with psycopg.connect(dsn) as writer:
            writer.execute("UPDATE people SET name = 'slow' WHERE id = 3")
            answer = journey.ask(context)
            assert answer["state"] == "aborted"
            assert "could not be locked in 2 attempts" in answer["reason"]
            writer.commit()


@pytest.mark.slow
def test_a_hook_that_fails_blocks_and_the_next_coordinator_goes_on(journey: Journey) -> None:
    mended = journey.folder / "mended"
    program = f"import os, sys; sys.exit(0 if os.path.exists({str(mended)!r}) else 1)"
    command = [sys.executable, "-c", program]
    journey.more["cutover"] = {"hooks": {"switch": {"command": command, "attempts": 1}}}
    journey.people()
    with journey.roles("capture", "apply", "load"):
        with pytest.raises(Blocked, match="the switch hook failed"):
            journey.walk("cutover")
        mended.touch()
        events = [entry.event for entry in journey.walk()]
    assert "switch done" in events
    assert "undone" not in events
