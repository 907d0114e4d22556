"""Documents: which invoices, bills and credit notes of ours stand in the books already. Pure.

Sure is only what agrees in number, party, currency, total and date. Everything that could be a second entry of the same
paper is proposed, for a document that is written twice is paid twice.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from tieout.books.records import Document, DocumentStatus, Kind
from tieout.sync.matching.names import squeezed
from tieout.sync.matching.ruling import Found, Rule, apply_rules
from tieout.sync.matching.sides import (
    PROPOSAL_SCORE_MIN,
    SCORE_MAX,
    SURE_SCORE_MIN,
    Evidence,
    Match,
    Matched,
    OurDocument,
    Pair,
    Proposal,
    best_of,
)

NEAR: Final = timedelta(days=7)
"""How far two dates may lie apart where the numbers only resemble one another."""
_WEIGHTS: Final = {"number": 40, "party": 20, "total": 20, "date": 10, "currency": 10}
_NUMBER_ALIKE: Final = 25
"""What a number is worth that only resembles the other, or that one side lacks."""
_OVER: Final = (DocumentStatus.VOID, DocumentStatus.DELETED)
_PURCHASES: Final = (Kind.BILL, Kind.VENDOR_CREDIT)
_RESEMBLING_MIN: Final = 3
"""Characters that two numbers must share to resemble one another."""
_ZEROS_BEFORE = re.compile(r"(?<![0-9])0+(?=[0-9])")


def match_documents(
    ours: Iterable[OurDocument], theirs: Sequence[Document], *, apart: frozenset[Pair] = frozenset()
) -> Matched[Document]:
    """Documents of one kind, each of theirs surely matched at most once: by our mark, else by everything together."""
    rules: list[Rule[OurDocument, Document]] = [
        Rule("marker", lambda our: _marked(str(our.id), our), lambda their: _marked(their.marker, their)),
        Rule("number", _whole_of_ours, _whole_of_theirs),
    ]
    living = [their for their in theirs if their.status not in _OVER]
    ruled = apply_rules(ours, living, rules, contradict=lambda *_: False, apart=apart)
    unsure = [
        Proposal(one.ours.id, one.theirs, "several_fit", SURE_SCORE_MIN - 1, compare_document(one.ours, one.theirs))
        for one in ruled.shared
    ]
    by_number: dict[str, list[Document]] = {}
    for their in ruled.theirs_left.values():
        for word in _words(squeezed(their.number), their.party_id, their.currency, their.total):
            by_number.setdefault(word, []).append(their)
    for our in ruled.ours_left.values():
        for word in _words(squeezed(our.number), our.party_id, our.currency, our.total):
            unsure += [one for their in by_number.get(word, ()) if (one := _proposed(our, their))]
    return Matched([_sure(one) for one in ruled.found], best_of(unsure, apart))


def compare_document(our: OurDocument, their: Document) -> tuple[Evidence, ...]:
    """What agrees and disagrees between two documents."""
    same_number = squeezed(our.number) is not None and squeezed(our.number) == squeezed(their.number)
    return (
        Evidence(field="number", ours=our.number, theirs=their.number, agrees=same_number),
        Evidence(
            field="party",
            ours=our.party_name,
            theirs=their.party_name or their.party_id,
            agrees=our.party_id == their.party_id,
        ),
        Evidence(field="currency", ours=our.currency, theirs=their.currency, agrees=our.currency == their.currency),
        Evidence(field="total", ours=f"{our.total:f}", theirs=f"{their.total:f}", agrees=our.total == their.total),
        Evidence(
            field="date",
            ours=our.issued_on.isoformat(),
            theirs=their.issued_on.isoformat(),
            agrees=our.issued_on == their.issued_on,
        ),
    )


def _proposed(our: OurDocument, their: Document) -> Proposal[Document] | None:
    """A pair that may be the same paper.

    A vendor's number says something only of that vendor; without the number, vendor and amount must agree.
    """
    evidence = compare_document(our, their)
    agrees = {one.field: one.agrees for one in evidence}
    score = sum(_WEIGHTS[name] for name, same in agrees.items() if same)
    if agrees["number"]:
        if not agrees["party"] and (our.kind in _PURCHASES or not agrees["total"]):
            return None
    else:
        near = abs(our.issued_on - their.issued_on) <= NEAR
        if not (agrees["party"] and agrees["total"] and agrees["currency"] and near):
            return None
        if not _resemble(our.number, their.number):
            return None
        score += _NUMBER_ALIKE
    score = max(PROPOSAL_SCORE_MIN, min(score, SURE_SCORE_MIN - 1))
    return Proposal(our.id, their, "document_alike", score, evidence)


def _resemble(one: str | None, other: str | None) -> bool:
    """Whether two numbers may be one that was written down differently: one is missing, or part of the other."""
    ours, theirs = squeezed(one), squeezed(other)
    if ours is None or theirs is None:
        return True
    short, long = sorted((_ZEROS_BEFORE.sub("", ours), _ZEROS_BEFORE.sub("", theirs)), key=len)
    return short == long or (len(short) >= _RESEMBLING_MIN and (long.endswith(short) or long.startswith(short)))


def _sure(found: Found[OurDocument, Document]) -> Match[Document]:
    evidence = compare_document(found.ours, found.theirs)
    score = SCORE_MAX if found.rule.name == "marker" else SCORE_MAX - 1
    return Match(found.ours.id, found.theirs, found.rule.name, found.ours.number or found.value, score, evidence)


def _marked(marker: str | None, document: OurDocument | Document) -> str | None:
    """A mark counts only with the amount: what somebody has made another one of is not ours any more for sure."""
    return None if not marker else f"{marker}|{document.currency}|{document.total.normalize():f}"


def _whole_of_ours(our: OurDocument) -> str | None:
    number = squeezed(our.number)
    if number is None or our.party_id is None:
        return None
    return f"{number}|{our.party_id}|{our.currency}|{our.total.normalize():f}|{our.issued_on}"


def _whole_of_theirs(their: Document) -> str | None:
    """Nothing for what bears a mark: it is the paper of the record that the mark names, perhaps another program's."""
    number = squeezed(their.number)
    if number is None or their.status is DocumentStatus.DRAFT or their.marker:
        return None
    return f"{number}|{their.party_id}|{their.currency}|{their.total.normalize():f}|{their.issued_on}"


def _words(number: str | None, party_id: str | None, currency: str, total: Decimal) -> list[str]:
    """What makes two documents worth comparing: the number, or the party and the amount."""
    found = [] if number is None else [f"n:{number}"]
    return found if party_id is None else [*found, f"a:{party_id}|{currency}|{total.normalize():f}"]
