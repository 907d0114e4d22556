"""Dependencies: what of ours must be in the books before a record, and what goes on once it is there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.identifiers import new_id
from tieout.platforms.errors import WriteRefused
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.dependents import UNDECIDED, want_again
from tieout.sync.drafts import AllocationDraft, AttachmentDraft, DocumentDraft, PaymentDraft
from tieout.sync.intents import OPEN_STATES
from tieout.sync.linking import OBJECT_TYPES, match_wanted
from tieout.sync.mapping import refused
from tieout.sync.open_books import OpenBooks
from tieout.sync.planning import Needed, Present
from tieout.sync.synced_records import tell_link

NEEDED_TYPES: Final = (*OBJECT_TYPES, "receivable", "bill", "payable_credit_note")
"""What another record may need: parties, products, and documents that are settled or have files."""


class DependencyRefused(WriteRefused):
    """A record that something else of ours kept out of the books."""

    def __init__(self, refusal: WriteRefused, need: Needed) -> None:
        """Name what it needs."""
        super().__init__(refusal.explanation)
        self.need = need


async def load_present(session: AsyncSession, books: OpenBooks, draft: DocumentDraft) -> Present:
    """What of the document's counterpart and products is in the books already."""
    named = {draft.counterpart_id, *(line.product_id for line in draft.lines if line.product_id is not None)}
    rows = await session.execute(
        select(Link.object_type, Link.object_id, Link.external_id).where(
            *_of(books), Link.object_type.in_(OBJECT_TYPES), Link.object_id.in_(named), Link.external_id.is_not(None)
        )
    )
    there: dict[str, dict[UUID, str]] = {object_type: {} for object_type in OBJECT_TYPES}
    for object_type, object_id, external_id in rows:
        there[object_type][object_id] = str(external_id)
    return Present(customers=there["customer"], vendors=there["vendor"], products=there["product"])


def documents_needed(draft: PaymentDraft | AllocationDraft | AttachmentDraft) -> tuple[Needed, ...]:
    """The documents that a payment, an allocation or a file is about; the document that is settled comes last."""
    document = Needed(draft.document_type, draft.document_id)
    return (Needed(draft.credit_type, draft.id), document) if isinstance(draft, AllocationDraft) else (document,)


async def load_needed(session: AsyncSession, books: OpenBooks, needed: Sequence[Needed]) -> dict[Needed, Link]:
    """The links of what is needed, also of what is not in the books yet."""
    rows = await session.scalars(
        select(Link).where(*_of(books), Link.object_id.in_({need.object_id for need in needed}))
    )
    return {need: link for link in rows if (need := Needed(link.object_type, link.object_id)) in needed}


async def refuse_if_hopeless(session: AsyncSession, books: OpenBooks, link: Link, needed: Sequence[Needed]) -> None:
    """A record whose counterpart, product or document was refused says so itself, instead of waiting for ever.

    A refusal of a counterpart or product from before the record was wanted counts no more: what was wrong may be
    mended, and is tried anew. Raises DependencyRefused.
    """
    known = await load_needed(session, books, needed)
    for need in needed:
        found = known.get(need)
        is_document = need.object_type not in OBJECT_TYPES
        if found is None:
            if is_document:
                raise DependencyRefused(_not_pushed(need), need)
            continue
        if _is_refused(found) and (is_document or _is_later(found, link)):
            raise DependencyRefused(_refused_for(need, found), need)
        if is_document and found.push_wanted_at is None and not await _has_open_intent(session, found):
            raise DependencyRefused(_not_pushed(need), need)


def _is_later(refused: Link, link: Link) -> bool:
    return link.push_wanted_at is None or refused.updated_at >= link.push_wanted_at


def _is_refused(link: Link) -> bool:
    return link.sync_status == "error" and link.push_wanted_at is None and link.external_id is None


def _refused_for(need: Needed, found: Link) -> WriteRefused:
    errors = found.errors or {}
    if errors.get("code") == UNDECIDED:
        return refused(UNDECIDED, str(errors["message"]), str(errors["fix"]), need.object_type)
    return refused(
        f"{need.object_type}_refused",
        f"Its {_words(need)} could not be put into the books: {errors.get('message', '')}",
        str(errors.get("fix", "Mend the record, then push it again.")),
        need.object_type,
    )


def _not_pushed(need: Needed) -> WriteRefused:
    return refused(
        f"{need.object_type}_not_in_books",
        f"Its {_words(need)} is not in the books, and is not on its way there.",
        f"Push the {_words(need)} first, or enter this in the books by hand.",
        need.object_type,
    )


def _words(need: Needed) -> str:
    return need.object_type.replace("_", " ")


async def _has_open_intent(session: AsyncSession, link: Link) -> bool:
    found = await session.scalar(
        select(Intent.id).where(Intent.link_id == link.id, Intent.state.in_(OPEN_STATES)).limit(1)
    )
    return found is not None


async def want_first(
    session: AsyncSession, books: OpenBooks, link: Link, needed: Sequence[Needed], *, now: datetime
) -> bool:
    """Want the parties and products that a record needs: link what is surely there already, else push it first.

    Documents are waited for: they are wanted by who makes them. What was refused since the record was wanted, perhaps
    in this very transaction, is not tried again for it. Returns whether all of it turned out to be there.
    """
    for object_type in OBJECT_TYPES:
        if ids := {need.object_id for need in needed if need.object_type == object_type}:
            await match_wanted(session, books, object_type, ids, now=now)
    known = await load_needed(session, books, needed)
    all_there = True
    for need in needed:
        found = known.get(need)
        if found is not None and found.external_id is not None:
            continue
        all_there = False
        if need.object_type not in OBJECT_TYPES:
            continue
        if found is None:
            session.add(found := _first_link(link, need, now))
            await tell_link(session, found, "created", now=now)
        elif found.push_wanted_at is None and not (_is_refused(found) and _is_later(found, link)):
            await want_again(session, found, now=now)
    return all_there


def _first_link(link: Link, need: Needed, now: datetime) -> Link:
    return Link(
        id=new_id(),
        partner_id=link.partner_id,
        entity_id=link.entity_id,
        company_id=link.company_id,
        object_type=need.object_type,
        object_id=need.object_id,
        sync_status="pending",
        push_wanted_at=now,
        wishes=1,
        object_updated_at=now,
        last_pulled_at=now,
        created_at=now,
        updated_at=now,
    )


def _of(books: OpenBooks) -> tuple[ColumnElement[bool], ...]:
    return Link.company_id == books.company.id, Link.entity_id == books.connection.entity_id
