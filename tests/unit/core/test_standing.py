"""Status says what is known, and "unknown" for the rest."""

from __future__ import annotations

from model.state import RoleStatus
from replicator.cli.status import screen
from replicator.standing import lag, merged


def _status(role: str, age: float, **detail: object) -> RoleStatus:
    return RoleStatus(role, "host:1", dict(detail), age)


def test_a_role_and_its_shell_are_one() -> None:
    roles = merged(
        [
            _status("apply", 0.5, changes=7, phase="applying"),
            _status("apply/process", 0.2, pid=11, peak_rss_mib=80.5, phase="applying"),
        ]
    )
    assert roles["apply"]["changes"] == 7
    assert roles["apply"]["pid"] == 11
    assert roles["apply"]["peak_rss_mib"] == 80.5


def test_the_loads_memory_is_that_of_all_its_processes() -> None:
    roles = merged(
        [
            _status("load", 0.5, rows=7, peak_rss_mib=300.0),
            _status("load/process", 0.2, pid=11, peak_rss_mib=80.5),
        ]
    )
    assert roles["load"]["peak_rss_mib"] == 300.0


def test_the_freshest_instance_speaks() -> None:
    old = RoleStatus("capture", "host:1", {"changes": 1}, 60.0)
    new = RoleStatus("capture", "host:2", {"changes": 2}, 0.1)
    assert merged([new, old])["capture"]["changes"] == 2
    assert merged([old, new])["capture"]["instance"] == "host:2"


def test_the_lag_of_a_silent_applier_is_unknown() -> None:
    measured = {"total": {"now": 12.0}}
    fresh = merged([_status("apply", 0.5, lag_ms=measured)])
    silent = merged([_status("apply", 30.0, lag_ms=measured)])
    assert lag(fresh)["total"] == {"now": 12.0}
    assert lag(silent)["total"] is None
    assert lag({})["total"] is None


def test_the_screen_of_nothing_is_honest() -> None:
    from rich.console import Console

    console = Console(width=100)
    with console.capture() as capture:
        console.print(screen({"migration": "m", "state": None}))
    assert capture.get().strip() == "m: not started yet"
