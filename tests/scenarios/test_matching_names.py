"""Names that the books give once: nothing is renamed unasked, and the name that would be used is shown."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Trade, shared_trade

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


async def asked(trade: Trade, thing: Json) -> Json:
    answer = await trade.ask("GET", f"/accounting_matches?object_id={thing['id']}&status=open&reason=name_taken")
    (found,) = answer["data"]
    return dict(found)


@pytest.mark.only_at("quickbooks", because="it has one name space for customers, vendors and employees")
async def test_a_customer_of_a_vendors_name_waits_for_a_decision_on_the_name_that_is_shown(trade: Trade) -> None:
    trade.act("create_vendor", name="Chandlers Row")
    await trade.pull()
    customer = await trade.counterpart("Chandlers Row")
    await trade.issue(customer)
    await trade.settle()
    refusal = await trade.refused("customer", customer)
    assert refusal["code"] == "name_taken"
    assert "it would be called Chandlers Row (C)" in refusal["message"]
    assert not [one for one in await trade.rows(Intent) if one.object_type == "customer"], "nothing was sent"
    question = await asked(trade, customer)
    assert (question["suggested_name"], question["platform_object_type"]) == ("Chandlers Row (C)", "vendor")
    refused = await trade.partner.post(f"/accounting_matches/{question['id']}/accept")
    assert (refused.status_code, "cannot be linked" in refused.text) == (409, True)
    await trade.ask("POST", f"/accounting_matches/{question['id']}/reject", {"create": True})
    await trade.settle()
    await trade.done("customer", customer)
    assert (trade.parties("Chandlers Row (C)"), trade.parties("Chandlers Row")) == (1, 1)
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", {"organization": {"email": "row@example.com"}})
    await trade.settle()
    await trade.done("customer", customer)
    assert trade.parties("Chandlers Row (C)") == 1


@pytest.mark.only_at("quickbooks", because="it has one name space for customers, vendors and employees")
async def test_an_employees_name_is_found_by_the_refusal_and_by_rule_another_is_used(trade: Trade) -> None:
    trade.enter("Employee", {"GivenName": "Emily", "FamilyName": "Platt"})
    vendor = await trade.vendor("Emily Platt")
    await trade.bill(vendor, number="E-1")
    await trade.settle()
    assert (await trade.refused("vendor", vendor))["code"] == "name_taken"
    await trade.pull()
    question = await asked(trade, vendor)
    assert (question["platform_object_type"], question["suggested_name"]) == ("unseen", "Emily Platt (V)")
    await trade.ask("PATCH", "/accounting_sync_rules", {"name_clashes": "suffix"})
    await trade.ask("POST", f"/accounting_matches/{question['id']}/reject", {"create": True})
    await trade.settle()
    await trade.done("vendor", vendor)
    both = await trade.counterpart("Saddlers & Sons", is_vendor=True)
    await trade.issue(both)
    await trade.bill(both, number="S-1")
    await trade.settle()
    assert await trade.done("customer", both) != await trade.done("vendor", both)
    assert (trade.parties("Saddlers & Sons"), trade.parties("Saddlers & Sons (V)")) == (1, 1)
    await trade.ask("PATCH", "/accounting_sync_rules", {"name_clashes": None})


@pytest.mark.only_at("xero", because="its contacts are both, and each has a name of its own")
async def test_a_contact_of_the_same_name_and_another_tax_number_is_never_taken_for_ours(trade: Trade) -> None:
    there = trade.act("create_contact", name="Linton Mills")["contact_id"]
    trade.act("edit_contact", contact_id=there, tax_number="11 222 333 444")
    await trade.pull()
    customer = await trade.counterpart("Linton Mills")
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", {"organization": {}, "tax_id": "99 888 777 666"})
    await trade.issue(customer)
    await trade.settle()
    assert "it would be called Linton Mills (2)" in (await trade.refused("customer", customer))["message"]
    question = await asked(trade, customer)
    refused = await trade.partner.post(f"/accounting_matches/{question['id']}/accept")
    assert (refused.status_code, "tax numbers contradict" in refused.text) == (409, True)
    await trade.ask("POST", f"/accounting_matches/{question['id']}/reject", {"create": True})
    await trade.settle()
    assert await trade.done("customer", customer) != there
    assert (trade.parties("Linton Mills"), trade.parties("Linton Mills (2)")) == (1, 1)
