"""Setting a unit of a company's turn aside when our own code fails at it, so that the lane goes on with the rest."""

from typing import Final

import structlog

from tieout.engine.port import Turn
from tieout.engine.running import told
from tieout.platforms.errors import Explanation
from tieout.storage.tables.connections import Link
from tieout.sync.open_books import OpenBooks
from tieout.sync.parking import TIE_OUT, forget_faults, is_fault_of_ours, link_of, note_fault, note_push_fault
from tieout.sync.runs import note_calls
from tieout.sync.scheduling import TIE_OUT_EVERY_S

FAULT_OF_OURS: Final = Explanation(
    code="fault_of_ours",
    message="Something went wrong on our side while the books were synchronised.",
    fix="Nothing to do in the books: it is tried again by itself. If it lasts, the operator finds why in the log.",
)
PARKED: Final = Explanation(
    code="parked_by_fault",
    message="Something goes wrong on our side whenever these books are read, so reading rests until its next time.",
    fix="Nothing to do in the books. The operator finds why in the log, and may have it tried at once.",
)

log = structlog.get_logger(__name__)


async def set_aside(books: OpenBooks, turn: Turn, error: Exception) -> Explanation | None:
    """Let the unit in hand rest; returns what the connection is to say, if that is what fails. Raises what is no fault.

    A record that cannot be planned says so itself, and nothing else of the company is held up by it.
    """
    unit = books.faults.in_hand
    if unit is None or not is_fault_of_ours(error):
        raise error
    log.error("unit_failed", lane=turn.key, unit=unit, exc_info=error)
    now = books.services.clock.now()
    async with turn.commit() as session:
        if link_id := link_of(unit):
            link = await session.get_one(Link, link_id, with_for_update=True)
            await note_push_fault(session, books.faults, link, told(error), now=now)
            await note_calls(session, books, now=now)
            return None
        parked_s = TIE_OUT_EVERY_S if unit == TIE_OUT else books.services.settings.sync_interval_s
        row = await note_fault(session, books.faults, unit, told(error), parked_s=parked_s, now=now)
    return FAULT_OF_OURS if row.parked_at is None else PARKED


async def forget_unit(books: OpenBooks, turn: Turn) -> None:
    """The unit in hand went well: what it failed by before counts no more."""
    if books.faults.in_hand in books.faults.rows:
        async with turn.commit() as session:
            await forget_faults(session, books.faults, [books.faults.in_hand])


async def forget_moot(books: OpenBooks, turn: Turn) -> None:
    """Nothing is left to do: what was to be tried again and was not, is wanted no more."""
    if moot := books.faults.moot(books.services.clock.now()):
        async with turn.commit() as session:
            await forget_faults(session, books.faults, moot)
