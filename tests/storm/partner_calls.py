"""What a partner's program does, through the API."""

from datetime import timedelta
from random import Random
from typing import Any

from tests.storm.world import REFUSED_FROM, Json, Thing, World
from tests.support.partner import ADDRESS

NAMES = (
    "Nordwind Traders", "Amélie & Söhne GmbH", "O'Brien Landscaping", "A", "Bäckerei Zum Löwen", "株式会社 山田",
    "Kline  Co", "Quay Street Deli: Catering", "zebra supplies", "ZEBRA Supplies",
)  # fmt: skip
QUANTITIES = (1, 1, 1, 2, 3, 1.5, 0.25, 12)
BOUNDARY = "storm"


def _address() -> Json:
    return {key: value for key, value in ADDRESS.items() if key != "id"}


async def new_counterpart(world: World, draw: Random) -> None:
    """A customer, a vendor or both, sometimes of a name that the books know."""
    known = [entry.name for entry in world.baseline.values() if entry.kind in {"customer", "vendor", "party"}]
    roles = draw.choice(((True, False), (True, False), (False, True), (True, True)))
    name = draw.choice(known) if draw.random() < 0.1 else draw.choice(NAMES)
    if draw.random() < 0.6:
        name = f"{name} {len(world.things['counterpart']) + 1}"
    organization = {
        "legal_name": name,
        "is_customer": roles[0],
        "is_vendor": roles[1],
        "address": _address(),
        **({"email": f"c{draw.randrange(9)}@example.com"} if draw.random() < 0.5 else {}),
    }
    answer = await world.call("POST", "/counterparts", {"type": "organization", "organization": organization})
    world.tell(f"partner: new counterpart {name!r} {roles} → {answer.status_code}")
    if answer.status_code < REFUSED_FROM:
        world.add("counterpart", answer.json() | {"roles": roles})


async def edit_counterpart(world: World, draw: Random) -> None:
    thing = world.any_thing(draw, "counterpart")
    if thing is None:
        return
    name = f"{draw.choice(NAMES)} {draw.randrange(100)}"
    change = draw.choice(({"legal_name": name}, {"email": f"new{draw.randrange(9)}@example.com"}))
    answer = await world.call("PATCH", f"/counterparts/{thing.id}", {"organization": change})
    world.tell(f"partner: {thing.label} becomes {change} → {answer.status_code}")


async def new_product(world: World, draw: Random) -> None:
    name = f"{draw.choice(('Pump', 'Consulting hour', 'Thé vert', 'pump'))} {draw.randrange(12)}"
    price = {"currency": world.trade.books.currency, "value": draw.randrange(1, 99_999)}
    answer = await world.call("POST", "/products", {"name": name, "price": price})
    world.tell(f"partner: new product {name!r} at {price['value']} → {answer.status_code}")
    if answer.status_code < REFUSED_FROM:
        world.add("product", answer.json())


async def edit_product(world: World, draw: Random) -> None:
    thing = world.any_thing(draw, "product")
    if thing is None:
        return
    change: Json = {"name": f"Valve {draw.randrange(50)}"}
    if draw.random() < 0.5:
        change = {"price": {"currency": world.trade.books.currency, "value": draw.randrange(1, 99_999)}}
    answer = await world.call("PATCH", f"/products/{thing.id}", change)
    world.tell(f"partner: {thing.label} becomes {change} → {answer.status_code}")


async def _party(world: World, draw: Random, role: int) -> Thing:
    """A customer (0) or a vendor (1); one is made if there is none."""
    fitting = [thing for thing in world.things["counterpart"][-6:] if thing.body["roles"][role]]
    if fitting and draw.random() < 0.8:
        return draw.choice(fitting)
    organization: Json = {
        "legal_name": f"{draw.choice(NAMES)} {len(world.things['counterpart']) + 1} {role}",
        "is_customer": role == 0,
        "is_vendor": role == 1,
        "address": _address(),
    }
    answer = await world.call("POST", "/counterparts", {"type": "organization", "organization": organization})
    return world.add("counterpart", answer.json() | {"roles": (role == 0, role == 1)})


