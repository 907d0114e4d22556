"""Houses whose workers are killed, one for each platform."""

from collections.abc import Iterator

import pytest
from tests.support.mortal import MortalHouse, mortal_house, without_threads
from tests.support.stores import SqliteFile
from tests.support.trading import PLATFORMS


@pytest.fixture(scope="module", params=PLATFORMS)
def mortal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalHouse]:
    """An entity that is connected to its books, on embedded/SQLite."""
    with pytest.MonkeyPatch.context() as patched:
        without_threads(patched)
        with mortal_house(SqliteFile(tmp_path_factory.mktemp("books")), request.param) as house:
            yield house
