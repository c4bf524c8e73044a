"""The configuration of a seed's migration: as an operator writes it, with short waits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

MIGRATION: Final = "soak"


def document(bootstrap: str, prefix: str, member: str = "") -> dict[str, Any]:
    """What the YAML says. `member` names an applier beside the one of `run`."""
    return {
        "migration": MIGRATION,
        "source": {
            "kind": "postgresql",
            "dsn": "${env:SOURCE_DSN}",
            "connect_timeout": "3s",
            "silent_after": "4s",
        },
        "kafka": {
            "bootstrap_servers": bootstrap,
            "topic_prefix": prefix,
            "topics": {
                "replication_factor": 1,
                "min_insync_replicas": 1,
                "accept_lower_replication": True,
            },
            "client": {
                "reconnect.backoff.max.ms": 500,
                "socket.timeout.ms": 3_000,
                "session.timeout.ms": 6_000,
            },
        },
        "target": {
            "kind": "azuresql",
            "connection": "${env:AZURESQL_DSN}",
            "connect_timeout": "3s",
            "statement_timeout": "8s",
            "bulk_timeout": "8s",
        },
        "load": {"rows_per_chunk": 800, "lease": "2s"},
        "capture": {"progress_interval": "200ms", "heartbeat_interval": "250ms", "lease": "3s"},
        "apply": {"gate_interval": "200ms", **({"member": member} if member else {})},
        "run": {
            "first_restart_after": "100ms",
            "longest_restart_after": "1s",
            "max_restarts": 100,
            "lease": "3s",
        },
    }


def write_settings(path: Path, content: Mapping[str, Any]) -> None:
    """Write the migration's YAML; the two DSNs stay in the environment."""
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False))
