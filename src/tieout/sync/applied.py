"""What is applied to a document: payments and credits keep it in the books until they are taken off.

Some books refuse to void such a document, others quietly leave the money unapplied. Neither is what a bookkeeper
expects, so it is refused here, before anything is sent, with what to do.
"""

from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Document, Record
from tieout.platforms.errors import Explanation, WriteRefused
from tieout.storage.tables.business import PaymentRecord, Receivable
from tieout.storage.tables.connections import Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote

_APPLIED: Final = Explanation(
    code="document_has_payments",
    message="A payment or credit is applied to the document in the books, so it cannot be taken out of them.",
    fix="Open the document in the books, delete the payment or take the credit off, synchronise, then push again.",
)
_DOCUMENTS: Final = {"receivable": "receivable", "bill": "payable"}


async def refuse_while_applied(session: AsyncSession, link: Link, there: Record) -> None:
    """Raise WriteRefused for a document that something is applied to: as the books show it, or as we wrote it since."""
    if not isinstance(there, Document):
        return
    if there.balance != there.total or await _has_payment(session, link) or await _has_allocation(session, link):
        raise WriteRefused(_APPLIED)


async def _has_payment(session: AsyncSession, link: Link) -> bool:
    found = await session.scalar(
        select(Link.id)
        .join(PaymentRecord, PaymentRecord.id == Link.object_id)
        .where(
            Link.company_id == link.company_id,
            Link.object_type == "payment_record",
            or_(Link.external_id.is_not(None), Link.push_wanted_at.is_not(None)),
            PaymentRecord.object_type == _DOCUMENTS.get(link.object_type, ""),
            PaymentRecord.object_id == link.object_id,
            PaymentRecord.status == "succeeded",
        )
        .limit(1)
    )
    return found is not None


async def _has_allocation(session: AsyncSession, link: Link) -> bool:
    """Whether a credit of ours is used on it, or it is a credit that is used."""
    notes = (
        select(Receivable.id).where(Receivable.based_on == link.object_id)
        if link.object_type == "receivable"
        else select(PayableCreditNote.id).where(PayableCreditNote.based_on == link.object_id)
    )
    found = await session.scalar(
        select(Link.id)
        .where(
            Link.company_id == link.company_id,
            Link.object_type == "credit_allocation",
            Link.external_id.is_not(None),
            or_(Link.object_id.in_(notes), Link.object_id == link.object_id),
        )
        .limit(1)
    )
    return found is not None
