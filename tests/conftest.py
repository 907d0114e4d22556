"""What holds for every test."""

import gc
from collections.abc import Iterator

import pytest
from tests.support.watching import watch_applications
from tests.support.witness import found_wrong

# Most garbage is a simulated company that a test leaves behind: looking for it less often saves an eighth of the time.
gc.set_threshold(100_000, 50, 100)

watch_applications()
_PLATFORMS = ("quickbooks", "xero")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is marked `only_at` one platform where it would run at the other."""
    items[:] = [item for item in items if _is_there(item)]


def _is_there(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("only_at")
    if mark is None:
        return True
    (platform,) = [one for one in item.callspec.params.values() if one in _PLATFORMS]  # type: ignore[attr-defined]  # a parametrized function
    return bool(mark.args[0] == platform)


@pytest.fixture(autouse=True)
def every_answer_is_as_declared() -> Iterator[None]:
    """Every answer of a test had the declared names and types.

    Tieout's are those of the contract and of `api/additions.py`, a simulated platform's those of the platform.
    """
    yield
    found = found_wrong()
    assert not found, "\n".join(["answers that are not as declared:", *found])
