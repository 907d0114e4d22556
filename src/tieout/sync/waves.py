"""Which writes go to the books at the same time, and which share a call: the sending policy, purely.

A wave is what a company's lane sends at the same time; whenever one of its calls has ended, the next takes its place,
by the same rules. The policy, and why:

1. Oldest first, and nothing that touches the same record twice in one wave: two writes of one record, of a document and
   of what is allocated to it, or of a credit and its undoing could reach the books in any order. Whoever waits makes
   those wait that touch what it touches, so that nobody is overtaken by a later change of the same record.
2. As many calls at once as the platform allows (`SendingRules.in_flight_max`): that many, and not more, because a
   platform counts calls in flight, and a pull of another lane may be among them.
3. Writes of one word (`Platform.batch_of`) share a call where the platform takes several and that saves calls of its
   limit. One that would be alone in its batch goes under its own request, whose answer says more. Where calls are free
   of charge and batches are not, the platform says so by having no word, and everything goes singly.
4. A batch is cut by count (`batch_max`) and by size (`batch_bytes_max`): the platforms refuse what is larger as a
   whole.
5. What once was in a batch that was refused as a whole, or never seen again, goes alone: one record that poisons a call
   must not hold up its neighbours a second time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tieout.books.records import Attachment, CreditAllocation, Document, Kind, Payment
from tieout.platforms.port import SendingRules, Write


@dataclass(frozen=True, slots=True)
class Sendable:
    """A write that is ready: which batch it fits, how large its own body is, and which records it touches.

    One that `rests` was put off for a while: it does not go now, and is not overtaken either.
    """

    intent_id: UUID
    batch: str | None
    body_bytes: int
    touches: frozenset[str]
    rests: bool = False


@dataclass(slots=True)
class _Open:
    """A call that is being put together."""

    batch: str | None
    members: list[UUID] = field(default_factory=list)
    body_bytes: int = 0

    def takes(self, one: Sendable, rules: SendingRules) -> bool:
        return (
            one.batch is not None
            and self.batch == one.batch
            and len(self.members) < rules.batch_max
            and self.body_bytes + one.body_bytes <= rules.batch_bytes_max
        )


def plan_wave(
    sendable: Sequence[Sendable], rules: SendingRules, *, in_doubt: Iterable[str] = ()
) -> tuple[tuple[UUID, ...], ...]:
    """The calls of the next wave, each with its intents in their order; `sendable` is oldest first.

    `in_doubt` is what writes touch of which nobody knows yet whether they were carried out: that waits for them.
    """
    calls: list[_Open] = []
    touched = set(in_doubt)
    for one in sendable:
        is_free = touched.isdisjoint(one.touches)
        touched |= one.touches
        if not is_free or one.rests:
            continue
        call = next((call for call in calls if call.takes(one, rules)), None)
        if call is None:
            if len(calls) >= rules.in_flight_max:
                continue
            call = _Open(one.batch)
            calls.append(call)
        call.members.append(one.intent_id)
        call.body_bytes += one.body_bytes
    return tuple(tuple(call.members) for call in calls)


def touched_by(write: Write, link_id: UUID) -> frozenset[str]:
    """The records that a write changes, or whose state decides about it, in words that are equal when they are."""
    record = write.record
    named = {f"link:{link_id}"}
    if write.external_id is not None:
        named.add(_word(write.kind, write.external_id))
    if isinstance(record, Payment):
        named |= {_word(part.document_kind, part.document_id) for part in record.allocations}
    elif isinstance(record, CreditAllocation):
        settled = Kind.INVOICE if record.credit_kind is Kind.CREDIT_NOTE else Kind.BILL
        named |= {_word(record.credit_kind, record.credit_id), _word(settled, record.document_id)}
    elif isinstance(record, Attachment):
        named.add(_word(record.document_kind, record.document_id))
    elif isinstance(record, Document) and record.number:
        named.add(f"number:{write.kind.value}:{record.party_id}:{record.number}")
    return frozenset(named)


def _word(kind: str, external_id: str) -> str:
    return f"{kind}:{external_id}"
