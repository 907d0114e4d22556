"""Keeping a partner's brand; the API, the console and the operator's command all come here."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.brand.schemas import BrandPayload, BrandPreviewResponse, BrandResponse
from tieout.api.dependencies import Call
from tieout.kit.clock import Clock
from tieout.storage import audit_trail
from tieout.storage.tables.access import Partner
from tieout.sync.preview_links import PREVIEW_LIFETIME_S, preview_token


def shown(partner: Partner) -> BrandResponse:
    """The brand as the API shows it."""
    return BrandResponse.model_validate({**partner.brand, "name": partner.brand.get("name") or partner.name})


def plan_brand(brand: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The brand after a change: null empties, and what is left out stays."""
    return {name: value for name, value in {**brand, **change}.items() if value is not None}


async def load_brand(session: AsyncSession, partner_id: UUID) -> BrandResponse:
    """The partner's brand."""
    return shown(await session.get_one(Partner, partner_id))


async def change_brand(
    session: AsyncSession, clock: Clock, partner_id: UUID, change: BrandPayload, *, actor: str
) -> BrandResponse:
    """Change the brand, which every connection link shows at once."""
    partner = await session.get_one(Partner, partner_id, with_for_update=True)
    new = change.model_dump(mode="json", exclude_unset=True)
    partner.brand = plan_brand(partner.brand, new)
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


async def preview_brand(call: Call, change: BrandPayload) -> BrandPreviewResponse:
    """Keep the changed brand as a draft, in the place of the last one, and make a link that shows pages with it."""
    partner = await call.session.get_one(Partner, call.partner_id, with_for_update=True)
    partner.brand_draft = plan_brand(partner.brand, change.model_dump(mode="json", exclude_unset=True))
    expires_at = call.now.replace(microsecond=0) + timedelta(seconds=PREVIEW_LIFETIME_S)
    token = preview_token(call.services.vault.signer, partner.id, expires_at)
    url = f"{call.services.settings.public_url}/connect/preview/{token}"
    return BrandPreviewResponse(url=url, expires_at=expires_at)
