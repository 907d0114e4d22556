"""No limits of calls: these tests make more in a minute than any company would."""

import pytest

from tieout.platforms.registry import all_platforms


@pytest.fixture(autouse=True)
def no_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for platform in all_platforms().values():
        monkeypatch.setattr(platform, "rate_limits", ())
