"""The configuration that the demo writes, as an operator would."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from sandbox.social.database import ROLE

MIGRATION: Final = "social"


def write_settings(path: Path, *, bootstrap: str, prefix: str, hook: str) -> None:
    """Write the migration's YAML; the two DSNs stay in the environment."""
    document = {
        "migration": MIGRATION,
        "source": {
            "kind": "postgresql",
            "dsn": "${env:SOURCE_DSN}",
            "tables": {"include": ["public.*"]},
        },
        "kafka": {
            "bootstrap_servers": bootstrap,
            "topic_prefix": prefix,
            "topics": {
                "replication_factor": 1,
                "min_insync_replicas": 1,
                "accept_lower_replication": True,
            },
        },
        "target": {
            "kind": "azuresql",
            "connection": "${env:AZURESQL_DSN}",
            "schemas": {"public": "dbo"},
        },
        "cutover": {
            "source_roles": [ROLE],
            "target_principals": [ROLE],
            "max_lag": "3s",
            "stable_for": "3s",
            "downtime_budget": "30s",
            "verify": "counts",
            "hooks": {"switch": {"url": hook, "timeout": "20s"}},
        },
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
