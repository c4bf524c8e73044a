"""The switch hook's other end: freezes the target for comparison, then moves the application."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from model.errors import ReplicatorError
from replicator.validation import ComparableTarget
from sandbox.children import LOOPBACK


class Freezable(Protocol):
    """A target that can be read as it stands now, whatever is written later."""

    def frozen(self) -> AbstractContextManager[ComparableTarget]: ...


class Movable(Protocol):
    """An application that follows the switch."""

    def flip(self, id: str) -> None: ...


class SwitchDesk:
    """Listens on loopback for the coordinator's call.

    The call comes after finalise and close and before the target opens: only then does one SNAPSHOT
    transaction see exactly what the source was frozen at. It may come more than once.
    """

    def __init__(self, target: Freezable, application: Movable) -> None:
        self._target = target
        self._application = application
        self._lock = threading.Lock()
        self._held = contextlib.ExitStack()
        self._frozen: ComparableTarget | None = None
        self.switched_at: float | None = None
        self._server = _Listener(self)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_port}/switch"

    @property
    def frozen(self) -> ComparableTarget:
        """The target as the switch found it. Raises ReplicatorError before the switch."""
        if self._frozen is None:
            raise ReplicatorError("the switch hook was never called")
        return self._frozen

    def switch(self, id: str) -> None:
        """Freeze once, flip each time (the application knows repetitions by their id)."""
        with self._lock:
            if self._frozen is None:
                self._frozen = self._held.enter_context(self._target.frozen())
                self.switched_at = time.monotonic()
            self._application.flip(id)

    def close(self) -> None:
        """Stop listening and let the frozen transaction go."""
        self._server.shutdown()
        self._server.server_close()
        self._held.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, desk: SwitchDesk) -> None:
        super().__init__((LOOPBACK, 0), _Call)
        self.desk = desk


class _Call(BaseHTTPRequestHandler):
    server: _Listener

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        try:
            self.server.desk.switch(str(body["id"]))
        except ReplicatorError as error:
            self._answer(500, str(error))
        else:
            self._answer(200, "flipped")

    def _answer(self, code: int, text: str) -> None:
        content = text.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """The journal tells when the hook was called."""
