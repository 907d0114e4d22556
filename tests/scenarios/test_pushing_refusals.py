"""What the books, or Tieout for them, refuse: with a code and a fix, and done once it is mended and pushed again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Trade, set_up, shared_trade

NAME_TOO_LONG = 256
TURNS_FEW, TRIES_FEW = 6, 4

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


def in_a_month(trade: Trade) -> str:
    return (trade.books.today() + timedelta(days=30)).isoformat()


async def is_mended(trade: Trade, object_type: str, thing: Json) -> None:
    await trade.push(object_type, thing)
    assert (await trade.synced(object_type, thing))["errors"] is None
    await trade.settle()
    await trade.done(object_type, thing)


async def test_without_any_ledger_account_nothing_is_sent_until_the_product_has_one(trade: Trade) -> None:
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", _default(None))
    product = await trade.product("Advisory hour")
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")), trade.line(product))
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] in {"ledger_account_missing", "product_refused"}
    assert "ledger_account_id" in errors["fix"]
    assert trade.documents(number=invoice["document_id"]) == []
    await trade.ask("PATCH", f"/products/{product['id']}", {"ledger_account_id": trade.income_id})
    await is_mended(trade, "receivable", invoice)
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", _default(trade.income_id))


async def test_an_invoice_says_at_once_that_its_product_is_refused_also_when_nothing_else_is_sent(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    first = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", first)
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", _default(None))
    invoice = await trade.issue(customer, trade.line(await trade.product("Advisory day")))
    calls = trade.calls()
    await trade.settle()
    await trade.refused("receivable", invoice)
    await trade.push("receivable", invoice)
    await trade.settle()
    await trade.refused("receivable", invoice)
    assert trade.calls() == calls
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", _default(trade.income_id))
    await is_mended(trade, "receivable", invoice)


def _default(account_id: str | None) -> Json:
    return {"accounting": {"ledger_account_ids": {"products": account_id}}}


async def test_an_archived_ledger_account_is_refused_by_the_books_and_from_then_on_by_us(trade: Trade) -> None:
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    handed_in = await trade.bill(vendor, number=trade.named("V-101"), approve=False)
    approved = await trade.bill(vendor, number=trade.named("V-102"))
    archive_account(trade, await trade.ask("GET", f"/ledger_accounts/{trade.expense_id}"))
    await trade.settle()
    assert (await trade.refused("bill", approved))["code"] in {"reference_inactive", "ledger_account_inactive"}
    await trade.pull()
    assert (await trade.ask("GET", f"/ledger_accounts/{trade.expense_id}"))["status"] != "Active"
    await trade.push("bill", approved)
    await trade.settle()
    errors = await trade.refused("bill", approved)
    assert (errors["code"], errors["field"]) == ("ledger_account_inactive", "line_items.0.ledger_account_id")
    answer = await trade.partner.call("POST", f"/payables/{handed_in['id']}/approve_payment_operation")
    assert answer.status_code == 409
    assert "line_items.0.ledger_account_id" in answer.json()["error"]["message"]
    await set_up(trade)


def archive_account(trade: Trade, account: Json) -> None:
    """Somebody archives an account in the books."""
    if trade.platform == "xero":
        trade.act("archive_account", account=account["nominal_code"])
        return
    (record,) = [one for one in trade.quickbooks.shelf("Account") if one.content["Name"] == account["name"]]
    record.active = record.content["Active"] = False
    record.touch(trade.quickbooks.now(), token=True)


def restore_account(trade: Trade, account: Json) -> None:
    """Somebody takes it back."""
    if trade.platform == "xero":
        trade.act("restore_account", account=account["nominal_code"])
        return
    (record,) = [one for one in trade.quickbooks.shelf("Account") if account["name"] in one.content["Name"]]
    record.active = record.content["Active"] = True
    record.touch(trade.quickbooks.now(), token=True)


async def test_what_is_archived_in_the_books_is_said_before_anything_is_refused_for_it(trade: Trade) -> None:
    bill = await trade.bill(await trade.vendor(trade.named("Paper & Ink")), number=trade.named("V-7"), approve=False)
    account = await trade.ask("GET", f"/ledger_accounts/{trade.expense_id}")
    connection = (await trade.ask("GET", "/accounting_connections"))["data"][0]["id"]

    async def problems() -> list[Json]:
        found = (await trade.ask("GET", f"/accounting_connections/{connection}/problems"))["data"]
        return [one for one in found if one["id"] == trade.expense_id]

    assert await problems() == []
    archive_account(trade, account)
    await trade.pull()
    (problem,) = await problems()
    assert (problem["kind"], problem["code"], problem["name"]) == (
        "ledger_account",
        "ledger_account_inactive",
        account["name"],
    )
    assert problem["since"] is not None
    named = {"object_type": "payable", "object_id": bill["id"], "field": "ledger_account_id"}
    assert named in problem["used_by"]
    restore_account(trade, account)
    await trade.pull()
    assert await problems() == []
    timeline = (await trade.ask("GET", f"/accounting_connections/{connection}/timeline"))["data"]
    happened = [one["happened"] for one in timeline if account["name"] in (one["message"] or "")]
    assert {"references_inactive", "references_usable_again"} <= set(happened)


async def test_a_tax_value_that_no_rate_or_several_rates_have_is_refused_and_holds_up_nothing(trade: Trade) -> None:
    customer, product = await trade.counterpart(trade.named("Northwind Traders")), await trade.product("Advisory hour")
    missing = await trade.issue(customer, trade.line(product, tax_rate_value=1_337))
    ambiguous = await trade.issue(customer, trade.line(product, tax_rate_value=0))
    good = await trade.issue(customer, trade.line(product))
    await trade.settle()
    errors = await trade.refused("receivable", missing)
    assert (errors["code"], errors["field"]) == ("tax_rate_missing", "line_items.0.accounting_tax_rate_id")
    assert "13.37 %" in errors["message"]
    errors = await trade.refused("receivable", ambiguous)
    assert errors["code"] == "tax_rate_ambiguous"
    rates = (await trade.ask("GET", "/accounting_tax_rates?limit=100"))["data"]
    named = [one["effective_tax_rate"] for one in rates if one["id"] in errors["message"]]
    assert len(named) > 1
    assert set(named) == {0}
    for refused in (missing, ambiguous):
        assert trade.documents(number=refused["document_id"]) == []
    await trade.done("receivable", good)
    records = [await trade.synced("receivable", one) for one in (missing, ambiguous, good)]
    assert await trade.events("accounting_synced_record.failed", *records) == 2


async def test_a_number_that_another_document_has_is_refused(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    first = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", first)
    taken = f"INV-{int(first['document_id'].rpartition('-')[2]) + 1:05}"
    write_by_hand(trade, taken)
    second = await trade.issue(customer)
    assert second["document_id"] == taken
    await trade.settle()
    errors = await trade.refused("receivable", second)
    assert (errors["code"], errors["field"]) == ("number_taken", "number")
    assert errors["trace_id"]
    assert len(trade.documents(number=taken)) == 1
    (theirs,) = trade.documents(number=taken)
    remove(trade, theirs.ref.id)
    if trade.platform == "quickbooks":  # voided ones keep their number in Xero
        await is_mended(trade, "receivable", second)


def write_by_hand(trade: Trade, number: str) -> None:
    """A sale that somebody enters in the books under a number."""
    if trade.platform == "xero":
        trade.act("create_invoice", contact="Somebody Else", amount="11.00", number=number)
        return
    trade.quickbooks.switches.warn_duplicate_sales_numbers = True
    line = {"Amount": "11.00", "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    body = {"CustomerRef": {"value": "1"}, "DocNumber": number, "Line": [line]}
    trade.enter("Invoice", body | {"GlobalTaxCalculation": "NotApplicable"})


def remove(trade: Trade, document_id: str) -> None:
    trade.act("void" if trade.platform == "xero" else "delete", document_id=document_id)


async def test_a_closed_period_is_refused_by_us_or_by_the_books_in_the_same_code(trade: Trade) -> None:
    bill = await trade.bill(await trade.vendor(trade.named("Paper & Ink Supplies")))
    trade.lock(in_a_month(trade))
    await trade.settle()
    assert (await trade.refused("bill", bill))["code"] == "period_closed"
    await trade.settle(days=1, minutes=5)
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")), trade.line())
    calls = trade.calls()
    await trade.settle()
    assert (await trade.refused("receivable", invoice))["code"] == "period_closed"
    assert trade.calls() - calls <= 2, "we know by now: only the party and the item were sent"
    assert trade.documents(number=invoice["document_id"]) == []
    trade.lock()
    await trade.settle(days=1, minutes=5)
    await is_mended(trade, "receivable", invoice)
    await is_mended(trade, "bill", bill)


async def test_what_is_refused_in_the_same_go_as_its_invoice_is_not_tried_for_it_for_ever(trade: Trade) -> None:
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", _default(None))
    product = await trade.product("Advisory week")
    is_xero = trade.platform == "xero"
    customer = await trade.counterpart("N" * NAME_TOO_LONG if is_xero else trade.named("Northwind Traders"))
    object_type, unfit = ("customer", customer) if is_xero else ("product", product)
    await trade.issue(customer, trade.line(product))
    await trade.settle()
    await trade.refused(object_type, unfit)
    await trade.push(object_type, unfit)
    invoice = await trade.issue(customer, trade.line(product))
    assert await trade.house.settle() <= TURNS_FEW
    assert (await trade.refused("receivable", invoice))["code"] == f"{object_type}_refused"
    (link,) = [one for one in await trade.links() if str(one.object_id) == unfit["id"]]
    assert link.wishes <= TRIES_FEW
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", _default(trade.income_id))


async def test_a_customer_named_like_somebody_else_in_the_books_is_refused_and_so_is_its_invoice(trade: Trade) -> None:
    name = "Fenwick Paper Co" if trade.platform == "quickbooks" else trade.named("Fenwick Paper Co")
    if trade.platform == "xero":  # where one contact may be both, only a second one of ours can be in the way
        await trade.issue(await trade.counterpart(name))
        await trade.settle()
    customer = await trade.counterpart(name)
    invoice = await trade.issue(customer)
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert (errors["code"], errors["field"]) == ("customer_refused", "customer")
    assert (await trade.refused("customer", customer))["code"] == "name_taken"
    body = {"organization": {"legal_name": f"{name} (customer)"}}
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", body)
    await is_mended(trade, "receivable", invoice)
    await trade.done("customer", customer)
    assert trade.parties(f"{name} (customer)") == 1


async def test_a_customer_entered_in_the_books_meanwhile_is_found_there_and_its_invoice_pushed(trade: Trade) -> None:
    trade.act("create_customer", name=trade.named("Northwind Traders"))
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    invoice = await trade.issue(customer)
    await trade.settle()
    assert trade.document(await trade.done("receivable", invoice)).party == trade.named("Northwind Traders")
    await trade.done("customer", customer)
    assert trade.parties(trade.named("Northwind Traders")) == 1
    records = [await trade.synced("customer", customer), await trade.synced("receivable", invoice)]
    assert await trade.events("accounting_synced_record.failed", *records) == 2, (
        "what was refused at first is not hidden"
    )


async def test_an_invoice_that_cannot_even_be_planned_holds_up_nothing(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    first = await trade.issue(customer)

    def broken(*_: object, **__: object) -> None:
        raise ValueError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr("tieout.sync.composing.plan_document", broken)
        await trade.settle()
    errors = await trade.refused("receivable", first)
    assert (errors["code"], errors["next"]) == ("push_not_planned", "report_a_fault")
    assert "fault of ours" not in errors["message"]
    await is_mended(trade, "receivable", first)
