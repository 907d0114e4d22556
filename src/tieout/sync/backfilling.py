"""Back-filling: documents from before a connection are wanted in its books only when somebody asks for them.

What is wanted, refused or in the books already has its link and is left alone, so asking twice changes nothing. What is
settled is left out unless asked for: its payment may be entered in the books already, or not at all, and the document
would stand there as owed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.storage.tables.business import Payable, Receivable
from tieout.storage.tables.connections import Connection, Link
from tieout.sync.wanting import want_file, want_push

DOCUMENTS_AT_ONCE_MAX: Final = 500
"""Documents that one call can want."""

BackfilledType = Literal["receivable", "bill"]

_OWED: Final = {
    "receivable": ("issued", "partially_paid"),
    "bill": ("waiting_to_be_paid", "partially_paid"),
}
_SETTLED: Final = {"receivable": ("paid", "uncollectible"), "bill": ("paid",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillWish:
    """Which documents: of these types, issued in these days, the last one included."""

    object_types: Sequence[BackfilledType]
    issued_from: date
    issued_to: date | None
    with_settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """What became of one type. `remaining` are more than one call takes."""

    object_type: BackfilledType
    wanted: int
    known_already: int
    left_out_as_settled: int
    remaining: int


async def back_fill(
    session: AsyncSession,
    engine: Engine,
    connection: Connection,
    wish: BackfillWish,
    *,
    now: datetime,
    is_rehearsal: bool = False,
) -> list[Backfilled]:
    """Want older documents in the caller's transaction, at most so many; a rehearsal only counts them."""
    done: list[Backfilled] = []
    for object_type in dict.fromkeys(wish.object_types):
        room = DOCUMENTS_AT_ONCE_MAX - sum(one.wanted for one in done)
        found = _Found(connection, object_type, wish)
        counts = await _counted(session, found, room)
        done.append(counts)
        if not is_rehearsal:
            for document_id, updated_at in await session.execute(found.in_order().limit(counts.wanted)):
                await want_push(
                    session, engine, connection, object_type, document_id, object_updated_at=updated_at, now=now
                )
                if object_type == "bill":
                    await want_file(session, engine, await session.get_one(Payable, document_id), now=now)
    return done


async def _counted(session: AsyncSession, found: "_Found", room: int) -> Backfilled:
    """Counted before anything is wanted, for what is wanted is known from then on."""
    unknown = await _count(session, found.query(found.statuses, is_known=False))
    wanted = min(unknown, room)
    return Backfilled(
        object_type=found.object_type,
        wanted=wanted,
        known_already=await _count(session, found.query(found.statuses, is_known=True)),
        left_out_as_settled=await _count(session, found.query(found.left_out, is_known=False)),
        remaining=unknown - wanted,
    )


_MODELS: Final[dict[BackfilledType, type[Receivable | Payable]]] = {"receivable": Receivable, "bill": Payable}
_DAYS: Final[dict[BackfilledType, Any]] = {"receivable": Receivable.issued_on, "bill": Payable.issued_at}


@dataclass(frozen=True, slots=True)
class _Found:
    """Documents of one type that a wish is about."""

    connection: Connection
    object_type: BackfilledType
    wish: BackfillWish

    @property
    def statuses(self) -> tuple[str, ...]:
        return (*_OWED[self.object_type], *(_SETTLED[self.object_type] if self.wish.with_settled else ()))

    @property
    def left_out(self) -> tuple[str, ...]:
        return () if self.wish.with_settled else _SETTLED[self.object_type]

    def in_order(self) -> Select[UUID, datetime]:
        """What is to be wanted, the oldest first."""
        query = self.query(self.statuses, is_known=False)
        return query.order_by(_DAYS[self.object_type], _MODELS[self.object_type].id)

    def query(self, statuses: Sequence[str], *, is_known: bool) -> Select[UUID, datetime]:
        """Documents in these days and statuses that this company's books know of already, or do not."""
        model, day = _MODELS[self.object_type], _DAYS[self.object_type]
        has_link: ColumnElement[bool] = (
            select(Link.id)
            .where(
                Link.company_id == self.connection.company_id,
                Link.entity_id == self.connection.entity_id,
                Link.object_type == self.object_type,
                Link.object_id == model.id,
            )
            .exists()
        )
        query = select(model.id, model.updated_at).where(
            model.partner_id == self.connection.partner_id,
            model.entity_id == self.connection.entity_id,
            model.deleted_at.is_(None),
            model.status.in_(statuses),
            day >= self.wish.issued_from,
            has_link if is_known else ~has_link,
        )
        if model is Receivable:
            query = query.where(Receivable.type == "invoice")
        return query if self.wish.issued_to is None else query.where(day <= self.wish.issued_to)


async def _count(session: AsyncSession, query: Select[UUID, datetime]) -> int:
    return int(await session.scalar(select(func.count()).select_from(query.subquery())) or 0)
