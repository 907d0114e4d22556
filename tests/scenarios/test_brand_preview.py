"""A partner looks at the connection pages before it keeps a brand."""

from datetime import timedelta

import pytest
from tests.support.house import House
from tests.support.partner import Partner

DRAFT = {
    "name": "Payables",
    "consent_text": "Our terms apply.",
    "texts": {"de": {"welcome_text": "Guten Tag.", "connected_text": "Fertig."}},
}


@pytest.fixture
async def partner(house: House) -> Partner:
    return await house.new_partner()


async def preview(partner: Partner) -> str:
    return str((await partner.post("/brand/preview", json=DRAFT)).json()["url"])


async def test_the_pages_show_the_draft_and_do_nothing(house: House, partner: Partner) -> None:
    url = await preview(partner)
    first = await house.new_person().open(url)
    assert (first.status, first.heading) == (200, "Payables would like to connect to Example Ltd’s accounting")
    assert "Our terms apply." in first.text
    assert "Preview. Nothing here does anything." in first.text
    assert {label for _, label in first.links} >= {"Welcome", "Connected", "Not connected"}
    assert (await partner.http.post(f"{url}/start", data={"platform": "x"})).status_code in {404, 405}


@pytest.mark.parametrize(
    ("page", "heading"), [("connected", "Example Ltd is connected"), ("not-connected", "You chose not to connect")]
)
async def test_the_other_pages_are_there_too(house: House, partner: Partner, page: str, heading: str) -> None:
    assert (await house.new_person().open(f"{await preview(partner)}/{page}")).heading == heading


async def test_texts_come_in_the_language_that_is_asked_for(partner: Partner) -> None:
    url = await preview(partner)
    told = await partner.http.get(f"{url}/welcome", headers={"accept-language": "de-AT, en;q=0.5"})
    assert '<p class="lead" lang="de">Guten Tag.</p>' in told.text
    chosen = await partner.http.get(f"{url}/connected?language=de")
    assert '<p class="lead" lang="de">Fertig.</p>' in chosen.text
    assert "Guten Tag." not in (await partner.http.get(f"{url}/welcome")).text


async def test_a_chosen_language_stays_from_the_link_to_the_last_page(house: House, partner: Partner) -> None:
    visitor = house.new_person()
    first = await visitor.open(f"{await preview(partner)}?language=de")
    assert "Guten Tag." in first.text
    (connected,) = [address for address, label in first.links if label == "Connected"]
    assert connected.endswith("/connected?language=de")


async def test_real_pages_show_the_texts_too_once_they_are_kept(partner: Partner) -> None:
    await partner.patch("/brand", json=DRAFT)
    await partner.make_entity()
    link = (await partner.post("/accounting_connections")).json()["connection_url"]
    told = (await partner.http.get(link, headers={"accept-language": "de"})).text
    assert "Guten Tag." in told
    assert "Our terms apply." in told


async def test_a_preview_ends_after_an_hour_and_nobody_else_can_make_one(house: House, partner: Partner) -> None:
    url = await preview(partner)
    assert (await house.new_person().open(f"{url[:-1]}x/welcome")).status == 400
    assert (await house.new_person().open(f"{url}/other")).status == 400
    house.clock.move(timedelta(hours=1))
    assert (await house.new_person().open(f"{url}/welcome")).status == 400


async def test_pages_of_a_preview_are_as_safe_as_real_ones(partner: Partner) -> None:
    answer = await partner.http.get(f"{await preview(partner)}/welcome")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex, nofollow")
