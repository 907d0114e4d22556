"""/entities/{entity_id}/accounting_defaults: an addition, for the contract closes its settings and has none for bills.

A bill line without an account is posted to the default one.
"""

from uuid import UUID

from fastapi import APIRouter

from tieout.api.accounting_ids import check_ledger_accounts
from tieout.api.dependencies import Call, PartnerCall
from tieout.api.entities.service import load_entity
from tieout.api.schemas import Body, Shown
from tieout.storage import audit_trail
from tieout.storage.tables.business import Entity
from tieout.sync.accounting_defaults import BILL_LINES, DEFAULTS, default_bill_account_id
from tieout.sync.curing import leave_news_of_settings

router = APIRouter(prefix="/entities/{entity_id}/accounting_defaults", tags=["Entities"])


class DefaultAccounts(Body):
    """Ledger accounts for what names none itself."""

    bill_lines: UUID | None = None


class AccountingDefaultsPayload(Body):
    """All defaults: what is left out has none."""

    ledger_account_ids: DefaultAccounts


class AccountingDefaultsResponse(Shown):
    """All defaults."""

    ledger_account_ids: DefaultAccounts


def _shown(entity: Entity) -> AccountingDefaultsResponse:
    accounts = DefaultAccounts(bill_lines=default_bill_account_id(entity.settings))
    return AccountingDefaultsResponse(ledger_account_ids=accounts)


@router.get("")
async def get_accounting_defaults(call: PartnerCall, entity_id: UUID) -> AccountingDefaultsResponse:
    """What pushes of the entity's records fall back to."""
    return _shown(await load_entity(call, entity_id))


@router.put("")
async def set_accounting_defaults(
    call: PartnerCall, entity_id: UUID, body: AccountingDefaultsPayload
) -> AccountingDefaultsResponse:
    """Replace what pushes fall back to. Drafts are judged anew when they are next changed, validated or submitted."""
    entity = await load_entity(call, entity_id, for_update=True)
    account_id = body.ledger_account_ids.bill_lines
    await check_ledger_accounts(
        call.session,
        partner_id=call.partner_id,
        entity_id=entity_id,
        ids={("body", "ledger_account_ids", BILL_LINES): account_id},
    )
    is_changed = default_bill_account_id(entity.settings) != account_id
    entity.settings = {**entity.settings, DEFAULTS: {BILL_LINES: None if account_id is None else str(account_id)}}
    if is_changed:
        await leave_news_of_settings(
            call.session, call.services.engine, partner_id=call.partner_id, entity_id=entity.id, now=call.now
        )
    entity.updated_at = call.now
    await _note(call, entity)
    return _shown(entity)


async def _note(call: Call, entity: Entity) -> None:
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action="entity.accounting_defaults_changed",
        subject_id=str(entity.id),
        details=entity.settings[DEFAULTS],
    )
