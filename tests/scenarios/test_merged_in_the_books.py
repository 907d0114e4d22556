"""Parties that are merged, renamed and set aside in the books, and the partner's records that are linked to them."""

from typing import Any

import pytest
from tests.support.house import House
from tests.support.trading import PLATFORMS, Trade, open_trade

from tieout.books.records import Party
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Link
from tieout.sync.snapshots import load_records

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
NAMES = ("Brightwater Cafe", "Brightwater Holdings")


@pytest.fixture
async def trade(house: House, platform: str) -> Trade:
    return await open_trade(house, platform)


async def link_of(trade: Trade, thing: dict[str, Any]) -> Link:
    links: list[Link] = await trade.rows(Link)
    (link,) = [one for one in links if str(one.object_id) == thing["id"]]
    return link


async def sell_to(trade: Trade, customer: dict[str, Any]) -> str:
    """An invoice that is in the books, and so its customer; its id there."""
    invoice = await trade.issue(customer)
    await trade.settle_all()
    return await trade.done("receivable", invoice)


def merge(trade: Trade, source: str, goal: str) -> None:
    if trade.platform == "quickbooks":
        trade.act("merge", **{"kind": "Customer", "from": source, "into": goal})
    else:
        trade.act("merge_contacts", from_id=source, into_id=goal)


async def party_of(trade: Trade, external_id: str) -> Party:
    kind = all_platforms()[trade.platform].kind_of("customer")
    assert kind is not None
    async with trade.house.services.database.read() as session:
        party = (await load_records(session, trade.company_id, kind, [external_id]))[external_id]
    assert isinstance(party, Party)
    return party


def new_customer(trade: Trade, name: str) -> str:
    made = trade.act("create_customer", name=name)
    return str(made["contact_id"] if trade.platform == "xero" else made["customer"]["id"])


async def test_a_link_follows_to_the_party_that_it_was_merged_into(trade: Trade) -> None:
    customer = await trade.counterpart(NAMES[0])
    await sell_to(trade, customer)
    before = await link_of(trade, customer)
    goal = new_customer(trade, NAMES[1])
    merge(trade, str(before.external_id), goal)
    await trade.pull()
    link = await link_of(trade, customer)
    assert (link.external_id, link.matched_by) == (goal, "merged")
    assert (link.evidence["merged_from"], link.evidence["merged_into"]) == (before.external_id, goal)
    assert link.evidence["told_by_the_books"] is (trade.platform == "xero")
    timeline = (await trade.partner.get(f"/accounting_connections/{trade.connection_id}/timeline")).json()["data"]
    (told,) = [one for one in timeline if one["happened"] == "parties_merged"]
    assert (told["reason"], told["details"]["merged_into"]) == (None, goal)
    await sell_to(trade, customer)
    assert (await trade.connection())["errors"] is None


async def test_two_of_ours_that_become_one_there_are_told_and_left_alone(trade: Trade) -> None:
    first, second = await trade.counterpart(NAMES[0]), await trade.counterpart(NAMES[1])
    for customer in (first, second):
        await sell_to(trade, customer)
    links = [await link_of(trade, customer) for customer in (first, second)]
    merge(trade, str(links[0].external_id), str(links[1].external_id))
    await trade.pull()
    assert (await link_of(trade, first)).external_id == links[0].external_id
    timeline = (await trade.partner.get(f"/accounting_connections/{trade.connection_id}/timeline")).json()["data"]
    (told,) = [one for one in timeline if one["happened"] == "parties_merged"]
    assert (told["reason"], told["details"]["object_id"]) == ("linked_already", first["id"])


async def test_what_is_set_aside_or_renamed_in_the_books_stays_linked_under_its_own_name(trade: Trade) -> None:
    customer = await trade.counterpart(NAMES[0])
    trade.act("pay", document_id=await sell_to(trade, customer))
    external_id = str((await link_of(trade, customer)).external_id)
    if trade.platform == "quickbooks":
        trade.act("inactivate", kind="Customer", which=external_id)
    else:
        trade.act("archive_contact", contact_id=external_id)
    await trade.pull()
    party = await party_of(trade, external_id)
    assert (party.name, party.active) == (NAMES[0], False)
    if trade.platform == "quickbooks":
        trade.act("reactivate", kind="Customer", which=external_id)
        trade.act("rename", kind="Customer", which=external_id, name=NAMES[1])
    else:
        trade.act("restore_contact", contact_id=external_id)
        trade.act("rename_contact", contact_id=external_id, name=NAMES[1])
    await trade.pull()
    party = await party_of(trade, external_id)
    assert (party.name, party.active) == (NAMES[1], True)
    assert (await link_of(trade, customer)).external_id == external_id
