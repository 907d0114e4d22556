"""What people do in the simulated books, without asking anybody."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.storm.shelves import DOCUMENTS, PAYMENTS, SALES_AND_BILLS, Entry, entries_in
from tests.storm.world import World

CENT = Decimal("0.01")


def _pick(draw: Random, entries: Sequence[Entry]) -> Entry | None:
    """One of them, a young one rather."""
    return draw.choice(entries[-8:]) if entries else None


def _amount(draw: Random, most: Decimal) -> str:
    return str((most * Decimal(draw.randrange(1, 100)) / 100).quantize(CENT) or CENT)


async def pay(world: World, draw: Random) -> None:
    """Record a payment of an open document, of all or of a part."""
    open_ones = [entry for entry in world.stormy(*SALES_AND_BILLS) if entry.balance > 0]
    entry = _pick(draw, open_ones)
    if entry is None:
        return
    part = {"amount": _amount(draw, entry.balance)} if draw.random() < 0.5 else {}
    world.tell(f"people: to pay {world.ordinal(entry)}")
    if world.act("pay", document_id=entry.id, **part):
        world.handle(entry, "pay")


async def take_payment_back(world: World, draw: Random) -> None:
    entry = _pick(draw, world.stormy(*PAYMENTS))
    if entry is None:
        return
    world.tell(f"people: to take back {world.ordinal(entry)}")
    if world.trade.platform == "xero":
        done = world.act("delete_payment", payment_id=entry.id)
    else:
        void = entry.kind == "payment" and draw.random() < 0.5
        done = world.act("void" if void else "delete", document_id=entry.id)
    if done:
        world.handle(entry, "delete")


async def void(world: World, draw: Random) -> None:
    """Void or delete a document."""
    entry = _pick(draw, world.stormy(*DOCUMENTS))
    if entry is None:
        return
    deed = draw.choice(("void", "delete"))
    world.tell(f"people: to {deed} {world.ordinal(entry)}")
    if world.act(deed, document_id=entry.id):
        world.handle(entry, "delete")


async def edit(world: World, draw: Random) -> None:
    """Change what a document says, or what it comes to."""
    entry = _pick(draw, world.stormy(*SALES_AND_BILLS))
    if entry is None:
        return
    other_day = (world.today - timedelta(days=draw.randrange(1, 20))).isoformat()
    text = "memo" if world.trade.platform == "quickbooks" else "reference"
    change: dict[str, Any] = draw.choice(
        (
            {"amount": str(draw.randrange(1, 900))},
            {"description": f"Edited {draw.randrange(9)}"},
            {"date": other_day},
            {"due_date": (world.today + timedelta(days=draw.randrange(1, 90))).isoformat()},
            {text: f"Seen {draw.randrange(9)}"},
        )
    )
    world.tell(f"people: to edit {world.ordinal(entry)}")
    if world.act("edit_document" if world.trade.platform == "xero" else "edit", document_id=entry.id, **change):
        world.handle(entry, "edit")
        if "amount" in change or entries_in(world.trade)[entry.key].total != entry.total:
            world.handle(entry, "amount")  # with a line that is edited QuickBooks works the tax out anew


async def rename(world: World, draw: Random) -> None:
    """Give a party another name, sometimes one of the partner's counterparts that is not there yet."""
    entry = _pick(draw, world.stormy("customer", "vendor", "party"))
    if entry is None:
        return
    name = f"Renamed {draw.randrange(100)}"
    world.tell(f"people: to rename {world.ordinal(entry)}")
    if world.trade.platform == "xero":
        done = world.act("rename_contact", contact_id=entry.id, name=name)
    else:
        done = world.act("rename", kind=entry.kind.capitalize(), which=entry.id, name=name)
    if done:
        world.handle(entry, "rename")


async def put_away(world: World, draw: Random) -> None:
    """Make a party or an item inactive."""
    kinds = ("party",) if world.trade.platform == "xero" else ("customer", "vendor", "item")
    entry = _pick(draw, world.stormy(*kinds))
    if entry is None:
        return
    world.tell(f"people: to put away {world.ordinal(entry)}")
    if world.trade.platform == "xero":
        done = world.act("archive_contact", contact_id=entry.id)
    else:
        done = world.act("inactivate", kind=entry.kind.capitalize(), which=entry.id)
    if done:
        world.handle(entry, "delete")


async def bring_back(world: World, draw: Random) -> None:
    """Make somebody active again."""
    kinds = ("party",) if world.trade.platform == "xero" else ("customer", "vendor", "item")
    gone = [
        entry
        for key, entry in entries_in(world.trade).items()
        if key not in world.baseline and not entry.alive and entry.kind in kinds
    ]
    entry = _pick(draw, gone)
    if entry is None:
        return
    world.tell(f"people: to bring back {world.ordinal(entry)}")
    if world.trade.platform == "xero":
        world.act("restore_contact", contact_id=entry.id)
    else:
        world.act("reactivate", kind=entry.kind.capitalize(), which=entry.id)


async def close_period(world: World, draw: Random) -> None:
    """Close the books up to some day, or open them again."""
    day = (world.today - timedelta(days=draw.randrange(3))).isoformat()
    on = {"date": day} if draw.random() < 0.6 else {}
    world.act("lock_period" if world.trade.platform == "xero" else "close_books", **on)


async def enter_twin(world: World, draw: Random) -> None:
    """Enter a document of somebody else that bears the number of one of the partner's."""
    thing = world.any_thing(draw, "invoice", "bill")
    number = thing.body.get("document_id") if thing is not None else None
    if thing is None or not number:
        return
    amount = str(draw.randrange(1, 500))
    side, party = ("invoice", "customer") if thing.kind == "invoice" else ("bill", "vendor")
    known = [entry for entry in world.baseline.values() if entry.kind in {party, "party"} and entry.alive]
    who = draw.choice(known).name
    party = "contact" if world.trade.platform == "xero" else party
    world.act(f"create_{side}", number=number, amount=amount, **{party: who})


async def enter_namesake(world: World, draw: Random) -> None:
    """Take on somebody who has the name of one of the partner's counterparts."""
    thing = world.any_thing(draw, "counterpart")
    if thing is None:
        return
    shown = await world.read(f"/counterparts/{thing.id}")
    name = (shown.get("organization") or {}).get("legal_name")
    if not name:
        return
    deed = "create_contact" if world.trade.platform == "xero" else draw.choice(("create_customer", "create_vendor"))
    world.act(deed, name=name)


async def merge(world: World, draw: Random) -> None:
    """Make one party of two."""
    kind = draw.choice(("customer", "vendor")) if world.trade.platform == "quickbooks" else "party"
    known = world.stormy(kind)
    if len(known) < 2:
        return
    source, target = draw.sample(known, 2)
    world.tell(f"people: to merge {world.ordinal(source)} into {world.ordinal(target)}")
    if world.trade.platform == "xero":
        done = world.act("merge_contacts", from_id=source.id, into_id=target.id)
    else:
        done = world.act("merge", kind=kind.capitalize(), **{"from": source.id, "into": target.id})
    if done:
        world.handle(source, "delete")
        world.handle(target, "edit")
