"""What holds for every test."""

import gc
from collections.abc import Iterator

import pytest
from tests.support.watching import watch_applications
from tests.support.witness import found_wrong

# Most garbage is a simulated company that a test leaves behind: looking for it less often saves an eighth of the time.
gc.set_threshold(100_000, 50, 100)

watch_applications()


@pytest.fixture(autouse=True)
def every_answer_is_as_declared() -> Iterator[None]:
    """Every answer of a test had the declared names and types.

    Tieout's are those of the contract and of `api/additions.py`, a simulated platform's those of the platform.
    """
    yield
    found = found_wrong()
    assert not found, "\n".join(["answers that are not as declared:", *found])
