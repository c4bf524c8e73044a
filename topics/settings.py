"""How to reach Kafka, and the shape of the topics that we create there."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from model.units import SIZE_PATTERN, show_size, size

Size = Annotated[
    int,
    BeforeValidator(size),
    PlainSerializer(show_size, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": SIZE_PATTERN, "examples": ["64MiB"]}),
]

BATCH_OVERHEAD: Final = 1024
"""Bytes that a record may grow by in its batch (headers, lengths) and still pass the broker."""

_OURS: Final = frozenset(
    {
        "acks",
        "auto.offset.reset",
        "batch.num.messages",
        "bootstrap.servers",
        "compression.type",
        "delivery.timeout.ms",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.gapless.guarantee",
        "enable.idempotence",
        "enable.partition.eof",
        "group.id",
        "group.instance.id",
        "isolation.level",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "message.max.bytes",
        "message.send.max.retries",
        "message.timeout.ms",
        "metadata.broker.list",
        "queue.buffering.max.kbytes",
        "queue.buffering.max.messages",
        "queuing.strategy",
        "request.required.acks",
        "retries",
        "transactional.id",
    }
)
"""Properties that the protocol's guarantees stand on: `client` may not change them."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SecurityProtocol(StrEnum):
    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"


class Mechanism(StrEnum):
    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"
    OAUTHBEARER = "OAUTHBEARER"


class SecuritySettings(_Section):
    """Who we are to the broker, and how the connection is protected.

    OAUTHBEARER takes tokens from `token_endpoint_url` with the client's id and secret.
    """

    protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    mechanism: Mechanism | None = None
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    key_password: SecretStr | None = None
    token_endpoint_url: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    scope: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        sasl = self.protocol in (SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL)
        if sasl and self.mechanism is None:
            raise ValueError(f"protocol {self.protocol} needs a mechanism")
        if self.mechanism is not None and not sasl:
            raise ValueError(f"mechanism {self.mechanism} needs protocol sasl_ssl (or _plaintext)")
        if self.mechanism is Mechanism.OAUTHBEARER:
            needed: tuple[str, ...] = ("token_endpoint_url", "client_id", "client_secret")
        else:
            needed = ("username", "password") if sasl else ()
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"mechanism {self.mechanism} needs {' and '.join(missing)}")
        return self

    def properties(self) -> dict[str, str]:
        """librdkafka's properties. The result holds secrets: never log it."""
        named: dict[str, object] = {
            "security.protocol": self.protocol,
            "sasl.mechanisms": self.mechanism,
            "sasl.username": self.username,
            "sasl.password": self.password,
            "ssl.ca.location": self.ca_file,
            "ssl.certificate.location": self.certificate_file,
            "ssl.key.location": self.key_file,
            "ssl.key.password": self.key_password,
        }
        if self.mechanism is Mechanism.OAUTHBEARER:
            named |= {
                "sasl.oauthbearer.method": "oidc",
                "sasl.oauthbearer.token.endpoint.url": self.token_endpoint_url,
                "sasl.oauthbearer.client.id": self.client_id,
                "sasl.oauthbearer.client.secret": self.client_secret,
                "sasl.oauthbearer.scope": self.scope,
            }
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in named.items()
            if value is not None
        }


class TopicSettings(_Section):
    """The shape of our topics. `partitions` is for tables whose keys may be applied in any order.

    `accept_lower_replication` lets `check` pass with fewer than three replicas or a
    `min_insync_replicas` below two: a broker's loss can then lose changes.
    """

    partitions: int = Field(default=4, ge=1, le=1000)
    replication_factor: int = Field(default=3, ge=1)
    min_insync_replicas: int = Field(default=2, ge=1)
    accept_lower_replication: bool = False
    max_record_bytes: Size = Field(default=64 * 1024 * 1024, ge=64 * 1024, le=900_000_000)
    compression: str = Field(default="lz4", pattern="^(lz4|zstd)$")

    @model_validator(mode="after")
    def _writable(self) -> Self:
        if self.min_insync_replicas > self.replication_factor:
            raise ValueError(
                "min_insync_replicas is above replication_factor: nothing could be written"
            )
        return self


class KafkaSettings(_Section):
    """The `kafka` section: where the brokers are and what our topics look like.

    `client` is passed to librdkafka as it is, except for what the protocol relies on.
    """

    bootstrap_servers: str = Field(min_length=1)
    topic_prefix: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=100)
    security: SecuritySettings = SecuritySettings()
    topics: TopicSettings = TopicSettings()
    client: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _client_leaves_ours_alone(self) -> Self:
        taken = sorted(_OURS & self.client.keys())
        if taken:
            raise ValueError(f"client may not set {', '.join(taken)}: the protocol relies on it")
        return self

    def connection(self) -> dict[str, str | int | float | bool]:
        """What every client needs. The result holds secrets: never log it."""
        return {
            **self.client,
            **self.security.properties(),
            "bootstrap.servers": self.bootstrap_servers,
        }

    @property
    def largest_record(self) -> int:
        """Bytes of key and value together that a record may have."""
        return self.topics.max_record_bytes - BATCH_OVERHEAD
