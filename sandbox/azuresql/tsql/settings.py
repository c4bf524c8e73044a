"""SET options: those that change behaviour, and those that a client may set without effect here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result, Results
from sandbox.azuresql.tsql import evaluate, refusal
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, plain
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_ALWAYS_ON: Final = frozenset(
    {"ANSI_NULLS", "ANSI_PADDING", "ANSI_WARNINGS", "ARITHABORT", "CONCAT_NULL_YIELDS_NULL"}
    | {"QUOTED_IDENTIFIER", "ANSI_NULL_DFLT_ON", "ANSI_DEFAULTS"}
)
"""Options that SQL Server's clients always have on; OFF is another language, and refused."""

_IGNORED: Final = frozenset(
    {"CURSOR_CLOSE_ON_COMMIT", "NO_BROWSETABLE", "NUMERIC_ROUNDABORT", "ANSI_NULL_DFLT_OFF"}
    | {"TEXTSIZE", "DATEFORMAT", "DEADLOCK_PRIORITY", "CONTEXT_INFO", "ARITHIGNORE"}
    | {"REMOTE_PROC_TRANSACTIONS", "FORCEPLAN", "SHOWPLAN_ALL", "SHOWPLAN_TEXT", "SHOWPLAN_XML"}
    | {"STATISTICS", "QUERY_GOVERNOR_COST_LIMIT", "OFFSETS", "PARSEONLY", "NOEXEC"}
)
"""Options that have no effect at the values below, and are refused at others."""

_HARMLESS: Final = {
    "TEXTSIZE": None,
    "DATEFORMAT": {"MDY", "YMD", "DMY"},
    "DEADLOCK_PRIORITY": None,
    "CONTEXT_INFO": None,
    "STATISTICS": None,
    "CURSOR_CLOSE_ON_COMMIT": None,
    "NO_BROWSETABLE": None,
    "ANSI_NULL_DFLT_OFF": {"OFF"},
}


async def set_option(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SET option [, option] ON | OFF | value`."""
    walk = Walk(node)
    walk.need_words("SET")
    if walk.words("TRANSACTION", "ISOLATION", "LEVEL"):
        interpreter.session.transaction.isolation = " ".join(child.word for child in walk.rest)
        return
    if walk.words("IDENTITY_INSERT"):
        await _identity_insert(interpreter, walk, node)
        return
    names: list[str] = []
    words = [child for child in walk.rest if child.kind != "comma"]
    *options, last = words
    names = [option.word for option in options]
    value = last.word
    for name in names:
        _apply(interpreter, name, value, node)
    if "DATEFORMAT" in names:
        await interpreter.session.transaction.set("DateStyle", f"'ISO, {value}'")
    if "DATEFIRST" in names:
        await interpreter.session.transaction.set("store.datefirst", f"'{value}'")
    if "LOCK_TIMEOUT" in names:
        await interpreter.session.set_lock_timeout(int(value))
    return
    yield Done()


def _apply(interpreter: Interpreter, name: str, value: str, node: Node) -> None:
    options = interpreter.session.state.options
    on = value == "ON"
    if name == "NOCOUNT":
        options.nocount = on
    elif name == "XACT_ABORT":
        options.xact_abort = on
    elif name == "IMPLICIT_TRANSACTIONS":
        options.implicit_transactions = on
    elif name == "FMTONLY":
        options.format_only = on
    elif name == "ROWCOUNT" and value.isdigit():
        options.rowcount = int(value)
    elif name == "DATEFIRST":
        if not value.isdigit():
            raise refusal.unknown(node)
        if not 1 <= int(value) <= 7:
            raise Refused(2742, f"SET DATEFIRST {value} is out of range.", line=node.line)
        options.datefirst = int(value)
    elif name in ("LOCK_TIMEOUT",):
        return
    elif name in _ALWAYS_ON:
        if not on:
            raise refusal.unknown(node)
    elif name in _IGNORED:
        allowed = _HARMLESS.get(name, {"OFF"})
        if allowed is not None and value not in allowed:
            raise refusal.unknown(node)
    else:
        raise Refused(195, f"'{name}' is not a recognized SET option.", 15, 5, node.line)


async def _identity_insert(interpreter: Interpreter, walk: Walk, node: Node) -> None:
    name = ObjectName.of(walk.need("table_reference"))
    on = walk.skip().word == "ON"
    walk.done()
    session = interpreter.session
    relations = await evaluate.load(session, node)
    relation = relations.get(name.key)
    if relation is None:
        raise Refused(
            1088,
            f'Cannot find the object "{name}" because it does not exist or you do not have '
            "permissions.",
            state=11,
            line=node.line,
        )
    if relation.identity is None:
        raise Refused(
            8106,
            f"Table '{relation.schema}.{relation.name}' does not have the identity property. "
            "Cannot perform SET operation.",
            line=node.line,
        )
    key = (relation.schema.lower(), relation.name.lower())
    current = session.state.identity_insert
    if on and current not in (None, key):
        assert current is not None
        raise Refused(
            8107,
            f"IDENTITY_INSERT is already ON for table "
            f"'{session.state.database.name}.{current[0]}.{current[1]}'. Cannot perform SET "
            f"operation for table '{relation.name}'.",
            line=node.line,
        )
    if on:
        session.state.identity_insert = key
    elif current == key:
        session.state.identity_insert = None


async def set_language(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SET LANGUAGE us_english`, the only one."""
    chosen = plain(node.children[-1].text).lower()
    if chosen not in ("us_english", "english", "n'us_english'", "'us_english'"):
        raise refusal.unknown(node)
    return
    yield Done()


HANDLERS: Final[dict[str, Callable[[Interpreter, Node, Frame], Results]]] = {
    "set_segment": set_option,
    "set_language_statement": set_language,
}
