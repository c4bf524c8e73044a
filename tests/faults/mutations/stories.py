"""Breaks that the model (`tests/model`) must see within the stories that `make test` tells.

What our code promises is broken in our code, what the target's SQL promises in the target that the
model uses: there it stands for the statement.
"""

from __future__ import annotations

from typing import Final

from tests.faults.mutations.broken import Mutation

_MODEL: Final = "tests/model/test_protocol.py"
_STANDS: Final = "if found.next_offset != each.expected or found.closed or not story:"

SEEN: Final = tuple(
    Mutation(promise, path, old, new, _MODEL)
    for promise, path, old, new in (
        (
            "the source is told only what the control topic has",
            "replicator/capture/confirmation.py",
            "while self._told and self._told[0].end <= written:",
            "while self._told:",
        ),
        (
            "progress waits for the deliveries before it",
            "replicator/capture/confirmation.py",
            "return all(confirmed(place) >= offset for place, offset in cut.offsets.items())",
            "return True or confirmed is None",
        ),
        (
            "a message never times out",
            "topics/writer.py",
            '"message.timeout.ms": 0,',
            '"message.timeout.ms": 1500,',
        ),
        (
            "a replay inside the batch is dropped",
            "replicator/apply/lane.py",
            "fresh = self._fresh(record, taken.position)",
            "fresh = self._fresh(record, self.position)",
        ),
        (
            "a topic is read once its table is loaded",
            "replicator/apply/intake.py",
            "wanted = table.state in OPENED and not checkpoint.closed",
            "wanted = not checkpoint.closed",
        ),
        (
            "a gate opens when every chunk is done",
            "replicator/snapshot/gate.py",
            "if not chunks or any(chunk.state is not ChunkState.DONE for chunk in chunks):",
            "if not chunks:",
        ),
        (
            "a truncate stands in every partition",
            "replicator/capture/recording.py",
            "        for lane in route.lanes:\n            index = self._index\n",
            "        for lane in route.lanes[:1]:\n            index = self._index\n",
        ),
        (
            "a table is consistent when its marker has passed",
            "replicator/apply/gates.py",
            "return passed(goal, checkpoints.values())",
            "return bool(goal)",
        ),
        (
            "a chunk in doubt is settled by looking for its first key",
            "replicator/snapshot/settling.py",
            "chunk for chunk in chunks if chunk.probe is not None and "
            "target.probe(there, chunk.probe)",
            "chunk for chunk in chunks if chunk.probe is None and target.probe(there, '')",
        ),
        (
            "a checkpoint moves in the transaction of its changes",
            "tests/memory_target.py",
            '            memory.fail("within", batches)\n'
            "            memory.rows, memory.keyless = rows, keyless\n"
            "            self._advance(advances)\n",
            "            self._advance(advances)\n"
            '            memory.fail("within", batches)\n'
            "            memory.rows, memory.keyless = rows, keyless\n",
        ),
        (
            "a checkpoint moves only from where its applier read it",
            "tests/memory_target.py",
            _STANDS,
            "if found.closed:",
        ),
        (
            "a checkpoint moves only in the story that its applier read",
            "tests/memory_target.py",
            _STANDS,
            "if found.next_offset != each.expected or found.closed:",
        ),
        (
            "a stage holds one attempt's rows",
            "tests/memory_target.py",
            "            self._stage.clear()\n",
            "",
        ),
    )
)
