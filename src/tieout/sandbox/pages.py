"""The pages of a simulated platform: its first page and a page per company. They work without script."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tieout.sandbox.ledger import ZERO
from tieout.sandbox.visitors import CSRF_FIELD

if TYPE_CHECKING:
    from tieout.sandbox.companies import Company
    from tieout.sandbox.simulator import Simulator

STATIC_FOLDER = Path(__file__).parent / "static"
DOCUMENTS_PER_PAGE = 25
"""Documents on one page of a company."""
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def _money(amount: Decimal | None) -> str:
    """An amount with its thousands apart, two places, and a minus sign."""
    if amount is None:
        return ""
    return f"{amount + 0:,.2f}".replace("-", "−")


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["money"] = _money


def render(simulator: "Simulator", template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from the shared templates; `title` among `values` names it."""
    body = _environment.get_template(template).render(
        platform=simulator.title, now=simulator.clock.now(), csrf_field=CSRF_FIELD, **values
    )
    return HTMLResponse(body, status, headers=_HEADERS)


class Pages:
    """The pages of one simulator."""

    def __init__(self, simulator: "Simulator") -> None:
        """Show `simulator`."""
        self._simulator = simulator

    async def origin(self, _request: Request) -> Response:
        """The first page: companies and addresses."""
        simulator = self._simulator
        companies = [(company, company.documents(offset=0, limit=0)[0]) for company in simulator.companies.values()]
        return render(
            simulator,
            "origin.html",
            title=simulator.title,
            companies=companies,
            addresses=[(what, f"{simulator.origin}{path}") for what, path in simulator.addresses],
            users=simulator.users,
            faults=simulator.faults.faults,
        )

    async def company(self, request: Request) -> Response:
        """A company: its documents with the entry of each, and its trial balance."""
        simulator = self._simulator
        company = simulator.companies.get(request.path_params["company_id"])
        if company is None:
            return render(
                simulator,
                "notice.html",
                404,
                title="No such company",
                text="There is no company with this id here.",
                way_on=("All companies", "/"),
            )
        visitor = simulator.visitors.visitor(request)
        values = _company_values(company, request.query_params)
        answer = render(simulator, "company.html", csrf=simulator.visitors.csrf(visitor), **values)
        simulator.visitors.remember(request, answer, visitor)
        return answer


def _company_values(company: "Company", query: Mapping[str, str]) -> dict[str, Any]:
    page = int(query["page"]) if query.get("page", "").isdigit() and len(query["page"]) < 7 else 1  # noqa: PLR2004 - digits of a page number
    total, documents = company.documents(offset=(max(page, 1) - 1) * DOCUMENTS_PER_PAGE, limit=DOCUMENTS_PER_PAGE)
    trial = company.ledger.trial_balance()
    names = {account.id: account.name for account in company.ledger.accounts}
    return {
        "title": company.name,
        "company": company,
        "documents": [(one, company.ledger.standing(one.ref)) for one in documents],
        "names": names,
        "total": total,
        "page": max(page, 1),
        "pages": max(1, -(-total // DOCUMENTS_PER_PAGE)),
        "trial": trial,
        "total_debit": sum((row.debit for row in trial), ZERO),
        "total_credit": sum((row.credit for row in trial), ZERO),
        "done": query.get("done", ""),
    }
