"""Linking: loads both sides, lets `matching` decide, and saves what it is sure of, with the evidence."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.encoding import encode_record
from tieout.books.records import Item, Kind, Party
from tieout.kit.identifiers import derived_id, new_id
from tieout.storage.tables.business import Counterpart, Product
from tieout.storage.tables.connections import Link, Snapshot
from tieout.storage.tables.work import Intent
from tieout.sync.dependents import want_dependents
from tieout.sync.drafting import load_chart
from tieout.sync.intents import OPEN_STATES
from tieout.sync.matching.listed import match_items, match_parties
from tieout.sync.matching.sides import Match, Ours
from tieout.sync.open_books import OpenBooks
from tieout.sync.proposing import load_apart, save_proposals, shown_evidence
from tieout.sync.snapshots import load_records
from tieout.sync.stand_ins import stand_in_draft
from tieout.sync.synced_records import tell_link

OBJECT_TYPES: Final = ("customer", "vendor", "product")


async def link_matches(
    session: AsyncSession, books: OpenBooks, *, now: datetime, of: Collection[str] = OBJECT_TYPES
) -> None:
    """Link every counterpart and product that surely has its twin in the books and is not linked yet."""
    for role in ("customer", "vendor"):
        if role in of:
            await _link_counterparts(session, books, role, now)
    if "product" in of:
        await _link_products(session, books, now)
    await session.flush()


async def _link_counterparts(session: AsyncSession, books: OpenBooks, role: str, now: datetime) -> None:
    kind = books.platform.kind_of(role)
    if kind is None:
        return
    has_role = Counterpart.is_customer if role == "customer" else Counterpart.is_vendor
    rows = await session.scalars(
        select(Counterpart).where(
            Counterpart.entity_id == books.connection.entity_id,
            Counterpart.partner_id == books.company.partner_id,
            Counterpart.deleted_at.is_(None),
            has_role,
            Counterpart.id.not_in(_linked(books, role)),
        )
    )
    ours = [Ours(id=row.id, name=row.name, email=row.email, tax_number=row.tax_id, phone=row.phone) for row in rows]
    theirs = [record for record in await _free(session, books, role, kind, ours) if isinstance(record, Party)]
    matched = match_parties(ours, theirs, apart=await load_apart(session, books, role))
    await _save(session, books, role, kind, matched.sure, now=now)
    names = {our.id: our.name for our in ours}
    await save_proposals(session, books, role, matched.unsure, kind=kind.value, names=names, looked_at=None, now=now)


async def _link_products(session: AsyncSession, books: OpenBooks, now: datetime) -> None:
    kind = books.platform.kind_of("product")
    if kind is None:
        return
    rows = {
        row.id: row
        for row in await session.scalars(
            select(Product).where(
                Product.entity_id == books.connection.entity_id,
                Product.partner_id == books.company.partner_id,
                Product.deleted_at.is_(None),
                Product.id.not_in(_linked(books, "product")),
            )
        )
    }
    ours = [Ours(id=row.id, name=row.name, code=row.external_reference) for row in rows.values()]
    ours += await _stand_ins(session, books)
    theirs = [record for record in await _free(session, books, "product", kind, ours) if isinstance(record, Item)]
    matched = match_items(ours, theirs, apart=await load_apart(session, books, "product"))
    await _save(session, books, "product", kind, matched.sure, now=now)
    names = {our.id: our.name for our in ours}
    await save_proposals(
        session, books, "product", matched.unsure, kind=kind.value, names=names, looked_at=None, now=now
    )
    for match in matched.sure:
        if row := rows.get(match.ours_id):
            _take_over_account(row, match.theirs, books.company.id, now)


async def _stand_ins(session: AsyncSession, books: OpenBooks) -> list[Ours]:
    """Items that stand in for a ledger account's products, are wanted in the books, and may be there already."""
    wanted = set(
        await session.scalars(
            select(Link.object_id).where(
                Link.company_id == books.company.id,
                Link.entity_id == books.connection.entity_id,
                Link.object_type == "product",
                Link.external_id.is_(None),
                Link.object_id.not_in(select(Product.id)),
            )
        )
    )
    if not wanted:
        return []
    chart = await load_chart(session, books.company.id, books.connection.entity_id)
    drafts = (stand_in_draft(object_id, chart.accounts.values(), books.company.id) for object_id in wanted)
    return [Ours(id=draft.id, name=draft.name) for draft in drafts if draft is not None]


