"""Judging a payable: loads what `validating` decides by, and moves drafts that are complete."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from tieout.api.completeness import Problem
from tieout.api.dependencies import CallForEntity
from tieout.api.payables.noting import note_status
from tieout.api.payables.validating import DEFAULTS, BooksRules, RequiredField, Subject, problems_of
from tieout.api.required_fields import RequiredFields
from tieout.api.scope import rows_of_entity
from tieout.api.wanting import follow_status
from tieout.books.stated_totals import STATED, LineAmounts, StatedTotals, stated_totals
from tieout.storage.tables.business import Payable, PayableLine
from tieout.storage.tables.connections import LedgerAccount
from tieout.sync.accounting_defaults import default_bill_account_id
from tieout.sync.connected import load_company
from tieout.sync.entity_books import load_tax_rates, load_tax_values

REQUIRED = RequiredFields(setting="payables_required_fields", words=RequiredField, defaults=DEFAULTS)
"""What payables must have."""

_COLUMNS = (
    "currency",
    "document_id",
    "due_date",
    "issued_at",
    "tax_amount",
    "total_amount",
    "subtotal",
    "description",
    "tax",
    "counterpart_id",
    "counterpart_address_id",
    "file_id",
)
_STORED = ("suggested_payment_term", "payment_terms", "sender", "counterpart_vat_id_id")
_LINE = (
    "quantity",
    "unit_price",
    "tax",
    "ledger_account_id",
    "accounting_tax_rate_id",
    "unit",
    "name",
    "description",
    "subtotal",
    "total",
    "tax_amount",
)


async def load_payable_lines(call: CallForEntity, payable_id: UUID) -> list[PayableLine]:
    """The lines of a payable, in order."""
    found = await call.session.scalars(
        rows_of_entity(call, PayableLine)
        .where(PayableLine.payable_id == payable_id)
        .order_by(PayableLine.position, PayableLine.id)
    )
    return list(found)


def amounts_of(line: PayableLine) -> LineAmounts:
    """A line's amounts, as they are kept."""
    return LineAmounts(subtotal=line.subtotal, tax_amount=line.tax_amount, total=line.total)


def add_up(row: Payable, lines: Sequence[PayableLine]) -> StatedTotals:
    """The payable's totals: as stated, or as its lines say."""
    return stated_totals(row.content.get(STATED) or {}, [amounts_of(line) for line in lines], row.discount)


async def judge(call: CallForEntity, row: Payable, lines: Sequence[PayableLine]) -> list[Problem]:
    """Why the payable is not complete; empty when it is."""
    required = await REQUIRED.load(call)
    fields = {name: getattr(row, name) for name in _COLUMNS} | {name: row.content.get(name) for name in _STORED}
    subject = Subject(
        fields=fields,
        lines=[{name: getattr(line, name) for name in _LINE} for line in lines],
        totals=add_up(row, lines),
        amounts=[amounts_of(line) for line in lines],
        discount=row.discount,
    )
    return problems_of(subject, required, await _load_rules(call, lines))


async def _load_rules(call: CallForEntity, lines: Sequence[PayableLine]) -> BooksRules | None:
    """What the connected books know; None without connected books."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is None:
        return None
    default_account_id = default_bill_account_id((await call.load_entity()).settings)
    named = {line.ledger_account_id for line in lines if line.ledger_account_id is not None}
    accounts = await call.session.scalars(
        select(LedgerAccount.id).where(
            LedgerAccount.company_id == company.id,
            LedgerAccount.id.in_(named | ({default_account_id} if default_account_id else set())),
            LedgerAccount.status == "Active",
        )
    )
    rates = [line.accounting_tax_rate_id for line in lines if line.accounting_tax_rate_id is not None]
    known = await load_tax_rates(call.session, company, rates)
    return BooksRules(
        account_ids=set(accounts),
        tax_rate_ids={rate.id for rate in known.values() if rate.status == "Active" and rate.on_purchases},
        tax_values=await load_tax_values(call.session, company, call.entity_id, on_sales=False),
        default_account_id=default_account_id,
        takes_any_tax=not (company.facts or {}).get("taxes_purchases", True),
    )


async def refresh(call: CallForEntity, row: Payable) -> None:
    """After a change: the totals, and whether the payable is a draft or `new`, with its history."""
    lines = await load_payable_lines(call, row.id)
    totals = add_up(row, lines)
    row.subtotal, row.tax_amount, row.total_amount = totals.subtotal, totals.tax_amount, totals.total_amount
    if row.status in ("draft", "new"):
        old_status = row.status
        row.status = "draft" if await judge(call, row, lines) else "new"
        await note_status(call, row, old_status)
        await follow_status(call, row, old_status)


async def promote(call: CallForEntity, row: Payable) -> None:
    """Judge a draft anew: what was missing may have become needless since, as with an account by default."""
    if row.status == "draft":
        await refresh(call, row)
