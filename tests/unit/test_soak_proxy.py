"""The breakable proxy, between two real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from sandbox.soak.proxy import Proxy
from tests.patience import PATIENCE_S


class Echo:
    """Sends back what it gets, on every connection."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=[connection], daemon=True).start()

    def _echo(self, connection: socket.socket) -> None:
        with connection:
            try:
                while piece := connection.recv(65536):
                    connection.sendall(piece)
            except ConnectionError:
                return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    echo = Echo()
    with Proxy() as proxy:
        proxy.towards(echo.port)
        yield proxy
    echo.close()


def connected(proxy: Proxy) -> socket.socket:
    """A connection that is known to be open at both ends."""
    client = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE_S)
    assert said(client, b"open") == b"open"
    return client


def said(client: socket.socket, text: bytes) -> bytes:
    """The echo of the text."""
    client.sendall(text)
    heard = b""
    while len(heard) < len(text):
        piece = client.recv(65536)
        if not piece:
            break
        heard += piece
    return heard


def test_it_forwards_both_ways(proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert said(client, bytes(300_000)) == bytes(300_000)


def test_latency_holds_every_piece_back(proxy: Proxy) -> None:
    with connected(proxy) as client:
        proxy.slow(latency_s=0.2)
        begin = time.monotonic()
        said(client, b"x")
        assert time.monotonic() - begin >= 0.4
        proxy.slow()
        assert said(client, b"y") == b"y"


def test_a_narrow_line_passes_so_many_bytes_a_second(proxy: Proxy) -> None:
    with connected(proxy) as client:
        proxy.slow(bytes_per_s=100_000)
        begin = time.monotonic()
        said(client, bytes(30_000))
        assert time.monotonic() - begin >= 0.5


def test_a_reset_ends_what_is_open_and_nothing_else(proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert proxy.reset() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    connected(proxy).close()


def test_a_deaf_connection_stays_open_and_silent_for_ever(proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert proxy.deafen() == 1
        client.sendall(b"anybody?")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        connected(proxy).close()


def test_a_server_that_is_away_is_a_lost_connection(proxy: Proxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    proxy.towards(port)
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE_S) as client:
        assert client.recv(1) == b""
