"""Snapshots: the last seen state of every record in the books, written in bulk and read back as canonical records."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table as CoreTable
from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, ExternalRef, Page, Tombstone
from tieout.books.encoding import decode_record, encode_record
from tieout.books.records import Account, AccountType, Kind, Record, TaxRate, Untranslated
from tieout.kit.identifiers import derived_id
from tieout.kit.money import rounded, to_minor
from tieout.storage.tables.connections import LedgerAccount, Snapshot
from tieout.storage.tables.connections import TaxRate as TaxRateRow
from tieout.storage.upserts import upsert
from tieout.sync.keying import save_keys

IDS_PER_QUERY_MAX: Final = 500

_CHART: Final[tuple[tuple[Kind, type[LedgerAccount | TaxRateRow]], ...]] = (
    (Kind.ACCOUNT, LedgerAccount),
    (Kind.TAX_RATE, TaxRateRow),
)


async def save_changes(
    session: AsyncSession, company_id: UUID, changes: Sequence[Change | Tombstone], *, base_currency: str, now: datetime
) -> None:
    """Write a page: snapshots, the chart of accounts and the tax rates, and what is gone."""
    living = {(change.ref.kind, change.ref.external_id): change for change in changes if isinstance(change, Change)}
    gone = [change for change in changes if isinstance(change, Tombstone)]
    rows = [_snapshot_row(company_id, change, now) for change in living.values()]
    await upsert(session, Snapshot, rows, key=("company_id", "kind", "external_id"), keep=("first_seen_at",))
    records = [change.record for change in living.values()]
    accounts = [_account_row(company_id, record, base_currency) for record in records if isinstance(record, Account)]
    await upsert(session, LedgerAccount, accounts, key=("id",))
    rates = [_tax_rate_row(company_id, record) for record in records if isinstance(record, TaxRate)]
    await upsert(session, TaxRateRow, rates, key=("id",))
    await _mark_gone(session, company_id, gone, now)
    await save_keys(session, company_id, [*living.values(), *gone])


async def list_absent(
    session: AsyncSession, company_id: UUID, page: Page, now: datetime, *, pull_began_at: datetime
) -> list[Tombstone]:
    """What a page says by leaving it out.

    Of the kinds that are whole on it, what we know and it lacks is gone; of those that were read through since the pull
    began, what we know and have not seen since.
    """
    if not (page.whole or page.read_through):
        return []
    present = {change.ref for change in page.changes}
    was_seen_before = and_(
        Snapshot.kind.in_([kind.value for kind in page.read_through]), Snapshot.seen_at < pull_began_at
    )
    known = await session.execute(
        select(Snapshot.kind, Snapshot.external_id).where(
            Snapshot.company_id == company_id,
            Snapshot.gone_at.is_(None),
            or_(Snapshot.kind.in_([kind.value for kind in page.whole]), was_seen_before),
        )
    )
    refs = (ExternalRef(Kind(kind), external_id) for kind, external_id in known)
    return [Tombstone(ref, now) for ref in refs if ref not in present]


def _snapshot_row(company_id: UUID, change: Change, now: datetime) -> dict[str, Any]:
    untranslated = isinstance(change.record, Untranslated)
    return {
        "company_id": company_id,
        "kind": change.ref.kind.value,
        "external_id": change.ref.external_id,
        "version_token": change.version.token,
        "changed_at": change.version.updated_at,
        "raw": change.raw,
        "canonical": None if untranslated else encode_record(change.record),
        "untranslated": change.record.reason if isinstance(change.record, Untranslated) else None,
        "gone_at": None,
        "first_seen_at": now,
        "seen_at": now,
    }


def _account_row(company_id: UUID, account: Account, base_currency: str) -> dict[str, Any]:
    currency = account.currency or base_currency
    balance = account.current_balance
    return {
        "id": derived_id(company_id, "account", account.external_id),
        "company_id": company_id,
        "external_id": account.external_id,
        "name": account.name,
        "type": account.type.value if isinstance(account.type, AccountType) else str(account.type),
        "subtype": account.subtype,
        "nominal_code": account.code,
        "description": account.description,
        "currency": currency,
        "current_balance": None if balance is None else to_minor(rounded(balance, currency), currency),
        "is_bank_account": account.is_bank,
        "takes_payments": account.takes_payments,
        "status": "Active" if account.active else "Archived",
    }


def _tax_rate_row(company_id: UUID, rate: TaxRate) -> dict[str, Any]:
    return {
        "id": derived_id(company_id, "tax_rate", rate.external_id),
        "company_id": company_id,
        "external_id": rate.external_id,
        "name": rate.name,
        "code": rate.code,
        "status": "Active" if rate.active else "Archived",
        "effective_rate": rate.effective_rate,
        "total_rate": rate.total_rate,
        "components": [
            {"name": part.name, "rate": format(part.rate, "f"), "is_compound": part.is_compound}
            for part in rate.components
        ],
        "on_sales": rate.on_sales,
        "on_purchases": rate.on_purchases,
        "applies_to": None if rate.applies_to is None else [each.value for each in rate.applies_to],
    }


async def _mark_gone(session: AsyncSession, company_id: UUID, gone: Sequence[Tombstone], now: datetime) -> None:
    """One prepared statement for all, below the ORM, whose own bulk updates find rows by their whole key only."""
    if not gone:
        return
    columns = Snapshot.__table__.c
    await (await session.connection()).execute(
        update(cast("CoreTable", Snapshot.__table__))
        .where(
            columns.company_id == company_id,
            columns.kind == bindparam("gone_kind"),
            columns.external_id == bindparam("gone_id"),
        )
        .values(gone_at=bindparam("at")),
        [
            {"gone_kind": stone.ref.kind.value, "gone_id": stone.ref.external_id, "at": stone.at or now}
            for stone in gone
        ],
    )
    for kind, table in _CHART:
        ids = [derived_id(company_id, kind.value, stone.ref.external_id) for stone in gone if stone.ref.kind is kind]
        if ids:
            await session.execute(
                update(table)
                .where(table.company_id == company_id, table.id.in_(ids))
                .values(status="Archived")
                .execution_options(synchronize_session=False)
            )


async def load_records(
    session: AsyncSession, company_id: UUID, kind: Kind, external_ids: Iterable[str] | None = None
) -> dict[str, Record]:
    """Canonical records of a kind that are still in the books, by their id; all of them, or those asked for."""
    query = select(Snapshot.external_id, Snapshot.canonical).where(
        Snapshot.company_id == company_id,
        Snapshot.kind == kind.value,
        Snapshot.gone_at.is_(None),
        Snapshot.canonical.is_not(None),
    )
    if external_ids is None:
        rows = list(await session.execute(query))
    else:
        wanted = sorted(set(external_ids))
        rows = []
        for start in range(0, len(wanted), IDS_PER_QUERY_MAX):
            part = wanted[start : start + IDS_PER_QUERY_MAX]
            rows += list(await session.execute(query.where(Snapshot.external_id.in_(part))))
    return {external_id: decode_record(kind, canonical) for external_id, canonical in rows if canonical is not None}
