"""A fault of our own never stops a company silently: the connection says so, and the lane tries again."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.support.house import House

from tieout.platforms.port import Platform
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.faults import UnitFault
from tieout.storage.tables.work import Lane


@pytest.mark.parametrize("platform", all_platforms().values(), ids=lambda platform: platform.name)
async def test_a_fault_while_pulling_shows_on_the_connection_and_goes_when_it_is_mended(
    house: House, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = await house.new_partner()
    connection = (await partner.post("/accounting_connections")).json()
    books = next(iter(house.simulator(platform.name).companies.values()))
    await house.new_person().connect(connection["connection_url"], platform.title, companies=books.name)

    async def broken(*_: object, **__: object) -> None:
        raise KeyError("nobody thought of this")

    with monkeypatch.context() as patched:
        patched.setattr(type(platform), "fetch_page", broken)
        await house.settle()
        shown = (await partner.get(f"/accounting_connections/{connection['id']}")).json()
        assert "on our side" in shown["errors"][0]["message"]
        assert "nobody thought" not in str(shown)
        async with house.services.database.read() as session:
            lane = (await session.scalars(select(Lane).where(Lane.kind == "company"))).one()
            fault = (await session.scalars(select(UnitFault))).one()
        assert lane.due_at == fault.retry_at
        assert (fault.lane, fault.unit, fault.faults) == (lane.key, "pull", 1)

    house.clock.move(timedelta(minutes=6))
    await house.settle()
    shown = (await partner.get(f"/accounting_connections/{connection['id']}")).json()
    assert (shown["status"], shown["errors"]) == ("connected", None)
    assert shown["last_pull"] is not None
