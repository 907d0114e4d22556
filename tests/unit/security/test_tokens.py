from hypothesis import given
from hypothesis import strategies as st

from tieout.kit.identifiers import random_token
from tieout.security.tokens import agrees, hash_of


@given(st.text(max_size=60), st.text(max_size=60))
def test_only_the_token_that_was_hashed_agrees(token: str, other: str) -> None:
    assert agrees(token, hash_of(token))
    assert agrees(other, hash_of(token)) is (other == token)


def test_what_is_stored_is_64_hexadecimal_digits_and_says_nothing_of_the_token() -> None:
    token = random_token()
    stored = hash_of(token)
    assert len(stored) == 64
    assert int(stored, 16) >= 0
    assert token not in stored


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {random_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
