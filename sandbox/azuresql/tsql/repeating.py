"""Calls from their plans: run where a plan holds, made after a call that had none."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from psycopg.pq.abc import PGresult

from sandbox.azuresql.session import (
    Done,
    OutputValue,
    Parameter,
    Refused,
    Result,
    Results,
    ResultSet,
    ReturnStatus,
    Rows,
)
from sandbox.azuresql.tsql import failing, plans, procedures, results
from sandbox.azuresql.tsql.exchange import Pieces, ServerError, rows_of
from sandbox.azuresql.tsql.parameters import declared
from sandbox.azuresql.tsql.plans import Ground, Plan
from sandbox.azuresql.tsql.state import Identity

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

MOST_CHARACTERS: Final = 1 << 16
"""Of the texts whose plans a session keeps: a plan holds its text's tree, which is far larger."""

LONGEST: Final = 1 << 12
_PLAN_IS_OLD: Final = "0A000"
"""PostgreSQL's "cached plan must not change result type": a definition changed just now."""

Key = tuple[str, str]
"""A text and the declarations of its parameters."""


class Plans:
    """The plans of one session, and the texts that have none on the ground of now."""

    def __init__(self) -> None:
        self._found: dict[Key, Plan | Ground] = {}
        self.characters = 0

    def get(self, key: Key, session: TsqlSession) -> Plan | None:
        """The plan that holds."""
        found = self._found.get(key)
        return found if isinstance(found, Plan) and plans.holds(found, session) else None

    def wanted(self, key: Key, session: TsqlSession) -> bool:
        """Whether it is worth while to look for a plan."""
        return _length(key) <= LONGEST and self._found.get(key) != plans.ground(session)

    def add(self, key: Key, found: Plan | Ground) -> None:
        if key not in self._found:
            if self.characters + _length(key) > MOST_CHARACTERS:
                self.clear()
            self.characters += _length(key)
        self._found[key] = found

    def clear(self) -> None:
        self._found.clear()
        self.characters = 0


def _length(key: Key) -> int:
    return len(key[0]) + len(key[1])


def _asked(
    session: TsqlSession, name: str, given: Sequence[Parameter]
) -> tuple[Key, Sequence[Parameter]] | None:
    """The text that a call runs, and the parameters of the text; None for any other call."""
    if name == "sp_execute" and given:
        prepared = session.prepared.get(given[0].value) if _handle(given[0]) else None
        if prepared is not None and not prepared.call:
            return (prepared.text, prepared.declarations), given[1:]
    elif name == "sp_prepexec" and len(given) > 2 and _handle(given[0]):
        return _key(given[2].value, given[1].value), given[3:]
    elif name == "sp_executesql" and given:
        return _key(given[0].value, given[1].value if len(given) > 1 else None), given[2:]
    return None


def _handle(parameter: Parameter) -> bool:
    return isinstance(parameter.value, int | None)


def _key(text: object, declarations: object) -> Key:
    return str(text or ""), str(declarations or "")


async def learn(session: TsqlSession, name: str, given: Sequence[Parameter]) -> None:
    """After a call that ran without a plan: make one for the next call, where it can have one."""
    asked = _asked(session, name, given)
    if asked is None or session.state.error or not session.plans.wanted(asked[0], session):
        return
    (text, declarations), rest = asked
    try:
        found = await plans.make(session, text, declared(declarations), rest)
    except Refused:
        return
    if found is not None:
        session.plans.add(asked[0], found)


async def repeat(
    session: TsqlSession, name: str, given: Sequence[Parameter]
) -> Sequence[Result] | Results | None:
    """The results of a call whose plan holds; a generator where they are many, or an error.

    None: it has no such plan, and nothing has happened.
    """
    asked = _asked(session, name, given)
    plan = session.plans.get(asked[0], session) if asked is not None else None
    if asked is None or plan is None:
        return None
    try:
        values = plan.values(asked[1])
    except Refused:
        return None
    if values is None:
        return None
    if session.transaction.count and not session.state.options.xact_abort:
        await session.transaction.guard()
    session.interpreter.target = plan.target or session.interpreter.target
    failure: ServerError | None = None
    try:
        pieces, more = await session.link.repeat(plan.prepared, values)
    except ServerError as error:
        if session.cancelled:
            await session.interpreter.interrupted()
            return []
        if error.sqlstate == _PLAN_IS_OLD and not session.transaction.count:
            await session.link.forget()
            return None
        failure = error
    before = [procedures.keep(session, given)[0]] if name == "sp_prepexec" else []
    if failure is not None:
        return session.guarded(_failed(session, plan, failure, before))
    if plan.target is not None:
        if more is not None:
            await _to_the_end(more)
        return _changed(session, plan, pieces[0].command_tuples or 0, before)
    begun, count = _begun(session, plan, pieces)
    if more is not None:
        return session.guarded(_others(session, plan, begun, count, more, before))
    return [*begun, *_ended(session, plan.command, count, before)]


def _begun(
    session: TsqlSession, plan: Plan, pieces: Sequence[PGresult]
) -> tuple[list[Result], int]:
    """The columns and the first rows, and how many these are."""
    shown = plan.result
    if shown is None:
        shown = ResultSet(results.columns(pieces[0], plan.outputs, session.types))
        if results.settled(shown.columns, pieces[0], session.types):
            plan.result = shown
    rows = [row for piece in pieces for row in rows_of(piece)]
    return [shown, Rows(rows)] if rows else [shown], len(rows)


def _ended(
    session: TsqlSession, command: int, count: int, before: Sequence[OutputValue]
) -> list[Result]:
    """What follows a statement that went well."""
    session.state.rowcount = count
    session.state.error = 0
    done = Done(None if session.state.options.nocount else count, command)
    return [done, ReturnStatus(0), *before]


async def _others(
    session: TsqlSession,
    plan: Plan,
    begun: list[Result],
    count: int,
    more: Pieces,
    before: Sequence[OutputValue],
) -> AsyncGenerator[Result, None]:
    """A result of more rows than come at once."""
    for result in begun:
        yield result
    try:
        async with aclosing(more):
            async for piece in more:
                count += piece.ntuples
                if piece.ntuples:
                    yield Rows(rows_of(piece))
    except ServerError as error:
        if session.cancelled:
            raise
        async for result in _failed(session, plan, error, before):
            yield result
        return
    for result in _ended(session, plan.command, count, before):
        yield result


async def _to_the_end(more: Pieces) -> None:
    async for _ in more:
        pass


def _changed(
    session: TsqlSession, plan: Plan, count: int, before: Sequence[OutputValue]
) -> list[Result]:
    """Rows were changed; with NOCOUNT nothing says so."""
    session.transaction.touched()
    if plan.target is not None and plan.target.identity is not None and plan.inserts and count:
        session.state.identity = Identity(plan.target)
    ended = _ended(session, plan.command, count, before)
    return ended[1:] if session.state.options.nocount else ended


async def _failed(
    session: TsqlSession, plan: Plan, error: ServerError, before: Sequence[OutputValue]
) -> AsyncGenerator[Result, None]:
    """What PostgreSQL refused, said and settled as for a text that runs for the first time."""
    notice = await failing.failed(session.interpreter, error, plan.node)
    async for result in failing.report(session.interpreter, failing.raised(notice), plan.node):
        yield result
    yield ReturnStatus(0)
    for value in before:
        yield value
