"""Making partners."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.api_clients.service import FIRST_NAME, OPERATOR, create_client
from tieout.kit.clock import Clock
from tieout.platforms.port import Environment
from tieout.storage import audit_trail
from tieout.storage.tables.access import Partner

NAME_LENGTH_MAX = 255


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
    client, client_secret = await create_client(session, partner_id=partner.id, name=FIRST_NAME, now=now)
    return partner, client.id, client_secret
