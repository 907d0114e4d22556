import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.kit.identifiers import decode_base64url, derived_id, encode_base64url, new_id

OWNER = uuid.UUID(int=1)
words = st.text("abcXYZ0189-", max_size=8)


def test_new_ids_are_random() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert {one.version for one in ids} == {4}


@given(st.lists(words, min_size=1, max_size=3), st.lists(words, min_size=1, max_size=3), st.uuids())
def test_a_derived_id_is_the_same_for_the_same_and_another_for_anything_else(
    parts: list[str], others: list[str], owner: uuid.UUID
) -> None:
    assert derived_id(OWNER, *parts) == derived_id(OWNER, *parts)
    assert (derived_id(OWNER, *parts) == derived_id(OWNER, *others)) is (parts == others)
    assert (derived_id(OWNER, *parts) == derived_id(owner, *parts)) is (owner == OWNER)


def test_derived_ids_never_change_between_versions_because_they_are_stored() -> None:
    assert derived_id(OWNER, "account", "35") == uuid.UUID("dedd34d9-254b-5944-907a-8827764dd98d")


@given(st.binary(max_size=80))
def test_base64url_comes_back_and_fits_into_a_url(value: bytes) -> None:
    encoded = encode_base64url(value)
    assert not set(encoded) & set("+/=")
    assert decode_base64url(encoded) == value


@given(st.text(max_size=12) | st.text("ABab01-_+/= \n", max_size=12))
def test_only_what_was_encoded_decodes(text: str) -> None:
    try:
        decoded = decode_base64url(text)
    except ValueError:
        return
    assert encode_base64url(decoded) == text


@pytest.mark.parametrize("text", ["A", "AB==", "AB", "a+b/", "AA\n", " AA", "é"])
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_base64url(text)
