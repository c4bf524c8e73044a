"""`replicator check`: reachability and every right, on both ends and Kafka."""

from __future__ import annotations

import typer

from model.errors import Blocked, Unreachable
from model.ports import CheckResult
from replicator.cli.ends import source_of, target_of
from replicator.cli.output import (
    BLOCKED,
    DEFAULT_CONFIG,
    FAILED,
    ConfigOption,
    Format,
    FormatOption,
    say,
    show_json,
)
from replicator.config.file import Config, load_config
from topics.admin import TopicAdmin


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Prove what the migration needs before it starts. Example: replicator check -c m.yaml

    One line each; a failing one says what would make it pass. Exit code 3 when one fails, 1 when
    an end cannot be reached or refuses the login.
    """
    results = checked(load_config(config))
    if format is Format.JSON:
        lines = [
            {"end": end, "name": r.name, "passed": r.passed, "detail": r.detail, "fix": r.fix}
            for end, r in results
        ]
        show_json({"passed": all(r.passed for _, r in results), "checks": lines})
    else:
        for end, result in results:
            say(f"{'ok  ' if result.passed else 'FAIL'} {end}: {result.name}: {result.detail}")
            if not result.passed and result.fix:
                say(f"       → {result.fix}")
    if any(_away(result) for _, result in results):
        raise typer.Exit(FAILED)
    if not all(result.passed for _, result in results):
        raise typer.Exit(BLOCKED)


def checked(config: Config) -> list[tuple[str, CheckResult]]:
    """Every check with the end that it concerns. Raises Unreachable and LoginRefused."""
    results: list[tuple[str, CheckResult]] = []
    with source_of(config) as source:
        source.identity()
        results += (("source", result) for result in source.check())
    with target_of(config) as target:
        results += (("target", result) for result in target.check())
    return results + [("kafka", result) for result in TopicAdmin(config.kafka).check()]


def _away(result: CheckResult) -> bool:
    """An end that does not answer, or refuses the login, is a failure and no blocker."""
    return not result.passed and "reachable" in result.name


def require(config: Config) -> None:
    """Raises Blocked naming every check that fails."""
    failing = [(end, result) for end, result in checked(config) if not result.passed]
    if failing:
        what = "; ".join(f"{end}: {r.name}: {r.detail}" for end, r in failing)
        fixes = "; ".join(r.fix for _, r in failing if r.fix)
        error = Unreachable if any(_away(result) for _, result in failing) else Blocked
        raise error(f"not everything is ready: {what}", object=config.migration, hint=fixes)
