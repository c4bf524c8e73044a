"""The control API: faults over HTTP on a loopback port.

GET    /faults        what is set, as JSON
PUT    /faults        set exactly this; what is absent is off (see `FaultSettings`)
DELETE /faults        all off
POST   /drop          drop every connection now
GET    /healthz       number of connections
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Generator

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.azuresql.fault_settings import FaultSettings
from sandbox.azuresql.faults import Faults
from sandbox.azuresql.server import LOOPBACK, Server


def application(faults: Faults, server: Server) -> Starlette:
    """The API over the faults of `server`."""

    async def show(_: Request) -> JSONResponse:
        return JSONResponse(faults.settings.model_dump(mode="json"))

    async def replace(request: Request) -> JSONResponse:
        try:
            faults.apply(FaultSettings.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return await show(request)

    async def clear(request: Request) -> JSONResponse:
        faults.apply(FaultSettings())
        return await show(request)

    async def drop(_: Request) -> JSONResponse:
        dropped = server.connections
        server.drop()
        return JSONResponse({"dropped": dropped})

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"connections": server.connections})

    return Starlette(
        routes=[
            Route("/faults", show, methods=["GET"]),
            Route("/faults", replace, methods=["PUT"]),
            Route("/faults", clear, methods=["DELETE"]),
            Route("/drop", drop, methods=["POST"]),
            Route("/healthz", health, methods=["GET"]),
        ]
    )


class ControlServer(uvicorn.Server):
    """Uvicorn inside our own event loop: the signals belong to the process that starts it."""

    def __init__(self, app: Starlette, port: int) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
        self._socket = socket.create_server((LOOPBACK, port))

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def run_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._socket])
