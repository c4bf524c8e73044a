"""Reading while sending: the next batches are fetched on a thread while the last one is sent."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Any, Self, cast

import pyarrow as pa

from model.ports import ArrowStream


class ReadAhead:
    """A stream whose batches are there when they are asked for.

    What was read and is not sent yet stays within `most_bytes`: when the next batch might pass it,
    nobody reads, and the source waits. (A batch of the reader is read whole, so a single one may
    be larger.) Use it as a context: its thread has ended at the end, and the session is free.
    """

    def __init__(self, stream: ArrowStream, most_bytes: int) -> None:
        self._reader = pa.RecordBatchReader.from_stream(stream)
        self._most = most_bytes
        self._held = self._largest = 0
        self._batches: deque[Any] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, name="read ahead", daemon=True)
        self._passed = pa.RecordBatchReader.from_batches(self._reader.schema, self._taken())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return cast(object, self._passed.__arrow_c_stream__(requested_schema))

    def _read(self) -> None:
        try:
            while self._room():
                batch = self._reader.read_next_batch()
                with self._changed:
                    self._batches.append(batch)
                    self._held += batch.nbytes
                    self._largest = max(self._largest, batch.nbytes)
                    self._changed.notify_all()
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001 - whoever asks for the next batch is told
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _room(self) -> bool:
        """Wait until another batch may be held; False when nobody wants one any more."""

        def fits() -> bool:
            return self._held == 0 or self._held + self._largest <= self._most

        with self._changed:
            self._changed.wait_for(lambda: self._ended or fits())
            return not self._ended

    def _taken(self) -> Iterator[Any]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or bool(self._batches))
                if not self._batches:
                    if self._error is not None:
                        raise self._error
                    return
                batch = self._batches.popleft()
            yield batch
            with self._changed:
                self._held -= batch.nbytes
                self._changed.notify_all()
