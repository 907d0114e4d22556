"""Numbers of receivables: counted in the entity's settings, under the lock of its row."""

from sqlalchemy import select

from tieout.api.dependencies import CallForEntity
from tieout.api.entities.document_numbers import DocumentKind, plan_number
from tieout.api.receivables.related import receivables_of_all
from tieout.kit.errors import Conflict
from tieout.storage.tables.business import Entity, Receivable

NUMBERS_TRIED_MAX = 1_000


async def lock_entity(call: CallForEntity) -> Entity:
    """The entity's row, locked: its settings count the numbers of its documents."""
    entity: Entity | None = await call.session.scalar(
        select(Entity)
        .where(Entity.id == call.entity_id, Entity.partner_id == call.partner_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert entity is not None
    return entity


async def take_number(call: CallForEntity, entity: Entity, row: Receivable) -> str:
    """The next number that no document of this kind has, used up in the same transaction; raises Conflict."""
    kind: DocumentKind = "credit_note" if row.type == "credit_note" else "invoice"
    assert row.issued_on is not None
    for _ in range(NUMBERS_TRIED_MAX):
        number, settings = plan_number(entity.settings, kind, year=row.issued_on.year)
        entity.settings = settings
        if not await is_number_taken(call, row.type, number):
            return number
    message = f"The next {NUMBERS_TRIED_MAX} document numbers are all taken: set the next number in the settings."
    raise Conflict(message)


async def is_number_taken(call: CallForEntity, type_: str, number: str) -> bool:
    """Whether a living document of this type has the number."""
    taken = await call.session.scalar(
        receivables_of_all(call).where(Receivable.type == type_, Receivable.document_id == number).limit(1)
    )
    return taken is not None
