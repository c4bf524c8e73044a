"""What drivers sent: recorded from ODBC, mssql-python, pymssql and python-tds, one message a line.

The recordings hold no secret: their server, its password and the host's name were made for them.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

KINDS: Final = ("prelogin", "login", "batch", "rpc", "transaction", "bulk")


def recorded(kind: str) -> list[bytes]:
    """The whole messages of that kind, without packet headers."""
    text = (files(__package__) / f"{kind}.hex").read_text("ascii")
    return [bytes.fromhex(line) for line in text.splitlines()]
