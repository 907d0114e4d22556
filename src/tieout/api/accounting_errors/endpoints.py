"""GET /accounting_errors: an addition, for the contract's errors are words without a list of them."""

from fastapi import APIRouter

from tieout.api.accounting_errors.schemas import AccountingErrorList, AccountingErrorResponse
from tieout.api.dependencies import PartnerCall
from tieout.platforms.catalogue import load_catalogue

router = APIRouter(prefix="/accounting_errors", tags=["Accounting errors"])


@router.get("")
async def list_accounting_errors(_call: PartnerCall) -> AccountingErrorList:
    """Every code by which something is refused or in trouble; the list changes only with a release."""
    return AccountingErrorList(data=[AccountingErrorResponse.model_validate(entry) for entry in load_catalogue()])
