"""Keeping a partner's brand; the API, the console and the operator's command all come here."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.brand.schemas import BrandPayload, BrandResponse
from tieout.kit.clock import Clock
from tieout.storage import audit_trail
from tieout.storage.tables.access import Partner


def shown(partner: Partner) -> BrandResponse:
    """The brand as the API shows it."""
    return BrandResponse.model_validate({**partner.brand, "name": partner.brand.get("name") or partner.name})


async def load_brand(session: AsyncSession, partner_id: UUID) -> BrandResponse:
    """The partner's brand."""
    return shown(await session.get_one(Partner, partner_id))


async def change_brand(
    session: AsyncSession, clock: Clock, partner_id: UUID, change: BrandPayload, *, actor: str
) -> BrandResponse:
    """Change the brand, which every connection link shows at once."""
    partner = await session.get_one(Partner, partner_id, with_for_update=True)
    new = change.model_dump(mode="json", exclude_unset=True)
    partner.brand = {name: value for name, value in {**partner.brand, **new}.items() if value is not None}
    partner.updated_at = clock.now()
    await audit_trail.record(
        session,
        partner_id=partner_id,
        at=clock.now(),
        actor=actor,
        action="brand.changed",
        subject_id=str(partner_id),
        details=new,
    )
    return shown(partner)