def _take_over_account(product: Product, item: Item, company_id: UUID, now: datetime) -> None:
    """A matched product learns its ledger account from the books, unless the partner has set one."""
    if product.ledger_account_id is None and item.income_account_id:
        product.ledger_account_id = derived_id(company_id, "account", item.income_account_id)
        product.updated_at = now


def _linked(books: OpenBooks, object_type: str) -> Any:
    """What has its twin, or may be getting one this very moment."""
    is_being_written = select(Intent.id).where(Intent.link_id == Link.id, Intent.state.in_(OPEN_STATES)).exists()
    return select(Link.object_id).where(
        Link.company_id == books.company.id,
        Link.entity_id == books.connection.entity_id,
        Link.object_type == object_type,
        or_(Link.external_id.is_not(None), is_being_written),
    )


async def _free(
    session: AsyncSession, books: OpenBooks, object_type: str, kind: Kind, ours: Sequence[Ours]
) -> Iterable[Any]:
    """Records of a kind that nothing of ours is linked to yet, if there is anything of ours to be linked."""
    if not ours:
        return ()
    records = await load_records(session, books.company.id, kind)
    taken = await session.scalars(
        select(Link.external_id).where(
            Link.company_id == books.company.id,
            Link.entity_id == books.connection.entity_id,
            Link.object_type == object_type,
            Link.external_id.is_not(None),
        )
    )
    for external_id in taken:
        records.pop(str(external_id), None)
    return records.values()


async def _save(
    session: AsyncSession,
    books: OpenBooks,
    object_type: str,
    kind: Kind,
    matches: Sequence[Match[Party]] | Sequence[Match[Item]],
    *,
    now: datetime,
) -> None:
    waiting = await _waiting(session, books, object_type, {match.ours_id for match in matches})
    for match in matches:
        snapshot = await session.get_one(Snapshot, (books.company.id, kind.value, match.theirs.external_id))
        link = waiting.get(match.ours_id)
        is_new = link is None
        if link is None:
            link = Link(
                id=new_id(),
                partner_id=books.company.partner_id,
                entity_id=books.connection.entity_id,
                company_id=books.company.id,
                object_type=object_type,
                object_id=match.ours_id,
                created_at=now,
            )
            session.add(link)
        link.external_kind = kind.value
        link.external_id = match.theirs.external_id
        link.external_version = snapshot.version_token
        link.external_updated_at = snapshot.changed_at
        link.matched_by = match.matched_by
        earlier = link.evidence or {}
        link.evidence = {
            "agreed_on": match.matched_by,
            "value": match.value,
            "score": match.score,
            "compared": shown_evidence(match.evidence),
        }
        link.base = encode_record(match.theirs)
        link.sync_status = "done"
        link.errors = link.push_wanted_at = None
        link.last_pulled_at = link.updated_at = now
        await tell_link(session, link, "created" if is_new else "done", now=now)
        await want_dependents(session, link, earlier, now=now)


async def _waiting(
    session: AsyncSession, books: OpenBooks, object_type: str, object_ids: Collection[UUID]
) -> dict[UUID, Link]:
    """Links that are wanted, or were refused, and lead nowhere yet."""
    links = await session.scalars(
        select(Link).where(
            Link.company_id == books.company.id,
            Link.entity_id == books.connection.entity_id,
            Link.object_type == object_type,
            Link.object_id.in_(object_ids),
        )
    )
    return {link.object_id: link for link in links}
