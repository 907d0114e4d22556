"""The pages of the simulated platforms in a real browser: on a desk and on a telephone, light and dark, no script."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.looking import Camera
from tests.support.open_house import OpenHouse

pytestmark = pytest.mark.browser

COMPANIES = {"quickbooks": "Craig's Design and Landscaping Services", "xero": "Demo Company (Global)"}
CONSENT = {
    "quickbooks": "/connect/oauth2?scope=com.intuit.quickbooks.accounting",
    "xero": "/identity/connect/authorize?scope=offline_access%20accounting.invoices",
}
CALLBACK = "http://localhost:8000/callback"
TABS = {
    "quickbooks": (
        "documents",
        "journal",
        "reports",
        "reports&report=profit-and-loss",
        "reports&report=aged-receivables",
        "people",
        "requests",
    ),
    "xero": ("documents", "people"),
}
"""What differs: every tab of one platform, and of the other those that it fills in its own way."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that runs no script of ours, of which there is none."""
    context = browser.new_context()
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def company_address(house: OpenHouse, platform: str) -> str:
    simulator = house.simulator(platform)
    company_id = next(one.id for one in simulator.companies.values() if one.name == COMPANIES[platform])
    return f"{house.origins[platform]}/_sandbox/companies/{company_id}"


def new_program(house: OpenHouse, platform: str) -> str:
    wish = {"name": "Payables Inc", "redirect_uris": [CALLBACK]}
    client_id: str = httpx2.post(f"{house.origins[platform]}/_sandbox/apps", json=wish).json()["client_id"]
    return client_id


@pytest.mark.parametrize("platform", COMPANIES)
def test_every_tab_of_a_company_can_be_read(house: OpenHouse, page: Page, camera: Camera, platform: str) -> None:
    faults: list[str] = []
    for place, tab in enumerate(TABS[platform]):
        page.goto(f"{company_address(house, platform)}?show={tab}")
        if tab in ("documents", "people"):
            page.locator("summary").first.click()
        faults += camera.look(page, f"30-{platform}-{place}-{tab.rpartition('=')[2]}")
    page.goto(f"{company_address(house, platform)}?q=nothing+like+it")
    faults += camera.look(page, f"30-{platform}-nothing-found")
    assert faults == []


@pytest.mark.parametrize("platform", COMPANIES)
def test_the_first_page_and_the_switchboard_can_be_read(
    house: OpenHouse, page: Page, camera: Camera, platform: str
) -> None:
    origin = house.origins[platform]
    app = f"{origin}/_sandbox/apps/{new_program(house, platform)}"
    assert httpx2.post(f"{app}/webhook", json={"url": "http://localhost:9/hooks"}).status_code == 201
    page.goto(origin)
    faults = camera.look(page, f"31-{platform}-origin")
    page.get_by_role("link", name="switchboard").click()
    page.get_by_label("Path begins with").fill("/nowhere")
    page.get_by_role("button", name="Set fault").click()
    expect(page.get_by_role("status")).to_have_text("The fault is set.")
    expect(page.get_by_text("http://localhost:9/hooks")).to_be_visible()
    faults += camera.look(page, f"32-{platform}-switchboard")
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_role("status")).to_have_text("The fault is taken away.")
    page.goto(f"{origin}/_sandbox/companies/none")
    faults += camera.look(page, f"33-{platform}-not-here")
    assert faults == []


@pytest.mark.parametrize("platform", COMPANIES)
def test_signing_in_and_consenting_can_be_read(house: OpenHouse, page: Page, camera: Camera, platform: str) -> None:
    client_id = new_program(house, platform)
    asked = f"{CONSENT[platform]}&client_id={client_id}&redirect_uri={CALLBACK}&response_type=code&state=a"
    page.goto(house.origins[platform] + asked)
    faults = camera.look(page, f"34-{platform}-sign-in")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    faults += camera.look(page, f"35-{platform}-wrong-password")
    page.goto(house.origins[platform] + asked)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect Payables Inc")
    faults += camera.look(page, f"36-{platform}-consent")
    assert faults == []


def test_a_person_pays_an_invoice_by_hand(house: OpenHouse, page: Page) -> None:
    page.goto(f"{company_address(house, 'quickbooks')}?kind=Invoice")
    row = page.locator("li", has_text="open 239.00").first
    row.locator("summary").click()
    row.get_by_label("Amount in USD").fill("39.00")
    row.get_by_role("button", name="Record payment").click()
    expect(page.get_by_role("status")).to_have_text("Done: pay.")
    expect(page.get_by_text("open 200.00").first).to_be_visible()


@pytest.mark.parametrize("platform", COMPANIES)
def test_the_keyboard_reaches_what_can_be_opened(house: OpenHouse, page: Page, platform: str) -> None:
    page.goto(f"{company_address(house, platform)}?show=people")
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details").first).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert (page.evaluate("document.activeElement.tagName"), ring) == ("INPUT", "solid")
