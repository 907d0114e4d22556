"""Somebody with a browser that knows links, forms, cookies and redirects, and no script."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2

REDIRECTS_MAX = 10


@dataclass
class Form:
    """A form of a page: where it goes, and what it carries unless something else is filled in."""

    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: list[tuple[str, str, str]] = field(default_factory=list)
    """Radio buttons and boxes: name, value, label."""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Buttons: name, value, label."""


class _Reader(HTMLParser):
    """Reads what a person sees and can use."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.text: list[str] = []
        self.refresh: str | None = None
        self._form: Form | None = None
        self._inside: list[str] = []
        self._label: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("h1", "a", "button", "label", "style", "script", "noscript"):
            self._inside.append(tag)
        if tag == "h1":
            self.headings.append("")
        elif tag == "a":
            self.links.append((values.get("href", ""), ""))
        elif tag == "meta" and values.get("http-equiv") == "refresh" and "noscript" not in self._inside:
            self.refresh = values["content"].partition("url=")[2]
        elif tag == "form":
            self._form = Form(values.get("method", "get").upper(), values.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None and tag == "input":
            self._read_input(self._form, values)
        elif self._form is not None and tag == "button":
            self._form.buttons.append((values.get("name", ""), values.get("value", ""), ""))

    def _read_input(self, form: Form, values: dict[str, str]) -> None:
        if values.get("type") in ("radio", "checkbox"):
            form.choices.append((values.get("name", ""), values.get("value", ""), ""))
        elif "name" in values:
            form.fields.append((values["name"], values.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self._inside or "script" in self._inside:
            return
        text = " ".join(data.split())
        if not text:
            return
        self.text.append(text)
        inside = self._inside[-1] if self._inside else ""
        if inside == "h1":
            self.headings[-1] = f"{self.headings[-1]} {text}".strip()
        elif inside == "a":
            href, label = self.links[-1]
            self.links[-1] = (href, f"{label} {text}".strip())
        elif inside == "button" and self._form and self._form.buttons:
            name, value, label = self._form.buttons[-1]
            self._form.buttons[-1] = (name, value, f"{label} {text}".strip())
        elif inside == "label" and self._form and self._form.choices:
            name, value, label = self._form.choices[-1]
            self._form.choices[-1] = (name, value, f"{label} {text}".strip())


@dataclass
class Sight:
    """A page as a person sees it."""

    url: str
    status: int
    headers: httpx2.Headers
    html: str
    heading: str
    text: str
    forms: list[Form]
    links: list[tuple[str, str]]
    refresh: str | None


@dataclass
class Person:
    """A person at a browser. `email` is who they are at the platforms."""

    http: httpx2.AsyncClient
    email: str | None = None
    seen: Sight | None = None

    async def open(self, url: str) -> Sight:
        """Go to an address, and on to wherever it leads without a click."""
        return await self._follow("GET", url, None)

    async def press(self, label: str, *, choose: str | list[str] | None = None, **filled: str) -> Sight:
        """Press the button whose words begin like this, with some choices made and some fields filled in."""
        assert self.seen is not None, "no page is open"
        for form in self.seen.forms:
            for name, value, words in form.buttons:
                if words.startswith(label):
                    chosen = [choose] if isinstance(choose, str) else choose or []
                    fields = [(key, filled.get(key, old)) for key, old in form.fields]
                    fields += [(key, v) for key, v, text in form.choices if any(text.startswith(c) for c in chosen)]
                    fields += [(name, value)] if name else []
                    return await self._follow(form.method, urljoin(self.seen.url, form.action), fields)
        raise AssertionError(f"no button {label!r} on {self.seen.url}: {self.seen.text}")

    async def click(self, label: str) -> Sight:
        """Follow the link whose words begin like this."""
        assert self.seen is not None, "no page is open"
        for href, words in self.seen.links:
            if words.startswith(label):
                return await self.open(urljoin(self.seen.url, href))
        raise AssertionError(f"no link {label!r} on {self.seen.url}: {self.seen.links}")

    async def connect(self, url: str, title: str, *, companies: str | list[str]) -> Sight:
        """Open a connection link, pick a platform by its title, sign in there and agree for some companies."""
        await self.open(url)
        return await self.go_through(title, companies=companies)

    async def go_through(self, title: str, *, companies: str | list[str]) -> Sight:
        """From the welcome page through the platform's own pages and back."""
        await self.press(title[:1] + " " + title)
        await self.sign_in()
        return await self.press("Connect", choose=companies)

    async def sign_in(self) -> Sight:
        """Sign in at the platform, unless this browser still is."""
        assert self.seen is not None
        if self.seen.heading == "Sign in":
            filled = {"email": self.email} if self.email else {}
            return await self.press("Sign in", **filled)
        return self.seen

    async def _follow(self, method: str, url: str, fields: list[tuple[str, str]] | None) -> Sight:
        for _ in range(REDIRECTS_MAX):
            answer = await self._send(method, url, fields)
            url = str(answer.url)
            if answer.has_redirect_location:
                method, url, fields = "GET", urljoin(url, answer.headers["location"]), None
                continue
            self.seen = _read(answer)
            if self.seen.refresh:
                method, url, fields = "GET", urljoin(url, self.seen.refresh), None
                continue
            return self.seen
        raise AssertionError(f"more than {REDIRECTS_MAX} redirects, the last to {url}")

    async def _send(self, method: str, url: str, fields: list[tuple[str, str]] | None) -> httpx2.Response:
        if fields is None:
            return await self.http.request(method, url)
        data: dict[str, str | list[str]] = {}
        for name, value in fields:
            present = data.get(name)
            data[name] = value if present is None else [*([present] if isinstance(present, str) else present), value]
        return await self.http.request(method, url, data=data)


def _read(answer: httpx2.Response) -> Sight:
    reader = _Reader()
    reader.feed(answer.text)
    return Sight(
        url=str(answer.url),
        status=answer.status_code,
        headers=answer.headers,
        html=answer.text,
        heading=" ".join(reader.headings),
        text=" ".join(reader.text),
        forms=reader.forms,
        links=reader.links,
        refresh=reader.refresh,
    )
