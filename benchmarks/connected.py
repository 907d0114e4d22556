"""A Tieout in this process whose entity has connected a simulated company that was filled with documents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from tests.support.house import ORIGINS, House, build_house
from tests.support.partner import Partner

from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Company


@dataclass(frozen=True, slots=True)
class Connected:
    """The house, its partner, and the company that was connected but not pulled yet."""

    house: House
    partner: Partner
    platform: str
    title: str
    company_id: UUID


@asynccontextmanager
async def connected_company(
    folder: Path, platform: str, *, documents: int, is_limited: bool = False
) -> AsyncIterator[Connected]:
    """Fill the simulated company with the most documents, and connect it. Nobody limits calls unless asked to."""
    (folder / platform).mkdir()
    house = await build_house(folder / platform)
    adapter = all_platforms()[platform]
    kept_limits = adapter.rate_limits
    if not is_limited:
        adapter.rate_limits = ()
    rules = f"{ORIGINS[platform]}/_sandbox/rules"
    (await house.outward.post(rules, json={"limits_watched": is_limited})).raise_for_status()
    try:
        partner = await house.new_partner()
        companies = house.simulator(platform).companies.values()
        chosen = max(companies, key=lambda company: company.documents(offset=0, limit=0)[0])
        if documents:
            chosen.fill(documents, 7)
        connection = (await partner.post("/accounting_connections")).json()
        title = adapter.title
        await house.new_person().connect(connection["connection_url"], title, companies=chosen.name)
        async with house.services.database.read() as session:
            company = (await session.scalars(select(Company))).one()
        yield Connected(house, partner, platform, title, company.id)
    finally:
        adapter.rate_limits = kept_limits
        await house.close()
