"""Running the target's scripts, stage by stage, and what is remembered of it."""

from __future__ import annotations

import logging
from typing import Any, Final

from model.catalog import Catalog
from model.errors import Blocked, Retryable
from model.state import ChunkState
from replicator.config.file import Config
from replicator.phases.backoff import waits
from replicator.phases.context import Context
from replicator.schema import (
    PlanOptions,
    SchemaPlan,
    Scripts,
    Stage,
    TableTypes,
    convert,
    plan,
)
from replicator.schema.deploy import Deployed, deploy

SHAPE: Final = "shape"
SCRIPTS: Final = "scripts"
DEPLOYED: Final = "deployed"
"""Names of what deploy remembers: the source's shape, the scripts, each object's digest."""


_ATTEMPTS: Final = 6
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 5.0

_log = logging.getLogger("replicator.coordinate")


def planned_schema(context: Context, catalog: Catalog) -> SchemaPlan:
    """Types and names for the target, chosen by catalog and data. Raises Unsupported."""
    profiles = context.source.profile(catalog.tables)
    return plan(catalog, profiles, plan_options(context.config))


def plan_options(config: Config) -> PlanOptions:
    """What the configuration says about types and names."""
    own = config.schema_
    return PlanOptions(
        types=own.types,
        tables={name: TableTypes(each.types, each.columns) for name, each in own.tables.items()},
        schemas=config.target.schemas,
        not_a_number=config.source.not_a_number,
        midnight_24=config.source.midnight_24,
    )


def scripts_of(context: Context, planned: SchemaPlan) -> Scripts:
    """The scripts that a person edited (`schema.scripts`), else those that convert writes."""
    folder = context.config.schema_.scripts
    return Scripts.read(folder) if folder else convert(planned)


def post_load(context: Context) -> int:
    """Run the scripts that the load had to wait for; returns how many batches ran."""
    kept = context.state.recall(SCRIPTS)
    if kept is None:
        raise Blocked(
            "the scripts of the deployment were not recorded",
            hint="run `replicator deploy --stage pre-load` first",
        )
    return stage(context, Stage.POST_LOAD, Scripts(kept["files"]), None)


def stage(
    context: Context,
    which: Stage,
    scripts: Scripts,
    planned: SchemaPlan | None,
    *,
    verify_only: bool = False,
) -> int:
    """Run one stage, each batch journaled; what is there already is left."""
    recorded: dict[str, str] = context.state.recall(DEPLOYED) or {}
    ran = 0

    def note(done: Deployed) -> None:
        nonlocal ran
        recorded[done.object] = done.digest
        if done.skipped:
            return
        ran += 1
        context.state.remember(DEPLOYED, recorded)
        detail: dict[str, Any] = {"object": done.object, "file": done.file, "batch": done.line}
        context.journal.note("batch", str(which), detail)

    started = {
        chunk.table for chunk in context.state.chunks() if chunk.state is not ChunkState.PLANNED
    }
    holding = frozenset(table.target for table in context.tracked() if table.source in started)
    for number, wait in enumerate(waits(_FIRST_WAIT_S, _LONGEST_WAIT_S), start=1):
        try:
            deploy(
                which,
                scripts,
                planned,
                context.target,
                recorded,
                note,
                holding,
                verify_only,
                context.config.migration,
            )
        except Retryable as passing:
            # Others than our appliers may hold a table: an ALTER waits for them for a moment only
            # (1222). What was made is recorded, so another try goes on from there.
            if number == _ATTEMPTS:
                raise
            _log.warning("deploy tries again", extra={"fields": {"why": str(passing)}})
            context.pause(max(wait, passing.wait))
        else:
            break
    return ran
