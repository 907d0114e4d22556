"""GET and PATCH /settings."""

from fastapi import APIRouter

from tieout.api.dependencies import PartnerCall
from tieout.api.merging import merged
from tieout.api.partner_settings.schemas import PartnerSettings
from tieout.api.roles.defaults import read_default
from tieout.api.versions import CONTRACT_VERSION
from tieout.storage import audit_trail
from tieout.storage.tables.access import Partner

KEPT_AT = "project"
"""Where these stand among all that is kept in the partner's settings."""

router = APIRouter(prefix="/settings", tags=["Partner settings"])


def _shown(partner: Partner) -> PartnerSettings:
    return PartnerSettings.model_validate({"api_version": CONTRACT_VERSION} | partner.settings.get(KEPT_AT, {}))


@router.get("")
async def get_settings(call: PartnerCall) -> PartnerSettings:
    """The partner's settings."""
    return _shown(await call.session.get_one(Partner, call.partner_id))


@router.patch("")
async def change_settings(call: PartnerCall, body: PartnerSettings) -> PartnerSettings:
    """Change the partner's settings."""
    read_default(body.default_role)
    partner = await call.session.get_one(Partner, call.partner_id, with_for_update=True)
    change = body.model_dump(mode="json", exclude_unset=True)
    kept = merged(partner.settings.get(KEPT_AT, {}), change)
    partner.settings = {**partner.settings, KEPT_AT: kept}
    partner.updated_at = call.now
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action="partner.settings_changed",
        subject_id=str(call.partner_id),
        details={"fields": sorted(change)},
    )
    return _shown(partner)
