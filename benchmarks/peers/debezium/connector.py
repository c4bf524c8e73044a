"""Two configurations of the connector: for a backlog, and for the shortest way of one change."""

from __future__ import annotations

from typing import Final

from psycopg.conninfo import conninfo_to_dict

_COMMON: Final = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "tasks.max": "1",
    "plugin.name": "pgoutput",
    # The slot and the publication are there already, from before the first change.
    "publication.autocreate.mode": "disabled",
    "slot.drop.on.stop": "false",
    "snapshot.mode": "no_data",
    "decimal.handling.mode": "string",
    "tombstones.on.delete": "false",
    "provide.transaction.metadata": "false",
    # Our markers stand in the same log.
    "message.prefix.exclude.list": ".*",
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "key.converter.schemas.enable": "false",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
}


def most_throughput(dsn: str, slot: str, publication: str, prefix: str) -> dict[str, str]:
    """Large batches and queues, as its documentation and its maintainers advise for a backlog."""
    return _settings(dsn, slot, publication, prefix) | {
        "max.batch.size": "16384",
        "max.queue.size": "65536",
        "poll.interval.ms": "10",
        "producer.override.compression.type": "lz4",
        "producer.override.linger.ms": "5",
        "producer.override.batch.size": str(512 * 1024),
        "producer.override.buffer.memory": str(128 * 1024 * 1024),
    }


def lowest_latency(dsn: str, slot: str, publication: str, prefix: str) -> dict[str, str]:
    """A poll every millisecond and no linger."""
    return _settings(dsn, slot, publication, prefix) | {
        "max.batch.size": "2048",
        "max.queue.size": "8192",
        "poll.interval.ms": "1",
        "producer.override.compression.type": "lz4",
        "producer.override.linger.ms": "0",
    }


def _settings(dsn: str, slot: str, publication: str, prefix: str) -> dict[str, str]:
    words = conninfo_to_dict(dsn)
    return _COMMON | {
        "database.hostname": str(words["host"]),
        "database.port": str(words["port"]),
        "database.user": str(words["user"]),
        "database.password": str(words.get("password") or ""),
        "database.dbname": str(words["dbname"]),
        "slot.name": slot,
        "publication.name": publication,
        "topic.prefix": prefix,
    }
