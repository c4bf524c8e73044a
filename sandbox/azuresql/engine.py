"""The database behind the stand-in: an embedded PostgreSQL with a database for each of T-SQL's.

`start` makes a template with the types, functions and views of `catalog/sql`; `CREATE DATABASE`
copies it. Logins and the names of databases are kept in `master`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql import unopened
from sandbox.azuresql.catalog import activity, definitions, logins, passwords, security
from sandbox.azuresql.catalog.bootstrap import MASTER_TABLES, bootstrap, collation_ddl
from sandbox.azuresql.session import Login, Refused
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, quote
from sandbox.azuresql.tsql.results import TypeMap
from sandbox.azuresql.tsql.session import TsqlSession
from sandbox.azuresql.tsql.state import DatabaseState, SessionState
from sandbox.azuresql.tsql.values import read_int, read_text

if TYPE_CHECKING:
    from sandbox.azuresql.catalog.security import Rights

TEMPLATE: Final = "azuresql_template"
MASTER: Final = "master"
SEARCH: Final = "sys,pg_catalog"
ENGINE_SETTINGS: Final = {"max_connections": "400", "max_locks_per_transaction": "256"}
"""What the embedded PostgresServer should be started with."""

_POSTGRES_OWN: Final = frozenset({"postgres", "template0", "template1", TEMPLATE})
"""Databases of the embedded PostgreSQL that T-SQL does not see."""


class Engine:
    """Opens sessions on the databases of one embedded PostgreSQL."""

    def __init__(self, postgres_dsn: str, *, user: str = "sa", password: str) -> None:
        self._dsn = postgres_dsn
        self._sessions: dict[int, TsqlSession] = {}
        self._databases: dict[str, DatabaseState] = {}
        self._ids: dict[str, int] = {}
        self._types = TypeMap({})
        self._admin: Link | None = None
        self._serial = asyncio.Lock()
        self.logins = logins.Logins(self._serial, user, password)
        self.on_kill: Callable[[int], None] | None = None

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Make template and master when they are missing. Idempotent."""
        existing = await self._on_postgres("SELECT datname::text FROM pg_database")
        names = {read_text(row[0]) for row in existing}
        if TEMPLATE not in names:
            await self._make_template()
        if MASTER not in names:
            await self._make_master()
        self._admin = await self._connect(MASTER, "engine")
        self.logins.link = self._admin
        await self._forget_unfinished(names - {MASTER})
        await self._read_types()
        await self._read_databases()
        for folded in self._databases:
            await self._run_on(folded, ["CALL store.drop_global_tables()"])

    async def stop(self) -> None:
        """Close every session. Idempotent."""
        for session in list(self._sessions.values()):
            await session.close()
        if self._admin is not None:
            await self._admin.close()
            self._admin = None

    async def _connect(self, database: str, application: str) -> Link:
        return await Link.connect(self._dsn, database, application, SEARCH)

    async def _on_postgres(self, sql: str) -> list[list[bytes | None]]:
        link = await self._connect("postgres", "engine")
        try:
            rows, _ = await link.fetch(sql)
            return rows
        finally:
            await link.close()

    async def _run_on(self, database: str, statements: Iterable[str]) -> None:
        link = await self._connect(database, "engine")
        try:
            for statement in statements:
                await link.run(statement)
        finally:
            await link.close()

    async def _make_template(self) -> None:
        making = f"{TEMPLATE}_new"
        await self._run_on(
            "postgres",
            [f"DROP DATABASE IF EXISTS {making}", f"CREATE DATABASE {making} TEMPLATE template0"],
        )
        # One transaction: hundreds of definitions, one flush.
        await self._run_on(making, ["BEGIN", *bootstrap(), "COMMIT"])
        await self._run_on("postgres", [f"ALTER DATABASE {making} RENAME TO {TEMPLATE}"])

    async def _make_master(self) -> None:
        making = f"{MASTER}_new"
        await self._run_on(
            "postgres",
            [f"DROP DATABASE IF EXISTS {making}", f"CREATE DATABASE {making} TEMPLATE {TEMPLATE}"],
        )
        await self._run_on(making, [MASTER_TABLES])
        await self._run_on("postgres", [f"ALTER DATABASE {making} RENAME TO {MASTER}"])

    async def _forget_unfinished(self, names: set[str]) -> None:
        """A database counts once it is listed and until it is not: what a kill left is removed."""
        assert self._admin is not None
        rows, _ = await self._admin.fetch("SELECT name FROM store.databases")
        listed = {fold(read_text(row[0])): read_text(row[0]) for row in rows}
        for folded in names - set(listed) - _POSTGRES_OWN:
            await self._admin.run(f"DROP DATABASE IF EXISTS {quote(folded)} WITH (FORCE)")
        for folded in set(listed) - names - {MASTER}:
            await self._unlist(listed[folded])

    async def _unlist(self, name: str) -> None:
        assert self._admin is not None
        await self._admin.fetch(
            "DELETE FROM store.databases WHERE lower(name) = lower($1)", [Value(25, name.encode())]
        )

    async def _read_types(self) -> None:
        assert self._admin is not None
        rows, _ = await self._admin.fetch(
            "SELECT t.oid::int8, n.nspname || '.' || t.typname FROM pg_type t "
            "JOIN pg_namespace n ON n.oid = t.typnamespace "
            "WHERE n.nspname IN ('sys', 'pg_catalog') AND t.typtype IN ('b', 'd')"
        )
        self._types = TypeMap({read_int(row[0]) or 0: read_text(row[1]) for row in rows})

    async def _read_databases(self) -> None:
        assert self._admin is not None
        rows, _ = await self._admin.fetch("SELECT name, database_id FROM store.databases")
        self._ids = {fold(read_text(name)): read_int(id) or 0 for name, id in rows}
        for name, _id in rows:
            folded = fold(read_text(name))
            self._databases.setdefault(folded, DatabaseState(read_text(name), folded))

    # --- logins ---------------------------------------------------------------------------------

    async def check_login(self, user: str, password: str, database: str) -> bool:
        """Whether the password is the administrator's, a login's or one of a user of `database`.

        Raises Refused 10928 and 40613 where PostgreSQL cannot be asked.
        """
        if self.logins.is_administrator(user):
            return self.logins.is_administrators(password)
        try:
            kept = await self._kept_password(user, database)
        except unopened.LOST as error:
            login = Login(user, database or MASTER)
            asked = unopened.reason(login, fold(login.database), self._admin, self._serial, error)
            raise await asked from error
        return await passwords.matches(password, kept)

    async def _kept_password(self, user: str, database: str) -> passwords.Kept | None:
        kept = await self.logins.find(user)
        folded = fold(database or MASTER)
        if kept is None and folded in self._databases:
            link = await self._connect(folded, "engine")
            try:
                kept = await logins.kept(link, "store.principals", user)
            finally:
                await link.close()
        return kept

    # --- sessions -------------------------------------------------------------------------------

    async def open(self, login: Login) -> TsqlSession:
        """A session in the login's database. Raises Refused 4060, 916, 10928, 40613."""
        folded = fold(login.database or MASTER)
        database = self._databases.get(folded)
        if database is None:
            raise unopened.unknown(login)
        link = await self._connect_for(login, folded)
        session = TsqlSession(self, link, login, database, self._types)
        try:
            rights = await self.rights(database, link)
            await session.become(self._user_for(login, rights))
        except BaseException:
            await link.close()
            raise
        self._sessions[login.session_id] = session
        return session

    async def _connect_for(self, login: Login, folded: str) -> Link:
        """A connection for a login. Raises Refused 4060, 10928, 40613."""
        try:
            return await self._connect(folded, f"tds {login.session_id}")
        except unopened.LOST as error:
            raise await unopened.reason(login, folded, self._admin, self._serial, error) from error

    def _user_for(self, login: Login, rights: Rights) -> str:
        if self.logins.is_administrator(login.user):
            return "dbo"
        principal = rights.of_login(login.user)
        if principal is None:
            if fold(login.database or MASTER) == MASTER:
                return "guest"
            raise unopened.no_access(login)
        return principal.name

    def user_of(self, state: SessionState) -> str:
        """The user that a session logged in as, impersonation left out."""
        return state.impersonated[0] if state.impersonated else state.user

    def closed(self, session: TsqlSession) -> None:
        if self._sessions.get(session.state.login.session_id) is session:
            del self._sessions[session.state.login.session_id]

    async def kill(self, session_id: int) -> bool:
        """End a session, as KILL does. False when there is none of that number."""
        session = self._sessions.get(session_id)
        if session is None:
            return False
        assert self._admin is not None
        async with self._serial:
            await self._admin.fetch(
                "SELECT pg_terminate_backend($1, 2000)",
                [Value(23, session.link.process.to_bytes(4, "big"))],
            )
        self.closed(session)
        if self.on_kill is not None:
            self.on_kill(session_id)
        return True

    def sessions_json(self, viewer: TsqlSession) -> str:
        """The live sessions that the viewer may see (catalog/activity.py)."""
        return activity.sessions(self._sessions, viewer, self._ids)

    # --- rights ---------------------------------------------------------------------------------

    async def rights(self, database: DatabaseState, link: Link) -> Rights:
        """The database's rights, read again after a change."""
        if database.rights is None or database.rights_epoch != database.epoch:
            epoch = database.epoch
            rights = await security.read(link)
            database.rights, database.rights_epoch = rights, epoch
            return rights
        return database.rights

    def check_rights(
        self, state: SessionState, needs: Iterable[tuple[str, str, str]], line: int
    ) -> None:
        """Raises Refused 229 when the session's user lacks one of the rights."""
        if state.user.lower() == "dbo":
            return
        if state.database.rights is None:
            raise Refused(50000, "The rights were not read before they were asked for.")
        if state.chained:
            needs = [need for need in needs if need[1] == "sys"]
        refused = state.database.rights.refusal(state.user, needs, state.database.name, line)
        if refused is not None:
            raise refused

    def check_definition(
        self, state: SessionState, right: str, statement: str, name: ObjectName, line: int
    ) -> None:
        """Raises Refused when the session's user may not define this (catalog/definitions.py)."""
        if state.user.lower() == "dbo" or name.temporary or name.shared:
            return
        assert state.database.rights is not None, "the rights are read before a statement runs"
        refused = definitions.refusal(
            state.database.rights,
            state.user,
            definitions.Definition(right, statement),
            state.database.name,
            name.folded_schema,
            fold(name.name),
            line,
        )
        if refused is not None:
            raise refused

    # --- databases ------------------------------------------------------------------------------

    def databases_json(self) -> str:
        """The databases, as `sys.databases` shows them."""
        return json.dumps(
            [{"name": d.name, "database_id": self._ids[f]} for f, d in self._databases.items()]
        )

    def database_id(self, folded: str) -> int:
        return self._ids.get(folded, 0)

    async def create_database(self, name: str) -> None:
        """CREATE DATABASE. Raises Refused 1801."""
        assert self._admin is not None
        folded = fold(name)
        if folded in self._databases or folded in _POSTGRES_OWN:
            raise Refused(
                1801,
                f"Database '{name}' already exists. Choose a different database name.",
                state=3,
            )
        async with self._serial:
            await self._admin.run(
                f"CREATE DATABASE {quote(folded)} TEMPLATE {TEMPLATE} STRATEGY file_copy"
            )
            await self._admin.run(f"COMMENT ON DATABASE {quote(folded)} IS {literal(name)}")
            await self._admin.fetch(
                "INSERT INTO store.databases (name) VALUES ($1)", [Value(25, name.encode())]
            )
            await self._read_databases()

    async def drop_database(self, name: str) -> None:
        """DROP DATABASE, which ends the sessions in it. Raises Refused 3701, 3708."""
        assert self._admin is not None
        folded = fold(name)
        if folded == MASTER:
            raise Refused(
                3708, "Cannot drop the database 'master' because it is a system database."
            )
        if folded not in self._databases:
            raise Refused(
                3701,
                f"Cannot drop the database '{name}', because it does not exist or you do not have "
                "permission.",
                11,
            )
        for number, session in list(self._sessions.items()):
            if session.state.database.folded == folded:
                await self.kill(number)
        async with self._serial:
            await self._unlist(name)
            await self._admin.run(f"DROP DATABASE IF EXISTS {quote(folded)} WITH (FORCE)")
            del self._databases[folded]
            del self._ids[folded]

    def has_database(self, name: str) -> bool:
        return fold(name) in self._databases

    # --- collations -----------------------------------------------------------------------------

    def collation_ddl(self, name: str) -> str:
        """The statement that makes a collation. Raises Refused 448 for a name that is none."""
        return collation_ddl(name)
