"""Looking at pages: pictures of them, and what WCAG 2.2 AA asks of each that a program can measure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
HEIGHT = 900

_MEASURE = (Path(__file__).parent / "measure.js").read_text("utf-8").partition("\n")[2]


@dataclass
class Camera:
    """Takes pictures of a page in every width and scheme, and measures it in each."""

    folder: Path
    asked: bool = False
    """Whether somebody wants to see the pictures."""

    def look(self, page: Page, name: str) -> list[str]:
        """Measure a page, and take pictures only if somebody asked for them."""
        return self.shoot(page, name, picture=self.asked)

    def shoot(self, page: Page, name: str, *, measure: bool = True, picture: bool = True) -> list[str]:
        """Take the pictures and return every fault found; `measure` off for pages that are not ours."""
        self.folder.mkdir(parents=True, exist_ok=True)
        faults: list[str] = []
        for width in WIDTHS:
            for scheme in SCHEMES:
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.emulate_media(color_scheme=_scheme(scheme), reduced_motion="reduce")
                if picture:
                    page.screenshot(path=self.folder / f"{name}-{width}-{scheme}.png", full_page=True)
                if measure:
                    faults += [f"{name} {width} {scheme}: {fault}" for fault in page.evaluate(_MEASURE)]
        page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        page.emulate_media(color_scheme="light")
        return faults


def _scheme(name: str) -> Any:
    return name
