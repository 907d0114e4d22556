from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.sandbox.ledger import (
    DocumentRef,
    Draft,
    Ledger,
    LedgerError,
    Nature,
    UnbalancedEntryError,
    UnknownAccountError,
    credit,
    debit,
    plain,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
INVOICE = DocumentRef("Invoice", "1")


def a_ledger() -> Ledger:
    ledger = Ledger()
    ledger.open_account("84", "Receivable", Nature.ASSET)
    ledger.open_account("79", "Sales", Nature.INCOME)
    ledger.open_account("90", "Tax", Nature.LIABILITY)
    return ledger


def a_sale(amount: str, on: date = DAY) -> Draft:
    figure = Decimal(amount)
    return Draft(INVOICE, on, [debit("84", figure), credit("79", figure)])


def test_an_entry_moves_its_accounts() -> None:
    ledger = a_ledger()
    ledger.post(a_sale("100.00"), at=AT)
    assert ledger.balance("84") == Decimal("100.00")
    assert ledger.balance("79") == Decimal("-100.00")


def test_an_unbalanced_entry_is_refused_and_leaves_nothing() -> None:
    ledger = a_ledger()
    with pytest.raises(UnbalancedEntryError):
        ledger.post(Draft(INVOICE, DAY, [debit("84", Decimal(1)), credit("79", Decimal("0.99"))]), at=AT)
    assert ledger.entries == []
    assert ledger.balance("84") == 0


def test_an_unknown_account_is_refused() -> None:
    with pytest.raises(UnknownAccountError):
        a_ledger().post(Draft(INVOICE, DAY, [debit("1", Decimal(1)), credit("79", Decimal(1))]), at=AT)


def test_a_second_entry_for_the_same_document_is_refused() -> None:
    ledger = a_ledger()
    ledger.post(a_sale("1.00"), at=AT)
    with pytest.raises(LedgerError):
        ledger.post(a_sale("1.00"), at=AT)


def test_a_repost_reverses_on_the_old_day_and_keeps_the_history() -> None:
    ledger = a_ledger()
    ledger.post(a_sale("100.00"), at=AT)
    ledger.repost(a_sale("80.00", date(2026, 4, 1)), at=AT)
    assert ledger.balance("84", until=DAY) == 0
    assert ledger.balance("84") == Decimal("80.00")
    assert [entry.reverses for entry in ledger.history(INVOICE)] == [None, 1, None]


def test_reposting_the_same_entry_writes_nothing() -> None:
    ledger = a_ledger()
    first = ledger.post(a_sale("100.00"), at=AT)
    assert ledger.repost(a_sale("100.00"), at=AT) is first
    assert len(ledger.entries) == 1


def test_an_entry_of_zeros_is_no_entry() -> None:
    ledger = a_ledger()
    assert ledger.post(a_sale("0.00"), at=AT) is None
    assert ledger.standing(INVOICE) is None


def test_a_negative_debit_is_a_credit() -> None:
    assert debit("84", Decimal(-5)) == credit("84", Decimal(5))


def test_a_trial_balance_of_a_day_does_not_see_later_entries() -> None:
    ledger = a_ledger()
    ledger.post(a_sale("100.00", date(2026, 4, 1)), at=AT)
    assert ledger.trial_balance(until=DAY) == []
    assert [row.account.id for row in ledger.trial_balance()] == ["84", "79"]


def test_figures_are_told_as_plain_digits() -> None:
    assert [plain(Decimal(text)) for text in ("1E+3", "-0.00", "0.005", "7")] == ["1000.00", "0.00", "0.005", "7.00"]


AMOUNTS = st.decimals(min_value=Decimal(-9999), max_value=Decimal(9999), places=2)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["repost", "reverse"]),
        st.integers(min_value=1, max_value=4),
        AMOUNTS,
        AMOUNTS,
        st.dates(min_value=date(2025, 1, 1), max_value=date(2026, 12, 31)),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_the_books_balance(steps: list[tuple[str, int, Decimal, Decimal, date]]) -> None:
    ledger = a_ledger()
    standing: dict[int, Decimal] = {}
    for what, number, net, tax, on in steps:
        ref = DocumentRef("Invoice", str(number))
        if what == "reverse":
            ledger.reverse(ref, at=AT)
            standing.pop(number, None)
        else:
            lines = [debit("84", net + tax), credit("79", net), credit("90", tax)]
            ledger.repost(Draft(ref, on, lines), at=AT)
            standing[number] = net + tax
    ledger.assert_balanced()
    assert ledger.balance("84") == sum(standing.values(), Decimal(0))
    rows = ledger.trial_balance()
    assert sum(row.debit for row in rows) == sum(row.credit for row in rows)


@given(STEPS, st.dates(date(2024, 12, 1), date(2027, 2, 1)), st.dates(date(2024, 12, 1), date(2027, 2, 1)))
def test_running_totals_of_any_days_are_the_sum_of_the_entries(
    steps: list[tuple[str, int, Decimal, Decimal, date]], since: date, until: date
) -> None:
    ledger = a_ledger()
    for what, number, net, tax, on in steps:
        ref = DocumentRef("Invoice", str(number))
        if what == "reverse":
            ledger.reverse(ref, at=AT)
        else:
            ledger.repost(Draft(ref, on, [debit("84", net + tax), credit("79", net), credit("90", tax)]), at=AT)
    for account in ledger.accounts:
        summed = {"all": Decimal(0), "until": Decimal(0), "since": Decimal(0), "both": Decimal(0)}
        for entry in ledger.entries:
            moved = sum((line.net for line in entry.lines if line.account_id == account.id), Decimal(0))
            summed["all"] += moved
            summed["until"] += moved if entry.date <= until else 0
            summed["since"] += moved if entry.date >= since else 0
            summed["both"] += moved if since <= entry.date <= until else 0
        assert ledger.balance(account.id) == summed["all"]
        assert ledger.balance(account.id, until=until) == summed["until"]
        assert ledger.balance(account.id, since=since) == summed["since"]
        if since <= until:
            assert ledger.balance(account.id, since=since, until=until) == summed["both"]
            found = ledger.postings(account.id, since=since, until=until)
            assert sum((line.net for _, line in found), Decimal(0)) == summed["both"]
            assert all(ledger.stands(entry) and since <= entry.date <= until for entry, _ in found)
            assert [entry.date for entry, _ in found] == sorted(entry.date for entry, _ in found)


def test_postings_leave_out_what_was_taken_back() -> None:
    ledger = a_ledger()
    ledger.post(a_sale("100.00"), at=AT)
    ledger.repost(a_sale("80.00", date(2026, 4, 1)), at=AT)
    ((entry, line),) = ledger.postings("84")
    assert (entry.date, line.net) == (date(2026, 4, 1), Decimal("80.00"))
    ledger.reverse(INVOICE, at=AT)
    assert ledger.postings("84") == []
    assert (ledger.is_used("84"), ledger.is_used("90")) == (True, False)


def test_the_books_may_begin_on_the_first_day_there_is() -> None:
    ledger = a_ledger()
    ledger.post(a_sale("5.00", date.min), at=AT)
    assert ledger.balance("84", since=date.min, until=date.min) == Decimal("5.00")
