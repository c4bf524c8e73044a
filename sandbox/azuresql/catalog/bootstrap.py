"""What a new database is made of: the scripts of `sql/`, collations, and master's own tables."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.names import fold, literal, quote

DEFAULT_COLLATION: Final = "SQL_Latin1_General_CP1_CI_AS"
_COLLATIONS: Final = (
    DEFAULT_COLLATION,
    "Latin1_General_100_BIN2",
    "Latin1_General_BIN2",
    "Latin1_General_100_CI_AS",
    "Latin1_General_100_CI_AS_SC",
    "Latin1_General_100_CI_AS_SC_UTF8",
    "Latin1_General_100_CS_AS",
    "Latin1_General_CI_AS",
)

MASTER_TABLES: Final = """
CREATE TABLE store.logins
  (name text NOT NULL, salt bytea NOT NULL, hash bytea NOT NULL, rounds int NOT NULL);
CREATE UNIQUE INDEX ON store.logins (lower(name));
CREATE SEQUENCE store.database_ids START 5;
CREATE TABLE store.databases
  (name text NOT NULL, database_id int NOT NULL DEFAULT nextval('store.database_ids'));
CREATE UNIQUE INDEX ON store.databases (lower(name));
INSERT INTO store.databases VALUES ('master', 1)
"""


def bootstrap() -> list[str]:
    """The statements that make the template, in order."""
    folder = resources.files("sandbox.azuresql.catalog") / "sql"
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    texts = [
        "DROP SCHEMA IF EXISTS public CASCADE",
        *(entry.read_text(encoding="utf-8") for entry in scripts[:2]),
    ]
    texts += [collation_ddl(name) for name in _COLLATIONS]
    return texts + [entry.read_text(encoding="utf-8") for entry in scripts[2:]]


def fingerprint() -> str:
    """Tells a data folder made with these definitions from one made with others."""
    return hashlib.sha256("\n".join([*bootstrap(), MASTER_TABLES]).encode()).hexdigest()


def collation_ddl(name: str) -> str:
    """A Windows or SQL collation by the parts of its name. Raises Refused 448.

    Sensitivity becomes ICU's strength; `BIN` and `BIN2` compare code points.
    """
    words = name.upper().split("_")
    target = f"sys.{quote(fold(name))}"
    if len(words) < 2 or not (set(words) & {"BIN", "BIN2", "CI", "CS"}):
        raise Refused(448, f"Invalid collation '{name}'.", state=3)
    if set(words) & {"BIN", "BIN2"}:
        made = f"CREATE COLLATION IF NOT EXISTS {target} (provider = builtin, locale = 'C')"
    else:
        level = 3 if "CS" in words else 2 if "AS" in words else 1
        made = (
            f"CREATE COLLATION IF NOT EXISTS {target} (provider = icu, "
            f"locale = 'und-u-ks-level{level}', deterministic = false)"
        )
    comment = literal(json.dumps({"name": name}))
    return f"{made}; COMMENT ON COLLATION {target} IS {comment}"
