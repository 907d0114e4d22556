"""Undoing a link: what that would mean, and doing it. The books stay as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Kind, Record
from tieout.platforms.errors import Explanation, Next
from tieout.storage.tables.business import Payable, PaymentRecord, Receivable, ReceivableLine
from tieout.storage.tables.connections import Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.match_decisions import Decider, is_being_written, keep_apart
from tieout.sync.parts import forget_parts, load_parts
from tieout.sync.settling import unapply_payment
from tieout.sync.sides import DOCUMENTS, Sides, counts, load_snapshots, record_of
from tieout.sync.synced_records import tell_link

PUSHED: Final = ("pushed", "adopted")
"""What a link was matched by that Tieout itself wrote."""
NAMED_MAX: Final = 100
"""Documents that consequences name; there may be more."""
UNDONE: Final = "link_undone"
"""The code of a record whose link somebody undid."""
_SALES, _PURCHASES = ("receivable",), ("bill", "payable_credit_note")


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows from undoing a link, and what keeps it from being undone.

    `stay` are documents of ours that keep standing in the books under what ours was linked to; `anew` what would be
    written for a new twin; `payments` those that the books told of, which are taken back here.
    """

    refusal: Explanation | None
    stay: Sequence[Link] = ()
    anew: Sequence[Link] = ()
    payments: Sequence[PaymentRecord] = ()
    has_more: bool = False


async def foresee(session: AsyncSession, sides: Sides, link: Link) -> Consequences:
    """What undoing a link would mean; nothing is changed."""
    record = await _load_theirs(session, sides, link)
    refusal = await _refusal(session, sides, link, record)
    if link.object_type in DOCUMENTS:
        payments = await _payments(session, link)
        return Consequences(refusal, payments=payments[:NAMED_MAX], has_more=len(payments) > NAMED_MAX)
    naming = await _naming(session, sides, link)
    return Consequences(
        refusal,
        stay=[one for one in naming if one.external_id is not None][:NAMED_MAX],
        anew=[one for one in naming if one.external_id is None and one.push_wanted_at is not None][:NAMED_MAX],
        has_more=len(naming) > NAMED_MAX,
    )


async def undo(session: AsyncSession, sides: Sides, link: Link, by: Decider) -> None:
    """Undo a link that `foresee` has nothing against, and remember that the two are not the same."""
    record = await _load_theirs(session, sides, link)
    await keep_apart(session, sides, link, record, by)
    if link.object_type in DOCUMENTS:
        await _take_back(session, link, by)
        await forget_parts(session, link, now=by.now)
    link.evidence = {
        "unlinked": {
            "external_kind": link.external_kind,
            "external_id": link.external_id,
            "matched_by": link.matched_by,
            "at": by.now.isoformat(),
            "by": by.actor,
        }
    }
    told = link.external_id
    link.external_id = link.external_version = link.external_updated_at = None
    link.matched_by = link.base = link.agreed = link.push_wanted_at = link.cure = None
    link.sync_status = "error"
    link.errors = _told(sides, told)
    link.updated_at = by.now
    await tell_link(session, link, "updated", now=by.now)
    await session.flush()


def _told(sides: Sides, external_id: str | None) -> dict[str, Any]:
    """What the synced record shows from then on."""
    return {
        "code": UNDONE,
        "message": f"Somebody undid its link to {external_id} in {sides.platform.title}. It is not in the books.",
        "fix": "Link it to the right record (POST …/link), or push it to have a new one created.",
        "next": Next.SOMEBODY_MUST_ACT.value,
        "retries": [],
    }


async def _load_theirs(session: AsyncSession, sides: Sides, link: Link) -> Record | None:
    external_id = str(link.external_id)
    rows = await load_snapshots(session, sides.company.id, Kind(str(link.external_kind)), [external_id])
    return record_of(rows[external_id]) if external_id in rows else None


