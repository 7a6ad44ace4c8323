"""One settings schema for every process: `FENGHUO_*` variables, read once where a process is wired.

The embedded run, `docker-compose.yml` and the manifests in `deploy/` set the same variables.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(ValueError):
    """A setting cannot be used; the text says which, why, and what to set instead."""


def split_address(text: str) -> tuple[str, int]:
    """`host:port` as a pair; `[::1]:8080` for IPv6. Raises ValueError when it is not of that form."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{text!r} is not host:port, for example 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def _address(text: str) -> str:
    split_address(text)
    return text


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Address = Annotated[str, AfterValidator(_address)]
OptionalText = Annotated[str | None, BeforeValidator(lambda value: value or None), NoDecode]

OptionalPath = Annotated[Path | None, BeforeValidator(lambda value: value or None)]


def _names(value: object) -> object:
    return (
        tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value
    )


Names = Annotated[tuple[str, ...], BeforeValidator(_names), NoDecode]
"""In a variable: names with commas between them."""


class Settings(BaseSettings):
    """Everything a Fenghuo process can be told. Ports are TCP, sizes bytes, durations seconds."""

    model_config = SettingsConfigDict(env_prefix="FENGHUO_", extra="ignore", frozen=True)

    http: Address = Field(
        "127.0.0.1:8080", description="Listener of the web process (every FastAPI service)."
    )
    feed: Address = Field("127.0.0.1:8081", description="Listener of the gateway's WebSocket feed.")
    services: Names = Field(
        (),
        description="Which services the web process serves, for example intake,console; empty: all of them.",
    )
    intake_url: OptionalText = Field(
        None, description="http:// address of intake, for a ledger that is served by another process."
    )
    feed_same_origin: bool = Field(
        False,
        description="Browsers find the feed at the console's own origin, behind an edge; else at FENGHUO_FEED's port.",
    )
    worker_health: Address = Field("127.0.0.1:8082", description="Health and metrics of the Faust worker.")
    worker_name: OptionalText = Field(
        None,
        description="Name of this worker, unlike that of any other of the installation; unset: the host's name.",
    )
    worker_session: float = Field(
        10.0, ge=1, description="Seconds of silence after which a worker's partitions are given to others."
    )
    closed_after: float = Field(
        3600.0,
        ge=0,
        description="Seconds without a record after which a closed incident leaves a worker's memory.",
    )
    snapshot_after: float = Field(
        300.0,
        ge=0,
        description="Seconds after which a worker takes a snapshot of an incident that has changed a little.",
    )
    index_after: int = Field(
        10_000,
        ge=1,
        description="So many new records, and a tenth of all, and the index of records is written anew.",
    )
    workers: int = Field(1, ge=1, le=64, description="How many workers the embedded run starts.")
    gateway_health: Address = Field("127.0.0.1:8083", description="Health and metrics of the gateway.")
    unsafe_listen: bool = Field(
        False, description="Allow listeners beyond loopback although there is no login yet."
    )
    kafka_bootstrap: OptionalText = Field(
        None, description="host:port[,host:port] of an existing Kafka; unset: the embedded one."
    )
    database_url: OptionalText = Field(
        None, description="postgresql:// address of an existing PostgreSQL; unset: the embedded one."
    )
    data: Path = Field(
        Path(".fenghuo"), description="The folder that holds all data and downloads of the embedded run."
    )
    partitions: int = Field(6, ge=1, le=1024, description="Partitions of every record topic when created.")
    replication: int = Field(1, ge=1, le=9, description="Replication factor of topics when created.")
    spool_max_bytes: int = Field(
        1 << 30, ge=1 << 20, description="Size of intake's disk spool beyond which it answers 429."
    )
    points: OptionalPath = Field(
        None,
        description="A file of units' coordinates (WGS84) for the map: GeoJSON Points with a property `unit` and a"
        " member `attribution`, or CSV with a line `# attribution: …`, then unit,lon,lat.",
    )
    kafka_heap_mib: int = Field(512, ge=192, description="Java heap of the embedded Kafka, MiB.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_format: str = Field("json", pattern="^(json|console)$")
    drain_timeout: float = Field(10.0, gt=0, description="Seconds a process may take to stop in order.")

    @model_validator(mode="after")
    def _refuse_public_listeners(self) -> Self:
        if self.unsafe_listen:
            return self
        for name in ("http", "feed", "worker_health", "gateway_health"):
            host, _ = split_address(getattr(self, name))
            if not is_loopback(host):
                raise ValueError(
                    f"FENGHUO_{name.upper()}={getattr(self, name)} would listen beyond this machine, and there is"
                    " no login yet. Use 127.0.0.1, or set FENGHUO_UNSAFE_LISTEN=1 if a guarded network protects it."
                )
        return self

    @property
    def spool_folder(self) -> Path:
        """Where intake spools records while Kafka is away."""
        return self.data / "spool"

    def require_kafka(self) -> str:
        """The bootstrap servers. Raises SettingsError when no Kafka is named."""
        if not self.kafka_bootstrap:
            raise SettingsError(
                "FENGHUO_KAFKA_BOOTSTRAP is not set: name a Kafka, or start with `fenghuo up`."
            )
        return self.kafka_bootstrap

    def require_database(self) -> str:
        """The database address. Raises SettingsError when no PostgreSQL is named."""
        if not self.database_url:
            raise SettingsError(
                "FENGHUO_DATABASE_URL is not set: name a PostgreSQL, or start with `fenghuo up`."
            )
        return self.database_url

    def require_intake(self) -> str:
        """The address of intake without a slash at its end. Raises SettingsError when none is named."""
        if not self.intake_url:
            raise SettingsError(
                "FENGHUO_INTAKE_URL is not set: a ledger apart from intake asks it for records that still wait there."
            )
        return self.intake_url.rstrip("/")
