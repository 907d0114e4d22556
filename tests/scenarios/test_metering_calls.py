"""The meter says what the platform itself counted, to the call and the byte, whatever goes wrong."""

from collections import defaultdict
from dataclasses import dataclass

import pytest
from tests.support.house import House
from tests.support.trading import PLATFORMS, Trade, open_trade, set_up, unhurried

from tieout.sandbox.traffic import SeenRequest

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
KINDS = {
    "Core": "write",
    "CorePlus": "read",
    "accounting read": "read",
    "accounting write": "write",
    "OAuth": "identity",
    "identity": "identity",
    "connections": "identity",
    "report": "read",
}
"""The platforms' words, and ours, as the bills of both sides tell them apart: a report is read."""
BY_PROGRAMS = ("tokens/bearer", "tokens/revoke", "/connect/token", "/connect/revocation", "/connections")
"""What of signing in is asked by programs, and not by a person's browser."""
CUTS = {"drop_before_commit", "drop_after_commit", "refresh_answer_lost"}


@dataclass
class Counted:
    calls: int = 0
    refused: int = 0
    unanswered: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


def counted_there(trade: Trade) -> dict[tuple[str, str], Counted]:
    """By day and kind, from the simulator's own log. What was cut off on its way back never arrived here."""
    seen = trade.house.simulator(trade.platform).requests.listed(limit=100_000)
    total: dict[tuple[str, str], Counted] = defaultdict(Counted)
    for one in seen:
        if is_a_programs(one):
            count = total[f"{one.at:%Y-%m-%d}", KINDS[one.classified.kind]]
            is_cut = not CUTS.isdisjoint(one.faults)
            count.calls += 1
            count.refused += not is_cut and one.status >= 400
            count.unanswered += is_cut
            count.sent_bytes += one.bytes_in
            count.received_bytes += 0 if is_cut else one.bytes_out
    return total


def is_a_programs(one: SeenRequest) -> bool:
    return KINDS[one.classified.kind] != "identity" or any(part in one.path for part in BY_PROGRAMS)


async def counted_here(trade: Trade) -> dict[tuple[str, str], Counted]:
    total: dict[tuple[str, str], Counted] = defaultdict(Counted)
    for row in await trade.readings():
        count = total[str(row.day), KINDS.get(row.kind, row.kind)]
        for name in vars(count):
            setattr(count, name, getattr(count, name) + getattr(row, name))
    return total


async def test_every_call_is_metered_as_the_platform_counts_it_whatever_befalls_it(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, settle=False)
    trade.fault("status_before_commit", method="GET", path_prefix="/", count=1, after=2)
    await house.settle()
    await trade.settle(minutes=2)
    await set_up(trade)
    assert await counted_here(trade) == counted_there(trade), "connecting and the first pull"

    customer = await trade.counterpart("Northwind Traders")
    await trade.issue(customer)
    await trade.settle_all()
    for kind in ("drop_before_commit", "drop_after_commit", "status_before_commit", "status_after_commit"):
        trade.fault_writes(kind, count=1)
        await trade.issue(customer)
        await trade.settle_all(step_s=400)
        trade.no_more_faults()
    for kind in ("rate_limited", "token_expired", "drop_before_commit"):
        trade.fault(kind, method="GET", path_prefix="/", count=1)
        await trade.pull()
        await trade.settle_all(step_s=400)
        trade.no_more_faults()
    await trade.settle(days=2)
    trade.fault("refresh_answer_lost", path_prefix="/", count=1)
    await trade.settle(hours=2)
    await trade.settle_all(step_s=400)
    trade.no_more_faults()
    assert (await trade.connection())["status"] == "connected"
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    await trade.settle(minutes=20)

    here, there = await counted_here(trade), counted_there(trade)
    assert here == there
    assert {kind for _, kind in here} == {"read", "write", "identity"}
    assert len({day for day, _ in here}) == 2
    whole = [sum(getattr(count, name) for count in here.values()) for name in ("refused", "unanswered")]
    assert min(whole) >= 3, "what went wrong was met"
    causes = {row.cause for row in await trade.readings()}
    assert causes == {"connect", "refresh", "pull", "push", "resolve", "tie_out", "person", "end"}


async def test_what_intuit_bills_can_be_read_off_the_meter(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform)
    trade.fault("status_before_commit", method="GET", path_prefix="/", count=2)
    await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle(days=1)
    shown = await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/meter")
    rows = trade.house.simulator(platform).meter.told()
    billed = sum(int(str(row["calls"])) for row in rows if row["kind"] == "CorePlus")
    assert shown["total"]["billed_calls"] == billed
    assert (billed > 0) == (platform == "quickbooks")
    volume = sum(int(str(row["bytes_out"])) for row in rows if str(row["kind"]).startswith("accounting"))
    if platform == "xero":
        received = [one["received_bytes"] for one in shown["data"] if one["kind"] != "identity"]
        assert sum(received) == volume > 0
