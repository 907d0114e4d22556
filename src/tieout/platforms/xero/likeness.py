"""Whether a record in the books can be the one that was written. Pure."""

from tieout.books.records import CreditNote, Document, Invoice, Item, Party, Payment, Record
from tieout.platforms.xero.writing import code_of_item


def is_of(wanted: Record, found: Record) -> bool:
    """Whether nothing by which a record is known contradicts it; one without a meaning here contradicts nothing."""
    if isinstance(wanted, Party) and isinstance(found, Party):
        return wanted.marker == found.marker if wanted.marker else wanted.name == found.name
    if isinstance(wanted, Item) and isinstance(found, Item):
        return code_of_item(wanted) == found.code
    if isinstance(wanted, Payment) and isinstance(found, Payment):
        return (wanted.marker, wanted.allocations) == (found.marker, found.allocations)
    if isinstance(wanted, Document) and isinstance(found, Document):
        return (
            wanted.party_id.lower() == found.party_id.lower()
            and may_have_number_of(found, wanted)
            and (wanted.marker is None or found.marker in (None, wanted.marker))
        )
    return True


def may_have_number_of(found: Document, wanted: Document) -> bool:
    """Xero numbers sales that have no number, and leaves purchases without one."""
    is_sale = isinstance(wanted, Invoice | CreditNote)
    return found.number == wanted.number or (is_sale and wanted.number is None)
