"""GET /accounting_capabilities: an addition, for programs that say what goes over before somebody tries."""

import msgspec
from fastapi import APIRouter

from tieout.api.accounting_capabilities.schemas import AccountingCapabilityList, AccountingCapabilityResponse
from tieout.api.dependencies import PartnerCall
from tieout.platforms.capabilities import load_capabilities

router = APIRouter(prefix="/accounting_capabilities", tags=["Accounting capabilities"])


@router.get("")
async def list_accounting_capabilities(_call: PartnerCall) -> AccountingCapabilityList:
    """Object by direction by operation by platform; a cell is `shown` only because the tests that it names passed."""
    return AccountingCapabilityList(
        data=[
            AccountingCapabilityResponse(platform=platform, **msgspec.structs.asdict(cell))
            for platform, cells in load_capabilities().items()
            for cell in cells
        ]
    )
