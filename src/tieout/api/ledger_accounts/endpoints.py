"""GET /ledger_accounts and GET /ledger_accounts/{ledger_account_id}: the chart as it was last pulled."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Select, false, select

from tieout.api.dependencies import EntityCall
from tieout.api.ledger_accounts.schemas import LedgerAccountListResponse, LedgerAccountResponse
from tieout.api.paging import AccountingPaging, Listing, page_of
from tieout.api.schemas import Filters
from tieout.kit.errors import NotFound
from tieout.storage.tables.connections import Company, LedgerAccount
from tieout.sync.connected import load_company

router = APIRouter(prefix="/ledger_accounts", tags=["Ledger accounts"])

_LISTING = Listing(
    name="ledger_accounts",
    id_column=LedgerAccount.id,
    sorts={"name": LedgerAccount.name},
    sort_default="name",
    is_limit_resent=True,
)


def _accounts_of(company: Company | None) -> Select[LedgerAccount]:
    query = select(LedgerAccount)
    return query.where(false()) if company is None else query.where(LedgerAccount.company_id == company.id)


@router.get("")
async def list_ledger_accounts(call: EntityCall, paging: AccountingPaging) -> LedgerAccountListResponse:
    """The chart of accounts of the connected books; empty while none are connected."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    answer = await page_of(
        call,
        _LISTING,
        owner_id=call.entity_id,
        asked=paging,
        filters=Filters(),
        query=lambda _: _accounts_of(company),
    )
    return LedgerAccountListResponse(
        data=[LedgerAccountResponse.model_validate(row) for row in answer.rows],
        next_pagination_token=answer.next_pagination_token,
        prev_pagination_token=answer.prev_pagination_token,
    )


@router.get("/{ledger_account_id}")
async def get_ledger_account(call: EntityCall, ledger_account_id: UUID) -> LedgerAccountResponse:
    """One account of the connected books."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    account = await call.session.scalar(_accounts_of(company).where(LedgerAccount.id == ledger_account_id))
    if account is None:
        message = f"There is no ledger account {ledger_account_id}."
        raise NotFound(message)
    return LedgerAccountResponse.model_validate(account)
