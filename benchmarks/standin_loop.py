"""An open loop: several processes that select at a fixed rate, whether answers come or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Final

READERS, RATE, SECONDS = 8, 150, 10
NOTE: Final = f"{READERS} processes, {RATE}/s each, open loop"


def latencies(kind: str, dsn: str, keys: int) -> tuple[float, float]:
    """The median and the 99th percentile of all readers, in milliseconds.

    `kind` is the protocol, as `standin_reader` takes it; the table has the keys 0 to `keys` - 1.
    """
    words = [kind, *map(str, (RATE, SECONDS, keys))]
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.standin_reader", *words, str(seed)],
            env={**os.environ, "READER_DSN": dsn},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for reader in readers:
            assert reader.stdin is not None
            reader.stdin.write("go\n")
            reader.stdin.flush()
        said = [reader.communicate(timeout=SECONDS * 6)[0] for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    found = sorted(each for text in said for each in json.loads(text))
    return found[len(found) // 2], found[len(found) * 99 // 100]
