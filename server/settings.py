"""The environment, read once into one frozen value and passed down; never imported as a global.

Every name here is documented in `.env.example` and the README's table; a test compares them.
Durations are seconds, sizes are bytes.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.core.prices import Prices, read_prices

SIMULATOR_KEY = "simulator"
UNREADABLE = "DATABASE_URL cannot be read: it looks like postgresql://user:password@host:5432/name."


class Settings(BaseSettings):
    """What an operator may set. Unset means: embedded parts, the simulator, this machine only."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    atelier_data: Path = Field(Path("var"), description="Folder of all that must survive: database, pictures, key.")
    host: str = Field("127.0.0.1", description="Address the web process listens on.")
    port: int = Field(8000, description="Port the web process listens on.")
    log_json: bool = Field(False, description="Write logs as JSON lines, for machines.")
    public_url: str | None = Field(None, description="Address others reach this server at; NanoBanana needs it.")
    secret_key: SecretStr | None = Field(None, description="Signs URLs; made and kept in the data folder if unset.")

    database_url: str | None = Field(None, description="PostgreSQL; embedded if unset.")
    database_pool: int = Field(10, description="Connections a process keeps.")
    redis_url: str | None = Field(None, description="Redis or Valkey; embedded if unset.")
    blob_url: str | None = Field(None, description="s3://…, gs://…, az://… ; a folder of ATELIER_DATA if unset.")

    nanobanana_api_key: SecretStr | None = Field(None, description="The provider's key; the simulator if unset.")
    nanobanana_url: str = Field("https://api.nanobananaapi.ai", description="The provider's base URL.")
    nanobanana_result_hosts: str = Field(
        "*.aiquickdraw.com", description="Hosts results may be fetched from, comma-separated."
    )
    nanobanana_simulator_url: str | None = Field(None, description="The simulator; started by `up` if unset.")
    nanobanana_simulator_speed: float = Field(8.0, gt=0, description="How much faster than life the simulator works.")
    nanobanana_simulator_seed: int = Field(1, description="Makes the simulator's choices repeatable.")
    callbacks: bool = Field(True, description="Ask the provider to call back when it can reach PUBLIC_URL.")
    prices: Annotated[dict[str, dict[str, float]], NoDecode] = Field(
        {}, description="US$ a picture by model and resolution, as JSON; the known prices for what is left out."
    )
    credit_usd: float = Field(0.005, gt=0, description="What one of the provider's credits is worth, in US$.")

    workspace_concurrency: int = Field(8, ge=1, description="Images of one workspace at the provider at once.")
    total_concurrency: int = Field(64, ge=1, description="Images at the provider at once.")
    submit_rate: float = Field(0.0, ge=0, description="Submits a second by all workers together; 0 is no limit.")
    submit_timeout: float = Field(30.0, gt=0, description="Longest wait for the provider's answer to a submit.")
    unknown_deadline: float = Field(1200.0, gt=0, description="How long an unanswered submit may yet be found.")
    processing_deadline: float = Field(900.0, gt=0, description="Longest generation, from the provider's acceptance.")
    rescue_interval: float = Field(5.0, gt=0, description="How often overdue work is looked for.")
    time_factor: float = Field(1.0, gt=0, description="Multiplies every waiting time of an image; 1 but in tests.")
    retry_confirmed_failure: bool = Field(False, description="One automatic, possibly charged, retry after code 501.")

    upload_max_bytes: int = Field(30 * 1024 * 1024, description="Largest picture accepted.")
    upload_max_pixels: int = Field(100_000_000, description="Most pixels accepted, width x height.")
    result_max_bytes: int = Field(30 * 1024 * 1024, description="Largest result fetched.")
    result_timeout: float = Field(60.0, gt=0, description="Longest download of a result.")

    generation_rate: int = Field(10, ge=1, description="Generation requests a person may make in 10 s.")
    write_rate: int = Field(30, ge=1, description="Other writes a person may make in 10 s.")
    upload_rate: int = Field(60, ge=1, description="Upload requests a person may make in 10 s.")
    trash_days: int = Field(
        30, ge=1, description="Days that pictures lie in the trash before they are removed for ever."
    )
    event_days: int = Field(7, ge=1, description="Days of live events kept for returning tabs.")
    live_beat: float = Field(25.0, gt=0, description="Seconds between two beats on the live stream.")
    live_check: float = Field(10.0, gt=0, description="Seconds between two checks of the rooms against PostgreSQL.")
    live_sleep: bool = Field(True, description="Let idle live sockets sleep; false keeps the plain ASGI road, slower.")

    push_contact: str | None = Field(None, description="Mail address that push services may write to about us.")
    push_private_origin: str | None = Field(
        None, description="A push service of one's own, as http(s)://host:port; it alone may be at a private address."
    )

    @field_validator("prices", mode="before")
    @classmethod
    def _check_prices(cls, value: Any) -> Any:
        try:
            wishes = json.loads(value) if isinstance(value, str) else value
            read_prices(wishes)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"PRICES cannot be used: {error}.") from error
        return wishes

    @property
    def price_list(self) -> Prices:
        """What each picture costs: the known prices, with PRICES in their place."""
        return read_prices(self.prices)

    @property
    def simulated(self) -> bool:
        """Whether pictures come from the simulator: no key was given."""
        return self.nanobanana_api_key is None

    @property
    def provider_url(self) -> str:
        """Base URL that the worker calls."""
        if not self.simulated:
            return self.nanobanana_url.rstrip("/")
        if self.nanobanana_simulator_url is None:
            raise SettingsError("NANOBANANA_SIMULATOR_URL is unset: start the parts with `atelier up`, or set it.")
        return self.nanobanana_simulator_url.rstrip("/")

    @property
    def base_url(self) -> str:
        """Where the provider finds inputs and callbacks: PUBLIC_URL, or this machine for the simulator."""
        return (self.public_url or f"http://{url_host(self.host)}:{self.port}").rstrip("/")

    @property
    def push_subject(self) -> str:
        """Who we are to push services: a mail address, or PUBLIC_URL where it is one of the open internet."""
        if self.push_contact is not None:
            return f"mailto:{self.push_contact.removeprefix('mailto:')}"
        public = (self.public_url or "").rstrip("/")
        return public if public.startswith("https://") else "mailto:owner@atelier.local"

    @property
    def called_back(self) -> bool:
        """Whether the provider is asked to call back: it is to, and it can."""
        return self.callbacks and (self.simulated or self.public_url is not None)

    @property
    def inputs_reachable(self) -> bool:
        """Whether the provider can fetch input pictures, so whether image-to-image is offered."""
        return self.simulated or self.public_url is not None or self.blob_url is not None


class SettingsError(Exception):
    """The environment cannot work; the message is a sentence for the operator."""


def readable(database_url: str) -> bool:
    """Whether the URL can name a PostgreSQL at all."""
    try:
        parts = urlsplit(database_url)
        return parts.scheme in ("postgresql", "postgres") and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def url_host(host: str) -> str:
    """The host part of a URL that reaches a server listening on `host`."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def secret_key(settings: Settings) -> bytes:
    """SECRET_KEY, or the one kept in the data folder, made on first use (safe when several processes start at once)."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.atelier_data / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret_key.{secrets.token_hex(4)}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            # link() refuses to replace: whoever came first wins, and everyone reads the same key.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip().encode()
