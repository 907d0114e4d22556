"""The provider contract: what every accounting platform must do, the same tests for all of them and their companies.

**A test** takes `books` (one company of each platform: books with one rate of tax) or `any_books` (every ready company
of every platform, some of them empty). Both are `tests.support.provider.ProviderBooks`: the real client at the
simulated platform, `pull()`, `page()`, `write()` and `act()`, which lets a person who works there do something. The
simulators are built once for a process and shared, so a test makes records of its own and counts nothing that
others may have made. Long forms stand behind `TIEOUT_LONG=1` (`make test-all`).

**A cell** of the capability matrix (object, direction, operation, platform) is green because a named test passed. Every
test here says which cells it proves, one marker for each:

    @pytest.mark.capability(object="invoice", direction="in", operation="void")

The platform is the value of the test's parameter `platform`, which `books` and `any_books` bring along.
`@proves("in", "void", "invoice", "bill")` puts several markers on; where a test is parametrized by object, mark the
parameters: `pytest.param("bill", marks=pytest.mark.capability(...))`. A test that proves no cell says so with
`@pytest.mark.capability()`. The words are those of `tests/support/capabilities.py`; any
other one fails the collection. A test that proves something may not be skipped: its long form does more, no less.
Reading stands in `test_reading*` and `test_feed*`, writing in `test_writing*`. `make capabilities` writes the matrix
anew after what is proved has changed (`tests/contract/list_capabilities.py`).
"""

from collections.abc import Generator

import pytest
from tests.support.capabilities import cells_of
from tests.support.provider import HOME, ProviderBooks, company_names, opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder says what it proves, in words that the matrix has."""
    for item in items:
        if "contract/provider" not in item.path.as_posix():
            continue
        if item.get_closest_marker("capability") is None:
            raise pytest.UsageError(f"{item.nodeid} does not say which capability it proves")
        try:
            cells_of(item)
        except (TypeError, ValueError) as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was skipped proves nothing: the matrix names this test as the proof of its cells."""
    report = yield
    if report.skipped and cells_of(item):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} proves cells of the capability matrix, and was skipped: {report.longrepr}"
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of `any_books` for every company, others once for each platform."""
    if "any_books" in metafunc.fixturenames:
        companies = company_names()
        ids = [f"{platform}-{name.replace(' ', '_')}" for platform, name in companies]
        metafunc.parametrize(("platform", "company"), companies, ids=ids)
    elif "platform" in metafunc.fixturenames:
        metafunc.parametrize("platform", sorted(HOME))


@pytest.fixture
async def books(platform: str) -> ProviderBooks:
    """A company of the platform with one rate of tax."""
    return await opened(platform, HOME[platform])


@pytest.fixture
async def any_books(platform: str, company: str) -> ProviderBooks:
    """Every company of every platform, one after the other."""
    return await opened(platform, company)
