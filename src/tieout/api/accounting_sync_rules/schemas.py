"""The shapes of /accounting_sync_rules. Monite had the path until July 2024, with `push_statuses` alone."""

from typing import Annotated, Final

from pydantic import Field, field_validator

from tieout.api.schemas import Body, Shown
from tieout.sync.push_statuses import PayableStatus, ReceivableStatus
from tieout.sync.rules import TOTAL_TOLERANCE_MAX, NameClashes, Policy, SyncRules, UnsureMatches

STATUSES_MAX: Final = 20
"""More than there are, on either side."""


class PartyPolicies(Body):
    """Who wins of a customer or vendor."""

    contact_details: Policy | None = None


class ProductPolicies(Body):
    """Who wins of a product."""

    texts: Policy | None = None
    money: Policy | None = None


class DocumentPolicies(Body):
    """Who wins of an invoice, a bill or a credit note."""

    texts: Policy | None = None
    money: Policy | None = None
    dates: Policy | None = None
    existence: Policy | None = None


class ConflictPolicies(Body):
    """Who wins where both sides changed the same, by the type of the synced record; null is the default again."""

    customer: PartyPolicies | None = None
    vendor: PartyPolicies | None = None
    product: ProductPolicies | None = None
    receivable: DocumentPolicies | None = None
    bill: DocumentPolicies | None = None
    payable_credit_note: DocumentPolicies | None = None


class PushStatuses(Body):
    """The statuses in which documents are wanted in the books; null is the default again, none that nothing is."""

    receivable: Annotated[list[ReceivableStatus], Field(max_length=STATUSES_MAX)] | None = None
    payable: Annotated[list[PayableStatus], Field(max_length=STATUSES_MAX)] | None = None

    @field_validator("receivable")
    @classmethod
    def _overdue_is_issued(cls, named: list[str] | None) -> list[str] | None:
        if named and "overdue" in named and "issued" not in named:
            message = "an invoice becomes overdue without anything happening: name issued with it"
            raise ValueError(message)
        return named


class SyncRulesPayload(Body):
    """A change: what is left out stays, null is the default again."""

    conflicts: ConflictPolicies | None = None
    push_statuses: PushStatuses | None = None
    unsure_matches: UnsureMatches | None = None
    name_clashes: NameClashes | None = None
    total_tolerance: Annotated[int, Field(strict=True, ge=0, le=TOTAL_TOLERANCE_MAX)] | None = None


class PartyPoliciesResponse(Shown):
    """Who wins of a customer or vendor."""

    contact_details: Policy


class ProductPoliciesResponse(Shown):
    """Who wins of a product."""

    texts: Policy
    money: Policy


class DocumentPoliciesResponse(Shown):
    """Who wins of an invoice, a bill or a credit note."""

    texts: Policy
    money: Policy
    dates: Policy
    existence: Policy


class ConflictPoliciesResponse(Shown):
    """Who wins where both sides changed the same."""

    customer: PartyPoliciesResponse
    vendor: PartyPoliciesResponse
    product: ProductPoliciesResponse
    receivable: DocumentPoliciesResponse
    bill: DocumentPoliciesResponse
    payable_credit_note: DocumentPoliciesResponse


class PushStatusesResponse(Shown):
    """The statuses in which documents are wanted in the books."""

    receivable: list[ReceivableStatus]
    payable: list[PayableStatus]


class SyncRulesResponse(Shown):
    """All rules, those that were chosen and the defaults of the others."""

    conflicts: ConflictPoliciesResponse
    unsure_matches: UnsureMatches
    name_clashes: NameClashes
    total_tolerance: int
    push_statuses: PushStatusesResponse


def show_rules(rules: SyncRules) -> SyncRulesResponse:
    """The rules as the API shows them."""
    return SyncRulesResponse.model_validate(
        {
            "conflicts": rules.conflicts,
            "unsure_matches": rules.unsure_matches,
            "name_clashes": rules.name_clashes,
            "total_tolerance": rules.total_tolerance,
            "push_statuses": rules.push_statuses,
        }
    )
