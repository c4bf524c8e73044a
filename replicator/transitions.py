"""Which state may follow which. The coordinator walks this table; nobody else moves a migration."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from model.errors import IllegalTransition
from model.state import MigrationState as S

STEPS: Final = (
    S.PREFLIGHT,
    S.ARM,
    S.FENCE,
    S.MARK,
    S.DRAIN,
    S.VERIFY,
    S.FINALISE,
    S.CLOSE,
)
"""The steps of a cut-over that can still be undone, in order."""

POINT_OF_NO_RETURN: Final = (S.CLOSE, S.SWITCHED)
"""Before this transition everybody may only go back, after it only forward."""


def _legal() -> Mapping[S, frozenset[S]]:
    table: dict[S, frozenset[S]] = {
        S.CREATED: frozenset({S.ASSESSED, S.DEPLOYED}),
        S.ASSESSED: frozenset({S.DEPLOYED}),
        S.DEPLOYED: frozenset({S.LOADING}),
        S.LOADING: frozenset({S.CATCHING_UP, S.PAUSED}),
        S.CATCHING_UP: frozenset({S.IN_SYNC, S.PAUSED}),
        S.IN_SYNC: frozenset({S.PAUSED, S.REHEARSING, S.PREFLIGHT}),
        S.PAUSED: frozenset({S.LOADING, S.CATCHING_UP, S.IN_SYNC}),
        S.REHEARSING: frozenset({S.IN_SYNC}),
        # Whoever takes an undoing over enters it again: the epoch shuts the former one out.
        S.ABORTING: frozenset({S.IN_SYNC, S.ABORTING}),
        S.SWITCHED: frozenset({S.FALLBACK_READY}),
        S.FALLBACK_READY: frozenset({S.FINISHED}),
        S.FINISHED: frozenset(),
    }
    for step, following in zip(STEPS, (*STEPS[1:], S.SWITCHED), strict=True):
        table[step] = frozenset({following, S.ABORTING})
    return MappingProxyType(table)


LEGAL: Final = _legal()

FORWARD: Final[Mapping[S, S]] = MappingProxyType(
    {
        S.CREATED: S.DEPLOYED,
        S.ASSESSED: S.DEPLOYED,
        S.DEPLOYED: S.LOADING,
        S.LOADING: S.CATCHING_UP,
        S.CATCHING_UP: S.IN_SYNC,
        S.IN_SYNC: S.PREFLIGHT,
        **dict(zip(STEPS, (*STEPS[1:], S.SWITCHED), strict=True)),
        S.ABORTING: S.IN_SYNC,
    }
)
"""Where a state leads when its phase is done. In sync, the phase is done when someone asks."""

TRANSIENT: Final = frozenset({*STEPS, S.ABORTING})
"""States that only a running coordinator may be in: one that finds them at its start undoes."""


def check(before: S, after: S) -> None:
    """Raises IllegalTransition unless `after` may follow `before`."""
    if after not in LEGAL[before]:
        allowed = ", ".join(sorted(LEGAL[before])) or "nothing"
        raise IllegalTransition(
            f"a migration that is {before} cannot become {after}",
            hint=f"after {before} comes {allowed}",
        )
