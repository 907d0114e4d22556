"""A visitor for the demo.

Opens pages, fills in their forms and follows where they lead, as a person without script would.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

import httpx2

REDIRECTS_MAX: Final = 10
PAGES_MAX: Final = 12


class LostError(Exception):
    """The visitor does not see a way on; the message says where it stands."""


@dataclass(slots=True)
class Form:
    """A form with what is filled in, its choices (name, value, label) and its buttons (name, value, text)."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: list[tuple[str, str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._choice: tuple[str, str] | None = None
        self._button: tuple[str, str] | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(action=given.get("action", ""))
            self.forms.append(self._form)
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "input" and self._form is not None:
            self._read_input(given, checked=any(name == "checked" for name, _ in attrs))
        elif tag == "button":
            self._button = (given.get("name", ""), given.get("value", ""))
            self._words = []

    def _read_input(self, given: dict[str, str], *, checked: bool) -> None:
        assert self._form is not None
        name, value = given.get("name", ""), given.get("value", "")
        if given.get("type") in ("radio", "checkbox"):
            self._choice, self._words = (name, value), []
            if checked:
                self._form.fields[name] = value
        elif name:
            self._form.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        words = " ".join(" ".join(self._words).split())
        if tag == "form":
            self._form = None
        elif tag == "label" and self._choice is not None and self._form is not None:
            self._form.choices.append((*self._choice, words))
            self._choice = None
        elif tag == "button" and self._button is not None:
            if self._form is not None:
                self._form.buttons.append((*self._button, words))
            self._button = None

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        self.text.append(data)


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page as the visitor sees it."""

    url: str
    forms: list[Form]
    links: list[str]
    text: str


class Visitor:
    """Walks pages with cookies, one origin after the other."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        """Use a client of its own: it keeps this visitor's cookies."""
        self._client = client

    async def open(self, url: str) -> PageSeen:
        """Open an address and follow its redirects."""
        return await self._go("GET", url, None)

    async def submit(
        self, page: PageSeen, form: Form, button: tuple[str, str, str], fields: dict[str, str]
    ) -> PageSeen:
        """Send a form by one of its buttons, with some fields changed."""
        sent = {**form.fields, **fields}
        if button[0]:
            sent[button[0]] = button[1]
        return await self._go("POST", urljoin(page.url, form.action), sent)

    async def _go(self, method: str, url: str, data: dict[str, str] | None) -> PageSeen:
        for _ in range(REDIRECTS_MAX):
            origin = "/".join(url.split("/", 3)[:3])
            headers = {"Origin": origin} if method == "POST" else {}
            response = await self._client.request(method, url, data=data, headers=headers, follow_redirects=False)
            if not response.is_redirect:
                return _seen(url, response)
            url = urljoin(url, response.headers["location"])
            method, data = "GET", None
        msg = f"more than {REDIRECTS_MAX} redirects, at {url.partition('?')[0]}"
        raise LostError(msg)


def _seen(url: str, response: httpx2.Response) -> PageSeen:
    reader = _Reader()
    reader.feed(response.text)
    page = PageSeen(url=url, forms=reader.forms, links=reader.links, text=" ".join(" ".join(reader.text).split()))
    if response.is_error:
        msg = f"{response.status_code} at {url.partition('?')[0]}: {page.text[:200]}"
        raise LostError(msg)
    return page


async def connect_books(
    visitor: Visitor, connection_url: str, *, platform: str, company: str, note: Callable[[str], None]
) -> PageSeen:
    """Walk from the connection link to the connected page: pick the platform, sign in, consent, choose the company.

    `note` is told where each step led. Raises LostError.
    """
    page = await visitor.open(connection_url)
    for _ in range(PAGES_MAX):
        note(page.text)
        if page.url.partition("?")[0].endswith("/connected"):
            return page
        page = await _next_page(visitor, page, platform=platform, company=company)
    msg = f"not connected after {PAGES_MAX} pages, at {page.url.partition('?')[0]}: {page.text[:200]}"
    raise LostError(msg)


async def _next_page(visitor: Visitor, page: PageSeen, *, platform: str, company: str) -> PageSeen:
    for form in page.forms:
        chosen = {name: value for name, value, label in form.choices if company in label}
        if form.fields.get("platform", platform) != platform or not form.buttons:
            continue
        offered = [button for button in form.buttons if button[0] == "platform"]
        fitting = [button for button in offered if button[1] == platform] if offered else form.buttons
        if fitting:
            return await visitor.submit(page, form, fitting[0], chosen)
    for link in page.links:
        if link.startswith("http") and not link.startswith(page.url.split("/connect/")[0]):
            return await visitor.open(link)
    msg = f"no way on from {page.url.partition('?')[0]}: {page.text[:200]}"
    raise LostError(msg)
