"""Past the point of no return: flip the applications and open the target. Only ever forward."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from model.errors import Blocked
from model.state import JournalEntry
from replicator import journal
from replicator.config.sections import SwitchHook
from replicator.cutover import now_ms
from replicator.phases.backoff import waits
from replicator.phases.context import Context, Outcome, Phase


def run(context: Context) -> Outcome:
    """Call the hook, lift the target's denial, prove it with a canary write.

    After a crash it is all done again: the hook's id tells its receiver that it is the same.
    """
    latest = journal.attempt(context.state.entries())
    if done := next((entry for entry in latest if entry.event == journal.SWITCH_DONE), None):
        return Outcome(done.detail)
    hook = context.config.cutover.hooks.switch
    if hook is not None:
        call_hook(hook, _event(context, latest), context.pause)
    principals = context.config.cutover.target_principals
    context.target.allow_writes(principals)
    first = context.tracked()[0].target
    for principal in principals:
        if not context.target.write_allowed(principal, first):
            raise Blocked(
                f"{principal} still may not write in the target",
                object=str(first),
                hint="grant it the right to write, then start the coordinator again",
            )
    detail = _measured(context, latest)
    context.journal.note(journal.SWITCH_DONE, "switched", detail)
    return Outcome(detail)


def retrust(context: Context) -> None:
    """Check old rows of constraints that were enabled for new ones only, while all work goes on."""
    if not context.config.cutover.trust_before_switch:
        lines = context.target.retrust([table.target for table in context.tracked()])
        context.journal.note("retrusted", "switched", {"objects": lines})


def call_hook(hook: SwitchHook, event: dict[str, Any], pause: Callable[[float], None]) -> None:
    """Tell the outside until it agrees. Raises Blocked after `hook.attempts` refusals."""
    reason = ""
    for number, wait in zip(range(1, hook.attempts + 1), waits(0.2, 5.0), strict=False):
        reason = _post(hook, event) if hook.url else _command(hook, event)
        if not reason:
            return
        if number < hook.attempts:
            pause(wait)
    raise Blocked(
        f"the switch hook failed {hook.attempts} times: {reason}",
        object=hook.url or " ".join(hook.command or []),
        hint="the source is closed and the target complete: mend the hook, then start the "
        "coordinator again; it goes on from here",
    )


def _post(hook: SwitchHook, event: dict[str, Any]) -> str:
    """Empty when the address answered 2xx, else why not."""
    request = urllib.request.Request(
        hook.url or "",
        data=json.dumps(event).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=hook.timeout):
            return ""
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        return str(getattr(error, "reason", error)) or type(error).__name__


def _command(hook: SwitchHook, event: dict[str, Any]) -> str:
    """Empty when the command ended with 0, else why not."""
    try:
        ended = subprocess.run(
            hook.command or [],
            input=json.dumps(event).encode(),
            timeout=hook.timeout,
            check=False,
            stdout=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {hook.timeout:g} s"
    except OSError as error:
        return error.strerror or "it cannot be started"
    return "" if ended.returncode == 0 else f"it ended with {ended.returncode}"


def _event(context: Context, latest: list[JournalEntry]) -> dict[str, Any]:
    return {
        "event": "switch",
        "id": _entered(latest, "switched").get("attempt", ""),
        "migration": context.config.migration,
        "target": context.config.target.kind,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }


def _entered(latest: list[JournalEntry], phase: str) -> dict[str, Any]:
    """The detail with which the latest attempt entered a state."""
    entries = (entry for entry in latest if entry.event == journal.ENTER and entry.phase == phase)
    found = next(entries, None)
    return found.detail if found else {}


def _measured(context: Context, latest: list[JournalEntry]) -> dict[str, Any]:
    """From the fence's locks to the target's first accepted write, by this host's clock."""
    held = _entered(latest, "mark").get("held_ms")
    return {
        "downtime_ms": now_ms() - held if isinstance(held, int) else None,
        "steps": context.attempt.steps if context.attempt else [],
    }


PHASE = Phase(run, after=retrust)
