"""What the pages make of a brand and of a pull's progress."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.records import Kind
from tieout.sync.callbacks import Landing
from tieout.web.brand import (
    CARD_DARK,
    CONTRAST_MIN,
    WHITE,
    contrast,
    plan_palette,
    read_address,
    read_brand,
    read_colour,
)
from tieout.web.causes import OF_LANDING, OF_LINK, fill
from tieout.web.progress import Reading, plan_progress_view

CHANNEL = st.integers(0, 255)
COLOUR = st.tuples(CHANNEL, CHANNEL, CHANNEL)


def rgb(colour: str) -> tuple[int, int, int]:
    read = read_colour(colour)
    assert read is not None
    return read


@given(COLOUR, COLOUR)
def test_any_brand_can_be_read_in_light_and_in_dark(colour: tuple[int, int, int], page: tuple[int, int, int]) -> None:
    palette = plan_palette(colour, page)
    assert contrast(rgb(palette.accent), WHITE) >= CONTRAST_MIN
    assert contrast(rgb(palette.accent_dark), CARD_DARK) >= CONTRAST_MIN
    assert contrast(rgb(palette.on_fill), rgb(palette.fill)) >= CONTRAST_MIN
    assert contrast(rgb(palette.on_page), rgb(palette.page)) >= CONTRAST_MIN


def test_a_colour_that_can_be_read_already_is_left_as_it_is() -> None:
    assert plan_palette((31, 79, 143), None).accent == "#1f4f8f"


@pytest.mark.parametrize("value", ["red", "#12", "#12345", "#1234567", "#12345g", "#fff;", "", None, 7, "#fff\n"])
def test_what_is_no_colour_is_left_out(value: object) -> None:
    assert read_colour(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "http://example.com/logo.png",
        "javascript:alert(1)",
        "//example.com",
        "https://",
        "https://a b.example",
        "https://a.example/;x",
        "https://user@a.example",
        "https://a.example:99999",
        "https://*",
        "https://*.example/logo.png",
        "data:image/png;base64,AAAA",
        "https://a.example/" + "x" * 2000,
        None,
    ],
)
def test_what_is_no_safe_address_is_left_out(value: object) -> None:
    assert read_address(value) is None


def test_a_brand_keeps_what_is_safe() -> None:
    brand = read_brand(
        "Payables Inc",
        {
            "logo_url": "https://cdn.example:8443/a.svg",
            "return_url": "http://localhost:3000/done",
            "support_email": "a@b.example",
        },
    )
    assert brand.name == "Payables Inc"
    assert brand.logo_origin == "https://cdn.example:8443"
    assert (brand.return_url, brand.support_email) == ("http://localhost:3000/done", "a@b.example")


@pytest.mark.parametrize("told", [*OF_LANDING.values(), *OF_LINK.values()])
def test_every_cause_is_told_in_words_with_every_name_filled_in(told: object) -> None:
    filled = fill(told, partner="{odd} & Co", platform=None, entity="Acme")  # type: ignore[arg-type]  # the wrong type is the point
    for text in (filled.title, filled.text, *filled.steps):
        assert text
        assert "{partner}" not in text
        assert "{platform}" not in text
    assert filled.title[0] == filled.title[0].upper()


def test_every_landing_that_is_no_success_has_its_page() -> None:
    assert set(Landing) - set(OF_LANDING) == {Landing.WELCOME, Landing.CHOOSE, Landing.CONNECTED}


class Together:
    """A platform that keeps customers and vendors in one list."""

    def kind_of(self, object_type: str) -> Kind | None:
        return {"customer": Kind.PARTY, "vendor": Kind.PARTY, "product": Kind.ITEM}.get(object_type)


class Apart:
    """A platform that keeps them apart."""

    def kind_of(self, object_type: str) -> Kind | None:
        return {"customer": Kind.CUSTOMER, "vendor": Kind.VENDOR, "product": Kind.ITEM}.get(object_type)


def test_the_list_fills_from_waiting_to_done() -> None:
    progress = {
        "kinds": {
            "account": {"count": 58, "complete": True},
            "tax_rate": {"count": 0, "complete": True},
            "customer": {"count": 12, "complete": False},
        }
    }
    view = plan_progress_view(Apart(), progress, None)  # type: ignore[arg-type]  # a stand-in that has what is read
    assert [(row.label, row.count, row.reading) for row in view.rows] == [
        ("Accounts", 58, Reading.DONE),
        ("Tax rates", 0, Reading.DONE),
        ("Customers", 12, Reading.READING),
        ("Vendors", 0, Reading.WAITING),
        ("Products", 0, Reading.WAITING),
        ("Invoices and bills", 0, Reading.WAITING),
    ]
    assert not view.is_finished


def test_customers_and_vendors_of_one_list_are_one_line() -> None:
    view = plan_progress_view(Together(), {}, None)  # type: ignore[arg-type]  # likewise
    assert [row.label for row in view.rows][2] == "Customers and vendors"
    assert len(view.rows) == 5


def test_when_all_is_read_the_totals_count() -> None:
    view = plan_progress_view(Together(), {"kinds": {}}, {"account": 3, "invoice": 2, "bill": 4, "payment": 9})  # type: ignore[arg-type]  # likewise
    assert view.is_finished
    assert {row.label: row.count for row in view.rows}["Invoices and bills"] == 6
    assert {row.reading for row in view.rows} == {Reading.DONE}
