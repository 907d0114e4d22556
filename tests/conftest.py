"""What holds for every test."""

import gc
from collections.abc import Iterator

import pytest
from tests.support.witness import found_wrong

# Most garbage is a simulated company that a test leaves behind: looking for it less often saves an eighth of the time.
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True)
def simulated_platforms_answer_as_the_real_ones() -> Iterator[None]:
    """Every answer that a simulated platform gave in a test had the platform's names and types."""
    yield
    found = found_wrong()
    assert not found, "\n".join(["answers that the platform would not give:", *found])
