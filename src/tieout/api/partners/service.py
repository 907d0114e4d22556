"""Making partners and API clients. A client's secret is shown once; only its hash is kept."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.clock import Clock
from tieout.kit.errors import NotFound
from tieout.kit.identifiers import random_token
from tieout.platforms.port import Environment
from tieout.security.tokens import hash_of
from tieout.storage import audit_trail
from tieout.storage.tables.access import ApiClient, Partner

NAME_LENGTH_MAX = 255
OPERATOR = "operator"


async def create_partner(
    session: AsyncSession, clock: Clock, name: str, *, environment: Environment = Environment.PRODUCTION
) -> tuple[Partner, UUID, str]:
    """Make a partner with its first API client: the partner, the client's id and its secret; raises ValueError."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        message = f"a partner's name has between 1 and {NAME_LENGTH_MAX} characters"
        raise ValueError(message)
    now = clock.now()
    partner = Partner(name=name, environment=environment.value, brand={"name": name}, created_at=now, updated_at=now)
    session.add(partner)
    await session.flush()
    await audit_trail.record(
        session,
        partner_id=partner.id,
        at=now,
        actor=OPERATOR,
        action="partner.created",
        subject_id=str(partner.id),
        details={"name": name},
    )
    client_id, client_secret = await create_client(session, clock, partner.id)
    return partner, client_id, client_secret


async def create_client(
    session: AsyncSession, clock: Clock, partner_id: UUID, *, actor: str = OPERATOR
) -> tuple[UUID, str]:
    """Make another API client of a partner: its id and its secret."""
    now = clock.now()
    secret = random_token()
    client = ApiClient(partner_id=partner_id, secret_hash=hash_of(secret), created_at=now)
    session.add(client)
    await session.flush()
    await audit_trail.record(
        session,
        partner_id=partner_id,
        at=now,
        actor=actor,
        action="api_client.created",
        subject_id=str(client.id),
    )
    return client.id, secret


async def revoke_client(
    session: AsyncSession, clock: Clock, partner_id: UUID, client_id: UUID, *, actor: str = OPERATOR
) -> None:
    """End an API client and, with it, all its tokens at once; raises NotFound."""
    client = await session.get(ApiClient, client_id)
    if client is None or client.partner_id != partner_id:
        message = f"There is no API client {client_id}."
        raise NotFound(message)
    if client.revoked_at is None:
        client.revoked_at = clock.now()
        await audit_trail.record(
            session,
            partner_id=partner_id,
            at=clock.now(),
            actor=actor,
            action="api_client.revoked",
            subject_id=str(client_id),
        )
