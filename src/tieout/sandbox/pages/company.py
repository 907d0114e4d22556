"""A company's page: its documents, journal and statements, its people, and what programs asked of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tieout.sandbox.companies import Company, DocumentView, Side
from tieout.sandbox.ledger import ZERO, JournalEntry
from tieout.sandbox.statements import AGES, aged, balance_sheet, profit_and_loss

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

ROWS_PER_PAGE = 25
"""Documents, journal entries or requests on one page."""
TABS = {
    "documents": "Documents",
    "journal": "Journal",
    "reports": "Reports",
    "people": "People at work",
    "requests": "Requests",
}
"""What a company's page can show, by the word in its address."""
REPORTS = {
    "trial-balance": "Trial balance",
    "profit-and-loss": "Profit and loss",
    "balance-sheet": "Balance sheet",
    "aged-receivables": "Aged receivables",
    "aged-payables": "Aged payables",
}
"""The statements, by the word in the address."""

_AGES = range(len(AGES))


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a page stands among all of them."""

    page: int
    pages: int
    total: int
    query: str
    """The rest of the address's query, ready to be followed by a page."""


def company_values(simulator: "Simulator", company: Company, query: Mapping[str, str]) -> dict[str, Any]:
    """What the template needs for the tab that the address names."""
    tab = query["show"] if query.get("show") in TABS else "documents"
    values = _requests(simulator, company, query) if tab == "requests" else _VALUES[tab](company, query)
    return {
        "title": company.name,
        "company": company,
        "tab": tab,
        "tabs": TABS,
        "done": query.get("done", ""),
        "problem": "",
        "tried": "",
        "said": {},
        **values,
    }


def _documents(company: Company, query: Mapping[str, str]) -> dict[str, Any]:
    kinds = sorted({entry.document.kind for entry in company.ledger.entries})
    kind = query["kind"] if query.get("kind") in kinds else None
    wanted = query.get("q", "").strip()
    page = _page(query)
    if wanted:
        total, everything = company.documents(offset=0, limit=_all_of(company), kind=kind)
        found = [one for one in everything if _is_about(one, wanted)]
        total, documents = len(found), found[(page - 1) * ROWS_PER_PAGE :][:ROWS_PER_PAGE]
    else:
        total, listed = company.documents(offset=(page - 1) * ROWS_PER_PAGE, limit=ROWS_PER_PAGE, kind=kind)
        documents = list(listed)
    return {
        "documents": [(one, _entries_of(company, one)) for one in documents],
        "names": _names(company),
        "kinds": kinds,
        "kind": kind,
        "wanted": wanted,
        "paging": _paging(page, total, show="documents", kind=kind or "", q=wanted),
    }


def _entries_of(company: Company, document: DocumentView) -> Sequence[tuple[JournalEntry, bool]]:
    """A document's entries, newest first, each with whether it stands."""
    history = company.ledger.history(document.ref)
    return [(entry, company.ledger.stands(entry)) for entry in reversed(history)]


def _is_about(document: DocumentView, wanted: str) -> bool:
    texts = (document.number, document.party, document.ref.id, f"{document.total:.2f}")
    return any(wanted.casefold() in text.casefold() for text in texts)


def _journal(company: Company, query: Mapping[str, str]) -> dict[str, Any]:
    entries = company.ledger.entries
    page = _page(query)
    start = len(entries) - (page - 1) * ROWS_PER_PAGE
    shown = [entries[place] for place in range(start - 1, max(start - ROWS_PER_PAGE, 0) - 1, -1)]
    return {
        "entries": [(entry, company.ledger.stands(entry)) for entry in shown],
        "names": _names(company),
        "paging": _paging(page, len(entries), show="journal"),
    }


def _reports(company: Company, query: Mapping[str, str]) -> dict[str, Any]:
    report = query["report"] if query.get("report") in REPORTS else "trial-balance"
    today = company.today()
    until = _day(query.get("until")) or today
    since = _day(query.get("since")) or date(until.year, 1, 1)
    values: dict[str, Any] = {"reports": REPORTS, "report": report, "since": since, "until": until, "ages": AGES}
    if report == "trial-balance":
        rows = company.ledger.trial_balance(until=until)
        values["rows"] = rows
        values["totals"] = (sum((row.debit for row in rows), ZERO), sum((row.credit for row in rows), ZERO))
    elif report == "profit-and-loss":
        values["statement"] = profit_and_loss(company.ledger, since, until)
    elif report == "balance-sheet":
        values["statement"] = balance_sheet(company.ledger, until)
    else:
        side = Side.RECEIVABLE if report == "aged-receivables" else Side.PAYABLE
        _, documents = company.documents(offset=0, limit=_all_of(company))
        parties = aged(documents, side, today)
        values["parties"] = parties
        values["open"] = {
            currency: [sum((row.amounts[age] for row in parties if row.currency == currency), ZERO) for age in _AGES]
            for currency in sorted({row.currency for row in parties})
        }
        values["until"] = today
    return values


def _people(company: Company, _query: Mapping[str, str]) -> dict[str, Any]:
    return {"deeds": company.people.deeds()}


def _requests(simulator: "Simulator", company: Company, query: Mapping[str, str]) -> dict[str, Any]:
    seen = simulator.requests.listed(company.id, limit=10_000)
    page = _page(query)
    meter = [row for row in simulator.meter.told() if row["company_id"] == company.id]
    return {
        "seen": seen[(page - 1) * ROWS_PER_PAGE :][:ROWS_PER_PAGE],
        "meter": meter,
        "app_names": {app.client_id: app.name for app in simulator.apps.listed()},
        "paging": _paging(page, len(seen), show="requests"),
    }


def _names(company: Company) -> dict[str, str]:
    return {account.id: account.name for account in company.ledger.accounts}


def _all_of(company: Company) -> int:
    total, _ = company.documents(offset=0, limit=0)
    return total


def _page(query: Mapping[str, str]) -> int:
    text = query.get("page", "")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 7 else 1  # noqa: PLR2004 - digits of a page number


def _paging(page: int, total: int, **query: str) -> Paging:
    told = urlencode({name: value for name, value in query.items() if value})
    return Paging(page, max(1, -(-total // ROWS_PER_PAGE)), total, told)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


_VALUES: Mapping[str, Callable[[Company, Mapping[str, str]], dict[str, Any]]] = {
    "documents": _documents,
    "journal": _journal,
    "reports": _reports,
    "people": _people,
}
