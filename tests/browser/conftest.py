"""A real browser, if there is one, and an open house for it to visit."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.looking import Camera
from tests.support.open_house import OpenHouse

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Gone with its module: while it is open its own event loop runs, beside which no asynchronous test can."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = "no browser: install the package `chromium` to run the browser tests"
        if os.environ.get("TIEOUT_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenHouse]:
    with OpenHouse(tmp_path_factory.mktemp("house")) as started:
        yield started


@pytest.fixture(scope="session")
def camera() -> Camera:
    folder = os.environ.get("TIEOUT_SCREENSHOTS")
    return Camera(Path(folder) if folder else Path(tempfile.mkdtemp(prefix="tieout-screenshots-")), bool(folder))
