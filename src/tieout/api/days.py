"""Which day it is for an entity."""

from datetime import date

from tieout.api.dependencies import CallForEntity
from tieout.sync.connected import load_company
from tieout.sync.entity_books import day_at


async def today_of(call: CallForEntity) -> date:
    """The calendar date in the entity's books."""
    return day_at(await load_company(call.session, call.partner_id, call.entity_id), call.now)
