"""A blocking connection, used from an event loop in one thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Serial:
    """Runs one call after the other in its thread. A cancelled wait leaves the call to its end."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def __call__(self, call: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(call, *args, **named))

    async def close(self, call: Callable[[], None] | None = None) -> None:
        """Run a last call after all others, then end the thread."""
        try:
            if call is not None:
                await self(call)
        finally:
            self._pool.shutdown(wait=False)
