"""Every setting of Tieout, read from the environment (`TIEOUT_…`).

Docs/operate.md explains each; a test keeps them in step.
"""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may choose. Durations are in whole seconds."""

    model_config = SettingsConfigDict(env_prefix="TIEOUT_", frozen=True, extra="ignore")

    database_url: str = Field(default="sqlite:///tieout.db", description="sqlite:///file or postgresql://…")
    engine: Literal["embedded", "distributed"] = Field(
        default="embedded", description="who runs lanes: this machine's processes, or Procrastinate on PostgreSQL"
    )
    public_url: str = Field(
        default="http://127.0.0.1:8800", description="the address under which people and platforms reach Tieout"
    )
    vault_keys: SecretStr = Field(
        default=SecretStr(""),
        description="keys that encrypt secrets, newest first: id:base64 of 32 bytes, separated by commas",
    )
    sync_interval_s: int = Field(default=3600, ge=1, description="time between two pulls of a company")
    sync_interval_with_webhooks_s: int = Field(
        default=4 * 3600, ge=1, description="the same while the platform's webhooks tell of changes; never shorter"
    )
    token_lifetime_s: int = Field(default=1800, ge=1, description="how long an API access token lives")
    link_lifetime_s: int = Field(default=7 * 24 * 3600, ge=60, description="how long a connection link works")
    file_link_lifetime_s: int = Field(
        default=3600, ge=60, description="how long a link to a file works at least; twice as long at most"
    )
    requests_per_s: int = Field(default=30, ge=1, description="API requests per second and API client")
    attempts_kept_days: int = Field(
        default=400, ge=1, description="how long tries on the way to a confirmed write are kept; the write stays"
    )
    allow_private_addresses: bool = Field(
        default=False, description="let calls go to private and loopback addresses: for development and the demo only"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        """Without a slash at its end: every link that people and platforms get begins with it."""
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            message = "Input should be a web address, like https://tieout.example.com"
            raise ValueError(message)
        return value.rstrip("/")
