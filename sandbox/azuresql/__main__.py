"""`python -m sandbox.azuresql`: the stand-in as a process, with an embedded PostgreSQL of its own.

Prints connection strings (or one line of JSON) when it accepts logins, and ends, leaving nothing
running, on SIGTERM or SIGINT. With --data its databases are there again at the next start; without,
they go with it. Secrets come from the environment: AZURESQL_PASSWORD (when absent a random one,
kept in the data folder) and, for logins with an access token, AZURESQL_ACCESS_TOKEN.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from model.errors import ConfigurationError, ReplicatorError
from sandbox.azuresql.addresses import Address, connection_strings
from sandbox.azuresql.catalog.bootstrap import fingerprint
from sandbox.azuresql.control import ControlServer, application
from sandbox.azuresql.engine import ENGINE_SETTINGS, Engine
from sandbox.azuresql.faults import Faults
from sandbox.azuresql.server import Server
from sandbox.azuresql.tds import certificate
from sandbox.folders import KeptFolder
from sandbox.postgres import PostgresServer

PASSWORD_VARIABLE: Final = "AZURESQL_PASSWORD"
TOKEN_VARIABLE: Final = "AZURESQL_ACCESS_TOKEN"


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    control_port: int
    user: str
    durable: bool
    data: Path | None
    as_json: bool
    password: str = field(repr=False)
    """Empty: a random one."""
    access_token: str | None = field(repr=False)


def options(arguments: Sequence[str]) -> Options:
    """Read the command line and the environment."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.azuresql", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TDS port, 0 for a free one")
    parser.add_argument("--control-port", type=int, default=0, help="HTTP port of the faults")
    parser.add_argument("--user", default="sa", help="the administrator's login")
    parser.add_argument("--data", type=Path, help="keep the databases here; implies --durable")
    parser.add_argument("--durable", action="store_true", help="fsync: survive a power loss")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what it prints")
    given = parser.parse_args(arguments)
    return Options(
        port=given.port,
        control_port=given.control_port,
        user=given.user,
        durable=given.durable,
        data=given.data,
        as_json=given.format == "json",
        password=os.environ.get(PASSWORD_VARIABLE, ""),
        access_token=os.environ.get(TOKEN_VARIABLE) or None,
    )


async def serve(chosen: Options, password: str, postgres_dsn: str) -> None:
    """Serve until a signal. Raises OSError when a port is taken."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    engine = Engine(postgres_dsn, user=chosen.user, password=password)
    await engine.start()
    faults = Faults()
    server = Server(
        engine,
        certificate.server_context(*certificate.self_signed()),
        faults,
        access_token=chosen.access_token,
        token_user=chosen.user,
    )
    engine.on_kill = server.drop
    port = await server.start(chosen.port)
    control = ControlServer(application(faults, server), chosen.control_port)
    controlling = asyncio.create_task(control.run_until_stopped())
    # The grammar's hundred thousand objects never go: looking through them takes 60 ms each time.
    gc.collect()
    gc.freeze()
    announce(chosen, Address(port, chosen.user, password), control.url)
    await stopped.wait()
    control.should_exit = True
    await server.stop()
    await engine.stop()
    await controlling


def announce(chosen: Options, address: Address, control: str) -> None:
    """One line of JSON on standard output, or the connection strings for people."""
    if chosen.as_json:
        ready = {"port": address.port, "user": address.user, "password": address.password}
        said = json.dumps({**ready, "control": control})
    else:
        kept = "gone when it ends" if chosen.data is None else f"kept in {chosen.data}"
        strings = connection_strings(address)
        said = "\n".join(
            [
                f"The Azure SQL stand-in accepts logins on {address.server}; Ctrl-C ends it.",
                f"Databases: {kept}. Faults on demand: {control}/faults",
                *(f"{client:<14} {text}" for client, text in strings.items()),
            ]
        )
    sys.stdout.write(said + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def kept_folder(path: Path | None) -> Iterator[KeptFolder | None]:
    """The data folder, held. Raises ConfigurationError when what it holds is of another version."""
    if path is None:
        yield None
        return
    folder = KeptFolder(path)
    try:
        if folder.note("catalog", fingerprint) != fingerprint():
            raise ConfigurationError(
                "this folder was made by another version of the stand-in",
                object=str(path),
                hint="name another folder, or remove this one with the databases in it",
            )
        yield folder
    finally:
        folder.close()


def main(arguments: Sequence[str] | None = None) -> None:
    # Only what we say ourselves: the parser tells each of its trees at INFO.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("sandbox").setLevel(logging.INFO)
    chosen = options(sys.argv[1:] if arguments is None else arguments)
    try:
        with kept_folder(chosen.data) as kept:
            password = chosen.password or (
                secrets.token_urlsafe(18) if kept is None else kept.secret("administrator")
            )
            with PostgresServer(ENGINE_SETTINGS, durable=chosen.durable, kept=kept) as postgres:
                uvloop.run(serve(chosen, password, postgres.dsn()))
    except (ReplicatorError, OSError) as error:
        sys.exit(f"the stand-in did not start: {error}")


if __name__ == "__main__":
    main()
