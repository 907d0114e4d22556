"""Amounts on their way into the books: discounts, tax within prices, deductions, no catalogue, other totals."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Meddler, Trade, shared_trade
from tests.totals.generating import discount, price, quantity

from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()


ADDITIONAL_RATES = {"quickbooks": "0.0% Z", "xero": "GST Free Income"}

UNTAXED_PURCHASES = {"0.0% Z", "GST Free Expenses"}


async def is_exact(trade: Trade, invoice: Json) -> str:
    """The invoice is in the books with its own total and tax."""
    external_id = await trade.done("receivable", invoice)
    assert trade.document(external_id).total * 100 == invoice["total_amount"]
    tax = [amount for name, amount in trade.postings(external_id).items() if "VAT" in name or "GST" in name]
    assert -sum(tax) * 100 == invoice["total_vat_amount"]
    return external_id


async def test_a_line_without_a_product_of_the_catalogue_is_sold_all_the_same(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    invoices = [await trade.issue(customer, trade.line(), trade.line(quantity=2.5)) for _ in range(2)]
    await trade.settle()
    for invoice in invoices:
        assert "Sales" in str(trade.postings(await is_exact(trade, invoice)))
    catalogue = {one["id"] for one in (await trade.ask("GET", "/products?limit=100"))["data"]}
    records = (await trade.ask("GET", "/accounting_synced_records?object_type=product&limit=100"))["data"]
    stand_ins = [one["sync_status"] for one in records if one["object_id"] not in catalogue]
    assert stand_ins == (["done"] if trade.platform == "quickbooks" else []), "one for all lines of an account"


async def test_discounts_and_prices_with_tax_land_on_the_same_cent(trade: Trade) -> None:
    product, other = await trade.product("Advisory hour", 3_333), await trade.product("Travel", 1_999)
    lines = (
        trade.line(product, quantity=3, discount={"type": "percentage", "amount": 1_250}),
        trade.line(other, quantity=1.5, discount={"type": "amount", "amount": 99}),
        trade.line(other, quantity=7),
    )
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    invoices = [
        await trade.issue(customer, *lines, vat_mode=mode, **discount)
        for mode in ("exclusive", "inclusive")
        for discount in (
            {"discount": {"type": "percentage", "amount": 333}},
            {"discount": {"type": "amount", "amount": 1_001}},
            {},
        )
    ]
    plain = await trade.issue(customer, trade.line(product, quantity=3), vat_mode="inclusive")
    many = await trade.issue(customer, *(trade.line(other, quantity=1 + i / 8) for i in range(60)))
    await trade.settle()
    for invoice in (*invoices, plain, many):
        await is_exact(trade, invoice)
    assert plain["total_amount"] == 3 * 3_333


async def test_what_the_api_adds_up_is_what_the_books_have_whatever_is_drawn(trade: Trade) -> None:
    drawn = Random("through the whole API")  # noqa: S311 - documents that the seed repeats
    customer, invoices = await trade.counterpart(trade.named("Northwind Traders")), []
    for mode in ("exclusive", "inclusive", "exclusive", "inclusive"):
        lines = []
        for _ in range(drawn.randint(1, 4)):
            units, each = quantity(drawn), price(drawn)
            product = {"name": "Work", "price": {"currency": trade.books.currency, "value": each}}
            less = {"discount": discount(drawn, int(units * each) // 2)} if drawn.random() < 0.5 else {}
            lines.append({**trade.line(quantity=float(units), **less), "product": product})
        more = {"discount": {"type": "percentage", "amount": drawn.randint(1, 5_000)}} if drawn.random() < 0.5 else {}
        invoices.append(await trade.issue(customer, *lines, vat_mode=mode, **more))
    await trade.settle()
    for invoice in invoices:
        await is_exact(trade, invoice)


async def test_a_bill_lands_on_what_its_vendor_states_with_tax_rounded_elsewhere_and_a_discount(trade: Trade) -> None:
    rates = (await trade.ask("GET", "/accounting_tax_rates?limit=100"))["data"]
    zero = next(one["id"] for one in rates if one["name"] in UNTAXED_PURCHASES)
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", {"accounting": {"tax_ids": {"deductions": zero}}})
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    lines = [trade.bill_line(unit_price=price_minor) for price_minor in (333, 333, 334)]
    by_line = sum((line["unit_price"] * line["tax"] + 5_000) // 10_000 for line in lines)
    stated = {"tax_amount": by_line + 1, "discount": 150, "total_amount": 1_000 + by_line + 1 - 150}
    bill = await trade.bill(vendor, *lines, number=trade.named("V-1"), **stated)
    await trade.settle()
    external_id = await trade.done("bill", bill)
    assert trade.document(external_id).total * 100 == stated["total_amount"]
    tax = sum(amount for name, amount in trade.postings(external_id).items() if "VAT" in name or "GST" in name)
    assert tax * 100 == stated["tax_amount"]
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", {"accounting": {"tax_ids": {"deductions": None}}})


async def test_a_deduction_needs_a_rate_of_zero_and_lowers_what_is_owed(trade: Trade) -> None:
    product = await trade.product("Advisory hour", 10_000)
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    invoice = await trade.issue(customer, trade.line(product), deduction_amount=1_500, deduction_memo="Withheld")
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] == "tax_rate_ambiguous"
    assert "tax_ids.deductions" in errors["fix"]
    rates = (await trade.ask("GET", "/accounting_tax_rates?limit=100"))["data"]
    zero = next(one["id"] for one in rates if one["name"] == ADDITIONAL_RATES[trade.platform])
    chosen = {"accounting": {"tax_ids": {"deductions": zero}}}
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", chosen)
    await trade.push("receivable", invoice)
    await trade.settle()
    external_id = await is_exact(trade, invoice)
    sales = sum(amount for name, amount in trade.postings(external_id).items() if "Sales" in name)
    assert sales == Decimal("-85.00")
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", {"accounting": {"tax_ids": {"deductions": None}}})


async def test_a_currency_that_the_books_do_not_keep_is_refused_before_sending(trade: Trade) -> None:
    price = {"product": {"name": "Work", "price": {"currency": "JPY", "value": 12_000}}}
    line = {**trade.line(tax_rate_value=0), **price}
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    rates = (await trade.ask("GET", "/accounting_tax_rates?limit=100"))["data"]
    zero = next(one["id"] for one in rates if one["name"] == ADDITIONAL_RATES[trade.platform])
    invoice = await trade.issue(customer, {**line, "accounting_tax_rate_id": zero}, currency="JPY")
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] in {"multicurrency_off", "currency_not_subscribed"}
    assert trade.documents(number=invoice["document_id"]) == []


def cheaper(body: bytes) -> bytes:
    """What a proxy, or books with a mind of their own, may make of 100.00: 90.00."""
    return re.sub(rb'("(?:UnitPrice|UnitAmount|Amount|NetAmountTaxable)":)100(?:[.]00)?(?=[,}])', rb"\g<1>90", body)


@dataclass
class MeddledSale:
    """Invoices over 100.00 net that the books take for another amount; customer and product are there already."""

    trade: Trade
    customer: Json
    product: Json
    meddler: Meddler

    async def issue(self) -> Json:
        self.meddler.requests.append(("nvoice", cheaper))
        return await self.trade.issue(self.customer, self.trade.line(self.product))


async def meddled_sale(trade: Trade) -> MeddledSale:
    customer, product = await trade.counterpart(trade.named("Northwind Traders")), await trade.product("Advisory hour")
    first = await trade.issue(customer, trade.line(product))
    await trade.settle()
    await trade.done("receivable", first)
    return MeddledSale(trade, customer, product, trade.meddler())


def a_cent_more_tax(body: bytes) -> bytes:
    """What books that round tax in a way of their own may make of a document."""
    body = re.sub(rb'("TaxLine":\[\{"Amount":)20(?:[.]00)?(?=,)', rb"\g<1>20.01", body)
    return re.sub(rb'("TaxType":"OUTPUT")', rb'\g<1>,"TaxAmount":10.01', body)


async def test_a_cent_of_rounding_stays_in_the_books_only_where_the_entity_says_so(trade: Trade) -> None:
    sale = await meddled_sale(trade)
    sale.meddler.requests.append(("nvoice", a_cent_more_tax))
    invoice = await trade.issue(sale.customer, trade.line(sale.product))
    await trade.settle()
    assert (await trade.refused("receivable", invoice))["code"] == "total_differs"
    assert trade.documents(number=invoice["document_id"]) == []
    rules = await trade.ask("PATCH", "/accounting_sync_rules", {"total_tolerance": 1})
    assert rules["total_tolerance"] == 1
    await trade.settle()
    sale.meddler.requests.append(("nvoice", a_cent_more_tax))
    rounded = await trade.issue(sale.customer, trade.line(sale.product))
    await trade.settle()
    external_id = await trade.done("receivable", rounded)
    assert trade.document(external_id).total * 100 == rounded["total_amount"] + 1
    (link,) = [one for one in await trade.rows(Link) if one.object_id == UUID(rounded["id"])]
    assert link.evidence["accepted_total"]["books"] == str(trade.document(external_id).total)
    cheap = await sale.issue()
    await trade.settle()
    assert (await trade.refused("receivable", cheap))["code"] == "total_differs"
    assert trade.documents(number=cheap["document_id"]) == []
    await trade.ask("PATCH", "/accounting_sync_rules", {"total_tolerance": None})


async def reversals(trade: Trade, *invoices: Json) -> list[str]:
    ids = {UUID(invoice["id"]) for invoice in invoices}
    return [one.state for one in await trade.rows(Intent) if one.operation == "delete" and one.object_id in ids]


async def test_a_document_that_the_books_total_otherwise_is_taken_back_and_refused(trade: Trade) -> None:
    sale = await meddled_sale(trade)
    invoice = await sale.issue()
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert (errors["code"], errors["field"]) == ("total_differs", "total_amount")
    assert trade.documents(number=invoice["document_id"]) == []
    assert await reversals(trade, invoice) == ["confirmed"]
    record = await trade.synced("receivable", invoice)
    assert record["platform_object_id"] is None
    await trade.settle(days=1)
    assert (await trade.tie_out())["ties_out"]
    sale.meddler.requests.append(("nvoice", cheaper))
    await trade.push("receivable", invoice)
    await trade.settle()
    assert (await trade.refused("receivable", invoice))["code"] in {"total_differs", "number_taken"}
    assert trade.documents(number=invoice["document_id"]) == []
    await trade.push("receivable", invoice)
    await trade.settle()
    if trade.platform == "quickbooks":
        assert len(trade.documents(number=invoice["document_id"])) == 1
        await trade.done("receivable", invoice)
    else:  # a voided invoice keeps its number in Xero, for ever
        assert (await trade.refused("receivable", invoice))["code"] == "number_taken"


async def test_taking_back_survives_faults_long_and_short(trade: Trade) -> None:
    sale, invoices = await meddled_sale(trade), []
    for kind in ("drop_before_commit", "drop_after_commit", "status_after_commit", "rate_limited"):
        invoice = await sale.issue()
        wish = {"retry_after_s": 1} if kind == "rate_limited" else {}
        trade.fault(kind, method="POST", skip=1 if trade.platform == "quickbooks" else 0, **wish)
        await trade.settle_all(step_s=400)
        assert (await trade.refused("receivable", invoice))["code"] == "total_differs", kind
        assert trade.documents(number=invoice["document_id"]) == [], kind
        invoices.append(invoice)
    assert await reversals(trade, *invoices) == ["confirmed"] * len(invoices)


async def test_a_wrong_total_whose_answer_was_never_kept_is_taken_back_by_the_next_who_asks(trade: Trade) -> None:
    """So it is when a process dies between the answer and the commit that records it."""
    sale = await meddled_sale(trade)
    trade.fault_writes("drop_after_commit")
    sale.meddler.requests.append(("nvoice", cheaper))  # what is sent again is changed again
    invoice = await sale.issue()
    await trade.settle()
    assert len(trade.documents(number=invoice["document_id"])) == 1
    await trade.settle_all(step_s=20)
    assert (await trade.refused("receivable", invoice))["code"] == "total_differs"
    assert trade.documents(number=invoice["document_id"]) == []
    assert await reversals(trade, invoice) == ["confirmed"]


async def test_what_cannot_be_taken_back_says_so(trade: Trade) -> None:
    invoice = await (await meddled_sale(trade)).issue()
    trade.fault("drop_before_commit", method="POST", skip=1 if trade.platform == "quickbooks" else 0)
    await trade.settle()
    (wrong,) = trade.documents(number=invoice["document_id"])
    trade.act("pay", document_id=wrong.ref.id)
    trade.lock("2027-12-31")
    await trade.settle_all(step_s=400)
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] == "not_taken_back"
    assert "by hand" in errors["fix"]
    assert await reversals(trade, invoice) == ["refused"]
    trade.lock()
    await trade.push("receivable", invoice)
    await trade.settle_all(step_s=400)
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] == "not_taken_back"
    assert wrong.ref.id in errors["message"]
    standing = [one for one in trade.documents(number=invoice["document_id"]) if one.ref.kind != "Payment"]
    assert [one.ref.id for one in standing] == [wrong.ref.id], "nothing is written beside it"


async def test_a_wrong_document_that_somebody_changed_is_not_taken_back_unseen(trade: Trade) -> None:
    invoice = await (await meddled_sale(trade)).issue()
    trade.fault("drop_before_commit", method="POST", skip=1 if trade.platform == "quickbooks" else 0)
    await trade.settle()
    (wrong,) = trade.documents(number=invoice["document_id"])
    trade.house.clock.move(timedelta(seconds=5))
    trade.act({"quickbooks": "edit", "xero": "edit_document"}[trade.platform], document_id=wrong.ref.id, amount="7")
    theirs = trade.document(wrong.ref.id).total
    await trade.settle_all(step_s=400)
    assert (await trade.refused("receivable", invoice))["code"] == "not_taken_back"
    assert trade.document(wrong.ref.id).total == theirs


async def test_a_document_that_people_changed_before_it_was_found_is_theirs_and_the_record_says_so(
    trade: Trade,
) -> None:
    """The answer was lost, and the key is no longer remembered: what is found may be anybody's doing."""
    customer, product = await trade.counterpart(trade.named("Northwind Traders")), await trade.product("Advisory hour")
    await trade.issue(customer, trade.line(product))
    await trade.settle()
    invoice = await trade.issue(customer, trade.line(product))
    trade.fault_writes("drop_after_commit")
    await trade.settle()
    (there,) = trade.documents(number=invoice["document_id"])
    edit = {"quickbooks": "edit", "xero": "edit_document"}[trade.platform]
    trade.act(edit, document_id=there.ref.id, amount="7")
    await trade.settle_all(step_s=400)
    await says_what_is_there(trade, invoice, there.ref.id)
    await trade.push("receivable", invoice)
    await trade.settle()
    await says_what_is_there(trade, invoice, there.ref.id)
    await trade.ask("POST", f"/receivables/{invoice['id']}/cancel")
    await trade.settle()
    await says_what_is_there(trade, invoice, there.ref.id)


async def says_what_is_there(trade: Trade, invoice: Json, external_id: str) -> None:
    errors = await trade.refused("receivable", invoice)
    there = (await trade.synced("receivable", invoice))["platform_object_id"]
    assert (errors["code"], there) == ("changed_in_books", external_id)
    assert [one.ref.id for one in trade.documents(number=invoice["document_id"])] == [external_id]
    assert await reversals(trade, invoice) == []
