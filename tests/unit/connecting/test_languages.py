"""Which language a browser wants, of those that a partner wrote its texts in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.web.brand import read_brand
from tieout.web.languages import chosen_language, wanted_languages


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", ()),
        ("de", ("de",)),
        ("de-CH, fr;q=0.9, en;q=0.8, *;q=0.5", ("de-ch", "fr", "en", "*")),
        ("en;q=0.2, de;q=0.7", ("de", "en")),
        ("en;q=0, de", ("de",)),
        ("en;q=much, de;level=1", ()),
        (" , ;q=1", ()),
    ],
)
def test_a_header_is_read_in_the_order_of_its_weights(header: str, tags: tuple[str, ...]) -> None:
    assert wanted_languages(header) == tags


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (("de", "fr"), ("de-ch",), "de"),
        (("de-CH",), ("de",), None),
        (("pt-BR", "pt"), ("pt-br",), "pt-BR"),
        (("zh-Hant",), ("zh-hant-tw",), "zh-Hant"),
        (("fr", "de"), ("nl", "de", "fr"), "de"),
        ((), ("de",), None),
    ],
)
def test_the_dearest_language_that_is_there_is_chosen(
    offered: tuple[str, ...], wanted: tuple[str, ...], chosen: str | None
) -> None:
    assert chosen_language(offered, wanted) == chosen


@given(st.text(max_size=300))
def test_no_header_breaks_a_page(header: str) -> None:
    assert all(tag == tag.strip().lower() for tag in wanted_languages(header))


def test_a_text_that_a_language_lacks_is_taken_from_the_rest() -> None:
    stored = {"welcome_text": "Hello", "consent_text": "Terms", "texts": {"de": {"welcome_text": "Hallo"}}}
    brand = read_brand("Acme", stored, ("de",))
    assert (brand.welcome, brand.consent, brand.language) == ("Hallo", "Terms", "de")
    assert read_brand("Acme", stored, ("fr",)).language is None
