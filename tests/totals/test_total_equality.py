"""Generated documents of every platform and region: one total in Tieout, in the prediction and in the books.

`make totals` writes many more of them. `TIEOUT_TOTALS_SEED` draws others.
"""

import os
from collections import Counter

import pytest
from tests.totals.companies import REGIONS, connect_quickbooks, connect_xero
from tests.totals.running import run

DOCUMENTS = int(os.environ.get("TIEOUT_TOTALS", "200"))
"""For every region, dealt out to its companies."""
SEED = int(os.environ.get("TIEOUT_TOTALS_SEED", "1"))
REFUSED_MAX = 0
"""How many may be refused before anything is sent: none, since nothing is made that a partner could not mean."""

CONNECT = {"quickbooks": connect_quickbooks, "xero": connect_xero}


@pytest.mark.parametrize(("platform", "region"), REGIONS)
async def test_every_total_is_the_same_in_tieout_in_the_prediction_and_in_the_books(platform: str, region: str) -> None:
    names = REGIONS[platform, region]
    outcomes = [
        await run(books, SEED, range(place, DOCUMENTS, len(names)))
        for place, books in enumerate(await CONNECT[platform](names))
    ]
    refused = sum((one.refused for one in outcomes), Counter[str]())
    landed = sum(one.landed for one in outcomes)
    print(f"{platform} {region}: {landed} documents landed, refused before sending: {dict(refused)}")  # noqa: T201 - make totals shows it
    assert [difference for one in outcomes for difference in one.wrong] == []
    assert refused.total() <= REFUSED_MAX, refused
    assert landed + refused.total() == DOCUMENTS
