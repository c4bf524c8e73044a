"""One session's transaction: T-SQL's nesting and doom over PostgreSQL's savepoints."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.locks import Held
from sandbox.azuresql.tsql.names import fold, quote

_LEVELS = {
    "READ UNCOMMITTED": "READ COMMITTED",
    "READ COMMITTED": "READ COMMITTED",
    "REPEATABLE READ": "REPEATABLE READ",
    "SNAPSHOT": "REPEATABLE READ",
    "SERIALIZABLE": "SERIALIZABLE",
}
TDS_LEVELS = {
    1: "READ UNCOMMITTED",
    2: "READ COMMITTED",
    3: "REPEATABLE READ",
    4: "SERIALIZABLE",
    5: "SNAPSHOT",
}


_GUARD: Final = 'SAVEPOINT "~statement"'
_BACK: Final = 'ROLLBACK TO SAVEPOINT "~statement"'


class Transaction:
    """`count` is @@TRANCOUNT; `doomed` that only a rollback is left (XACT_STATE() = -1)."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.count = 0
        self.doomed = False
        self.isolation = "READ COMMITTED"
        self.around_undo: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
        """What lasts through a rollback: table variables."""
        self.around_commit: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
        self.savepoints: set[str] = set()
        self.name = ""
        self.locks = Held()
        self._settings: dict[str, str] = {}
        self._guarded = False
        self._touched = False

    @property
    def state(self) -> int:
        """XACT_STATE()."""
        if self.count == 0:
            return 0
        return -1 if self.doomed else 1

    def ends(self, name: str) -> bool:
        """Whether a rollback to this name ends it all: no name, or that of the outermost one."""
        known = fold(name)
        return not name or (known == self.name and known not in self.savepoints)

    async def begin(self, name: str = "") -> bool:
        """BEGIN TRANSACTION. True when it opened one, which has the name then."""
        self.count += 1
        if self.count > 1:
            return False
        self.name = fold(name)
        await self._open()
        return True

    async def _open(self) -> None:
        self.savepoints.clear()
        self._guarded = False
        await self._link.run(f"BEGIN ISOLATION LEVEL {_LEVELS[self.isolation]}")

    async def commit(self, line: int = 1) -> bool:
        """COMMIT. True when it ended the outermost one. Raises Refused 3902, 3930.

        Whatever else refuses it, such as a deadlock, has rolled the transaction back.
        """
        if self.count == 0:
            text = "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION."
            raise Refused(3902, text, line=line)
        if self.doomed:
            raise _doomed(line)
        if self.count > 1:
            self.count -= 1
            return False
        try:
            async with self.around_commit():
                try:
                    await self._finish("COMMIT")
                finally:
                    self._ended()
        except Refused:
            if self.count:
                await self.rollback()
            raise
        return True

    async def rollback(self, line: int = 1) -> None:
        """ROLLBACK of everything. Raises Refused 3903."""
        if self.count == 0:
            text = "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION."
            raise Refused(3903, text, line=line)
        try:
            async with self.around_undo():
                await self._finish(self._undoing("ROLLBACK"))
        finally:
            self._ended()

    async def _finish(self, command: str) -> None:
        """The end of the transaction, and of its application locks."""
        releasing = "; ".join(self.locks.ended())
        try:
            await self._link.run(f"{command}; {releasing}" if releasing else command)
        except ServerError:
            if releasing:
                await self._link.run(releasing)
            raise

    async def set(self, name: str, value: str) -> None:
        """A setting of PostgreSQL's session. What PostgreSQL undoes with a rollback stays here."""
        setting = f"SET {name} = {value}"
        await self._link.run(setting)
        if self.count:
            self._settings[name] = setting

    async def _undo(self, command: str) -> None:
        await self._link.run(self._undoing(command))

    def _undoing(self, command: str) -> str:
        return "; ".join([command, *self._settings.values()])

    def _ended(self) -> None:
        self.count = 0
        self.doomed = False
        self._guarded = False
        self._settings.clear()
        self.savepoints.clear()

    async def save(self, name: str, line: int = 1) -> None:
        """SAVE TRANSACTION. Raises Refused 628, 3931."""
        if self.count == 0:
            text = "Cannot issue SAVE TRANSACTION when there is no active transaction."
            raise Refused(628, text, state=0, line=line)
        if self.doomed:
            raise Refused(3931, "The current transaction cannot be committed.", line=line)
        await self._link.run(f"SAVEPOINT {_point(name)}")
        self._guarded = False
        self.savepoints.add(fold(name))

    async def rollback_to(self, name: str, line: int = 1) -> None:
        """ROLLBACK TRANSACTION name, when the name is a savepoint's. Raises Refused 3931, 6401."""
        if self.doomed:
            raise Refused(
                3931,
                "The current transaction cannot be committed and cannot be rolled back to a "
                "savepoint. Roll back the entire transaction.",
                line=line,
            )
        if fold(name) not in self.savepoints:
            text = f"Cannot roll back {name}. No transaction or savepoint of that name was found."
            raise Refused(6401, text, line=line)
        async with self.around_undo():
            await self._undo(f"ROLLBACK TO SAVEPOINT {_point(name)}")
        self._guarded = False

    async def guard(self) -> None:
        """Before a statement whose failure must undo only itself.

        The savepoint goes to PostgreSQL together with the statement. One that only reads leaves
        it where it is.
        """
        if self.count == 0 or self.doomed or (self._guarded and not self._touched):
            return
        released = 'RELEASE SAVEPOINT "~statement"'
        self._link.before([released, _GUARD] if self._guarded else [_GUARD])
        self._guarded, self._touched = True, False

    def touched(self) -> None:
        """A statement did something that a later one's failure must not undo."""
        self._touched = True

    async def undo_statement(self) -> None:
        """After a statement failed: back to where `guard` stood."""
        if self.count > 0 and not self.doomed:
            await self._undo(_BACK)

    async def usable(self) -> None:
        """After an error PostgreSQL answers nothing: go back to where `guard` stood."""
        if self._guarded and self._link.failed:
            await self._undo(_BACK)

    async def doom(self) -> None:
        """The work is undone at once; the empty transaction waits for its ROLLBACK."""
        if self.count > 0 and not self.doomed:
            async with self.around_undo():
                await self._undo("ROLLBACK")
            self.doomed, self._guarded = True, False
            await self._link.run("BEGIN")

    def writing(self, line: int) -> None:
        """Raises Refused 3930 in a doomed transaction."""
        if self.doomed:
            raise _doomed(line)


def _doomed(line: int) -> Refused:
    return Refused(
        3930,
        "The current transaction cannot be committed and cannot support operations that write to "
        "the log file. Roll back the transaction.",
        line=line,
    )


def _point(name: str) -> str:
    return quote("s:" + fold(name)[:60])
