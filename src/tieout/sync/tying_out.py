"""Tying out: fetches the books' own trial balance once a day and compares it with what Tieout holds.

The figures of now are compared with documents of now only: pulled just before, with nothing sent by ourselves since.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Account, Kind, Record
from tieout.engine.port import Turn
from tieout.platforms.port import Cause
from tieout.storage.tables.connections import Company
from tieout.storage.tables.work import Intent
from tieout.sync.control_totals import ControlTotal, compare
from tieout.sync.open_books import OpenBooks, load_company_again
from tieout.sync.runs import note_calls
from tieout.sync.scheduling import drawn, plan_next_tie_out
from tieout.sync.snapshots import load_records

DOCUMENT_KINDS: Final = (
    Kind.INVOICE,
    Kind.CREDIT_NOTE,
    Kind.PAYMENT,
    Kind.BILL,
    Kind.VENDOR_CREDIT,
    Kind.BILL_PAYMENT,
)
PULLED_WITHIN_S: Final = 60
"""How old a pull may be for its documents to be compared with the books' own figures of now."""
PULLS_APART_S: Final = 900
"""How long after a pull that we wrote into the books read them once more, just to compare: we may go on writing."""


class Step(StrEnum):
    """What comes next where a comparison is due."""

    COMPARE = "compare"
    PULL = "pull"
    WAIT = "wait"


def plan_tie_out(
    *, pull_began_at: datetime | None, pulled_at: datetime | None, sent_at: datetime | None, now: datetime
) -> Step:
    """What comes next: pure. `sent_at` is when a write of ours was last sent.

    What a write does to other documents is only known from a pull that began after it.
    """
    if pull_began_at is None or pulled_at is None:
        return Step.PULL
    age_s = (now - pulled_at).total_seconds()
    if sent_at is None or sent_at < pull_began_at:
        return Step.COMPARE if 0 <= age_s <= PULLED_WITHIN_S else Step.PULL
    return Step.WAIT if 0 <= age_s < PULLS_APART_S else Step.PULL


async def load_tie_out_step(session: AsyncSession, company: Company, now: datetime) -> Step | None:
    """What comes next of a company's comparison; None while none is due."""
    if not is_tie_out_due(company, now):
        return None
    sent_at = await session.scalar(select(func.max(Intent.last_sent_at)).where(Intent.company_id == company.id))
    began_at = (company.progress or {}).get("started_at")
    return plan_tie_out(
        pull_began_at=None if began_at is None else datetime.fromisoformat(began_at),
        pulled_at=company.last_pulled_at,
        sent_at=sent_at,
        now=now,
    )


def next_try_at(company: Company, step: Step | None) -> datetime | None:
    """When the comparison is to be looked at next; None if there is none to come."""
    if step is Step.WAIT and company.last_pulled_at is not None:
        return company.last_pulled_at + timedelta(seconds=PULLS_APART_S)
    return company.tie_out_due_at


def is_tie_out_due(company: Company, now: datetime) -> bool:
    """Whether the books should be compared now: it is time, and no pull is under way."""
    return company.pull_started_at is None and company.tie_out_due_at is not None and company.tie_out_due_at <= now


async def tie_out(books: OpenBooks, turn: Turn) -> None:
    """Compare the control accounts with the documents, and keep the result with the company."""
    balances = await books.platform.fetch_trial_balance(books.transport(Cause.TIE_OUT), books.company.external_id)
    facts = books.facts
    assert facts is not None, "a company whose pull has finished has told its facts"
    async with books.services.database.read() as session:
        accounts = await load_records(session, books.company.id, Kind.ACCOUNT)
        documents: list[Record] = []
        for kind in DOCUMENT_KINDS:
            documents += (await load_records(session, books.company.id, kind)).values()
    totals = compare(
        [account for account in accounts.values() if isinstance(account, Account)],
        {account_id: Decimal(balance) for account_id, balance in balances.items()},
        documents,
        base_currency=facts.base_currency,
    )
    now = books.services.clock.now()
    async with turn.commit() as session:
        company = await load_company_again(session, books)
        company.tie_out = as_stored(totals, currency=facts.base_currency, at=now, pulled_at=company.last_pulled_at)
        company.tie_out_due_at = plan_next_tie_out(
            now=now, draw=drawn("tie_out", company.platform, company.external_id, now.date())
        )
        await note_calls(session, books, now=now)
    books.company = company


def as_stored(
    totals: tuple[ControlTotal, ...], *, currency: str, at: datetime, pulled_at: datetime | None
) -> dict[str, Any]:
    """The result as a company's row keeps it and the API shows it: amounts in plain digits."""
    return {
        "compared_at": at.isoformat(),
        "documents_as_of": None if pulled_at is None else pulled_at.isoformat(),
        "currency": currency,
        "ties_out": all(total.difference == 0 for total in totals),
        "controls": [
            {
                "control": total.control.value,
                "in_the_books": format(total.in_the_books, "f"),
                "in_the_documents": format(total.in_the_documents, "f"),
                "difference": format(total.difference, "f"),
                "open_documents": total.open_documents,
            }
            for total in totals
        ],
    }
