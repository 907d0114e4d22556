"""The audit trail shows every change that was made to it."""

import pytest
from sqlalchemy import text
from tests.support.partner import Api, Partner

from tieout.storage import audit_trail


async def write_entries(api: Api, partner: Partner) -> None:
    """Five entries in all: two of making the partner, three more."""
    async with api.services.database.write() as session:
        for number in range(3):
            await audit_trail.record(
                session,
                partner_id=partner.id,
                at=api.clock.now(),
                actor="person:1",
                action="something.done",
                subject_id=str(number),
                details={"ünïcode": [1, None, "x"]},
            )


async def first_broken(api: Api, partner: Partner) -> int | None:
    async with api.services.database.read() as session:
        return await audit_trail.verify(session, partner.id)


async def test_an_untouched_trail_holds(api: Api, partner: Partner) -> None:
    await write_entries(api, partner)
    assert await first_broken(api, partner) is None


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit_entries SET actor = 'somebody else' WHERE number = 3", 3),
        ("UPDATE audit_entries SET details = '{}' WHERE number = 4", 4),
        ("UPDATE audit_entries SET at = '2020-01-01 00:00:00.000000' WHERE number = 2", 2),
        ("DELETE FROM audit_entries WHERE number = 3", 3),
        ("DELETE FROM audit_entries WHERE number = 1", 1),
        ("UPDATE audit_entries SET number = number + 10 WHERE number > 3", 4),
    ],
)
async def test_tampering_shows_at_the_first_entry_that_does_not_fit(
    api: Api, partner: Partner, tampering: str, broken: int
) -> None:
    await write_entries(api, partner)
    async with api.services.database.write() as session:
        await session.execute(text(tampering))
    assert await first_broken(api, partner) == broken


async def test_the_trails_of_partners_do_not_mix(api: Api, partner: Partner, other_partner: Partner) -> None:
    await write_entries(api, partner)
    await write_entries(api, other_partner)
    assert await first_broken(api, partner) is None
    assert await first_broken(api, other_partner) is None
