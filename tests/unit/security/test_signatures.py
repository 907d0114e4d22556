"""Signed values: what comes back is what was signed here for this purpose, or nothing."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.security.signatures import Signer

OLD, NEW = b"o" * 32, b"n" * 32
SIGNER = Signer((NEW, OLD))

payloads = st.binary(max_size=100)
purposes = st.text(min_size=1, max_size=20)


@given(purpose=purposes, payload=payloads)
def test_a_signed_value_comes_back(purpose: str, payload: bytes) -> None:
    assert SIGNER.check(purpose, SIGNER.sign(purpose, payload)) == payload


@given(purpose=purposes, other=purposes, payload=payloads)
def test_a_value_signed_for_one_purpose_is_worth_nothing_for_another(purpose: str, other: str, payload: bytes) -> None:
    if purpose != other:
        assert SIGNER.check(other, SIGNER.sign(purpose, payload)) is None


@given(payload=payloads, data=st.data())
def test_a_value_with_any_character_altered_is_refused(payload: bytes, data: st.DataObject) -> None:
    signed = SIGNER.sign("page", payload)
    where = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.sampled_from("ABab01-_+/=. é"))
    altered = signed[:where] + other + signed[where + 1 :]
    if altered != signed:
        assert SIGNER.check("page", altered) is None


@given(payload=payloads, data=st.data())
def test_a_value_that_was_cut_off_or_extended_is_refused(payload: bytes, data: st.DataObject) -> None:
    signed = SIGNER.sign("page", payload)
    assert SIGNER.check("page", signed[: data.draw(st.integers(0, len(signed) - 1))]) is None
    assert SIGNER.check("page", signed + data.draw(st.text("AB01=\n", min_size=1, max_size=8))) is None


@given(st.text(max_size=80))
def test_garbage_is_refused(garbage: str) -> None:
    assert SIGNER.check("page", garbage) is None


@given(st.binary(max_size=80))
def test_bytes_that_nobody_signed_are_refused(garbage: bytes) -> None:
    assert SIGNER.check("page", base64.urlsafe_b64encode(garbage).decode().rstrip("=")) is None


def test_an_older_key_still_checks_and_a_strange_one_does_not() -> None:
    signed_before = Signer((OLD,)).sign("page", b"x")

    assert SIGNER.check("page", signed_before) == b"x"
    assert Signer((NEW,)).check("page", signed_before) is None
    assert Signer((NEW,)).check("page", SIGNER.sign("page", b"x")) == b"x"


@pytest.mark.parametrize("purpose", ["connect", "page", "form"])
def test_a_signed_value_fits_into_a_url(purpose: str) -> None:
    assert set(SIGNER.sign(purpose, bytes(range(256)))) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