async def issue_invoice(world: World, draw: Random) -> None:
    """Draft an invoice and issue it, or let it be."""
    customer = await _party(world, draw, 0)
    lines = [_sales_line(world, draw) for _ in range(draw.choice((1, 1, 2, 3)))]
    body = {
        "type": "invoice",
        "currency": world.trade.books.currency,
        "counterpart_id": customer.id,
        "counterpart_billing_address_id": customer.body["default_billing_address_id"],
        "line_items": lines,
    }
    drafted = await world.call("POST", "/receivables", body)
    if drafted.status_code >= REFUSED_FROM:
        world.tell(f"partner: drafts an invoice to {customer.label} → {drafted.status_code} {drafted.text[:120]}")
        return
    invoice = world.add("invoice", drafted.json())
    if draw.random() < 0.05:
        world.tell(f"partner: drafts {invoice.label} to {customer.label}")
        return
    wanted = await world.is_connected()
    issued = await world.call("POST", f"/receivables/{invoice.id}/issue")
    world.tell(f"partner: issues {invoice.label} to {customer.label}, {_lines_told(lines)} → {issued.status_code}")
    if issued.status_code < REFUSED_FROM:
        invoice.body, invoice.wanted = issued.json(), wanted


def _lines_told(lines: list[Json]) -> str:
    return ", ".join(f"{line['quantity']} × {line.get('unit_price', 'product')}" for line in lines)


def _sales_line(world: World, draw: Random) -> Json:
    product = world.any_thing(draw, "product")
    price = {"currency": world.trade.books.currency, "value": draw.randrange(1, 99_999)}
    named: Json = (
        {"product_id": product.id}
        if product is not None and draw.random() < 0.7
        else {"product": {"name": "Work", "price": price}}
    )
    return {
        **named,
        "quantity": draw.choice(QUANTITIES),
        "accounting_tax_rate_id": world.trade.sales_rate["id"],
    }


async def edit_invoice(world: World, draw: Random) -> None:
    """Change the little that may change of an issued invoice."""
    thing = world.any_thing(draw, "invoice")
    if thing is None:
        return
    due_on = (world.today + timedelta(days=draw.randrange(1, 60))).isoformat()
    change: Json = draw.choice(({"due_date": due_on}, {"memo": f"Thanks {draw.randrange(20)}"}))
    answer = await world.call("PATCH", f"/receivables/{thing.id}", {"issued_invoice": change})
    world.tell(f"partner: {thing.label} becomes {change} → {answer.status_code}")
    if answer.status_code < REFUSED_FROM:
        thing.changed |= change


async def approve_bill(world: World, draw: Random) -> None:
    """Enter a bill and approve it."""
    vendor = await _party(world, draw, 1)
    lines = [_bill_line(world, draw) for _ in range(draw.choice((1, 1, 2)))]
    subtotal, tax = _sums(lines)
    body = {
        "document_id": f"V-{draw.randrange(1, 15)}",
        "counterpart_id": vendor.id,
        "currency": world.trade.books.currency,
        "issued_at": world.today.isoformat(),
        "due_date": world.today.isoformat(),
        "subtotal": subtotal,
        "tax_amount": tax,
        "total_amount": subtotal + tax,
    }
    made = await world.call("POST", "/payables", body)
    if made.status_code >= REFUSED_FROM:
        world.tell(f"partner: a bill of {vendor.label} → {made.status_code} {made.text[:120]}")
        return
    bill = world.add("bill", made.json())
    for line in lines:
        await world.call("POST", f"/payables/{bill.id}/line_items", line)
    wanted = await world.is_connected()
    approved = await world.call("POST", f"/payables/{bill.id}/approve_payment_operation")
    told = f"{body['document_id']} over {subtotal + tax}"
    world.tell(f"partner: approves {bill.label} of {vendor.label}, {told} → {approved.status_code}")
    if approved.status_code < REFUSED_FROM:
        bill.body, bill.wanted = approved.json(), wanted


