"""Drafting what belongs to a document: payments, the use of credits, and files, as plain values."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.business import Payable, PaymentRecord, Receivable
from tieout.storage.tables.connections import Company, Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.drafts import AllocationDraft, AttachmentDraft, Ended, PaymentDraft
from tieout.sync.entity_books import day_at
from tieout.sync.mapping import Chart, refused
from tieout.sync.settling import CREDITING
from tieout.sync.stored_files import OF_PAYABLES, load_file

LINKED_AS: Final = {"receivable": "receivable", "payable": "bill"}
"""What the link of a document is called that a payment record calls by the contract's word."""


async def draft_payment(session: AsyncSession, link: Link, company: Company, chart: Chart) -> PaymentDraft | Ended:
    """Money that moved; raises WriteRefused without an account for payments."""
    row = await session.get_one(PaymentRecord, link.object_id)
    if row.status != "succeeded" or row.paid_at is None:
        return Ended(id=row.id, version=1)
    document = await _document(session, row.object_type, row.object_id)
    if document is None or document.counterpart_id is None:
        return Ended(id=row.id, version=1)
    if chart.payments_account_id is None:
        raise refused(
            "payments_account_missing",
            "The entity has no ledger account for payments.",
            "Set accounting.ledger_account_ids.payments in the entity's settings to the account that payments go "
            "through; or enter the payment in the books by hand.",
            "ledger_account_ids.payments",
        )
    return PaymentDraft(
        id=row.id,
        version=1,
        document_type=LINKED_AS[row.object_type],
        document_id=row.object_id,
        counterpart_id=document.counterpart_id,
        is_sale=row.object_type == "receivable",
        currency=row.currency,
        paid_on=day_at(company, row.paid_at),
        amount=row.amount,
        overpaid=row.overpaid_amount,
        account_id=chart.payments_account_id,
    )


async def _document(session: AsyncSession, object_type: str, object_id: UUID) -> Receivable | Payable | None:
    found: Receivable | Payable | None = await session.get(
        Receivable if object_type == "receivable" else Payable, object_id
    )
    return found


async def draft_allocation(session: AsyncSession, link: Link, company: Company) -> AllocationDraft | Ended:
    """What a credit note takes off the document that it is based on: no more than is left of it to be paid.

    Whatever is beyond that stays open on the credit note, as it is owed back.
    """
    note: Receivable | PayableCreditNote | None = await session.get(Receivable, link.object_id)
    if note is None:
        note = await session.get_one(PayableCreditNote, link.object_id)
    counts = note.status == "issued" if isinstance(note, Receivable) else note.status in CREDITING
    if not counts or note.deleted_at is not None:
        return Ended(id=note.id, version=note.version)
    nothing = Ended(id=note.id, version=note.version, is_let_go=True)
    if note.based_on is None or note.counterpart_id is None:
        return nothing
    is_sale = isinstance(note, Receivable)
    document = await _document(session, "receivable" if is_sale else "payable", note.based_on)
    at = note.issue_date if isinstance(note, Receivable) else note.approved_at
    if document is None or document.currency is None or at is None or document.counterpart_id != note.counterpart_id:
        return nothing
    left = (document.total_amount or 0) - document.amount_paid - await _credited_before(session, note)
    amount = min(note.total_amount or 0, left)
    if amount <= 0:
        return nothing
    return AllocationDraft(
        id=note.id,
        version=note.version,
        credit_type="receivable" if is_sale else "payable_credit_note",
        document_type="receivable" if is_sale else "bill",
        document_id=document.id,
        counterpart_id=note.counterpart_id,
        is_sale=is_sale,
        currency=document.currency,
        allocated_on=day_at(company, at),
        amount=amount,
    )


async def _credited_before(session: AsyncSession, note: Receivable | PayableCreditNote) -> int:
    """What other credit notes of the same document take off it that began to count before this one."""
    query: Select[Any]
    if isinstance(note, Receivable):
        query = select(func.coalesce(func.sum(Receivable.total_amount), 0)).where(
            Receivable.based_on == note.based_on,
            Receivable.entity_id == note.entity_id,
            Receivable.status == "issued",
            Receivable.deleted_at.is_(None),
            tuple_(Receivable.issue_date, Receivable.id) < (note.issue_date, note.id),
        )
    else:
        query = select(func.coalesce(func.sum(PayableCreditNote.total_amount), 0)).where(
            PayableCreditNote.based_on == note.based_on,
            PayableCreditNote.entity_id == note.entity_id,
            PayableCreditNote.status.in_(CREDITING),
            PayableCreditNote.deleted_at.is_(None),
            tuple_(PayableCreditNote.approved_at, PayableCreditNote.id) < (note.approved_at, note.id),
        )
    return int(await session.scalar(query) or 0)


async def draft_attachment(session: AsyncSession, link: Link) -> AttachmentDraft | Ended:
    """A bill's file with its bytes; one that was removed here stays in the books if it is there."""
    file = await load_file(session, link.object_id)
    if file is None or file.object_type != OF_PAYABLES:
        return Ended(id=link.object_id, version=1, is_let_go=True)
    return AttachmentDraft(
        id=file.id,
        version=1,
        document_type="bill",
        document_id=file.object_id,
        name=file.name,
        media_type=file.media_type,
        content=file.content,
    )
