"""The hosted connection pages in a real browser, with script and without, on a desk and on a telephone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from tests.support.looking import Camera
from tests.support.open_house import OpenHouse

from tieout.sync.callbacks import Landing
from tieout.web.causes import OF_LANDING

pytestmark = pytest.mark.browser

WAIT_MS = 15_000
BRAND = {
    "color": "#5b2a86",
    "background_color": "#f3eefa",
    "support_email": "help@payables.example",
    "return_url": "https://payables.example/settings",
}
CRAIG, DEMO, HARBOUR = "Craig's Design and Landscaping Services", "Demo Company (Global)", "Harbour Bridge Consulting"
STOPPED = [landing for landing in OF_LANDING if landing is not Landing.UNKNOWN]


class Visit:
    """A page, and everything that its console complained about on our own pages."""

    def __init__(self, context: BrowserContext, public_url: str) -> None:
        context.set_default_timeout(WAIT_MS)
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self._public_url = public_url
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and self.page.url.startswith(self._public_url):
            self.complaints.append(f"{said.text} {said.location}")


@pytest.fixture
def visit(browser: Browser, house: OpenHouse) -> Iterator[Visit]:
    context = browser.new_context()
    made = Visit(context, house.services.settings.public_url)
    yield made
    context.close()


@pytest.fixture
def visit_without_script(browser: Browser, house: OpenHouse) -> Iterator[Visit]:
    context = browser.new_context(java_script_enabled=False)
    yield Visit(context, house.services.settings.public_url)
    context.close()


def slow_down(house: OpenHouse, platform: str, path_prefix: str, **fault: Any) -> None:
    house.simulator(platform).faults.add({"kind": "delay", "path_prefix": path_prefix, "delay_s": 1, **fault})


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=WAIT_MS)


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_person_connects_and_watches_the_books_being_read(house: OpenHouse, visit: Visit, camera: Camera) -> None:
    link, _ = house.new_link(**BRAND)
    page = visit.page
    page.goto(link)
    heading(page, "Payables Inc would like to connect to Acme Ltd’s accounting")
    faults = camera.shoot(page, "01-welcome")
    page.get_by_text("I’m not the one").click()
    assert page.get_by_label("The link").input_value() == link
    faults += camera.shoot(page, "02-welcome-forward")
    page.get_by_role("button", name="QuickBooks Online").click()
    heading(page, "Sign in")
    camera.shoot(page, "20-simulated-quickbooks-sign-in", measure=False)
    sign_in(page)
    heading(page, "Connect Payables Inc")
    camera.shoot(page, "21-simulated-quickbooks-consent", measure=False)
    slow_down(house, "quickbooks", "/v3/company", skip=7, count=1, delay_s=4)
    page.get_by_label(CRAIG).check()
    page.get_by_role("button", name="Connect", exact=True).click()
    heading(page, f"{CRAIG} is connected")
    expect(page.get_by_role("heading", level=2)).to_have_text("Reading your books for the first time")
    page.evaluate("window.stayed = true")
    expect(page.locator(".progress .done").first).to_be_visible(timeout=WAIT_MS)
    faults += camera.shoot(page, "03-connected-reading")
    expect(page.get_by_role("heading", level=2)).to_have_text("Your books have been read", timeout=WAIT_MS)
    assert page.evaluate("window.stayed"), "the page was loaded anew"
    faults += camera.shoot(page, "04-connected-read")
    expect(page.get_by_role("link", name="Back to Payables Inc")).to_have_attribute("href", str(BRAND["return_url"]))
    assert faults == []
    assert visit.complaints == []


def test_everything_works_without_script(house: OpenHouse, visit_without_script: Visit) -> None:
    link, _ = house.new_link()
    page = visit_without_script.page
    page.goto(link)
    page.get_by_role("button", name="QuickBooks Online").click()
    heading(page, "Sign in")
    sign_in(page)
    slow_down(house, "quickbooks", "/v3/company", skip=3, count=1)
    page.get_by_label(CRAIG).check()
    page.get_by_role("button", name="Connect", exact=True).click()
    heading(page, f"{CRAIG} is connected")
    expect(page.get_by_role("heading", level=2)).to_have_text("Your books have been read", timeout=WAIT_MS)


def test_one_of_several_companies_is_chosen(house: OpenHouse, visit: Visit, camera: Camera) -> None:
    link, connection_id = house.new_link(**BRAND)
    page = visit.page
    page.goto(link)
    page.get_by_role("button", name="Xero").click()
    heading(page, "Sign in")
    camera.shoot(page, "22-simulated-xero-sign-in", measure=False)
    sign_in(page)
    heading(page, "Connect Payables Inc")
    camera.shoot(page, "23-simulated-xero-consent", measure=False)
    for company in (DEMO, HARBOUR):
        page.get_by_label(company).check()
    page.get_by_role("button", name="Connect", exact=True).click()
    heading(page, "Which company?")
    faults = camera.shoot(page, "05-choose")
    page.get_by_label(HARBOUR).check()
    faults += camera.shoot(page, "06-choose-chosen")
    page.get_by_role("button", name="Connect this company").click()
    heading(page, f"{HARBOUR} is connected")
    expect(page.get_by_role("heading", level=2)).to_have_text("Your books have been read", timeout=WAIT_MS)

    house.disconnect(connection_id)
    page.goto(house.connect_anew(connection_id))
    page.get_by_role("button", name="QuickBooks Online").click()
    sign_in(page)
    page.get_by_label(CRAIG).check()
    page.get_by_role("button", name="Connect", exact=True).click()
    heading(page, "Another company than before")
    faults += camera.shoot(page, "07-another-company")
    page.get_by_role("button", name="No, go back").click()
    heading(page, "Payables Inc would like to connect to Acme Ltd’s accounting")
    assert faults == []
    assert visit.complaints == []


def test_a_person_who_says_no_may_start_again(house: OpenHouse, visit: Visit) -> None:
    link, _ = house.new_link()
    page = visit.page
    page.goto(link)
    page.get_by_role("button", name="Xero").click()
    sign_in(page)
    page.get_by_role("button", name="Cancel").click()
    heading(page, "You chose not to connect")
    page.get_by_role("link", name="Start again").click()
    heading(page, "Payables Inc would like to connect to Acme Ltd’s accounting")
    assert visit.complaints == []


def test_every_cause_has_a_page_that_can_be_read(house: OpenHouse, visit: Visit, camera: Camera) -> None:
    link, _ = house.new_link(**BRAND)
    faults: list[str] = []
    for landing in STOPPED:
        visit.page.goto(f"{link}/not-connected/{landing.value}?platform=quickbooks")
        faults += camera.shoot(visit.page, f"10-stopped-{landing.value}")
    assert faults == []
    assert visit.complaints == []


def test_links_that_open_nothing_say_why(house: OpenHouse, visit: Visit, camera: Camera) -> None:
    page = visit.page
    link, connection_id = house.new_link(**BRAND)
    house.change(connection_id, link_epoch=2)
    page.goto(link)
    heading(page, "This link was withdrawn")
    faults = camera.shoot(page, "11-link-withdrawn")
    page.goto(link[:-9])
    heading(page, "This link is not complete")
    faults += camera.shoot(page, "12-link-cut")
    expired, _ = house.new_link(**BRAND)
    house.clock.move(timedelta(days=8))
    page.goto(expired)
    heading(page, "This link has expired")
    faults += camera.shoot(page, "13-link-expired")
    house.clock.move(timedelta(days=-8))
    assert faults == []


def test_landing_pages_and_lost_access(house: OpenHouse, visit: Visit, camera: Camera) -> None:
    page = visit.page
    public_url = house.services.settings.public_url
    page.goto(f"{public_url}/connect/ended/quickbooks?realmId=123")
    faults = camera.shoot(page, "14-ended")
    page.goto(f"{public_url}/connect/again/quickbooks?realmId=123")
    faults += camera.shoot(page, "15-again")
    page.goto(f"{public_url}/connect/callback/quickbooks?state=a&code=b")
    faults += camera.shoot(page, "16-unknown")
    link, connection_id = house.new_link(logo_url=f"{public_url}/static/icon.svg", color="#ffd400")
    page.goto(link)
    faults += camera.shoot(page, "17-logo-and-yellow")
    house.change(connection_id, status="deauthorized")
    page.goto(link)
    heading(page, "Payables Inc has lost access to Acme Ltd’s books")
    faults += camera.shoot(page, "17-lost-access")
    assert faults == []


def test_the_keyboard_is_enough(house: OpenHouse, visit: Visit, camera: Camera) -> None:
    link, _ = house.new_link(**BRAND)
    page = visit.page
    page.goto(link)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    camera.shoot(page, "18-keyboard-skip", measure=False)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="QuickBooks Online")).to_be_focused()
    camera.shoot(page, "19-keyboard-focus", measure=False)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    heading(page, "Sign in")
    assert page.url.startswith(house.origins["xero"])


def test_the_measure_finds_what_is_wrong(visit: Visit, camera: Camera) -> None:
    visit.page.set_content(
        "<html><body><h1>A</h1><h3>B</h3><p style='color:#999'>pale</p><button style='height:20px'></button></body>"
    )
    faults = " ".join(camera.shoot(visit.page, "00-faulty"))
    for fault in ("contrast", "target", "no name", "level is skipped", "no language", "no title", "no main"):
        assert fault in faults