async def _refusal(session: AsyncSession, sides: Sides, link: Link, record: Record | None) -> Explanation | None:
    """What keeps a link from being undone: most of all, what would then be in the books twice."""
    if await is_being_written(session, link):
        return Explanation(
            code="being_written",
            message="It is being written to the books at this moment.",
            fix="Try again when that has ended: GET …/writes shows it.",
        )
    if link.object_type not in DOCUMENTS:
        return None
    if link.matched_by in PUSHED and record is not None and counts(record):
        return Explanation(
            code="written_by_tieout",
            message=f"Tieout itself wrote it to {sides.platform.title}, where it stands: without the link it would be "
            "written a second time.",
            fix="Cancel it here, or void or delete it in the books.",
        )
    if parts := [one for one in await _written_on(session, sides, link) if one.external_id is not None]:
        return Explanation(
            code="parts_in_the_books",
            message=f"Tieout has written {len(parts)} payment, credit or file to it in {sides.platform.title}.",
            fix="Take those back first.",
        )
    return None


async def _written_on(session: AsyncSession, sides: Sides, link: Link) -> list[Link]:
    """Payments, uses of credit and files that were written on a document."""
    records = select(PaymentRecord.id).where(
        PaymentRecord.partner_id == link.partner_id, PaymentRecord.object_id == link.object_id
    )
    payments = await session.scalars(
        select(Link).where(*sides.of_links, Link.object_type == "payment_record", Link.object_id.in_(records))
    )
    return [*payments, *await load_parts(session, link)]


async def _payments(session: AsyncSession, link: Link) -> list[PaymentRecord]:
    """Payments of the books that settled the document here."""
    rows = await session.scalars(
        select(PaymentRecord)
        .where(
            PaymentRecord.partner_id == link.partner_id,
            PaymentRecord.entity_id == link.entity_id,
            PaymentRecord.object_id == link.object_id,
            PaymentRecord.company_id == link.company_id,
            PaymentRecord.external_id.is_not(None),
            PaymentRecord.status == "succeeded",
        )
        .order_by(PaymentRecord.created_at, PaymentRecord.id)
    )
    return list(rows)


async def _take_back(session: AsyncSession, link: Link, by: Decider) -> None:
    """Payments that came by the link go with it; those that the partner told of stay, and are nobody's there."""
    for payment in await _payments(session, link):
        external_id = str(payment.external_id)
        if payment.source == "partner":
            payment.company_id = payment.external_id = None
            continue
        kept = await session.scalars(
            select(PaymentRecord.object_id).where(
                PaymentRecord.company_id == link.company_id,
                PaymentRecord.external_id == external_id,
                PaymentRecord.object_id != link.object_id,
            )
        )
        await unapply_payment(
            session,
            partner_id=link.partner_id,
            entity_id=link.entity_id,
            company_id=link.company_id,
            external_id=external_id,
            now=by.now,
            keep=set(kept),
        )


async def _naming(session: AsyncSession, sides: Sides, link: Link) -> list[Link]:
    """Links of the documents of ours that name a counterpart or product, the newest first."""
    return list(
        await session.scalars(
            select(Link)
            .where(*sides.of_links, _names(link.object_type, link.object_id))
            .order_by(Link.created_at.desc(), Link.id)
            .limit(NAMED_MAX + 1)
        )
    )


def _names(object_type: str, object_id: UUID) -> ColumnElement[bool]:
    if object_type == "product":
        lines = select(ReceivableLine.receivable_id).where(ReceivableLine.product_id == object_id)
        return (Link.object_type == "receivable") & Link.object_id.in_(lines)
    if object_type == "customer":
        mine = select(Receivable.id).where(Receivable.counterpart_id == object_id)
        return Link.object_type.in_(_SALES) & Link.object_id.in_(mine)
    bills = select(Payable.id).where(Payable.counterpart_id == object_id)
    notes = select(PayableCreditNote.id).where(PayableCreditNote.counterpart_id == object_id)
    return Link.object_type.in_(_PURCHASES) & or_(Link.object_id.in_(bills), Link.object_id.in_(notes))
