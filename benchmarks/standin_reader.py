"""One reader of an open loop: selects at a fixed rate, each timed from when it was due.

`python -m benchmarks.standin_reader odbc|postgresql RATE SECONDS KEYS SEED`, the connection string
in READER_DSN. Each select is due somewhere in its own share of the time, by chance, as those of
clients that know nothing of each other are. Prints the latencies in milliseconds as JSON.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Final

import psycopg
import pyodbc

SELECT: Final = "SELECT id, n, amount, at, flag, name, body, uid FROM dbo.rows WHERE id = ?"
RAW_SELECT: Final = SELECT.replace("dbo.", "public.").replace("?", "%s")


def _odbc(dsn: str) -> Callable[[int], object]:
    cursor = pyodbc.connect(dsn, autocommit=True).cursor()
    return lambda key: cursor.execute(SELECT, key).fetchall()


def _postgresql(dsn: str) -> Callable[[int], object]:
    cursor = psycopg.connect(dsn, autocommit=True).cursor(binary=True)
    return lambda key: cursor.execute(RAW_SELECT, [key], prepare=True).fetchall()


_KINDS: Final = {"odbc": _odbc, "postgresql": _postgresql}


def main(kind: str, rate: int, seconds: int, keys: int, seed: int) -> None:
    """Wait for a line on standard input, then read."""
    select = _KINDS[kind](os.environ["READER_DSN"])
    for key in range(10):  # the statement is prepared, at both ends
        select(key)
    print("ready", flush=True)
    sys.stdin.readline()
    latencies = []
    chance = random.Random(seed)
    begun = time.perf_counter()
    for number in range(rate * seconds):
        due = begun + (number + chance.random()) / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        select(number * 7919 % keys)
        latencies.append((time.perf_counter() - due) * 1000)
    print(json.dumps(latencies), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
