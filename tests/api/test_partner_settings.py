"""GET and PATCH /settings."""

from typing import Any

import pytest
from tests.support.partner import Partner


async def test_settings_are_kept_and_merged(partner: Partner) -> None:
    first = (await partner.get("/settings")).json()
    assert first["api_version"] == "2024-05-25"
    assert set(first) == {
        "api_version",
        "commercial_conditions",
        "currency",
        "default_role",
        "mail",
        "payable",
        "payments",
        "receivable",
        "units",
        "website",
    }
    await partner.patch(
        "/settings",
        json={"mail": {"from_name": "Payables"}, "currency": {"default": "EUR", "exchange_rates": []}, "unknown": 1},
    )
    answer = await partner.patch("/settings", json={"mail": {"from_email_username": "billing"}})
    assert answer.status_code == 200
    assert answer.json()["mail"] == {
        "attach_documents_as_pdf": True,
        "from_email_username": "billing",
        "from_name": "Payables",
    }
    assert answer.json()["currency"] == {"default": "EUR", "exchange_rates": []}
    assert (await partner.get("/settings")).json() == answer.json()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"api_version": "2001-01-01"}, ["body", "api_version"]),
        ({"payable": {}}, ["body", "payable", "approve_page_url"]),
        ({"currency": {"default": "EURO"}}, ["body", "currency", "default"]),
        ({"currency": {"default": "EUR", "more": 1}}, ["body", "currency", "more"]),
        (
            {"payments": {"payment_page_theme": {"font_color": "red;"}}},
            ["body", "payments", "payment_page_theme", "font_color"],
        ),
        ({"units": [{"name": "kg"}]}, ["body", "units", 0, "designation"]),
        ({"default_role": {"a": "\x00"}}, ["body", "default_role"]),
    ],
)
async def test_a_wrong_setting_is_refused(partner: Partner, change: dict[str, Any], place: list[str | int]) -> None:
    answer = await partner.patch("/settings", json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == place


async def test_the_settings_of_another_are_its_own(partner: Partner, other_partner: Partner) -> None:
    await partner.patch("/settings", json={"website": "https://payables.example"})
    assert (await other_partner.get("/settings")).json()["website"] is None


@pytest.mark.parametrize("colour", ["#fff", "#A1B2C3D4", "tomato", "rgb(0, 10%, 255)", "hsl(120deg 50% 50% / 0.5)"])
async def test_colours_are_kept_as_they_were_written(partner: Partner, colour: str) -> None:
    theme = {"payments": {"payment_page_theme": {"card": {"background_color": colour}, "font_family": ""}}}
    answer = await partner.patch("/settings", json=theme)
    assert answer.status_code == 200, answer.text
    assert answer.json()["payments"]["payment_page_theme"]["card"]["background_color"] == colour


@pytest.mark.parametrize("colour", ["#ff", "#fffff", "", "red;", "url(x)", "rgb()", 7])
async def test_what_is_no_colour_is_refused(partner: Partner, colour: Any) -> None:
    theme = {"payments": {"payment_page_theme": {"card": {"background_color": colour}}}}
    answer = await partner.patch("/settings", json=theme)
    assert answer.status_code == 422
    place = ["body", "payments", "payment_page_theme", "card", "background_color"]
    assert answer.json()["detail"][0]["loc"] == place
