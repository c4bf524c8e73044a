"""For each promise of the protocol: the change that breaks it, and a test that must then fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Mutation:
    """`old` stands once in the file at `path` and becomes `new`; then `test` must fail."""

    promise: str
    path: str
    old: str
    new: str
    test: str


MUTATIONS: Final = (
    Mutation(
        "the source may forget only what Kafka and the progress record have",
        "replicator/capture/confirmation.py",
        "while self._told and self._told[0].end <= written:",
        "while self._told:",
        "tests/unit/capture/test_confirmation.py"
        "::test_progress_waits_for_every_delivery_before_it_and_is_told_after_its_own",
    ),
    Mutation(
        "progress waits for the deliveries before it",
        "replicator/capture/confirmation.py",
        "return all(confirmed(place) >= offset for place, offset in cut.offsets.items())",
        "return True or confirmed is None",
        "tests/unit/capture/test_confirmation.py"
        "::test_progress_waits_for_every_delivery_before_it_and_is_told_after_its_own",
    ),
    Mutation(
        "a message never times out",
        "topics/writer.py",
        '"message.timeout.ms": 0,',
        '"message.timeout.ms": 1500,',
        "tests/integration/topics/test_writer.py"
        "::test_a_broker_that_is_away_costs_time_and_no_record",
    ),
    Mutation(
        "a checkpoint moves in the transaction of its changes",
        "connectors/azuresql/apply.py",
        "        checkpoint.advance()\n        + ",
        '        checkpoint.advance() + " COMMIT TRANSACTION; BEGIN TRANSACTION;"\n        + ',
        "tests/integration/azuresql/test_apply_rows.py::test_two_rows_for_one_unique_value_are_refused",
    ),
    Mutation(
        "a checkpoint moves only from where its applier read it",
        "connectors/azuresql/checkpoint.py",
        'AND c.[next_offset] = a.[expected] AND c.[closed] = 0; "\n'
        '        f"IF @@ROWCOUNT <> @moved {_THROW}"',
        'AND c.[closed] = 0; "\n        f"IF @@ROWCOUNT <> @moved {_THROW}"',
        "tests/integration/azuresql/test_apply.py"
        "::test_a_zombie_with_an_old_offset_changes_nothing",
    ),
    Mutation(
        "a checkpoint moves only in the story that its applier read",
        "connectors/azuresql/checkpoint.py",
        '_STORY: Final = "(a.[before] IS NULL OR c.[position] = a.[before])"',
        '_STORY: Final = "(a.[before] IS NULL OR a.[before] = a.[before])"',
        "tests/integration/azuresql/test_apply.py"
        "::test_a_zombie_of_a_table_that_was_loaded_anew_changes_nothing",
    ),
    Mutation(
        "nothing is applied behind closed checkpoints",
        "connectors/azuresql/checkpoint.py",
        'AND c.[next_offset] = a.[expected] AND c.[closed] = 0; "\n'
        '        f"IF @@ROWCOUNT <> @moved {_THROW}"',
        'AND c.[next_offset] = a.[expected]; "\n        f"IF @@ROWCOUNT <> @moved {_THROW}"',
        "tests/integration/azuresql/test_apply.py"
        "::test_nothing_is_applied_behind_closed_checkpoints",
    ),
    Mutation(
        "a replay inside the batch is dropped",
        "replicator/apply/lane.py",
        "fresh = self._fresh(record, taken.position)",
        "fresh = self._fresh(record, self.position)",
        "tests/unit/apply/test_lane.py::test_a_replay_inside_the_batch_is_dropped",
    ),
    Mutation(
        "a topic is read once its table is loaded",
        "replicator/apply/intake.py",
        "wanted = table.state in OPENED and not checkpoint.closed",
        "wanted = not checkpoint.closed",
        "tests/integration/topics/test_roles.py::test_a_table_whose_gate_is_shut_is_not_read",
    ),
    Mutation(
        "a gate opens when the target holds what was loaded, and nothing else",
        "replicator/snapshot/gate.py",
        "if (found := target.count(tracked.target)) != rows:",
        "if (found := target.count(tracked.target)) < rows:",
        "tests/integration/core/test_load.py::test_a_foreign_row_keeps_the_gate_shut",
    ),
    Mutation(
        "a stage holds one attempt's rows",
        "connectors/azuresql/staging.py",
        'TRUNCATE TABLE {name}; "\n',
        '"\n',
        "tests/integration/azuresql/test_apply_rows.py"
        "::test_a_refused_value_rolls_everything_back_and_names_its_table",
    ),
    Mutation(
        "a truncate stands in every partition",
        "replicator/capture/recording.py",
        "        for lane in route.lanes:\n            index = self._index\n",
        "        for lane in route.lanes[:1]:\n            index = self._index\n",
        "tests/unit/capture/test_recording.py"
        "::test_a_truncate_is_in_every_partition_each_with_its_own_position",
    ),
    Mutation(
        "a chunk in doubt is settled by looking for its first key",
        "replicator/snapshot/settling.py",
        "chunk for chunk in chunks if chunk.probe is not None and target.probe(there, chunk.probe)",
        "chunk for chunk in chunks if chunk.probe is None and target.probe(there, ())",
        "tests/integration/core/test_load.py::test_a_chunk_in_doubt_is_settled_by_its_probe",
    ),
    Mutation(
        "a batch whose commit was not answered is settled by its checkpoints",
        "replicator/apply/batch.py",
        "return all(at.get((each.topic, each.partition), -1) >= each.next for each in advances)",
        "return bool(at)",
        "tests/unit/apply/test_batch.py"
        "::test_a_batch_has_landed_when_every_partition_is_where_it_would_be",
    ),
    Mutation(
        "a key change that lacks values is not replayed over chunks of different snapshots",
        "replicator/apply/batch.py",
        "            _whole_or_after(found, table)\n",
        "",
        "tests/model/test_found.py"
        "::test_a_key_that_changed_between_two_chunks_snapshots_keeps_its_row[steps0]",
    ),
    Mutation(
        "records of a removed table are counted where the log still holds some",
        "replicator/capture/recording.py",
        'lanes = [Lane(("", number), 0) for number in range(self._removed[table.name])]',
        "lanes = []",
        "tests/unit/capture/test_recording.py"
        "::test_a_removed_table_is_counted_and_nothing_of_it_is_written",
    ),
    Mutation(
        "the log carries a table that joins only when capture knows it",
        "replicator/phases/membership.py",
        "if captured_from(table, context.state.statuses()) is None:",
        "if captured_from(table, context.state.statuses()) == [-1]:",
        "tests/integration/core/test_membership.py"
        "::test_a_table_is_carried_only_when_capture_knows_it",
    ),
    Mutation(
        "checkpoints of a table begun anew stand where capture said before its snapshot",
        "replicator/snapshot/loader.py",
        "behind[table.source], point.start",
        "anew.ends(ends.state, afresh)[table.source], point.start",
        "tests/integration/core/test_load.py"
        "::test_a_capture_that_starts_again_during_the_snapshot_moves_nothing",
    ),
)
