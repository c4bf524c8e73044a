"""A table that cannot go on stops alone, and goes on when a person has mended its cause."""

from __future__ import annotations

from model.state import MigrationState
from tests.integration.core.journey import Journey
from tests.patience import until

PEOPLE = "public.people"


def state(journey: Journey) -> tuple[str, str]:
    """The table's state and why it is there, as the target remembers."""
    ((state, reason),) = journey.target(
        "SELECT state, reason FROM replicator.tracked WHERE source_name = N'people'"
    )
    return state, reason


def until_quarantined(journey: Journey) -> None:
    until(lambda: state(journey)[0] == "quarantined", lambda: state(journey))


def until_rows(journey: Journey, sql: str, *rows: str) -> None:
    until(lambda: [row[0] for row in journey.target(sql)] == list(rows), sql)


def retried(journey: Journey, name: str, code: int = 0) -> str:
    ended = journey.replicator("table", "retry", name)
    assert ended.returncode == code, ended.stderr
    return (ended.stderr if code else ended.stdout).strip()


def test_a_quarantined_table_is_mended_and_catches_up(journey: Journey) -> None:
    journey.people(50)
    with journey.roles("capture", "apply", "load"), journey.coordinated() as context:
        journey.until(MigrationState.IN_SYNC)
        assert retried(journey, PEOPLE) == f"{PEOPLE} is not quarantined: nothing was changed"
        said = retried(journey, "public.peopel", code=2)
        assert "public.peopel: no such table is captured" in said
        assert f"did you mean '{PEOPLE}'?" in said

        journey.target("ALTER TABLE dbo.people ADD CONSTRAINT short CHECK (LEN(name) < 30)")
        journey.sql("UPDATE people SET name = repeat('x', 30) WHERE id = 7")
        journey.sql("UPDATE people SET name = 'behind it' WHERE id = 8")
        journey.sql("UPDATE visits SET note = 'goes on' WHERE id = 1")
        until_quarantined(journey)
        assert "[547]" in state(journey)[1]
        until_rows(journey, "SELECT note FROM dbo.visits WHERE id = 1", "goes on")
        blocked = journey.replicator("cutover", "--confirm", journey.name)
        assert blocked.returncode == 3, blocked.stdout + blocked.stderr
        assert f"{PEOPLE} is quarantined" in blocked.stdout

        # Nothing was mended yet: what was refused is tried first, and refused again.
        assert retried(journey, PEOPLE) == f"{PEOPLE} is consistent again"
        until_quarantined(journey)

        journey.target("ALTER TABLE dbo.people DROP CONSTRAINT short")
        assert retried(journey, PEOPLE) == f"{PEOPLE} is consistent again"
        names = "SELECT name FROM dbo.people WHERE id IN (7, 8) ORDER BY id"
        until_rows(journey, names, "x" * 30, "behind it")
        assert state(journey)[0] == "consistent"
        noted = [entry for entry in context.state.entries() if entry.event == "table retry"]
        assert [entry.detail["table"] for entry in noted] == [PEOPLE, PEOPLE]
