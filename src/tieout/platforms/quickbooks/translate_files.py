"""Files and notes that hang on transactions: what is told of them, never the file itself. Pure."""

import msgspec

from tieout.books.records import Attachment, Kind
from tieout.platforms.quickbooks.marker import read_note
from tieout.platforms.quickbooks.translate_lists import UnreadableError
from tieout.platforms.quickbooks.wire import Entity, Wire

ENTITY_OF = {
    Kind.INVOICE: "Invoice",
    Kind.BILL: "Bill",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.VENDOR_CREDIT: "VendorCredit",
    Kind.PAYMENT: "Payment",
    Kind.BILL_PAYMENT: "BillPayment",
}
"""What a file may hang on here."""
_KIND_OF = {entity.casefold(): kind for kind, entity in ENTITY_OF.items()}


class AttachedTo(Wire):
    """What an attachable hangs on."""

    entity_ref: "EntityRef | None" = None


class EntityRef(msgspec.Struct, gc=False):
    """An object of any type."""

    type: str = ""
    value: str = ""


class Attachable(Entity):
    """A file, or a note without one."""

    file_name: str | None = None
    size: int | None = None
    content_type: str | None = None
    note: str | None = None
    attachable_ref: tuple[AttachedTo, ...] = ()


decode_attachable = msgspec.json.Decoder(Attachable).decode


def translate_attachable(found: Attachable) -> Attachment:
    """A file on the first transaction of a kind that is read here, else on nothing that is; a note alone is no file.

    Raises UnreadableError for a note.
    """
    if not found.file_name:
        raise UnreadableError("a note without a file")
    refs = [each.entity_ref for each in found.attachable_ref if each.entity_ref is not None]
    known = [(_KIND_OF[ref.type.casefold()], ref.value) for ref in refs if ref.type.casefold() in _KIND_OF]
    kind, document_id = known[0] if known else (Kind.OTHER, refs[0].value if refs else "")
    return Attachment(
        external_id=found.id,
        document_kind=kind,
        document_id=document_id,
        name=found.file_name,
        media_type=found.content_type or "",
        size_bytes=found.size or 0,
        marker=read_note(found.note)[1],
    )
