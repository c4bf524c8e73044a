"""`/metrics` and `/healthz` of one role, on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from model.errors import ConfigurationError
from monitoring.metrics import Metrics


def application(metrics: Metrics) -> Starlette:
    """The routes over one role's figures."""

    async def figures(_: Request) -> Response:
        return Response(metrics.render(), media_type=metrics.content_type)

    async def health(_: Request) -> Response:
        body = {
            "role": metrics.role,
            "migration": metrics.migration,
            "phase": metrics.phase,
            "healthy": metrics.healthy,
            "reason": metrics.reason,
        }
        return JSONResponse(body, status_code=200 if metrics.healthy else 503)

    return Starlette(routes=[Route("/metrics", figures), Route("/healthz", health)])


class _Server(uvicorn.Server):
    """Signals belong to the role, not to its metrics."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # uvicorn's is untyped too
        yield


@contextlib.asynccontextmanager
async def serving(metrics: Metrics, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port, which the system chose when `port` is 0.

    Raises ConfigurationError when the port is taken.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot listen there: {error.strerror}",
            object=f"{host}:{port}",
            hint=f"choose another monitoring.ports.{metrics.role}, or 0 for a free one",
        ) from error
    config = uvicorn.Config(application(metrics), log_config=None, access_log=False, lifespan="off")
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()