def _sums(lines: list[Json]) -> tuple[int, int]:
    """What the lines of a bill come to, and the tax on them."""
    subtotal = sum(round(line["unit_price"] * line["quantity"]) for line in lines)
    tax = sum((round(line["unit_price"] * line["quantity"]) * line["tax"] + 5_000) // 10_000 for line in lines)
    return subtotal, tax


def _bill_line(world: World, draw: Random) -> Json:
    trade = world.trade
    price, quantity = draw.randrange(1, 99_999), draw.choice((1, 1, 2, 5))
    line = {"name": "Paper", "quantity": quantity, "unit_price": price, "ledger_account_id": trade.expense_id}
    rate = trade.purchase_rate
    return line | ({"tax": rate["effective_tax_rate"], "accounting_tax_rate_id": rate["id"]} if rate else {"tax": 0})


async def pay(world: World, draw: Random) -> None:
    """Tell of a payment of an invoice or a bill."""
    thing = world.any_thing(draw, "invoice", "bill")
    if thing is None:
        return
    kind = "receivable" if thing.kind == "invoice" else "payable"
    shown = await world.read(f"/{kind}s/{thing.id}")
    due = shown.get("amount_due") or 0
    amount = due if draw.random() < 0.5 else draw.randrange(1, max(due, 2))
    body = {"amount": amount, "currency": world.trade.books.currency, "object": {"id": thing.id, "type": kind}}
    wanted = await world.is_connected()
    answer = await world.call("POST", "/payment_records", body)
    world.tell(f"partner: tells that {amount} of {thing.label} was paid → {answer.status_code}")
    if answer.status_code < REFUSED_FROM:
        world.add("payment", answer.json(), wanted=wanted and thing.wanted)


async def cancel(world: World, draw: Random) -> None:
    """Take an invoice or a bill back."""
    thing = world.any_thing(draw, "invoice", "bill")
    if thing is None:
        return
    kind, verb = (
        ("receivables", "cancel") if thing.kind == "invoice" else ("payables", draw.choice(("cancel", "reopen")))
    )
    answer = await world.call("POST", f"/{kind}/{thing.id}/{verb}")
    world.tell(f"partner: {verb}s {thing.label} → {answer.status_code}")
    if answer.status_code < REFUSED_FROM:
        thing.cancelled = True


async def approve_again(world: World, draw: Random) -> None:
    """Approve a bill that was reopened."""
    reopened = [thing for thing in world.things["bill"] if thing.cancelled]
    if not reopened:
        return
    thing = draw.choice(reopened)
    wanted = await world.is_connected()
    answer = await world.call("POST", f"/payables/{thing.id}/approve_payment_operation")
    world.tell(f"partner: approves {thing.label} again → {answer.status_code}")
    if answer.status_code < REFUSED_FROM:
        thing.cancelled, thing.wanted = False, wanted


async def edit_bill(world: World, draw: Random) -> None:
    """Take a bill back, put another price on its first line, and approve it again."""
    thing = world.any_thing(draw, "bill")
    if thing is None:
        return
    reopened = await world.call("POST", f"/payables/{thing.id}/reopen")
    if reopened.status_code >= REFUSED_FROM and not thing.cancelled:
        world.tell(f"partner: takes {thing.label} back → {reopened.status_code}")
        return
    thing.cancelled = True
    lines = (await world.read(f"/payables/{thing.id}/line_items"))["data"]
    lines[0]["unit_price"] = draw.randrange(1, 99_999)
    changed = await world.call(
        "PATCH", f"/payables/{thing.id}/line_items/{lines[0]['id']}", {"unit_price": lines[0]["unit_price"]}
    )
    subtotal, tax = _sums(lines)
    sums = {"subtotal": subtotal, "tax_amount": tax, "total_amount": subtotal + tax}
    stated = await world.call("PATCH", f"/payables/{thing.id}", sums)
    wanted = await world.is_connected()
    approved = await world.call("POST", f"/payables/{thing.id}/approve_payment_operation")
    told = f"{changed.status_code} {stated.status_code} {approved.status_code}"
    world.tell(f"partner: {thing.label} comes to {subtotal + tax} → {told}")
    if approved.status_code < REFUSED_FROM:
        thing.body, thing.wanted, thing.cancelled = approved.json(), wanted, False


async def credit_invoice(world: World, draw: Random) -> None:
    """Credit what is left of an invoice."""
    thing = world.any_thing(draw, "invoice")
    if thing is None:
        return
    answer = await world.call("POST", "/receivables", {"type": "credit_note", "based_on": thing.id})
    if answer.status_code < REFUSED_FROM:
        note = world.add("credit_note", answer.json())
        wanted = await world.is_connected()
        answer = await world.call("POST", f"/receivables/{note.id}/issue")
        if answer.status_code < REFUSED_FROM:
            note.body, note.wanted = answer.json(), wanted
            thing.credited = True
    world.tell(f"partner: credits {thing.label} → {answer.status_code}")


async def credit_bill(world: World, draw: Random) -> None:
    """Enter a vendor's credit note for a bill, and approve it."""
    thing = world.any_thing(draw, "bill")
    if thing is None:
        return
    line = _bill_line(world, draw) | {"quantity": 1}
    del line["ledger_account_id"]
    line.pop("accounting_tax_rate_id", None)
    subtotal = line["unit_price"]
    tax = (subtotal * line["tax"] + 5_000) // 10_000
    body = {
        "document_id": f"VC-{draw.randrange(1, 15)}",
        "issued_at": world.today.isoformat(),
        "currency": world.trade.books.currency,
        "based_on": thing.id,
        "counterpart_id": thing.body["counterpart_id"],
        "subtotal": subtotal,
        "tax_amount": tax,
        "total_amount": subtotal + tax,
    }
    answer = await world.call("POST", "/payable_credit_notes", body)
    if answer.status_code < REFUSED_FROM:
        note = world.add("payable_credit_note", answer.json())
        await world.call("POST", f"/payable_credit_notes/{note.id}/line_items", line)
        wanted = await world.is_connected()
        answer = await world.call("POST", f"/payable_credit_notes/{note.id}/approve")
        if answer.status_code < REFUSED_FROM:
            note.body, note.wanted = answer.json(), wanted
            thing.credited = True
    world.tell(f"partner: a vendor's credit of {subtotal} for {thing.label} → {answer.status_code}")


async def attach_file(world: World, draw: Random) -> None:
    """Hang a file on a bill."""
    thing = world.any_thing(draw, "bill")
    if thing is None:
        return
    files = {"file": (f"scan-{draw.randrange(3)}.pdf", b"%PDF-1.4 " + draw.randbytes(20), "application/pdf")}
    answer = await world.call("POST", f"/payables/{thing.id}/attach_file", files=files)
    world.tell(f"partner: attaches a file to {thing.label} → {answer.status_code}")


async def push_again(world: World, draw: Random) -> None:
    """Push what was refused once more."""
    object_type = draw.choice(("receivable", "bill", "customer", "vendor", "product", "payment_record"))
    listed = await world.read(f"/accounting_synced_records?object_type={object_type}&sync_status=error&limit=20")
    rows: list[Any] = listed.get("data", [])
    if not rows:
        return
    row = draw.choice(sorted(rows, key=lambda one: one["created_at"]))
    answer = await world.call("POST", f"/accounting_synced_records/{row['id']}/push")
    world.tell(f"partner: pushes a refused {row['object_type']} again → {answer.status_code}")


async def synchronise(world: World, _draw: Random) -> None:
    answer = await world.call("POST", f"/accounting_connections/{world.trade.connection_id}/sync")
    world.tell(f"partner: synchronises → {answer.status_code}")


async def disconnect(world: World, _draw: Random) -> None:
    answer = await world.call("POST", f"/accounting_connections/{world.trade.connection_id}/disconnect")
    world.tell(f"partner: disconnects → {answer.status_code}")


async def reconnect(world: World, _draw: Random) -> None:
    if await world.is_connected():
        return
    world.tell(f"person: connects the books again → {await world.connect()}")
