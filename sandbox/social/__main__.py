"""`python -m sandbox.social`: the application as a process, told what to do over HTTP.

Reads SOCIAL_SOURCE_DSN and SOCIAL_TARGET_DSN from the environment, prints one line of JSON with its
port once it works, and answers on loopback:

    GET  /status   counters
    POST /flip     {"id": …}: the switch; requests go to the target from now on
    POST /finish   end, look everything up, answer with the summary and the verdict, and exit
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any

import typer

from sandbox.children import LOOPBACK
from sandbox.social.sessions import RequestFailed
from sandbox.social.workload import Plan, Workload


class _Handler(BaseHTTPRequestHandler):
    server: _Control

    def do_GET(self) -> None:
        if self.path == "/status":
            self._answer(200, self.server.workload.counters())
        else:
            self._answer(404, {"error": f"nothing is at {self.path}"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/flip":
            fresh = self.server.workload.flip(str(json.loads(body)["id"]))
            self._answer(200, {"fresh": fresh})
        elif self.path == "/finish":
            self._finish()
        else:
            self._answer(404, {"error": f"nothing is at {self.path}"})

    def _finish(self) -> None:
        try:
            summary, verdict = self.server.workload.finish()
        except (RequestFailed, RuntimeError) as error:
            self._answer(500, {"error": str(error)})
        else:
            self._answer(200, {"summary": summary.as_json(), "ledger": asdict(verdict)})
        threading.Thread(target=self.server.shutdown).start()

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """The record tells what happened; requests to us are not worth a line."""


class _Control(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, workload: Workload) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.workload = workload


def main(
    writes_per_s: Annotated[float, typer.Option(help="Writes asked for in a second.")] = 300.0,
    reads_per_s: Annotated[float, typer.Option(help="Reads asked for in a second.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Decides who does what.")] = 1,
) -> None:
    """Run the application until it is told to finish."""
    plan = Plan(
        source=os.environ["SOCIAL_SOURCE_DSN"],
        target=os.environ["SOCIAL_TARGET_DSN"],
        writes_per_s=writes_per_s,
        reads_per_s=reads_per_s,
        seed=seed,
    )
    workload = Workload(plan)
    workload.start()
    control = _Control(workload)
    print(json.dumps({"port": control.server_port}), flush=True)
    control.serve_forever()


if __name__ == "__main__":
    typer.run(main)
