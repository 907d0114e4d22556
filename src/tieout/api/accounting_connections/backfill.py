"""Asking for documents from before the connection (an addition of Tieout)."""

from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from tieout.api.accounting_connections.service import load_connection
from tieout.api.dependencies import CallForEntity
from tieout.api.schemas import Body, Shown
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.storage import audit_trail
from tieout.sync.backfilling import BackfillWish, back_fill
from tieout.sync.connected import LIVE
from tieout.sync.timeline import Happened, note


class BackfillType(StrEnum):
    """What can be back-filled: invoices, and approved bills."""

    RECEIVABLE = "receivable"
    BILL = "bill"


class BackfillPayload(Body):
    """Which documents: by type and day of issue, both days included.

    Those that are paid, or given up, are left out unless `include_settled`. With `dry_run` they are only counted.
    """

    object_types: Annotated[list[BackfillType], Field(min_length=1, max_length=10)]
    issued_from: date
    issued_to: date | None = None
    include_settled: StrictBool = False
    dry_run: StrictBool = False


class BackfillCounts(Shown):
    """What became of one type; `remaining` are more than one call takes: call again."""

    object_type: BackfillType
    wanted: int
    known_already: int
    left_out_as_settled: int
    remaining: int


class BackfillResponse(Shown):
    """The counts, one for each type that was asked for."""

    data: list[BackfillCounts]


async def ask_for_backfill(call: CallForEntity, connection_id: UUID, body: BackfillPayload) -> BackfillResponse:
    """Want older documents; raises NotFound, Unprocessable, and Conflict unless there are books to push them to."""
    if body.issued_to is not None and body.issued_to < body.issued_from:
        raise Unprocessable(Fault(("body", "issued_to"), "must not be before issued_from", "value_error.date_range"))
    connection = (await load_connection(call, connection_id)).connection
    if connection.status not in LIVE:
        message = f"Documents can be pushed to connected books only; this connection is {connection.status}."
        raise Conflict(message)
    wish = BackfillWish(
        object_types=[one.value for one in body.object_types],
        issued_from=body.issued_from,
        issued_to=body.issued_to,
        with_settled=body.include_settled,
    )
    counts = await back_fill(
        call.session, call.services.engine, connection, wish, now=call.now, is_rehearsal=body.dry_run
    )
    if not body.dry_run:
        asked = body.model_dump(mode="json", exclude={"dry_run"})
        details = {**asked, "wanted": {one.object_type: one.wanted for one in counts}}
        note(
            call.session,
            connection,
            Happened.BACKFILL_REQUESTED,
            now=call.now,
            actor=call.actor,
            details=details,
        )
        await audit_trail.record(
            call.session,
            partner_id=call.partner_id,
            at=call.now,
            actor=call.actor,
            action="accounting_connection.backfill_requested",
            subject_id=str(connection.id),
            details=details,
        )
    return BackfillResponse(data=[BackfillCounts(**asdict(one)) for one in counts])
