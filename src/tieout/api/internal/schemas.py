"""The contract's SyncStatusResponse and LineItemsValidationRequest."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from tieout.api.accounting_synced_records.schemas import ObjectType, SoughtObjectType, SyncStatus
from tieout.api.schemas import Filters, OpenBody, Shown

RATE_MAX = 1_000_000
"""In minor units of percent: 10 000 %. No books have such a rate."""


class SyncStatusFilters(Filters):
    """What the list can be narrowed by."""

    sync_status: SyncStatus | None = None
    type: SoughtObjectType | None = None


class SyncStatusResponse(Shown):
    """How far one record got; `id` is that of its synced record."""

    id: UUID
    sync_status: SyncStatus
    type: ObjectType


class SyncStatusResponseList(Shown):
    """A page of them. Its tokens are UUIDs, as the contract has it for this list alone."""

    data: list[SyncStatusResponse]
    next_pagination_token: UUID | None = None
    prev_pagination_token: UUID | None = None


class DocumentType(StrEnum):
    """On which side of the books lines are to stand."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"


class LineItemForValidation(OpenBody):
    """A line that may be pushed one day. The rate is in minor units of percent: 12.5 % is 1250."""

    ledger_account_id: UUID | None = None
    accounting_tax_rate_id: UUID | None = None
    monite_tax_rate: Annotated[int | float, Field(ge=0, le=RATE_MAX, allow_inf_nan=False)] | None = None

    @property
    def tax_value(self) -> Decimal | None:
        """The rate with the digits that it was written with."""
        return None if self.monite_tax_rate is None else Decimal(str(self.monite_tax_rate))


class LineItemsValidationRequest(OpenBody):
    """Lines of one document."""

    document_type: DocumentType
    line_items: list[LineItemForValidation]
