"""Both sides of what is matched: the records of one entity, and the books of one company."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.encoding import decode_record
from tieout.books.records import Document, DocumentStatus, Item, Kind, Party, Record
from tieout.platforms.port import Platform
from tieout.platforms.registry import platform_named
from tieout.storage.tables.business import Counterpart, Entity, Payable, Product, Receivable
from tieout.storage.tables.connections import Company, Link, Snapshot
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.storage.tables.work import Intent
from tieout.sync.intents import OPEN_STATES
from tieout.sync.matching.sides import Ours
from tieout.sync.open_books import OpenBooks
from tieout.sync.rules import SyncRules, rules_of

LISTED: Final = ("customer", "vendor", "product")
"""What stands in lists of the books, and is matched by what it is called."""
DOCUMENTS: Final = ("receivable", "bill", "payable_credit_note")
MATCHED_TYPES: Final = (*LISTED, *DOCUMENTS)
IDS_PER_QUERY_MAX: Final = 500

_MODELS: Final[dict[str, type[Any]]] = {
    "customer": Counterpart,
    "vendor": Counterpart,
    "product": Product,
    "receivable": Receivable,
    "bill": Payable,
    "payable_credit_note": PayableCreditNote,
}
_OVER: Final = (DocumentStatus.VOID, DocumentStatus.DELETED)


@dataclass(frozen=True, slots=True)
class Sides:
    """One entity and one company, in which something may be matched."""

    company: Company
    entity_id: UUID

    @property
    def platform(self) -> Platform:
        """Where the books are kept."""
        return platform_named(self.company.platform)

    @property
    def of_links(self) -> tuple[ColumnElement[bool], ...]:
        """The links between both sides."""
        return Link.company_id == self.company.id, Link.entity_id == self.entity_id


def sides_of(books: OpenBooks) -> Sides:
    """Both sides of open books."""
    return Sides(books.company, books.connection.entity_id)


async def load_rules(session: AsyncSession, sides: Sides) -> SyncRules:
    """The entity's rules of synchronisation."""
    return rules_of((await session.get_one(Entity, sides.entity_id)).settings)


def kinds_of(platform: Platform, object_type: str) -> tuple[Kind, ...]:
    """Under which kinds what may be the same as a record of ours stands in the books."""
    if object_type == "receivable":
        return Kind.INVOICE, Kind.CREDIT_NOTE
    if object_type == "payable_credit_note":
        return (Kind.VENDOR_CREDIT,)
    kind = platform.kind_of(object_type)
    return () if kind is None else (kind,)


async def load_mine(session: AsyncSession, sides: Sides, object_type: str, object_id: UUID) -> Any:
    """A record of the entity's that was not deleted; None when there is none."""
    model = _MODELS[object_type]
    found: Any = await session.scalar(
        select(model).where(
            model.id == object_id,
            model.partner_id == sides.company.partner_id,
            model.entity_id == sides.entity_id,
            model.deleted_at.is_(None),
        )
    )
    return found


def as_ours(row: Counterpart | Product) -> Ours:
    """What identifies a counterpart or a product."""
    if isinstance(row, Product):
        return Ours(id=row.id, name=row.name, code=row.external_reference)
    return Ours(id=row.id, name=row.name, email=row.email, tax_number=row.tax_id, phone=row.phone)


def name_of_mine(row: Any) -> str:
    """What people call a record of ours: a counterpart by its name, a document by its number."""
    return str((row.name if isinstance(row, Counterpart | Product) else row.document_id) or "")


def name_of_theirs(record: Record | Document) -> str:
    """What people call a record of the books."""
    if isinstance(record, Document):
        return record.number or ""
    return record.name if isinstance(record, Party | Item) else ""


async def load_snapshots(
    session: AsyncSession, company_id: UUID, kind: Kind, external_ids: Iterable[str]
) -> dict[str, Snapshot]:
    """Records of the books as they were last seen, those that are still there."""
    ids = sorted(set(external_ids))
    found: dict[str, Snapshot] = {}
    for start in range(0, len(ids), IDS_PER_QUERY_MAX):
        rows = await session.scalars(
            select(Snapshot).where(
                Snapshot.company_id == company_id,
                Snapshot.kind == kind.value,
                Snapshot.external_id.in_(ids[start : start + IDS_PER_QUERY_MAX]),
                Snapshot.gone_at.is_(None),
                Snapshot.canonical.is_not(None),
            )
        )
        found |= {row.external_id: row for row in rows}
    return found


def record_of(snapshot: Snapshot) -> Record:
    """The canonical record of a snapshot that has one."""
    assert snapshot.canonical is not None
    return decode_record(Kind(snapshot.kind), snapshot.canonical)


def counts(record: Record) -> bool:
    """Whether a record of the books is in use: neither set aside nor over."""
    if isinstance(record, Party | Item):
        return record.active
    return isinstance(record, Document) and record.status not in _OVER


def has_twin(sides: Sides, object_type: str, object_id: Any) -> ColumnElement[bool]:
    """Whether the record in the column `object_id` has its twin, or may be getting one this very moment."""
    is_being_written = select(Intent.id).where(Intent.link_id == Link.id, Intent.state.in_(OPEN_STATES)).exists()
    return (
        select(Link.id)
        .where(
            *sides.of_links,
            Link.object_type == object_type,
            Link.object_id == object_id,
            or_(Link.external_id.is_not(None), is_being_written),
        )
        .exists()
    )
