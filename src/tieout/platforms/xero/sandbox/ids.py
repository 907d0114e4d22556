"""Ids from a seed: the same simulator makes the same ids in the same order."""

from random import Random
from uuid import UUID

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


class Ids:
    """Makes uuids, tokens and codes. They are predictable, which is right for a simulator and wrong anywhere else."""

    def __init__(self, seed: int | str) -> None:
        """Start the sequence of `seed`."""
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - a simulator must be repeatable

    def uuid(self) -> str:
        """A version 4 uuid in lower case."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def token(self, length: int = 43) -> str:
        """An opaque token of `length` letters that are safe in a URL."""
        return "".join(self.random.choices(_LETTERS, k=length))


def is_uuid(text: str) -> bool:
    """Whether text is a uuid in the form with hyphens."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
