"""Cures: which news are worth another try of a refused write, and which changes are none."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.books.changes import Change, ExternalRef, Tombstone, Version
from tieout.books.encoding import encode_record
from tieout.books.records import Account, AccountType, Company, Kind, Party, Record
from tieout.platforms.errors import Explanation, WriteRefused
from tieout.platforms.port import Operation, Write
from tieout.sync.cures import DAILY, words_of_changes, words_of_refusal

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
COMPANY = Company(external_id="1", name="Books", base_currency="EUR")


def refused(code: str) -> WriteRefused:
    return WriteRefused(Explanation(code, "It was refused.", "Mend it."))


def party(name: str) -> Party:
    return Party(name=name, marker="m")


def write_of(record: Party, *accounts: Account) -> Write:
    named = {one.external_id: one for one in accounts}
    return Write(
        operation=Operation.CREATE, kind=Kind.CUSTOMER, record=record, key="k", company=COMPANY, accounts=named
    )


def account(**more: object) -> Account:
    fields: dict[str, object] = {
        "external_id": "55",
        "name": "Paper",
        "type": AccountType.EXPENSE,
        "current_balance": Decimal(1),
    }
    return Account(**{**fields, **more})  # type: ignore[arg-type]  # the fields of an account


def arriving(kind: Kind, external_id: str, record: Record) -> Change:
    return Change(ref=ExternalRef(kind, external_id), version=Version(None, None), record=record, raw=b"{}")


def known(kind: Kind, external_id: str, record: Record) -> dict[tuple[str, str], bytes | None]:
    return {(kind.value, external_id): encode_record(record)}


def test_a_write_waits_for_the_very_accounts_that_it_names() -> None:
    assert words_of_refusal(refused("ledger_account_inactive"), write_of(party("Acme"), account())) == [
        "account:55",
        "settings_change",
    ]


def test_what_was_refused_before_it_was_planned_waits_for_anything_of_the_kind() -> None:
    assert words_of_refusal(refused("tax_rate_missing"), None) == ["account:*", "settings_change", "tax_rate:*"]


def test_a_taken_name_waits_until_somebody_gives_it_up() -> None:
    assert words_of_refusal(refused("name_taken"), write_of(party("Acme Ltd"))) == ["freed:party:acme ltd"]


@pytest.mark.parametrize("code", ["number_too_long", "vendor_refused", "push_not_built"])
def test_what_no_news_can_cure_waits_for_none(code: str) -> None:
    assert words_of_refusal(refused(code), write_of(party("Acme"))) == []


def test_a_closing_date_that_we_have_not_read_is_tried_daily_and_one_that_we_have_is_not() -> None:
    assert words_of_refusal(refused("period_closed"), write_of(party("Acme"))) == ["company:*", DAILY]
    assert words_of_refusal(refused("period_closed"), None) == ["company:*"]


def test_a_balance_that_moves_is_no_news_and_an_archived_account_is() -> None:
    before = known(Kind.ACCOUNT, "55", account())
    moved = arriving(Kind.ACCOUNT, "55", account(current_balance=Decimal(2)))
    archived = arriving(Kind.ACCOUNT, "55", account(active=False))
    assert words_of_changes([moved], before) == frozenset()
    assert words_of_changes([archived], before) == {"account:55", "account:*"}


def test_who_is_renamed_archived_or_deleted_gives_the_name_up() -> None:
    before = known(Kind.CUSTOMER, "7", party("Acme"))
    renamed = arriving(Kind.CUSTOMER, "7", party("Emca"))
    archived = arriving(Kind.CUSTOMER, "7", Party(name="Acme", marker="m", active=False))
    gone = Tombstone(ExternalRef(Kind.CUSTOMER, "7"), AT)
    for change in (renamed, archived, gone):
        assert "freed:party:acme" in words_of_changes([change], before)
    assert words_of_changes([arriving(Kind.CUSTOMER, "8", party("Acme"))], {}) == {"customer:8", "customer:*"}
