"""Linking documents: those of ours that stand in the books already are linked, and never written a second time.

After connecting the open ones are looked at; later what is new in the books, and whatever is about to be written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Document, Kind
from tieout.kit.money import from_minor
from tieout.storage.tables.business import Counterpart, Payable, Receivable
from tieout.storage.tables.connections import Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.arriving import apply_payments_of
from tieout.sync.joining import save_matches
from tieout.sync.keying import find_by_keys, take_news
from tieout.sync.matching.documents import match_documents
from tieout.sync.matching.keys import keys_of_our_document
from tieout.sync.matching.sides import Matched, OurDocument
from tieout.sync.open_books import OpenBooks
from tieout.sync.proposing import load_apart, load_proposed_with, save_proposals
from tieout.sync.sides import DOCUMENTS, IDS_PER_QUERY_MAX, Sides, has_twin, sides_of
from tieout.sync.snapshots import load_records
from tieout.sync.undecided import release

_OPEN: Final = {
    "receivable": ("issued", "partially_paid"),
    "bill": ("waiting_to_be_paid", "partially_paid"),
    "payable_credit_note": ("approved",),
}
"""What is looked for in the books though nobody asked for it to be written: what is still owed."""
_KINDS: Final = {
    "receivable": (Kind.INVOICE, Kind.CREDIT_NOTE),
    "bill": (Kind.BILL,),
    "payable_credit_note": (Kind.VENDOR_CREDIT,),
}
_TYPES: Final = {kind: object_type for object_type, kinds in _KINDS.items() for kind in kinds}


async def match_documents_all(session: AsyncSession, books: OpenBooks, *, now: datetime) -> dict[str, tuple[int, int]]:
    """Every open document that has no twin yet; returns how many were linked and proposed."""
    counted = {}
    for object_type in DOCUMENTS:
        for kind in _KINDS[object_type]:
            await take_news(session, books.company.id, kind)
        ours = await _load_ours(session, sides_of(books), object_type, None)
        matched = await _match(session, books, object_type, ours, now=now)
        counted[object_type] = (len(matched.sure), len(matched.unsure))
    return counted


async def match_documents_news(session: AsyncSession, books: OpenBooks, *, now: datetime) -> None:
    """Open documents of ours whose number, or amount, a document has that is new in the books or was changed there."""
    sides = sides_of(books)
    for kind, object_type in _TYPES.items():
        news = await take_news(session, sides.company.id, kind)
        if not news:
            continue
        records = await load_records(session, sides.company.id, kind, news)
        theirs = [record for record in records.values() if isinstance(record, Document)]
        ours = await _load_ours(session, sides, object_type, _alike(object_type, theirs))
        proposed = await load_proposed_with(session, sides, object_type, news)
        ours |= await _load_ours(session, sides, object_type, _model(object_type).id.in_(proposed)) if proposed else {}
        await _match(session, books, object_type, ours, looked_at={*ours, *proposed}, now=now)


async def match_documents_wanted(
    session: AsyncSession, books: OpenBooks, object_type: str, object_ids: Collection[UUID], *, now: datetime
) -> None:
    """Documents that are about to be written, whatever their status."""
    sides, model = sides_of(books), _model(object_type)
    ours = await _load_ours(session, sides, object_type, model.id.in_(object_ids))
    rivals = await _load_ours(session, sides, object_type, model.document_id.in_({one.number for one in ours.values()}))
    await _match(session, books, object_type, rivals | ours, looked_at=object_ids, now=now)


async def _match(
    session: AsyncSession,
    books: OpenBooks,
    object_type: str,
    ours: Mapping[UUID, OurDocument],
    *,
    looked_at: Collection[UUID] | None = None,
    now: datetime,
) -> Matched[Document]:
    """Decide on these, save what is sure of those that are looked at, and let their payments follow."""
    sides = sides_of(books)
    apart = await load_apart(session, sides, object_type)
    sure, unsure = [], []
    for kind in _KINDS[object_type]:
        mine = [one for one in ours.values() if one.kind is kind]
        theirs = await _load_theirs(session, sides, object_type, kind, mine)
        matched = match_documents(mine, theirs, apart=apart)
        found = [one for one in matched.sure if looked_at is None or one.ours_id in looked_at]
        await save_matches(session, sides, object_type, kind, found, now=now)
        sure += found
        unsure += [(kind, one) for one in matched.unsure if looked_at is None or one.ours_id in looked_at]
    names = {one.id: one.number or "" for one in ours.values()}
    moot = await save_proposals(session, sides, object_type, unsure, names=names, looked_at=looked_at, now=now)
    await release(session, sides, object_type, moot, now=now)
    paid = {str(one.theirs.external_id) for one in sure if one.theirs.balance != one.theirs.total}
    if paid:
        await apply_payments_of(session, sides, paid, now=now, adopts=True)
    return Matched(sure, [one for _, one in unsure])


async def _load_theirs(
    session: AsyncSession, sides: Sides, object_type: str, kind: Kind, ours: Iterable[OurDocument]
) -> list[Document]:
    """Documents of the books that share a number or an amount with ours, and have no twin yet."""
    keys = {key for one in ours for key in keys_of_our_document(one)}
    ids = await find_by_keys(session, sides.company.id, kind, keys) if keys else set()
    wanted, taken = sorted(ids), set[str]()
    for start in range(0, len(wanted), IDS_PER_QUERY_MAX):
        rows = await session.scalars(
            select(Link.external_id).where(
                *sides.of_links,
                Link.object_type == object_type,
                Link.external_kind == kind.value,
                Link.external_id.in_(wanted[start : start + IDS_PER_QUERY_MAX]),
            )
        )
        taken |= {str(external_id) for external_id in rows}
    records = await load_records(session, sides.company.id, kind, ids - taken)
    return [record for record in records.values() if isinstance(record, Document)]


def _alike(object_type: str, theirs: Sequence[Document]) -> ColumnElement[bool]:
    """Documents of ours that may be the same as some of the books: by number as it is written, or by amount."""
    model = _model(object_type)
    numbers = {one.number for one in theirs if one.number}
    totals = {int(one.total.scaleb(2)) for one in theirs}
    return or_(model.document_id.in_(numbers), model.total_amount.in_(totals))


def _model(object_type: str) -> Any:
    return {"receivable": Receivable, "bill": Payable, "payable_credit_note": PayableCreditNote}[object_type]


async def _load_ours(
    session: AsyncSession, sides: Sides, object_type: str, which: ColumnElement[bool] | None
) -> dict[UUID, OurDocument]:
    """Documents of ours that have no twin yet: those that are still owed, or `which`."""
    model = _model(object_type)
    query = select(model).where(
        model.entity_id == sides.entity_id,
        model.partner_id == sides.company.partner_id,
        model.deleted_at.is_(None),
        ~has_twin(sides, object_type, model.id),
        model.status.in_(_OPEN[object_type]) if which is None else which,
    )
    rows = list(await session.scalars(query))
    parties = await _parties(session, sides, "customer" if object_type == "receivable" else "vendor", rows)
    names = await _names(session, rows)
    found = (_as_ours(object_type, row, parties.get(row.counterpart_id), names) for row in rows)
    return {one.id: one for one in found if one is not None}


def _as_ours(object_type: str, row: Any, party_id: str | None, names: Mapping[UUID, str]) -> OurDocument | None:
    """What identifies a document; None for one that is not complete."""
    issued_on = row.issued_on if isinstance(row, Receivable) else row.issued_at
    if issued_on is None or row.currency is None or row.total_amount is None:
        return None
    kind = _KINDS[object_type][0]
    if isinstance(row, Receivable) and row.type == "credit_note":
        kind = Kind.CREDIT_NOTE
    return OurDocument(
        id=row.id,
        kind=kind,
        number=row.document_id,
        party_id=party_id,
        party_name=names.get(row.counterpart_id, ""),
        currency=row.currency,
        total=from_minor(row.total_amount, row.currency),
        issued_on=issued_on,
    )


async def _parties(session: AsyncSession, sides: Sides, role: str, rows: Sequence[Any]) -> dict[UUID, str]:
    """The books' ids of the counterparts of documents."""
    found: dict[UUID, str] = {}
    for part in _parts({row.counterpart_id for row in rows if row.counterpart_id is not None}):
        links = await session.execute(
            select(Link.object_id, Link.external_id).where(
                *sides.of_links, Link.object_type == role, Link.object_id.in_(part), Link.external_id.is_not(None)
            )
        )
        found |= {object_id: str(external_id) for object_id, external_id in links}
    return found


async def _names(session: AsyncSession, rows: Sequence[Any]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for part in _parts({row.counterpart_id for row in rows if row.counterpart_id is not None}):
        named = await session.execute(select(Counterpart.id, Counterpart.name).where(Counterpart.id.in_(part)))
        found |= {row.id: row.name for row in named}
    return found


def _parts(ids: set[UUID]) -> Iterable[list[UUID]]:
    ordered = sorted(ids)
    return (ordered[start : start + IDS_PER_QUERY_MAX] for start in range(0, len(ordered), IDS_PER_QUERY_MAX))
