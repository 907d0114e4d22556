"""What a refused write depends on, and what of that changed: in words that are equal when they mean the same. Pure.

A refusal is remembered with the words of what may cure it. News of the books, of settings and of connecting come in the
same words: where both share one, the write is worth another try. Only real changes make news, so that the same cause is
never tried twice; a balance that moves makes no account another one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from tieout.books.changes import Change, Tombstone
from tieout.books.encoding import decode_record, encode_record
from tieout.books.records import (
    Account,
    Attachment,
    CreditAllocation,
    Document,
    Item,
    Kind,
    Party,
    Payment,
    Record,
    Untranslated,
)
from tieout.platforms.cures import OF_OTHERS, REMEDIES, Remedy, remedy_of
from tieout.platforms.errors import Cure, PlatformRefusal
from tieout.platforms.port import Write

PARTIES: Final = (Kind.CUSTOMER, Kind.VENDOR, Kind.PARTY)
DOCUMENTS: Final = (Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT)
TAKEN: Final = ("name_taken", "number_taken", "contact_number_taken", "item_code_taken")
"""Refusals that end when somebody else gives a name or number up."""
DAILY: Final = "daily"
"""The word of what is tried once a day, for no news tell of it in time."""
_TRIED_FOR: Final = (Cure.SETTINGS_CHANGE, Cure.RECONNECT, Cure.ACCESS_CHANGE, Cure.TIME)
_BY_HAND: Final = ("not_taken_back",)
"""Something wrong is in the books until somebody takes it out: nothing is written beside it before they say so."""
_NAMED_KINDS: Final = (Kind.COMPANY, Kind.ACCOUNT, Kind.TAX_RATE, Kind.ITEM, *PARTIES)
"""What a refusal may come from whose code is not known."""


def cures_of(refusal: PlatformRefusal) -> list[str]:
    """What makes a refused write try again, as the API says it."""
    if refusal.explanation.code in _BY_HAND:
        return [Cure.RECORD_CHANGE.value]
    return sorted(cure.value for cure in remedy_of(refusal).cures)


def words_of_refusal(refusal: PlatformRefusal, write: Write | None) -> list[str]:
    """What may cure a refusal, by which it is found again; `write` is None when it was refused before it was planned.

    A change of the record itself is not among them: whoever changes it wants it anew. What a company's own rules refuse
    before we have read them is tried daily, too: they may be as they were again before they are read.
    """
    remedy, code = remedy_of(refusal), refusal.explanation.code
    if code in _BY_HAND or (code not in REMEDIES and code.endswith(OF_OTHERS)):
        return []
    words = {cure.value for cure in remedy.cures if cure in _TRIED_FOR}
    if Cure.ACCESS_CHANGE in remedy.cures or (write is not None and Kind.COMPANY in remedy.kinds):
        words.add(DAILY)
    if Cure.BOOKS_CHANGE in remedy.cures:
        words |= _words_in_books(code, remedy, write)
    return sorted(words)


def _words_in_books(code: str, remedy: Remedy, write: Write | None) -> set[str]:
    kinds = remedy.kinds or frozenset(_NAMED_KINDS)
    if write is not None:
        named = names_of(write.kind, write.record)
        if code in TAKEN and named:
            return {f"freed:{name}" for name in named}
        exact = {word for word in _references(write) if Kind(word.partition(":")[0]) in kinds}
        if exact:
            return exact | ({_any(Kind.COMPANY)} if Kind.COMPANY in kinds else set())
    return {_any(kind) for kind in kinds}


def _references(write: Write) -> set[str]:
    """The records of the books that a write names."""
    record = write.record
    named = {_word(Kind.ACCOUNT, one) for one in write.accounts}
    named |= {_word(Kind.TAX_RATE, one) for one in write.tax_rates}
    named |= {_word(Kind.ITEM, one) for one in write.items}
    if write.external_id is not None:
        named.add(_word(write.kind, write.external_id))
    if isinstance(record, Document | Payment) and record.party_id:
        named |= {_word(kind, record.party_id) for kind in PARTIES}
    if isinstance(record, Payment):
        named |= {_word(part.document_kind, part.document_id) for part in record.allocations}
        named |= {_word(Kind.ACCOUNT, record.account_id)} if record.account_id else set()
    elif isinstance(record, CreditAllocation):
        named.add(_word(record.credit_kind, record.credit_id))
        named |= {_word(kind, record.document_id) for kind in DOCUMENTS}
    elif isinstance(record, Attachment):
        named.add(_word(record.document_kind, record.document_id))
    return named


def names_of(kind: Kind, record: Record) -> set[str]:
    """The names and numbers that a record occupies, in the group in which each is given once."""
    if isinstance(record, Party) and kind in PARTIES:
        return {f"party:{record.name.casefold()}"}
    if isinstance(record, Item):
        return {f"item:{one.casefold()}" for one in (record.name, record.code) if one}
    if isinstance(record, Document) and record.number:
        return {f"{kind.value}:{record.number.casefold()}"}
    return set()


def words_of_changes(
    changes: Iterable[Change | Tombstone], known: Mapping[tuple[str, str], bytes | None]
) -> frozenset[str]:
    """What is new on a page of the books: what changed, and which names and numbers were given up.

    `known` is the canonical form of those of its records that were known before.
    """
    words: set[str] = set()
    for change in changes:
        key = (change.ref.kind.value, change.ref.external_id)
        before = _before(change.ref.kind, known.get(key))
        after = None if isinstance(change, Tombstone) else change.record
        if before is not None and after is not None and _essence(before) == _essence(after):
            continue
        words |= {_word(change.ref.kind, change.ref.external_id), _any(change.ref.kind)}
        if before is not None:
            kept = set() if after is None or not _counts(after) else names_of(change.ref.kind, after)
            words |= {f"freed:{name}" for name in names_of(change.ref.kind, before) - kept}
    return frozenset(words)


def _before(kind: Kind, canonical: bytes | None) -> Record | None:
    return None if canonical is None else decode_record(kind, canonical)


def _essence(record: Record) -> bytes:
    """A record without what changes by itself."""
    if isinstance(record, Untranslated):
        return b""
    if isinstance(record, Account):
        record = replace(record, current_balance=None)
    return encode_record(record)


def _counts(record: Record) -> bool:
    """Whether a record holds its name: one that was voided or set aside may have given it up."""
    status: Any = getattr(record, "status", None)
    return getattr(record, "active", True) and str(status) not in {"void", "deleted"}


def _word(kind: Kind, external_id: str) -> str:
    return f"{kind.value}:{external_id}"


def _any(kind: Kind) -> str:
    return f"{kind.value}:*"
