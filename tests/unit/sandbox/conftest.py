"""The smallest platform that can stand in the shared room: one company that counts what was posted to it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tieout.kit.clock import ManualClock
from tieout.sandbox.companies import DocumentView
from tieout.sandbox.ledger import DocumentRef, Draft, Ledger, Nature, credit, debit
from tieout.sandbox.people import People, amount_in
from tieout.sandbox.simulator import Simulator, build_application
from tieout.sandbox.traffic import Classified
from tieout.sandbox.visitors import User

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class TinyCompany:
    id: str = "7"
    name: str = "Tiny & Sons <Ltd>"
    country: str = "US"
    currency: str = "USD"
    ledger: Ledger = field(default_factory=Ledger)
    paid: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        self.ledger.open_account("1", "Bank", Nature.ASSET)
        self.ledger.open_account("2", "Sales", Nature.INCOME)

    @property
    def people(self) -> People:
        return People({"pay": self.pay})

    def pay(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        amount = amount_in(wish, "amount") or Decimal("1.00")
        self.paid += amount
        ref = DocumentRef("Payment", str(len(self.ledger.entries)))
        self.ledger.post(Draft(ref, date(2026, 3, 1), [debit("1", amount), credit("2", amount)]), at=AT)
        return {"paid": self.paid}

    def today(self) -> date:
        return date(2026, 3, 1)

    def documents(self, *, offset: int, limit: int, kind: str | None = None) -> tuple[int, Sequence[DocumentView]]:
        refs = [entry.document for entry in self.ledger.entries if kind in (None, entry.document.kind)]
        views = [
            DocumentView(
                ref=ref,
                kind=ref.kind,
                number=ref.id,
                on=date(2026, 3, 1),
                due_on=None,
                party="Somebody",
                currency="USD",
                total=Decimal("1.00"),
                balance=Decimal("1.00"),
                status="Open",
                payable=True,
            )
            for ref in refs[offset : offset + limit]
        ]
        return len(refs), views

    def fill(self, documents: int, seed: int) -> dict[str, object]:
        return {"documents": documents, "seed": seed}


def make_tiny() -> Starlette:
    """An application with one company and the route `/things`, which counts its calls."""
    simulator = Simulator(
        title="Tiny platform",
        slug="tiny",
        origin="http://tiny.test",
        clock=ManualClock(AT),
        seed=1,
        companies={"7": TinyCompany()},
        classify=lambda request: Classified("7", None, "read" if request.method == "GET" else "write"),
        refuse=lambda _request, status: JSONResponse({"refused": status}, status),
        addresses=[("Things", "/things")],
        users=[User("1", "demo@tiny.test", "open sesame", "Demo")],
    )

    async def things(request: Request) -> Response:
        request.app.state.calls += 1
        return JSONResponse({"calls": request.app.state.calls, "length": len(await request.body())})

    app = build_application(simulator, [Route("/things", things, methods=["GET", "POST"])])
    app.state.calls = 0
    return app


@pytest.fixture
def tiny() -> Starlette:
    return make_tiny()


@pytest.fixture
async def client(tiny: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=tiny)
    async with httpx2.AsyncClient(transport=transport, base_url="http://tiny.test") as client:
        yield client
