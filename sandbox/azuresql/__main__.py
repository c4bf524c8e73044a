"""`python -m sandbox.azuresql`: the stand-in as a process, with an embedded PostgreSQL of its own.

Prints one line of JSON when it accepts logins, and ends, leaving nothing behind, on SIGTERM or
SIGINT. Secrets come from the environment: AZURESQL_PASSWORD (random when absent) and, for logins
with an access token, AZURESQL_ACCESS_TOKEN.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sandbox.azuresql.control import ControlServer, application
from sandbox.azuresql.engine import ENGINE_SETTINGS, Engine
from sandbox.azuresql.faults import Faults
from sandbox.azuresql.server import Server
from sandbox.azuresql.tds import certificate
from sandbox.postgres import PostgresServer

PASSWORD_VARIABLE: Final = "AZURESQL_PASSWORD"
TOKEN_VARIABLE: Final = "AZURESQL_ACCESS_TOKEN"


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    control_port: int
    user: str
    durable: bool
    password: str = field(repr=False)
    access_token: str | None = field(repr=False)


def options(arguments: Sequence[str]) -> Options:
    """Read the command line and the environment."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.azuresql", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TDS port, 0 for a free one")
    parser.add_argument("--control-port", type=int, default=0, help="HTTP port of the faults")
    parser.add_argument("--user", default="sa", help="the administrator's login")
    parser.add_argument("--durable", action="store_true", help="fsync: survive a power loss")
    given = parser.parse_args(arguments)
    return Options(
        port=given.port,
        control_port=given.control_port,
        user=given.user,
        durable=given.durable,
        password=os.environ.get(PASSWORD_VARIABLE) or secrets.token_urlsafe(18),
        access_token=os.environ.get(TOKEN_VARIABLE) or None,
    )


async def serve(chosen: Options, postgres_dsn: str) -> None:
    """Serve until a signal. Raises OSError when a port is taken."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    engine = Engine(postgres_dsn, user=chosen.user, password=chosen.password)
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
    announce(chosen, port, control.url)
    await stopped.wait()
    control.should_exit = True
    await server.stop()
    await engine.stop()
    await controlling


def announce(chosen: Options, port: int, control: str) -> None:
    """The one line on standard output."""
    ready = {"port": port, "control": control, "user": chosen.user, "password": chosen.password}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    # Only what we say ourselves: the parser tells each of its trees at INFO.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("sandbox").setLevel(logging.INFO)
    chosen = options(sys.argv[1:] if arguments is None else arguments)
    with PostgresServer(settings=ENGINE_SETTINGS, durable=chosen.durable) as postgres:
        asyncio.run(serve(chosen, postgres.dsn()))


if __name__ == "__main__":
    main()
