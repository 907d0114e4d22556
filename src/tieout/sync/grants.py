"""Grants and the partner's apps as rows: opening what is sealed in them, and saving what a platform gave."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.identifiers import new_id
from tieout.platforms.port import App, Environment, Tokens
from tieout.security.vault import Vault
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Grant

REFRESH_AHEAD_S: Final = 300
"""How long before its end an access token is renewed."""
REFRESH_JITTER_S: Final = 60
"""Up to so much earlier, other for each grant and each of its tokens: what began together does not refresh together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGrant:
    """A grant with its tokens readable; never stored, never logged.

    `refresh_at` is when to renew it ahead of its end. `spare_refresh_token` came with an answer that was overtaken.
    `is_renewed_here` is true of what the caller's own refresh has just brought.
    """

    id: UUID
    generation: int
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    spare_refresh_token: str | None = field(repr=False)
    access_expires_at: datetime
    refresh_at: datetime
    is_renewed_here: bool = False


def place_of_app(column: str, row: PlatformApp) -> str:
    """Where a secret of an app is sealed."""
    return f"{PlatformApp.__tablename__}.{column}:{row.id}"


def open_app(vault: Vault, row: PlatformApp, *, now: datetime) -> App:
    """The app with its secrets readable; raises VaultRefused."""
    previous = None
    if row.previous_client_secret is not None and row.previous_keys_expire_at and now < row.previous_keys_expire_at:
        previous = vault.open(row.previous_client_secret, place=place_of_app("previous_client_secret", row))
    return App(
        client_id=row.client_id,
        client_secret=vault.open(row.client_secret, place=place_of_app("client_secret", row)),
        environment=Environment(row.environment),
        origin=row.origin,
        previous_client_secret=previous,
    )


def webhook_keys(vault: Vault, row: PlatformApp, *, now: datetime) -> tuple[str, ...]:
    """The keys that the app's webhooks may be signed with: the newest, and the one before while it is good still.

    None where no key is set. Raises VaultRefused.
    """
    keys: list[str] = []
    if row.webhook_key is not None:
        keys.append(vault.open(row.webhook_key, place=place_of_app("webhook_key", row)))
    if row.previous_webhook_key is not None and row.previous_keys_expire_at and now < row.previous_keys_expire_at:
        keys.append(vault.open(row.previous_webhook_key, place=place_of_app("previous_webhook_key", row)))
    return tuple(keys)


def open_grant(vault: Vault, row: Grant) -> OpenGrant:
    """The grant with its tokens readable; raises VaultRefused."""
    return OpenGrant(
        id=row.id,
        generation=row.generation,
        access_token=vault.open(row.access_token, place=f"grants.access_token:{row.id}"),
        refresh_token=vault.open(row.refresh_token, place=f"grants.refresh_token:{row.id}"),
        spare_refresh_token=None
        if row.spare_refresh_token is None
        else vault.open(row.spare_refresh_token, place=f"grants.spare_refresh_token:{row.id}"),
        access_expires_at=row.access_expires_at,
        refresh_at=row.access_expires_at - timedelta(seconds=REFRESH_AHEAD_S + _jitter_s(row)),
    )


def _jitter_s(row: Grant) -> int:
    return (row.id.int + row.generation * 17) % (REFRESH_JITTER_S + 1)


def seal_tokens(vault: Vault, row: Grant, tokens: Tokens, *, received_at: datetime) -> None:
    """Put tokens just received into the row, with the moments at which they end."""
    row.access_token = vault.seal(tokens.access_token, place=f"grants.access_token:{row.id}")
    row.refresh_token = vault.seal(tokens.refresh_token, place=f"grants.refresh_token:{row.id}")
    row.access_expires_at = received_at + timedelta(seconds=tokens.access_expires_in_s)
    if tokens.refresh_expires_in_s is not None:
        row.refresh_expires_at = received_at + timedelta(seconds=tokens.refresh_expires_in_s)
    if tokens.refresh_ends_in_s is not None:
        row.ends_at = received_at + timedelta(seconds=tokens.refresh_ends_in_s)
    row.refreshed_at = row.updated_at = received_at


def keep_spare(vault: Vault, row: Grant, refresh_token: str | None) -> None:
    """Keep a refresh token beside the one that counts, or none."""
    place = f"grants.spare_refresh_token:{row.id}"
    row.spare_refresh_token = None if refresh_token is None else vault.seal(refresh_token, place=place)


def save_new_grant(
    session: AsyncSession, vault: Vault, *, app: PlatformApp, tokens: Tokens, received_at: datetime
) -> Grant:
    """Add a grant for tokens that a consent has just brought, in the caller's transaction."""
    grant = Grant(
        id=new_id(),
        partner_id=app.partner_id,
        app_id=app.id,
        platform_user_id=tokens.user_id,
        scopes=list(tokens.scopes),
        created_at=received_at,
    )
    seal_tokens(vault, grant, tokens, received_at=received_at)
    session.add(grant)
    return grant
