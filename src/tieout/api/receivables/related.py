"""Documents that belong to a document, whoever made them: what is owed does not depend on who asks."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select

from tieout.api.dependencies import CallForEntity
from tieout.api.scope import rows_in_entity
from tieout.storage.tables.business import Receivable


def receivables_of_all(call: CallForEntity) -> Select[Receivable]:
    """All receivables of the call's entity that were not deleted, also those that its user may not touch."""
    return rows_in_entity(call, Receivable)


async def load_credit_notes(call: CallForEntity, invoice_ids: Collection[UUID]) -> list[Receivable]:
    """The credit notes of invoices, oldest first, drafts too."""
    found = await call.session.scalars(
        receivables_of_all(call)
        .where(Receivable.based_on.in_(invoice_ids), Receivable.type == "credit_note")
        .order_by(Receivable.created_at, Receivable.id)
    )
    return list(found)
