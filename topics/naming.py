"""Names of topics: one table, one topic, and no two tables that Kafka would confuse."""

from __future__ import annotations

import hashlib
from typing import Final

from model.catalog import TableName

LONGEST: Final = 249
"""Kafka's limit for a topic's name."""

_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def data_topic(prefix: str, table: TableName) -> str:
    """`<prefix>.<schema>.<table>`; what Kafka does not allow is written `-hh` (UTF-8 bytes).

    Brokers refuse a topic that differs from another one only by `.` against `_`, so the
    schema's underscores are written `-5f`: `app.user_posts` and `app_user.posts` both get a topic.
    A name beyond Kafka's limit ends in a digest.
    """
    name = f"{prefix}.{_escape(table.schema, '')}.{_escape(table.name, '_')}"
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST - len(digest) - 2]}-x{digest}"


def control_topic(prefix: str) -> str:
    """Progress of capture and operators' markers."""
    return f"{prefix}.control"


def heartbeat_topic(prefix: str) -> str:
    """Heartbeats, kept for an hour."""
    return f"{prefix}.heartbeat"


def _escape(name: str, also: str) -> str:
    return "".join(
        letter
        if letter in _LETTERS or letter in also
        else "".join(f"-{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
        for letter in name
    )
