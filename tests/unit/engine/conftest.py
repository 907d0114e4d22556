from collections.abc import AsyncIterator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from tests.support.databases import BACKENDS, empty_database
from tests.support.stage import Stage


@pytest.fixture(params=BACKENDS)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with empty_database(request.param, tmp_path) as database:
        yield Stage(database)


@pytest.fixture
def promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens every second or two happens at once."""
    monkeypatch.setattr("tieout.engine.port.POLL_EVERY_S", 0.01)
    monkeypatch.setattr("tieout.engine.port.RENEW_EVERY_S", 0.01)


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the engine says, kept instead of printed with its tracebacks, which takes longer than most tests."""
    with structlog.testing.capture_logs() as entries:
        yield entries
