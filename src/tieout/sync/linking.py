"""Linking: loads both sides, lets `matching` decide, and saves what it is sure of, with the evidence."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.encoding import encode_record
from tieout.books.records import Item, Kind, Party
from tieout.kit.identifiers import derived_id, new_id
from tieout.storage.tables.business import Counterpart, Product
from tieout.storage.tables.connections import Link, Snapshot
from tieout.sync.matching import Match, Ours, match_items, match_parties
from tieout.sync.open_books import OpenBooks
from tieout.sync.snapshots import load_records


async def link_matches(session: AsyncSession, books: OpenBooks, *, now: datetime) -> None:
    """Link every counterpart and product that surely has its twin in the books and is not linked yet."""
    await _link_counterparts(session, books, "customer", now)
    await _link_counterparts(session, books, "vendor", now)
    await _link_products(session, books, now)


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
    ours = [Ours(id=row.id, name=row.name, email=row.email, tax_number=row.tax_id) for row in rows]
    if not ours:
        return
    free = await _free(session, books, role, kind)
    theirs = [record for record in free if isinstance(record, Party)]
    await _save(session, books, role, kind, match_parties(ours, theirs), now=now)


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
    if not rows:
        return
    ours = [Ours(id=row.id, name=row.name, code=row.external_reference) for row in rows.values()]
    theirs = [record for record in await _free(session, books, "product", kind) if isinstance(record, Item)]
    matches = match_items(ours, theirs)
    await _save(session, books, "product", kind, matches, now=now)
    for match in matches:
        _take_over_account(rows[match.ours_id], match.theirs, books.company.id, now)


def _take_over_account(product: Product, item: Item, company_id: UUID, now: datetime) -> None:
    """A matched product learns its ledger account from the books, unless the partner has set one."""
    if product.ledger_account_id is None and item.income_account_id:
        product.ledger_account_id = derived_id(company_id, "account", item.income_account_id)
        product.updated_at = now


def _linked(books: OpenBooks, object_type: str) -> Any:
    return select(Link.object_id).where(
        Link.company_id == books.company.id,
        Link.entity_id == books.connection.entity_id,
        Link.object_type == object_type,
    )


async def _free(session: AsyncSession, books: OpenBooks, object_type: str, kind: Kind) -> Iterable[Any]:
    """Records of a kind that nothing of ours is linked to yet."""
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
    for match in matches:
        snapshot = await session.get_one(Snapshot, (books.company.id, kind.value, match.theirs.external_id))
        session.add(
            Link(
                id=new_id(),
                partner_id=books.company.partner_id,
                entity_id=books.connection.entity_id,
                company_id=books.company.id,
                object_type=object_type,
                object_id=match.ours_id,
                external_kind=kind.value,
                external_id=match.theirs.external_id,
                external_version=snapshot.version_token,
                external_updated_at=snapshot.changed_at,
                matched_by=match.matched_by,
                evidence={"agreed_on": match.matched_by, "value": match.value},
                base=encode_record(match.theirs),
                sync_status="done",
                last_pulled_at=now,
                created_at=now,
                updated_at=now,
            )
        )
