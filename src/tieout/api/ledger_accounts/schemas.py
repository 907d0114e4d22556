"""Ledger accounts on the wire (contract: LedgerAccountResponse)."""

from uuid import UUID

from tieout.api.schemas import Page, Shown


class LedgerAccountResponse(Shown):
    """An account of the chart; the balance is in minor units of its currency."""

    id: UUID
    currency: str | None
    current_balance: int | None
    description: str | None
    is_bank_account: bool
    name: str
    nominal_code: str | None
    status: str
    subtype: str | None
    type: str


class LedgerAccountListResponse(Page):
    """A page of the chart of accounts."""

    data: list[LedgerAccountResponse]
