"""What must hold after every storm. Each judgement tells what is wrong, in sentences."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from tests.storm.shelves import LISTS, PARTS, PAYMENTS, Entry, Key, content_of, entries_in, key_of, version_of
from tests.storm.world import Thing, World

from tieout.storage.tables.business import PaymentRecord
from tieout.storage.tables.connections import Link, Snapshot
from tieout.storage.tables.work import Intent, Lane, MeterReading
from tieout.sync.intents import OPEN_STATES

OBJECT_TYPES = {
    "invoice": "receivable", "credit_note": "receivable", "bill": "bill", "payment": "payment_record",
    "payable_credit_note": "payable_credit_note",
}  # fmt: skip
SHOWN_AT = {"invoice": "receivables", "credit_note": "receivables", "bill": "payables"}
OUR_FAULTS = frozenset(
    {"lane_turn_failed", "lane_turn_broke", "push_not_planned", "lease_not_renewed", "lanes_not_claimed"}
)
"""What the log says only when something went wrong with us."""
BELONGING = ("credit_allocation", "attachment", "payment_record")
MAY_COME_TO_NOTHING = ("credit_allocation", "attachment")
"""A credit of which nothing can be used is done without a use; so is a file whose bill is gone."""
COUNTING = ("issued", "approved")
"""What a credit note is when it counts."""
IN_FORCE = ("issued", "overdue", "partially_paid", "paid", "waiting_to_be_paid")
"""What an invoice or a bill is when it counts."""
MINOR = 100
UNCOUNTED_MAX = 12
"""How many calls a worker makes at most between two commits: six pages, of which some take several calls."""


@dataclass(frozen=True)
class Evidence:
    """Everything that is judged, read once."""

    world: World
    entries: Mapping[Key, Entry]
    links: list[Link]
    intents: list[Intent]
    snapshots: list[Snapshot]
    payments: list[PaymentRecord]
    log: list[str]

    @property
    def platform(self) -> str:
        return self.world.trade.platform

    def link_of(self, thing: Thing) -> Link | None:
        object_type = OBJECT_TYPES[thing.kind]
        return next(
            (one for one in self.links if (one.object_type, str(one.object_id)) == (object_type, thing.id)), None
        )

    def entry_of(self, link: Link) -> Entry | None:
        if link.external_id is None or link.external_kind is None:
            return None
        return self.entries.get(self.key_of(link))

    def key_of(self, link: Link) -> Key:
        return key_of(self.world.trade, str(link.external_kind), str(link.external_id), self.entries)


async def gather(world: World, log: list[str]) -> Evidence:
    """Read both sides."""
    trade = world.trade
    async with trade.house.services.database.read() as session:
        payments = list(
            await session.scalars(select(PaymentRecord).where(PaymentRecord.entity_id == UUID(trade.entity_id)))
        )
    return Evidence(
        world=world,
        entries=entries_in(trade),
        links=await trade.links(),
        intents=await trade.rows(Intent),
        snapshots=await trade.rows(Snapshot),
        payments=payments,
        log=log,
    )


async def judge(world: World, log: list[str]) -> list[str]:
    """Everything that is wrong after a storm."""
    evidence = await gather(world, log)
    _count_what_was_met(evidence)
    wrong = list(world.wrong)
    for judgement in JUDGEMENTS:
        wrong += judgement(evidence)
    for asking in QUESTIONS:
        wrong += await asking(evidence)
    return wrong


def _count_what_was_met(of: Evidence) -> None:
    met = of.world.met
    for intent in of.intents:
        met[f"{intent.operation} of {intent.object_type} {intent.state}"] += 1
        met["writes sent more than once"] += intent.attempts > 1
        met["writes found in the books"] += "adopted_at" in intent.evidence
    for link in of.links:
        if link.errors:
            met[f"{link.object_type} refused: {link.errors.get('code')}"] += 1


def nothing_is_there_twice(of: Evidence) -> Iterator[str]:
    """What came into the books and was not entered by people is one of ours, and of exactly one of ours."""
    linked = Counter((link.external_kind, link.external_id, link.object_type) for link in of.links if link.external_id)
    yield from (f"{count} {kind} records are linked to {id_}" for (kind, id_, _), count in linked.items() if count > 1)
    keys = {of.key_of(link) for link in of.links if link.external_id}
    admitted = {intent.external_id for intent in of.intents if intent.state == "refused" and intent.external_id}
    for key, entry in of.entries.items():
        ours = key not in of.world.baseline and key not in of.world.entered
        if ours and entry.alive and key not in keys and not _is_told_of(of, entry, admitted):
            name = f"{of.world.ordinal(entry)} {entry.name!r} over {entry.total}"
            yield f"{name} is in the books, and no record of ours is it"


def _is_told_of(of: Evidence, entry: Entry, admitted: set[str]) -> bool:
    """Whether a document that should not be there is told of: it could not be taken back, and says so."""
    told = any((link.errors or {}).get("code") == "not_taken_back" for link in of.links)
    return (told and entry.id in admitted) or _was_renamed_unseen(of, entry) or _outlived_its_document(of, entry)


def _outlived_its_document(of: Evidence, entry: Entry) -> bool:
    """A file stays when its bill leaves the books: nobody takes it away when people do that, and Xero deletes none."""
    by_people = any("delete" in deeds for deeds in of.world.handled.values())
    by_us = of.platform == "xero" and any(
        (one.object_type, one.operation, one.state) == ("bill", "delete", "confirmed") for one in of.intents
    )
    return entry.kind == "attachment" and (by_people or by_us)


def _was_renamed_unseen(of: Evidence, entry: Entry) -> bool:
    """What QuickBooks keeps in lists is found again by its name alone.

    If the answer to its creation never came, and people gave it another name before Tieout could look, nothing in the
    books tells whose it is: it is made once more.
    """
    return of.platform == "quickbooks" and entry.kind in LISTS and "rename" in of.world.handled.get(entry.key, ())


def nothing_is_lost(of: Evidence) -> Iterator[str]:
    """What the partner did while the books were connected is there, or says why it is not."""
    for thing in _things(of, *OBJECT_TYPES):
        link = of.link_of(thing)
        if thing.wanted and not thing.cancelled and link is None and thing.kind in {"invoice", "bill"}:
            yield f"{thing.label} was wanted in the books, and has no synced record"
    for link in of.links:
        yield from _judge_link(of, link)


def _judge_link(of: Evidence, link: Link) -> Iterator[str]:
    entry, name = of.entry_of(link), f"the {link.object_type} {_label(of, link)}"
    match link.sync_status:
        case "done":
            if link.external_id is None:
                if link.object_type not in MAY_COME_TO_NOTHING and not _is_withdrawn(of, link):
                    yield f"{name} is done, but nowhere"
            elif entry is None or not entry.alive:
                handled = of.world.handled.get(of.key_of(link), set())
                if "delete" not in handled and not _is_withdrawn(of, link) and not _went_with_its_document(of, link):
                    yield f"{name} is done, but gone from the books without anybody's doing"
        case "error":
            errors = link.errors or {}
            if missing := [word for word in ("code", "message", "fix") if not errors.get(word)]:
                yield f"{name} is refused without {missing}: {errors}"
        case other:
            yield f"{name} is {other} when all is calm"
    if link.push_wanted_at is not None:
        yield f"{name} is still wanted ({link.sync_status}, {link.errors})"


def _went_with_its_document(of: Evidence, link: Link) -> bool:
    """What belongs to a document goes when people take that out of the books, or undo a payment of it."""
    return link.object_type in BELONGING and any("delete" in deeds for deeds in of.world.handled.values())


def _is_withdrawn(of: Evidence, link: Link) -> bool:
    return any(thing.cancelled for thing in _things(of, *OBJECT_TYPES) if thing.id == str(link.object_id))


def totals_agree(of: Evidence) -> Iterator[str]:
    """A document in the books comes to the partner's total, to the cent.

    Unless people changed it there, or it is told that the change was refused: what is paid is not taken back to less.
    """
    for thing in _things(of, "invoice", "bill", "credit_note"):
        link = of.link_of(thing)
        entry = of.entry_of(link) if link is not None else None
        is_told = link is not None and (link.errors or {}).get("code") == "document_has_payments"
        if link is None or entry is None or not entry.alive or is_told:
            continue
        total = Decimal(thing.body["total_amount"]) / MINOR
        if entry.total != total and "amount" not in of.world.handled.get(entry.key, ()):
            yield f"{thing.label} comes to {total}, in the books to {entry.total}"
        if thing.cancelled and (link is None or link.sync_status != "error"):
            yield f"{thing.label} was cancelled, and is in the books as {of.world.ordinal(entry)}"


def snapshots_are_the_books(of: Evidence) -> Iterator[str]:
    """Every record is kept as the books have it, version by version."""
    kinds = {entry.kind for entry in of.entries.values()} - set(PARTS)
    kept = {(one.kind, one.external_id): one for one in of.snapshots if one.kind in kinds and one.gone_at is None}
    for key in kept.keys() - of.entries.keys():
        yield f"the snapshot {key} is of nothing in the books"
    for key, entry in of.entries.items():
        if entry.kind in PARTS:
            continue
        snapshot = kept.get(key)
        if snapshot is None:
            if not _need_not_be_known(of, entry):
                yield f"{of.world.ordinal(entry)} {entry.name!r} is in the books, and there is no snapshot of it"
            continue
        version = version_of(of.world.trade, snapshot.version_token, snapshot.changed_at)
        told = content_of(of.world.trade, snapshot.raw)
        different = {name: (told.get(name), value) for name, value in entry.content.items() if told.get(name) != value}
        if version != entry.version or different:
            yield f"the snapshot of {of.world.ordinal(entry)} is {version} {_short(different)}, not {entry.version}"


def _need_not_be_known(_of: Evidence, entry: Entry) -> bool:
    """What was gone before anybody could have looked."""
    return not entry.alive


def _short(different: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}: kept {str(ours)[:80]}, there {str(theirs)[:80]}" for name, (ours, theirs) in different.items()
    )


def payments_arrived_once(of: Evidence) -> Iterator[str]:
    """Every payment in the books of a document of ours is known here, once, with its amount; and no other."""
    by_key = {
        (link.external_kind, link.external_id): link for link in of.links if link.object_type in {"receivable", "bill"}
    }
    there: Counter[tuple[str, UUID, int]] = Counter()
    for entry in of.entries.values():
        if entry.kind in PAYMENTS and entry.alive and entry.total > 0:
            for key, amount in entry.settles.items():
                if (link := by_key.get(key)) is not None and amount > 0:
                    there[entry.id, link.object_id, int(amount * MINOR)] += 1
    here = Counter(
        (str(one.external_id), one.object_id, one.amount)
        for one in of.payments
        if one.external_id is not None and one.status == "succeeded"
    )
    for payment in (there - here).elements():
        yield f"a payment of {payment[2]} in the books of {_label_of(of, payment[1])} did not arrive"
    for payment in (here - there).elements():
        yield f"a payment of {payment[2]} of {_label_of(of, payment[1])} is known that is not in the books"


def books_balance(of: Evidence) -> Iterator[str]:
    """Debits equal credits, in every entry and over all."""
    ledger = of.world.trade.books.ledger
    try:
        ledger.assert_balanced()
    except ValueError as error:
        yield f"the journal: {error}"
    rows = ledger.trial_balance()
    if sum(row.debit for row in rows) != sum(row.credit for row in rows):
        yield "the trial balance does not balance"


def nothing_is_open(of: Evidence) -> Iterator[str]:
    """No write is unsettled."""
    for intent in of.intents:
        if intent.state in OPEN_STATES:
            yield f"an intent to {intent.operation} a {intent.object_type} is {intent.state}: {intent.evidence}"


def the_log_is_clean(of: Evidence) -> Iterator[str]:
    """Nothing went wrong with us, and no secret was told."""
    for line in of.log:
        if any(f'"event": "{fault}"' in line for fault in OUR_FAULTS):
            yield f"the log says: {line[:1500]}"
    trade = of.world.trade
    whole = "\n".join(of.log)
    secrets = [trade.partner.client_secret, trade.partner.token, *_platform_secrets(of)]
    yield from (f"a secret is in the log: {secret[:6]}…" for secret in secrets if secret and secret in whole)


def _platform_secrets(of: Evidence) -> Iterator[str]:
    for app in of.world.trade.house.simulator(of.platform).apps.by_client_id.values():
        yield app.client_secret


async def amounts_due_agree(of: Evidence) -> list[str]:
    """What is due here is what is open there, unless people changed the document, or a credit of it is not used."""
    wrong = []
    for thing in _things(of, "invoice", "bill"):
        entry = _done(of, of.link_of(thing))
        if entry is None or of.world.handled.get(entry.key, set()) - {"pay"} or not _is_credited_there_too(of, thing):
            continue
        if any(one.object_id == UUID(thing.id) and one.external_id is None for one in of.payments):
            continue  # what was told of it is not in the books: its own record says why
        shown = await of.world.read(f"/{SHOWN_AT[thing.kind]}/{thing.id}")
        due = Decimal(shown.get("amount_due") or 0) / MINOR
        if due != max(entry.balance, Decimal(0)):
            wrong.append(f"of {thing.label} {due} is due, in the books {entry.balance}")
    return wrong


async def both_sides_agree(of: Evidence) -> list[str]:
    """What is done says the same on both sides, whoever changed it, but for what somebody left so."""
    wrong = []
    for thing in _things(of, "invoice", "bill"):
        link = of.link_of(thing)
        entry = of.entry_of(link) if link is not None and link.sync_status == "done" else None
        if link is None or entry is None:
            continue
        shown = await of.world.read(f"/{SHOWN_AT[thing.kind]}/{thing.id}")
        if shown.get("status") not in IN_FORCE:
            continue
        if not entry.alive:
            wrong.append(f"{thing.label} is {shown['status']}, and over in the books as {of.world.ordinal(entry)}")
        elif "left_fields" not in (link.evidence or {}):
            wrong += _differences(of, thing, entry, shown)
    for link in of.links:
        entry = _done(of, link)
        if link.object_type in {"customer", "vendor"} and entry is not None and "rename" in _handled(of, entry):
            shown = await of.world.read(f"/counterparts/{link.object_id}")
            name = (shown.get("organization") or {}).get("legal_name", "")
            if _plain(name) != _plain(entry.name):
                wrong.append(f"the {link.object_type} {name!r} is called {entry.name!r} in the books")
    return wrong


def _differences(of: Evidence, thing: Thing, entry: Entry, shown: Mapping[str, Any]) -> list[str]:
    due_on, total = shown.get("due_date"), Decimal(shown.get("total_amount") or 0) / MINOR
    wrong = []
    if due_on is not None and entry.due_on != due_on:
        wrong.append(f"{thing.label} is due on {due_on}, in the books {of.world.ordinal(entry)} on {entry.due_on}")
    if total != entry.total:
        wrong.append(f"{thing.label} comes to {total}, in the books {of.world.ordinal(entry)} to {entry.total}")
    return wrong


def _handled(of: Evidence, entry: Entry) -> set[str]:
    return set(of.world.handled.get(entry.key, ()))


def _plain(name: str) -> str:
    """A name as QuickBooks, too, can write it."""
    return " ".join(name.replace(":", "-").split())


def _done(of: Evidence, link: Link | None) -> Entry | None:
    """What is in the books and said to be there."""
    entry = of.entry_of(link) if link is not None and link.sync_status == "done" else None
    return entry if entry is not None and entry.alive else None


def _is_credited_there_too(of: Evidence, thing: Thing) -> bool:
    """Whether the books use every credit of a document that the partner counts."""
    if not thing.credited:
        return True
    notes = [
        note
        for note in _things(of, "credit_note", "payable_credit_note")
        if note.body.get("based_on") == thing.id and note.body["status"] in COUNTING
    ]
    uses = {str(one.object_id): one for one in of.links if one.object_type == "credit_allocation"}
    return all(_done(of, of.link_of(note)) and _done(of, uses.get(note.id)) for note in notes)


def changes_arrived(of: Evidence) -> Iterator[str]:
    """What the partner changed of an issued invoice stands in the books, unless people wrote there since."""
    for thing in _things(of, "invoice"):
        entry = _done(of, of.link_of(thing))
        if entry is None or "edit" in of.world.handled.get(entry.key, ()):
            continue
        due_on, memo = thing.changed.get("due_date"), thing.changed.get("memo")
        if due_on is not None and entry.due_on != due_on:
            yield f"{thing.label} became due on {due_on}, in the books on {entry.due_on}"
        if memo is not None and memo not in entry.memo:
            yield f"{thing.label} now says {memo!r}, in the books {entry.memo!r}"


async def the_meter_is_the_platforms(of: Evidence) -> list[str]:
    """Calls are counted as the platform counts them; only a worker that is cut short takes its last ones with it."""
    trade = of.world.trade
    rows = trade.house.simulator(of.platform).meter.told()
    there = sum(
        int(str(row["calls"])) + int(str(row["refused"])) for row in rows if row["company_id"] == trade.books.id
    )
    async with trade.house.services.database.read() as session:
        readings = await session.scalars(select(MeterReading).where(MeterReading.kind != "identity"))
        here = sum(reading.calls for reading in readings)
    if here == there or (here < there and there - here <= of.world.cut_short * UNCOUNTED_MAX):
        return []
    return [f"{here} calls were counted here, {there} there, with {of.world.cut_short} workers cut short"]


async def lanes_rest(of: Evidence) -> list[str]:
    """Nobody owns a lane, none has failed, none is due."""
    services = of.world.trade.house.services
    async with services.database.read() as session:
        lanes = list(await session.scalars(select(Lane)))
    return [
        f"the lane {lane.kind}: owner {lane.owner}, due {lane.due_at}, {lane.attempts} attempts, {lane.last_error}"
        for lane in lanes
        if lane.owner is not None or lane.attempts or (lane.due_at is not None and lane.due_at <= services.clock.now())
    ]


async def the_connection_is_well(of: Evidence) -> list[str]:
    """Connected, with nothing to complain of, and its control totals tie out."""
    world = of.world
    shown = await world.read(f"/accounting_connections/{world.trade.connection_id}")
    wrong = [f"the connection is {shown.get('status')}"] if shown.get("status") != "connected" else []
    if shown.get("errors"):
        wrong.append(f"the connection has errors: {shown['errors']}")
    tie_out = await world.read(f"/accounting_connections/{world.trade.connection_id}/tie_out")
    if not tie_out.get("ties_out"):
        wrong.append(f"the books do not tie out: {tie_out}")
    return wrong


def _things(of: Evidence, *kinds: str) -> list[Thing]:
    return [thing for kind in kinds for thing in of.world.things[kind]]


def _label(of: Evidence, link: Link) -> str:
    return _label_of(of, link.object_id)


def _label_of(of: Evidence, object_id: UUID) -> str:
    known = (thing.label for things in of.world.things.values() for thing in things if thing.id == str(object_id))
    return next(known, "of another's making")


JUDGEMENTS: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    nothing_is_there_twice,
    nothing_is_lost,
    totals_agree,
    changes_arrived,
    snapshots_are_the_books,
    payments_arrived_once,
    books_balance,
    nothing_is_open,
    the_log_is_clean,
)
QUESTIONS: tuple[Callable[[Evidence], Awaitable[list[str]]], ...] = (
    amounts_due_agree,
    both_sides_agree,
    the_meter_is_the_platforms,
    lanes_rest,
    the_connection_is_well,
)
