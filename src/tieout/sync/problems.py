"""Problems of a connection: what its records name in the books and cannot be used there, told before a push fails.

Ledger accounts and tax rates are compared with what is usable now, so a problem is there exactly as long as it is true.
Of customers, vendors and products, `drift` keeps which were archived while they were linked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from tieout.books.records import Kind
from tieout.platforms.errors import Explanation
from tieout.storage.tables.business import Entity, Payable, PayableLine, Product, Receivable, ReceivableLine
from tieout.storage.tables.connections import Company, LedgerAccount, Link, TaxRate
from tieout.storage.tables.drift import InactiveReference
from tieout.storage.tables.tax_mappings import TaxMapping
from tieout.sync.accounting_defaults import default_bill_account_id

USES_MAX: Final = 100
"""Uses of one sort that are looked for and listed; all further ones show as these are mended."""
NOT_YET_BOOKED: Final = ("draft", "new", "approve_in_progress", "rejected")
"""Statuses of bills whose lines will be pushed one day; what was approved says by itself when it is refused."""
_OF_LINKS: Final = ("customer", "vendor", "product")

INACTIVE_ACCOUNT: Final = Explanation(
    code="ledger_account_inactive",
    message="A ledger account is archived in the books, and something of yours is to be booked there.",
    fix="Restore the account in the books; or choose another one for what is listed.",
)
INACTIVE_RATE: Final = Explanation(
    code="tax_rate_not_usable",
    message="A tax rate is archived in the books, and something of yours is to be taxed by it.",
    fix="Restore the rate in the books; or choose another one for what is listed.",
)
ELSEWHERE: Final = Explanation(
    code="belongs_to_another_company",
    message="An account or rate of books that were connected before is named, and the connected ones do not have it.",
    fix="Choose one of the connected books for what is listed.",
)
INACTIVE_RECORD: Final = Explanation(
    code="reference_inactive",
    message="A customer, vendor or product was archived or deleted in the books, and is linked to a record here.",
    fix="Restore it in the books. Documents that name it are refused until then.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Something of the entity's that names a record of the books, and where; settings have no `object_id`."""

    object_type: str
    object_id: UUID | None = None
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something of the books that is named and cannot be used. `id` is ours, where the API shows it by one."""

    kind: str
    explanation: Explanation
    uses: tuple[Use, ...]
    name: str | None = None
    id: UUID | None = None
    external_id: str | None = None
    since_at: datetime | None = None


Uses = Mapping[UUID, Sequence[Use]]


async def load_problems(session: AsyncSession, company: Company, entity_id: UUID) -> list[Problem]:
    """All of them, by kind and name."""
    since = await _load_since(session, company.id)
    accounts = await _uses_of_accounts(session, company, entity_id)
    rates = await _uses_of_rates(session, company, entity_id)
    found = [
        *await _explained(session, company, LedgerAccount, accounts, since),
        *await _explained(session, company, TaxRate, rates, since),
        *await _archived_links(session, company, entity_id, since),
    ]
    return sorted(found, key=lambda problem: (problem.kind, problem.name or "", str(problem.id)))


async def _load_since(session: AsyncSession, company_id: UUID) -> dict[tuple[str, str], InactiveReference]:
    rows = await session.scalars(select(InactiveReference).where(InactiveReference.company_id == company_id))
    return {(row.kind, row.external_id): row for row in rows}


def _unusable(company: Company, model: type[LedgerAccount | TaxRate], column: Any) -> ColumnElement[bool]:
    """Whether a column names something other than a usable one of these books."""
    usable = select(model.id).where(model.company_id == company.id, model.status == "Active")
    return column.is_not(None) & column.not_in(usable)  # type: ignore[no-any-return]  # a column of any table


async def _uses_of_accounts(session: AsyncSession, company: Company, entity_id: UUID) -> Uses:
    entity = await session.get_one(Entity, entity_id)
    named = (entity.settings.get("accounting") or {}).get("ledger_account_ids") or {}
    uses: dict[UUID, list[Use]] = defaultdict(list)
    for field in ("products", "payments"):
        if named.get(field):
            use = Use(object_type="entity_settings", field=f"accounting.ledger_account_ids.{field}")
            uses[UUID(named[field])].append(use)
    if (default_id := default_bill_account_id(entity.settings)) is not None:
        uses[default_id].append(Use(object_type="accounting_defaults", field="ledger_account_ids.bill_lines"))
    unusable = _unusable(company, LedgerAccount, Product.ledger_account_id)
    products = select(Product.ledger_account_id, Product.id).where(
        Product.entity_id == entity_id, Product.deleted_at.is_(None), unusable
    )
    await _collect(session, uses, products, "product", "ledger_account_id")
    await _collect(session, uses, _bill_lines(company, entity_id, LedgerAccount), "payable", "ledger_account_id")
    return uses


async def _uses_of_rates(session: AsyncSession, company: Company, entity_id: UUID) -> Uses:
    entity = await session.get_one(Entity, entity_id)
    uses: dict[UUID, list[Use]] = defaultdict(list)
    deductions = ((entity.settings.get("accounting") or {}).get("tax_ids") or {}).get("deductions")
    if deductions:
        uses[UUID(deductions)].append(Use(object_type="entity_settings", field="accounting.tax_ids.deductions"))
    unusable = _unusable(company, TaxRate, TaxMapping.accounting_tax_rate_id)
    mappings = select(TaxMapping.accounting_tax_rate_id, TaxMapping.id).where(
        TaxMapping.entity_id == entity_id, unusable
    )
    await _collect(session, uses, mappings, "accounting_tax_mapping", "accounting_tax_rate_id")
    await _collect(session, uses, _bill_lines(company, entity_id, TaxRate), "payable", "accounting_tax_rate_id")
    drafts = (
        select(ReceivableLine.accounting_tax_rate_id, Receivable.id)
        .join(Receivable, Receivable.id == ReceivableLine.receivable_id)
        .where(
            Receivable.entity_id == entity_id,
            Receivable.status == "draft",
            Receivable.deleted_at.is_(None),
            _unusable(company, TaxRate, ReceivableLine.accounting_tax_rate_id),
        )
    )
    await _collect(session, uses, drafts, "receivable", "accounting_tax_rate_id")
    return uses


def _bill_lines(company: Company, entity_id: UUID, model: type[LedgerAccount | TaxRate]) -> Select[Any, Any]:
    named: InstrumentedAttribute[UUID | None] = (
        PayableLine.ledger_account_id if model is LedgerAccount else PayableLine.accounting_tax_rate_id
    )
    return (
        select(named, Payable.id)
        .join(Payable, Payable.id == PayableLine.payable_id)
        .where(
            Payable.entity_id == entity_id,
            Payable.status.in_(NOT_YET_BOOKED),
            Payable.deleted_at.is_(None),
            _unusable(company, model, named),
        )
    )


async def _collect(
    session: AsyncSession, uses: dict[UUID, list[Use]], query: Select[Any, Any], object_type: str, field: str
) -> None:
    for named_id, object_id in await session.execute(query.distinct().limit(USES_MAX)):
        uses[named_id].append(Use(object_type=object_type, object_id=object_id, field=field))


async def _explained(
    session: AsyncSession,
    company: Company,
    model: type[LedgerAccount | TaxRate],
    uses: Uses,
    since: Mapping[tuple[str, str], InactiveReference],
) -> list[Problem]:
    """Those of the named ones that cannot be used, and why."""
    kind = "ledger_account" if model is LedgerAccount else "tax_rate"
    rows = await session.execute(
        select(model.id, model.company_id, model.external_id, model.name, model.status).where(model.id.in_(uses))
    )
    known = {row.id: row for row in rows}
    of_kind = (Kind.ACCOUNT if model is LedgerAccount else Kind.TAX_RATE).value
    inactive = INACTIVE_ACCOUNT if model is LedgerAccount else INACTIVE_RATE

    def problems() -> Iterator[Problem]:
        for named_id, own in uses.items():
            row = known.get(named_id)
            is_here = row is not None and row.company_id == company.id
            if is_here and row is not None and row.status == "Active":
                continue
            noted = since.get((of_kind, row.external_id)) if is_here and row is not None else None
            yield Problem(
                kind=kind,
                explanation=inactive if is_here else ELSEWHERE,
                uses=tuple(own[:USES_MAX]),
                name=None if row is None else row.name,
                id=named_id,
                external_id=None if row is None else row.external_id,
                since_at=None if noted is None else noted.since_at,
            )

    return list(problems())


async def _archived_links(
    session: AsyncSession,
    company: Company,
    entity_id: UUID,
    since: Mapping[tuple[str, str], InactiveReference],
) -> list[Problem]:
    found: list[Problem] = []
    for link in await load_links(session, company.id, entity_id, [external_id for _, external_id in since]):
        row = since.get((str(link.external_kind), str(link.external_id)))
        if row is not None:
            object_type = "product" if link.object_type == "product" else "counterpart"
            use = Use(object_type=object_type, object_id=link.object_id, field=link.object_type)
            found.append(
                Problem(
                    kind=link.object_type,
                    explanation=INACTIVE_RECORD,
                    uses=(use,),
                    name=row.name,
                    external_id=row.external_id,
                    since_at=row.since_at,
                )
            )
    return found


async def load_links(
    session: AsyncSession, company_id: UUID, entity_id: UUID, external_ids: Iterable[str]
) -> Sequence[Link]:
    """The links of customers, vendors and products to these records of the books."""
    wanted = sorted(set(external_ids))[: USES_MAX * 10]
    if not wanted:
        return ()
    rows = await session.scalars(
        select(Link).where(
            Link.company_id == company_id,
            Link.entity_id == entity_id,
            Link.object_type.in_(_OF_LINKS),
            Link.external_id.in_(wanted),
        )
    )
    return rows.all()
