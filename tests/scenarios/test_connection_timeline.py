"""The timeline: what befell a connection, in order, why, and who did it."""

from typing import Any

import pytest
from tests.support.house import House
from tests.support.trading import PLATFORMS, Json, Trade, open_trade, unhurried

from tieout.platforms.registry import all_platforms

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)


async def timeline(trade: Trade, connection_id: str | None = None, **query: Any) -> list[Json]:
    trade.partner.entity_id = trade.entity_id
    path = f"/accounting_connections/{connection_id or trade.connection_id}/timeline"
    answer = await trade.partner.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_a_connections_life_is_told_in_order_with_reasons_and_who_did_it(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform)
    await trade.pull()
    trade.fault("status_before_commit", count=1_000)
    for _ in range(2):
        await trade.settle(minutes=70)
    trade.no_more_faults()
    await trade.settle(minutes=2)
    trade.act("disconnect")
    await trade.pull()
    await trade.reconnect()
    await trade.settle()
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")

    told = await timeline(trade)
    client, person = f"api_client:{trade.partner.client_id}", "person_with_connection_link"
    assert [(one["happened"], one["actor"]) for one in told] == [
        ("pending_auth", client),
        ("connected", person),
        ("first_sync_finished", "tieout"),
        ("sync_requested", client),
        ("trouble", "tieout"),
        ("recovered", "tieout"),
        ("sync_requested", client),
        ("deauthorized", "platform"),
        ("reconnected", person),
        ("first_sync_finished", "tieout"),
        ("disconnected", client),
    ]
    by_name = {one["happened"]: one for one in told}
    assert by_name["connected"]["details"] == {
        "company_id": str(trade.company_id),
        "company_name": trade.books.name,
        "platform": platform,
    }
    assert by_name["first_sync_finished"]["details"]["company_id"] == str(trade.company_id)
    for name in ("trouble", "deauthorized"):
        assert by_name[name]["reason"]
        assert by_name[name]["message"]
    assert by_name["disconnected"]["reason"] == "disconnected_by_partner"
    assert [one["created_at"] for one in told] == sorted(one["created_at"] for one in told)
    await check_pages(trade, [one["id"] for one in told])


async def check_pages(trade: Trade, ids: list[str]) -> None:
    """Pages follow one another, backwards too, and filters narrow them."""
    path = f"/accounting_connections/{trade.connection_id}/timeline"
    seen: list[str] = []
    query: Json = {"order": "desc", "limit": 4}
    while True:
        page = (await trade.partner.get(path, params=query)).json()
        seen += [one["id"] for one in page["data"]]
        if page["next_pagination_token"] is None:
            break
        query = {"pagination_token": page["next_pagination_token"], "limit": 4}
    assert seen == ids[::-1]
    ends = await timeline(trade, happened__in=["deauthorized", "disconnected"])
    assert [one["happened"] for one in ends] == ["deauthorized", "disconnected"]
    assert await timeline(trade, happened="trouble", created_at__lt="2026-03-02T00:00:00Z") == []
    refused = await trade.partner.get(path, params={"happened": "paused"})
    assert refused.status_code == 422


async def test_another_company_than_before_is_told_as_such(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, settle=False)
    other = next(one for one in house.simulator(platform).companies.values() if one.name != trade.books.name)
    trade.act("disconnect")
    await trade.settle()
    url = (await trade.connection())["connection_url"]
    person = house.new_person()
    sight = await person.connect(url, all_platforms()[platform].title, companies=other.name)
    if sight.heading == "Another company than before":
        await person.press("Connect")
    (again,) = await timeline(trade, happened="reconnected")
    assert again["details"]["company_name"] == other.name
    assert again["details"]["company_before_id"] == str(trade.company_id)
