"""Linking a synced record by hand, and undoing its link (additions of Tieout)."""

from uuid import UUID

from tieout.api.accounting_matches.telling import connected_sides, decider, tell
from tieout.api.accounting_synced_records.schemas import NamedRecord, PaymentTakenBack, UnlinkRefusal, UnlinkResponse
from tieout.api.dependencies import CallForEntity
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.storage.tables.connections import Link
from tieout.sync.match_decisions import kind_of_ours, link_by_person
from tieout.sync.sides import MATCHED_TYPES, Sides, load_mine
from tieout.sync.timeline import Happened
from tieout.sync.unlinking import Consequences, foresee, undo


async def link_record(call: CallForEntity, object_type: str, object_id: UUID, external_id: str) -> Link:
    """Link a record of the entity's to one of the books; raises Unprocessable, NotFound and Conflict."""
    sides = await connected_sides(call)
    if object_type not in MATCHED_TYPES:
        message = f"{object_type.replace('_', ' ')}s are not linked by hand: they follow their document"
        raise Unprocessable(Fault(("body", "object_type"), message, "value_error.object_type"))
    if await load_mine(call.session, sides, object_type, object_id) is None:
        message = f"There is no {object_type.replace('_', ' ')} {object_id}."
        raise NotFound(message)
    kind = await kind_of_ours(call.session, sides, object_type, object_id)
    link = await link_by_person(
        call.session, call.services.engine, sides, (object_type, object_id), (kind, external_id), by=decider(call)
    )
    await tell(
        call,
        Happened.RECORD_LINKED,
        "accounting_synced_record.linked",
        subject_id=str(link.id),
        details={"object_type": object_type, "object_id": str(object_id), "platform_object_id": external_id},
    )
    return link


async def check_connected(call: CallForEntity, link: Link) -> Sides:
    """The books of a synced record, which must be those that are connected; raises Conflict."""
    sides = await connected_sides(call)
    if sides.company.id != link.company_id:
        message = "The books of this synced record are not connected."
        raise Conflict(message)
    return sides


async def unlink_record(call: CallForEntity, link: Link, *, is_rehearsal: bool) -> UnlinkResponse:
    """Undo a link, or tell what that would mean; raises Conflict where it is refused, unless it is a rehearsal."""
    sides = await check_connected(call, link)
    if link.external_id is None:
        message = "It is not linked to anything in the books."
        raise Conflict(message)
    if link.object_type not in MATCHED_TYPES:
        message = "Payments follow their document: undo the link of that."
        raise Conflict(message)
    consequences, external_id = await foresee(call.session, sides, link), link.external_id
    if not is_rehearsal:
        if consequences.refusal is not None:
            message = f"{consequences.refusal.message} {consequences.refusal.fix}"
            raise Conflict(message)
        shown = _shown(consequences, external_id, is_undone=True)
        details = {
            "object_type": link.object_type,
            "object_id": str(link.object_id),
            "platform_object_id": external_id,
            "matched_by": link.matched_by,
        }
        await undo(call.session, sides, link, decider(call))
        await tell(
            call,
            Happened.RECORD_UNLINKED,
            "accounting_synced_record.unlinked",
            subject_id=str(link.id),
            details=details,
        )
        return shown
    return _shown(consequences, external_id, is_undone=False)


def _shown(consequences: Consequences, external_id: str, *, is_undone: bool) -> UnlinkResponse:
    refusal = consequences.refusal
    return UnlinkResponse(
        is_undone=is_undone,
        refusal=None if refusal is None else UnlinkRefusal(code=refusal.code, message=refusal.message, fix=refusal.fix),
        platform_object_id=external_id,
        stays_in_the_books=[_named(one) for one in consequences.stay],
        written_anew=[_named(one) for one in consequences.anew],
        payments=[
            PaymentTakenBack(
                payment_record_id=one.id, amount=one.amount, currency=one.currency, is_kept=one.source == "partner"
            )
            for one in consequences.payments
        ],
        has_more=consequences.has_more,
    )


def _named(link: Link) -> NamedRecord:
    return NamedRecord.model_validate(
        {
            "synced_record_id": link.id,
            "object_type": link.object_type,
            "object_id": link.object_id,
            "platform_object_id": link.external_id,
            "sync_status": link.sync_status,
        }
    )
