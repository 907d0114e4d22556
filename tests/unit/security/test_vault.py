"""Secrets at rest: they open where they belong, under a key of the ring, unaltered, and nowhere else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.kit.errors import VaultRefused
from tieout.security.vault import Vault, new_key

PLACE = "grants.refresh_token:6f1f0b7e"
OLD, NEW = b"o" * 32, b"n" * 32
VAULT = Vault({"new": NEW, "old": OLD})

secrets = st.text(max_size=200)
places = st.text(min_size=1, max_size=80)


@given(secret=secrets, place=places)
def test_a_secret_opens_where_it_was_sealed(secret: str, place: str) -> None:
    assert VAULT.open(VAULT.seal(secret, place=place), place=place) == secret


@given(secret=secrets, place=places, elsewhere=places)
def test_a_secret_opens_in_no_other_place(secret: str, place: str, elsewhere: str) -> None:
    sealed = VAULT.seal(secret, place=place)
    if place != elsewhere:
        with pytest.raises(VaultRefused):
            VAULT.open(sealed, place=elsewhere)


@given(secret=secrets, data=st.data())
def test_a_secret_with_any_bit_altered_does_not_open(secret: str, data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(secret, place=PLACE))
    where = data.draw(st.integers(0, len(sealed) - 1))
    sealed[where] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(VaultRefused):
        VAULT.open(bytes(sealed), place=PLACE)


@given(secret=secrets, data=st.data())
def test_a_secret_that_was_cut_off_does_not_open(secret: str, data: st.DataObject) -> None:
    sealed = VAULT.seal(secret, place=PLACE)
    with pytest.raises(VaultRefused):
        VAULT.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], place=PLACE)


@given(st.binary(max_size=120))
def test_garbage_does_not_open(garbage: bytes) -> None:
    with pytest.raises(VaultRefused):
        VAULT.open(garbage, place=PLACE)


def test_the_same_secret_is_never_sealed_to_the_same_bytes() -> None:
    assert len({VAULT.seal("same", place=PLACE) for _ in range(50)}) == 50


def test_nothing_of_the_secret_stands_in_what_is_sealed() -> None:
    assert b"hunter2" not in VAULT.seal("hunter2", place=PLACE)


def test_the_newest_key_seals_and_an_older_one_still_opens() -> None:
    sealed_before = Vault({"old": OLD}).seal("kept", place=PLACE)
    rotated = Vault({"new": NEW, "old": OLD})

    assert rotated.open(sealed_before, place=PLACE) == "kept"
    assert Vault({"new": NEW}).open(rotated.seal("fresh", place=PLACE), place=PLACE) == "fresh"


def test_a_secret_of_a_key_that_was_thrown_away_is_refused_by_name_of_the_key_and_column() -> None:
    sealed = Vault({"old": OLD}).seal("lost", place=PLACE)
    with pytest.raises(VaultRefused, match=r"no vault key 'old' to open grants\.refresh_token$"):
        Vault({"new": NEW}).open(sealed, place=PLACE)


def test_another_key_under_the_same_id_opens_nothing() -> None:
    sealed = Vault({"k": OLD}).seal("secret", place=PLACE)
    with pytest.raises(VaultRefused, match="altered or belongs elsewhere"):
        Vault({"k": NEW}).open(sealed, place=PLACE)


def test_a_key_is_read_from_the_setting_as_it_was_printed() -> None:
    printed = new_key("2026-11")
    sealed = Vault.from_text(printed).seal("secret", place=PLACE)

    assert printed.startswith("2026-11:")
    assert Vault.from_text(f" {new_key('newer')} , {printed},").open(sealed, place=PLACE) == "secret"


def test_keys_are_random() -> None:
    assert len({new_key("k") for _ in range(50)}) == 50


GOOD = base64.b64encode(OLD).decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no vault key"),
        (" , ,", "there is no vault key"),
        (GOOD, "vault key 1 has no id"),
        (f"a:{GOOD},{GOOD}", "vault key 2 has no id"),
        (f"a:{GOOD},a:{GOOD}", "vault key 2 has the id of an earlier one"),
        ("a:not base64!", "vault key 1 is not base64"),
        (f"a:{GOOD[:20]}", "vault key 1 is not 32 bytes"),
        (f":{GOOD}", "vault key 1 is not 32 bytes under an id"),
        (f"{'i' * 33}:{GOOD}", "vault key 1 is not 32 bytes under an id"),
    ],
)
def test_a_ring_that_cannot_work_is_refused_with_the_reason_and_no_word_of_a_key(text: str, why: str) -> None:
    with pytest.raises(VaultRefused) as refusal:
        Vault.from_text(text)
    assert why in str(refusal.value)
    assert GOOD[:20] not in str(refusal.value)


@pytest.mark.parametrize("key_id", ["", "a:b", "a,b", "a b", "i" * 33])
def test_a_key_that_the_setting_could_not_hold_is_not_made(key_id: str) -> None:
    with pytest.raises(VaultRefused):
        new_key(key_id)
