"""What the demo's walk is made of: a partner's program, the books it looks into, and how a step is told."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import httpx2
from rich.markup import escape

VERSION: Final = "2024-05-25"
WAIT_S_MAX: Final = 30.0
LOOK_EVERY_S: Final = 0.1

Json = dict[str, Any]


class WalkError(Exception):
    """A step did not come out as it must."""


@dataclass(slots=True)
class Told:
    """What a step has to say when it is done."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Printer:
    """Says each step, with what came of it and how long it took."""

    say: Callable[[str], None]

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[Told]:
        """Time one step; a failure names it."""
        told, started_s = Told(), time.perf_counter()
        try:
            yield told
        except Exception as error:
            self.say(f"[bold red]✗[/] {escape(f'{name}: {type(error).__name__}: {error}')}")
            raise
        spent_s = time.perf_counter() - started_s
        detail = f"  [dim]{escape(told.detail)}[/]" if told.detail else ""
        self.say(f"[green]✓[/] {escape(name)}{detail}  [dim]({spent_s:.2f} s)[/]")


class ApiError(WalkError):
    """The API answered with another status than expected."""


@dataclass(slots=True)
class Api:
    """A partner's program, calling Tieout's API."""

    client: httpx2.AsyncClient
    base_url: str
    token: str | None = None
    entity_id: str | None = None

    async def call(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        """One call; returns the decoded answer. Raises ApiError for another status than `expect`."""
        headers = {"X-Monite-Version": VERSION}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.entity_id:
            headers["X-Monite-Entity-Id"] = self.entity_id
        response = await self.client.request(method, f"{self.base_url}/v1{path}", json=body, headers=headers)
        if response.status_code != expect:
            msg = f"{method} {path} answered {response.status_code} instead of {expect}: {response.text[:500]}"
            raise ApiError(msg)
        return response.json() if response.content else None


@dataclass(frozen=True, slots=True)
class Books:
    """A simulated company at a simulated platform."""

    platform: str
    title: str
    origin: str
    company: Json


@dataclass(slots=True)
class Case:
    """One entity on its way through the walk."""

    api: Api
    books: Books
    made: Json = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The currency of the books."""
        return str(self.books.company["currency"])

    async def at_platform(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the simulated platform itself."""
        url = f"{self.books.origin}/_sandbox/companies/{self.books.company['id']}{path}"
        response = await self.api.client.request(method, url, json=body)
        if response.is_error:
            msg = f"the simulated platform answered {response.status_code} to {path}: {response.text[:300]}"
            raise WalkError(msg)
        return response.json()


async def until(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Look again and again until there is something; raises WalkError after half a minute."""
    deadline_s = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < deadline_s:
        if found := await look():
            return found
        await asyncio.sleep(LOOK_EVERY_S)
    msg = f"{what} did not come about within {WAIT_S_MAX:.0f} s"
    raise WalkError(msg)


def account_of(case: Case, type_: str) -> Json:
    """An active account of a type, of the books' own chart."""
    found = [row for row in case.made["accounts"] if row["type"] == type_ and row["status"] == "Active"]
    if not found:
        msg = f"the chart has no active account of type {type_}"
        raise WalkError(msg)
    sales = [row for row in found if "sales" in str(row["subtype"]).lower() or "sales" in row["name"].lower()]
    return dict((sales or found)[0])


def rate_for(case: Case, side: str) -> Json | None:
    """An active tax rate above zero for `on_sales` or `on_purchases`, if the books have one."""
    found = [
        row for row in case.made["rates"] if row["status"] == "Active" and row[side] and row["effective_tax_rate"] > 0
    ]
    return dict(found[0]) if found else None


def told_money(amount_minor: int, currency: str) -> str:
    """An amount for a person; the demo's currencies have two decimal places."""
    return f"{Decimal(amount_minor) / 100:,.2f} {currency}"
