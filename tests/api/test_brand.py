"""The partner's brand: kept, refused where it would break a page, and previewed."""

from typing import Any

import pytest
from tests.support.partner import Partner

BRAND = {
    "name": "Payables",
    "logo_url": "https://cdn.payables.example/logo.svg",
    "color": "#1f4f8f",
    "background_color": "#fff",
    "support_email": "help@payables.example.com",
    "support_url": "https://payables.example/help",
    "return_url": "http://localhost:3000/done",
    "welcome_text": "Hello.",
    "consent_text": "Our terms apply.",
    "connected_text": "Done.",
    "texts": {"de": {"welcome_text": "Guten Tag.", "consent_text": None, "connected_text": None}},
}


async def test_a_brand_is_kept_changed_and_emptied(partner: Partner) -> None:
    assert (await partner.get("/brand")).json() == dict.fromkeys(BRAND) | {"name": "Payables Inc"}
    assert (await partner.patch("/brand", json=BRAND)).json() == BRAND
    assert (await partner.patch("/brand", json={"color": None, "name": None})).json() == BRAND | {
        "color": None,
        "name": "Payables Inc",
    }
    assert (await partner.get("/brand")).json()["logo_url"] == BRAND["logo_url"]


@pytest.mark.parametrize(
    "change",
    [
        {"color": "red"},
        {"color": "#12345"},
        {"background_color": "#ffffff;"},
        {"logo_url": "http://cdn.payables.example/logo.svg"},
        {"logo_url": "javascript:alert(1)"},
        {"logo_url": "https://user:pw@cdn.payables.example"},
        {"logo_url": "https://cdn.example/a\"onerror='x"},
        {"return_url": "https://x.example;script-src *"},
        {"return_url": "https://"},
        {"support_email": "nobody"},
        {"welcome_text": "x" * 601},
        {"welcome_text": "  "},
        {"slogan": "x"},
        {"texts": {"deutsch": {"welcome_text": "x"}}},
        {"texts": {"de": {"welcome_text": ""}}},
        {"texts": {"de": {"slogan": "x"}}},
        {"texts": {f"de-{number:04}": {} for number in range(31)}},
    ],
)
async def test_a_brand_that_would_break_a_page_is_refused(partner: Partner, change: dict[str, Any]) -> None:
    answer = await partner.patch("/brand", json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", next(iter(change))]


async def test_the_brand_of_another_is_its_own(partner: Partner, other_partner: Partner) -> None:
    await partner.patch("/brand", json=BRAND)
    assert (await other_partner.get("/brand")).json()["name"] == "Somebody Else Inc"


async def test_a_preview_changes_nothing(partner: Partner) -> None:
    answer = await partner.post("/brand/preview", json={"color": "#aa0000"})
    assert answer.status_code == 200
    assert answer.json()["url"].startswith("https://tieout.example/connect/preview/")
    assert (await partner.get("/brand")).json()["color"] is None
    assert (await partner.post("/brand/preview", json={"color": "red"})).status_code == 422
