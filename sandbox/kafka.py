"""Real Apache Kafka, one KRaft node on free loopback ports; its log goes when it stops."""

from __future__ import annotations

import resource
import secrets
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from sandbox.artifacts import jars, program
from sandbox.certificates import write_server_certificate
from sandbox.child_server import ChildServer
from sandbox.children import LOOPBACK, Child, StartFailed, answers, free_port, launched
from sandbox.folders import RunDirectory

_PROPERTIES: Final = "server.properties"
_SHUTDOWN_S: Final = 60.0

_SETTINGS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "num.partitions": "1",
    # One node cannot replicate: every internal topic must say so.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    # The largest record that `topics.max_record_bytes` allows by default, and some room.
    "message.max.bytes": str(80 * 1024 * 1024),
    "replica.fetch.max.bytes": str(80 * 1024 * 1024),
    "socket.request.max.bytes": str(128 * 1024 * 1024),
}


class KafkaBroker(ChildServer):
    """One broker.

    `bootstrap` is the plain listener. With `users` (name to password) there is also a SASL_SSL
    listener for SCRAM-SHA-256 and -512 at `secure_bootstrap`, whose certificate `ca_file` vouches
    for. With a `door`, the port of a proxy, there is another plain listener at `behind_door`, which
    tells its clients to come through that proxy.
    """

    title = "Kafka"
    prefix = "kafka"

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        heap: str = "512m",
        door: int | None = None,
    ) -> None:
        super().__init__()
        self.bootstrap = ""
        self.secure_bootstrap = ""
        self.ca_file: Path | None = None
        self._users = dict(users or {})
        self._settings = {**_SETTINGS, **(settings or {})}
        self._heap = heap
        self._door = door
        self._home = Path()
        self._ports: dict[str, int] = {}

    @property
    def behind_door(self) -> int:
        """The port to which the proxy forwards."""
        return self._ports["PROXIED"]

    def crash(self) -> None:
        """Kill it; what it wrote stays for `revive`."""
        self._end(signal.SIGKILL)

    def leave(self) -> None:
        """Let it shut down in order; what it wrote stays for `revive`."""
        self._end(signal.SIGTERM)

    def revive(self) -> None:
        """Start it again where it was, with the log that it had. Raises StartFailed."""
        if not self.running():
            self._child = self._serve()

    def fill_disk(self) -> None:
        """Let none of its files grow any more, until it is started again."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0, hard))

    def _end(self, number: signal.Signals) -> None:
        if self._child is not None and self._child.running():
            self._child.process.send_signal(number)
            self._child.process.wait(_SHUTDOWN_S)

    def _launch(self, run: RunDirectory) -> Child:
        """Format a log directory and start the broker."""
        return launched(lambda number: self._attempt(run.path / f"attempt-{number}"))

    def _attempt(self, home: Path) -> Child:
        home.mkdir()
        self._home = home
        self._ports = ports = {name: free_port() for name in ("CONTROLLER", *self._names)}
        properties = home / _PROPERTIES
        properties.write_text(_text({**self._settings, **self._listeners(home, ports)}))
        self._format(home, properties)
        return self._serve()

    @property
    def _names(self) -> list[str]:
        """The listeners that clients use."""
        named = {"PLAINTEXT": True, "SASL_SSL": self._users, "PROXIED": self._door is not None}
        return [name for name, wanted in named.items() if wanted]

    def _serve(self) -> Child:
        home, ports = self._home, self._ports
        child = Child(
            self.title,
            [*_java(self._heap), "kafka.Kafka", str(home / _PROPERTIES)],
            log=home / "log",
            cwd=home,
            # Its data is not kept, so it need not be written down in order.
            farewell=signal.SIGKILL,
        )
        try:
            child.wait_until(lambda: all(answers(ports[name]) for name in self._names), 60.0)
            _wait_for_metadata(child, f"{LOOPBACK}:{ports['PLAINTEXT']}")
        except StartFailed:
            child.stop()
            raise
        self.bootstrap = f"{LOOPBACK}:{ports['PLAINTEXT']}"
        self.secure_bootstrap = f"{LOOPBACK}:{ports['SASL_SSL']}" if self._users else ""
        return child

    def _listeners(self, home: Path, ports: Mapping[str, int]) -> dict[str, str]:
        told = {**ports, "PROXIED": self._door}
        listeners = ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in ports.items())
        advertised = ",".join(f"{name}://{LOOPBACK}:{told[name]}" for name in self._names)
        settings = {
            "log.dirs": str(home / "data"),
            "listeners": listeners,
            "advertised.listeners": advertised,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
            "PROXIED:PLAINTEXT,SASL_SSL:SASL_SSL",
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{ports['CONTROLLER']}",
        }
        if self._users:
            certificate = write_server_certificate(home)
            self.ca_file = certificate.authority
            settings |= {
                "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": str(certificate.keystore),
                **{
                    f"listener.name.sasl_ssl.scram-sha-{bits}.sasl.jaas.config": (
                        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
                    )
                    for bits in (256, 512)
                },
            }
        return settings

    def _format(self, home: Path, properties: Path) -> None:
        cluster = secrets.token_urlsafe(16)
        scram = [
            f"--add-scram=SCRAM-SHA-{bits}=[name={name},password={password}]"
            for name, password in self._users.items()
            for bits in (256, 512)
        ]
        run = subprocess.run(
            [
                *_java("128m"),
                *("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster),
                *("-c", str(properties), *scram),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
        )
        if run.returncode != 0:
            raise StartFailed(
                "could not format its log directory",
                object=self.title,
                hint=run.stdout + run.stderr,
            )


def console(tool: str, *arguments: str) -> list[str]:
    """The command line of one of Kafka's own tools, such as
    `org.apache.kafka.tools.consumer.ConsoleConsumer`."""
    return [*_java("128m"), tool, *arguments]


def _wait_for_metadata(child: Child, bootstrap: str) -> None:
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        client.list_topics(timeout=30)
    except KafkaException as error:
        raise child.failure("accepts connections but does not answer") from error


def _java(heap: str) -> list[str]:
    return [
        program("java"),
        f"-Xmx{heap}",
        "-XX:+UseG1GC",
        "-Djava.awt.headless=true",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.log.kafka.server=info",
        "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.server=info",
        "-cp",
        f"{jars()}/*",
    ]


def _text(settings: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())
