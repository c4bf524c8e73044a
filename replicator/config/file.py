"""The whole configuration: composed of every part's settings, read from one YAML file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError

from connectors.azuresql.settings import AzureSqlSettings
from connectors.postgresql.settings import PostgresqlSettings
from model.errors import ConfigurationError
from replicator.config.document import Document, Place, read_document
from replicator.config.explain import explained
from replicator.config.sections import (
    ApplyOptions,
    CaptureOptions,
    CutoverOptions,
    LoadOptions,
    MonitoringOptions,
    RunOptions,
    SchemaOptions,
    Section,
    TableSelection,
)
from topics.settings import KafkaSettings

MASK = "********"


class SourceSection(PostgresqlSettings):
    """`source:` how to reach it (`connectors.postgresql`), and which of its tables travel."""

    tables: TableSelection = TableSelection()


class TargetSection(AzureSqlSettings):
    """`target:` how to reach it (`connectors.azuresql`), and what its schemas are called."""

    schemas: dict[str, str] = Field(
        default={"public": "dbo"}, description="source schema → target schema; others keep theirs"
    )


class Config(Section):
    """One migration."""

    migration: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    source: SourceSection
    kafka: KafkaSettings
    target: TargetSection
    schema_: SchemaOptions = Field(default=SchemaOptions(), alias="schema")
    load: LoadOptions = LoadOptions()
    apply: ApplyOptions = ApplyOptions()
    capture: CaptureOptions = CaptureOptions()
    cutover: CutoverOptions = CutoverOptions()
    monitoring: MonitoringOptions = MonitoringOptions()
    run: RunOptions = RunOptions()

    _document: Document | None = PrivateAttr(default=None)

    @property
    def origin(self) -> str:
        """The file's name, for messages."""
        return self._document.origin if self._document else ""

    @property
    def text(self) -> str:
        """The file's text as it was read, with references and without what they name."""
        return self._document.text if self._document else ""

    @property
    def secrets(self) -> frozenset[str]:
        """What must never be logged: everything that a reference brought in."""
        return frozenset(self._document.secrets) if self._document else frozenset()

    def shown(self) -> dict[str, Any]:
        """Every effective value; a reference stands as it was written, a secret as asterisks."""
        values: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        for place, text in (self._document.written if self._document else {}).items():
            _put(values, place, text)
        return values


def load_config(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read the file at `path`. Raises ConfigurationError naming place, key and remedy."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(
            f"the configuration cannot be read: {reason}",
            object=str(path),
            hint="name it with -c FILE (the default is replicator.yaml)",
        ) from error
    return parse_config(text, origin=str(path), environ=environ)


def parse_config(text: str, *, origin: str, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration that `text` holds. Raises ConfigurationError."""
    document = read_document(
        text, origin=origin, environ=os.environ if environ is None else environ
    )
    try:
        # Through JSON, because strict validation of Python values refuses text for paths and enums.
        config = Config.model_validate_json(json.dumps(document.values))
    except ValidationError as error:
        raise explained(error, Config, document) from None
    config._document = document
    return config


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "replicator"
    return schema


def mask_text(text: str, secrets: frozenset[str]) -> str:
    """`text` with every secret of some length replaced by asterisks."""
    long = sorted((secret for secret in secrets if len(secret) > 3), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, long)), MASK, text) if long else text


def _put(values: Any, place: Place, text: str) -> None:
    for part in place[:-1]:
        values = values[part]
    values[place[-1]] = text
