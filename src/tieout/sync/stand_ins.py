"""Stand-ins: items for sales lines that name no product of the catalogue. Pure.

Some books let a sales line reach its ledger account only through an item. A line with a product of its own words, and
the line of a deduction, have none; they share one item for each ledger account, made when it is first needed. The
line's own description tells what was sold.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from tieout.kit.identifiers import derived_id
from tieout.sync.drafts import DocumentDraft, DraftLine, ItemDraft
from tieout.sync.mapping import Chart, KnownAccount

_KIND: Final = "stand_in_item"


def stand_in_id(company_id: UUID, account: KnownAccount) -> UUID:
    """Our id of the item that stands in for a ledger account's products."""
    return derived_id(company_id, _KIND, account.external_id)


def stand_in_name(account: KnownAccount) -> str:
    """What it is called in the books."""
    return f"{account.name} (general)"


def with_stand_ins(draft: DocumentDraft, chart: Chart, company_id: UUID) -> DocumentDraft:
    """The same document, each of its lines with a product; a line whose ledger account is unknown stays as it is."""
    return replace(draft, lines=tuple(_with_product(line, chart, company_id) for line in draft.lines))


def _with_product(line: DraftLine, chart: Chart, company_id: UUID) -> DraftLine:
    account_id = line.account_id or chart.default_sales_account_id
    account = None if account_id is None else chart.accounts.get(account_id)
    if line.product_id is not None or account is None:
        return line
    return replace(line, product_id=stand_in_id(company_id, account))


def stand_in_draft(object_id: UUID, accounts: Iterable[KnownAccount], company_id: UUID) -> ItemDraft | None:
    """The item that has this id of ours, or None when it stands for no ledger account."""
    account = next((one for one in accounts if stand_in_id(company_id, one) == object_id), None)
    if account is None:
        return None
    return ItemDraft(
        id=object_id,
        version=1,
        name=stand_in_name(account),
        code=None,
        description=None,
        unit_price=None,
        currency=None,
        account_id=account.id,
    )
