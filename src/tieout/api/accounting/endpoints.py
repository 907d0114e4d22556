"""GET /accounting/payables and /accounting/receivables.

The books' own documents as of the last pull. Nothing is imported.
"""

import json
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement, select

from tieout.api.accounting.schemas import (
    AccountingPayable,
    AccountingPayableList,
    AccountingReceivable,
    AccountingReceivableList,
    show_payable,
    show_receivable,
)
from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.books.encoding import decode_record
from tieout.books.records import Bill, Invoice, Kind, Party
from tieout.kit.errors import NotFound
from tieout.platforms.registry import platform_named
from tieout.storage.tables.connections import Company, Snapshot
from tieout.sync.connected import load_company
from tieout.sync.snapshots import load_records

router = APIRouter(prefix="/accounting", tags=["Accounting data pull"])

LIMIT_MAX = 500
LIMIT_DEFAULT = 100
OFFSET_MAX = 2**53

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Offset = Annotated[int, Query(ge=0, le=OFFSET_MAX)]


def _living(company: Company, kind: Kind) -> tuple[ColumnElement[bool], ...]:
    """What is in the books and can be read: the condition of the index that pages are found by."""
    return (
        Snapshot.company_id == company.id,
        Snapshot.kind == kind.value,
        Snapshot.canonical.is_not(None),
        Snapshot.gone_at.is_(None),
    )


async def _page(call: CallForEntity, company: Company, kind: Kind, limit: int, offset: int) -> list[Snapshot]:
    """A page in the order of arrival. Only its own rows are read whole: what it skips is counted in the index."""
    order = (Snapshot.first_seen_at, Snapshot.external_id)
    ids = select(Snapshot.external_id).where(*_living(company, kind)).order_by(*order).limit(limit).offset(offset)
    found = list(await call.session.scalars(ids))
    rows = await call.session.scalars(
        select(Snapshot)
        .where(Snapshot.company_id == company.id, Snapshot.kind == kind.value, Snapshot.external_id.in_(found))
        .order_by(*order)
    )
    return list(rows)


async def _one(call: CallForEntity, kind: Kind, external_id: str) -> tuple[Company, Snapshot]:
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is not None:
        query = select(Snapshot).where(*_living(company, kind), Snapshot.external_id == external_id)
        found = await call.session.scalar(query)
        if found is not None:
            return company, found
    message = f"There is no {kind.value} {external_id!r} in the connected books."
    raise NotFound(message)


async def _names(
    call: CallForEntity, company: Company, role: str, documents: list[Bill] | list[Invoice]
) -> Callable[[str], str | None]:
    """Names of the parties that documents name only by id."""
    kind = platform_named(company.platform).kind_of(role)
    nameless = {document.party_id for document in documents if not document.party_name}
    known = await load_records(call.session, company.id, kind, nameless) if kind and nameless else {}
    return lambda party_id: party.name if isinstance(party := known.get(party_id), Party) else None


def _bill(row: Snapshot) -> Bill:
    record = decode_record(Kind.BILL, row.canonical or b"")
    assert isinstance(record, Bill)
    return record


def _invoice(row: Snapshot) -> Invoice:
    record = decode_record(Kind.INVOICE, row.canonical or b"")
    assert isinstance(record, Invoice)
    return record


@router.get("/payables")
async def list_payables(call: EntityCall, limit: Limit = LIMIT_DEFAULT, offset: Offset = 0) -> AccountingPayableList:
    """Bills in the connected books; none while no books are connected."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is None:
        return AccountingPayableList(data=[])
    bills = [_bill(row) for row in await _page(call, company, Kind.BILL, limit, offset)]
    names = await _names(call, company, "vendor", bills)
    return AccountingPayableList(data=[show_payable(bill, company.id, names) for bill in bills])


@router.get("/payables/{payable_id}")
async def get_payable(call: EntityCall, payable_id: str) -> AccountingPayable:
    """One bill in the connected books, by the platform's id."""
    company, row = await _one(call, Kind.BILL, payable_id)
    bill = _bill(row)
    return show_payable(bill, company.id, await _names(call, company, "vendor", [bill]))


@router.get("/receivables")
async def list_receivables(
    call: EntityCall, limit: Limit = LIMIT_DEFAULT, offset: Offset = 0
) -> AccountingReceivableList:
    """Invoices in the connected books; none while no books are connected."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is None:
        return AccountingReceivableList(data=[])
    rows = await _page(call, company, Kind.INVOICE, limit, offset)
    invoices = [_invoice(row) for row in rows]
    names = await _names(call, company, "customer", invoices)
    return AccountingReceivableList(
        data=[
            show_receivable(invoice, company.id, names, json.loads(row.raw))
            for invoice, row in zip(invoices, rows, strict=True)
        ]
    )


@router.get("/receivables/{invoice_id}")
async def get_receivable(call: EntityCall, invoice_id: str) -> AccountingReceivable:
    """One invoice in the connected books, by the platform's id."""
    company, row = await _one(call, Kind.INVOICE, invoice_id)
    invoice = _invoice(row)
    names = await _names(call, company, "customer", [invoice])
    return show_receivable(invoice, company.id, names, json.loads(row.raw))
