"""One reader of an open loop: selects at a fixed rate, each timed from when it was due.

`python -m benchmarks.standin_reader RATE SECONDS KEYS`, the connection string in READER_DSN. Prints
the latencies in milliseconds as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time

import pyodbc

SELECT = "SELECT id, n, amount, at, flag, name, body, uid FROM dbo.rows WHERE id = ?"


def main(rate: int, seconds: int, keys: int) -> None:
    """Wait for a line on standard input, then read."""
    connection = pyodbc.connect(os.environ["READER_DSN"], autocommit=True)
    cursor = connection.cursor()
    for key in range(10):  # the statement is prepared, at both ends
        cursor.execute(SELECT, key).fetchall()
    print("ready", flush=True)
    sys.stdin.readline()
    latencies = []
    begun = time.perf_counter() + os.getpid() % 100 / 100 / rate
    for number in range(rate * seconds):
        due = begun + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        cursor.execute(SELECT, number * 7919 % keys).fetchall()
        latencies.append((time.perf_counter() - due) * 1000)
    print(json.dumps(latencies), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
