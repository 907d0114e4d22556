"""Mapping: what the partner's records name is found in the connected books, or refused with what to do."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.platforms.errors import Explanation, Next, WriteRefused
from tieout.sync.mapping import Chart, KnownAccount, KnownTaxMapping, KnownTaxRate, TaxToMap, map_account, map_tax_rate

SALES = KnownAccount(id=UUID(int=1), external_id="200", name="Sales", active=True, type="Income")
OLD = KnownAccount(id=UUID(int=2), external_id="201", name="Old sales", active=False, type="Income")
RENT = KnownAccount(id=UUID(int=3), external_id="469", name="Rent", active=True, type="Expense")
ODD = KnownAccount(id=UUID(int=4), external_id="900", name="Odd", active=True, type="Unknown")


def rate(number: int, percent: str, **more: object) -> KnownTaxRate:
    sides = {"active": True, "on_sales": True, "on_purchases": True}
    name = f"Rate {number}"
    return KnownTaxRate(
        id=UUID(int=number),
        external_id=f"T{number}",
        name=name,
        effective_rate=Decimal(percent),
        **{**sides, **more},  # type: ignore[arg-type] # its flags
    )


STANDARD = rate(10, "20")
REDUCED = rate(11, "5.0")
ON_PURCHASES = rate(12, "17.5", on_sales=False)
ARCHIVED = rate(13, "15", active=False)
CHART = Chart(accounts={SALES.id: SALES, OLD.id: OLD}, tax_rates=[STANDARD, REDUCED, ON_PURCHASES, ARCHIVED])


def refusal(work: Callable[[], object]) -> Explanation:
    with pytest.raises(WriteRefused) as caught:
        work()
    assert caught.value.next_step is Next.SOMEBODY_MUST_ACT
    assert caught.value.explanation.fix
    return caught.value.explanation


def tax(
    rate_id: UUID | None,
    value: int,
    *,
    on_sales: bool = True,
    chart: Chart = CHART,
    account: KnownAccount | None = None,
) -> KnownTaxRate | None:
    wanted = TaxToMap(on_sales=on_sales, value=value, rate_id=rate_id, account=account)
    return map_tax_rate(chart, wanted, field="line_items.0.rate")


def test_a_named_account_of_the_books_is_used() -> None:
    assert map_account(CHART, SALES.id, field="line_items.0.account") == SALES


@pytest.mark.parametrize(
    ("account_id", "code", "says"),
    [
        (None, "ledger_account_missing", "no default"),
        (UUID(int=99), "belongs_to_another_company", "does not exist in the connected books"),
        (OLD.id, "ledger_account_inactive", "“Old sales” is archived"),
    ],
)
def test_an_account_that_cannot_be_used_is_refused_with_its_field(
    account_id: UUID | None, code: str, says: str
) -> None:
    why = refusal(lambda: map_account(CHART, account_id, field="line_items.3.account"))
    assert (why.code, why.field) == (code, "line_items.3.account")
    assert says in why.message


def test_a_named_rate_is_used_on_the_side_it_is_meant_for() -> None:
    assert tax(STANDARD.id, 2000) == STANDARD
    assert tax(ON_PURCHASES.id, 1750, on_sales=False) == ON_PURCHASES


def test_an_unnamed_rate_is_the_only_one_of_its_value() -> None:
    assert tax(None, 2000) == STANDARD
    assert tax(None, 500, on_sales=False) == REDUCED
    assert tax(None, 1750, on_sales=False) == ON_PURCHASES


@pytest.mark.parametrize(
    ("rate_id", "value", "on_sales", "code", "says"),
    [
        (UUID(int=99), 2000, True, "belongs_to_another_company", "does not exist in the connected books"),
        (ARCHIVED.id, 1500, True, "tax_rate_not_usable", "“Rate 13” is archived or not meant"),
        (ON_PURCHASES.id, 1750, True, "tax_rate_not_usable", "“Rate 12” is archived or not meant"),
        (None, 1500, True, "tax_rate_missing", "no active rate of 15 % for sales"),
        (None, 1750, True, "tax_rate_missing", "no active rate of 17.5 % for sales"),
        (None, 1, False, "tax_rate_missing", "no active rate of 0.01 % for purchases"),
        (None, 10_000, False, "tax_rate_missing", "no active rate of 100 % for purchases"),
    ],
)
def test_a_rate_that_cannot_be_used_is_refused_with_its_field(
    rate_id: UUID | None, value: int, *, on_sales: bool, code: str, says: str
) -> None:
    why = refusal(lambda: tax(rate_id, value, on_sales=on_sales))
    assert (why.code, why.field) == (code, "line_items.0.rate")
    assert says in why.message


def test_a_rate_of_more_digits_than_the_contract_holds_is_found_by_its_value_rounded() -> None:
    quebec = rate(17, "14.975")
    assert tax(None, 1498, chart=Chart(accounts={}, tax_rates=[quebec, STANDARD])) == quebec
    exactly = rate(18, "14.98")
    assert tax(None, 1498, chart=Chart(accounts={}, tax_rates=[quebec, exactly])) == exactly
    twins = Chart(accounts={}, tax_rates=[quebec, rate(19, "14.981")])
    assert refusal(lambda: tax(None, 1498, chart=twins)).code == "tax_rate_ambiguous"


def test_several_rates_of_one_value_are_listed_for_the_person_to_choose() -> None:
    twins = Chart(accounts={}, tax_rates=[STANDARD, rate(14, "20.00"), REDUCED])
    why = refusal(lambda: tax(None, 2000, chart=twins))
    assert why.code == "tax_rate_ambiguous"
    assert all(name in why.message for name in ("“Rate 10”", "“Rate 14”", str(STANDARD.id), "20 %"))
    assert "Rate 11" not in why.message
    assert [(each.id, each.name) for each in why.candidates] == [
        (str(STANDARD.id), "Rate 10"),
        (str(UUID(int=14)), "Rate 14"),
    ]
    assert tax(STANDARD.id, 2000, chart=twins) == STANDARD


def test_a_line_without_tax_needs_no_rate_where_there_is_none_and_the_only_one_otherwise() -> None:
    zero = rate(15, "0")
    assert tax(None, 0) is None
    assert tax(None, 0, chart=Chart(accounts={}, tax_rates=[zero, STANDARD])) == zero
    several = Chart(accounts={}, tax_rates=[zero, rate(16, "0.000")])
    assert refusal(lambda: tax(None, 0, chart=several)).code == "tax_rate_ambiguous"


OUTPUT = rate(20, "15", on_purchases=False, applies_to=frozenset({"Asset", "Income"}))
INPUT = rate(21, "15", on_sales=False, applies_to=frozenset({"Asset", "Expense"}))
BY_ACCOUNT = Chart(accounts={SALES.id: SALES, RENT.id: RENT}, tax_rates=[OUTPUT, INPUT])


def test_a_rate_is_held_to_the_types_of_accounts_that_the_books_allow_it_with() -> None:
    assert tax(None, 1500, chart=BY_ACCOUNT, account=SALES) == OUTPUT
    assert tax(None, 1500, on_sales=False, chart=BY_ACCOUNT, account=RENT) == INPUT
    why = refusal(lambda: tax(INPUT.id, 1500, on_sales=False, chart=BY_ACCOUNT, account=SALES))
    assert why.code == "tax_rate_not_allowed"
    assert "“Rate 21”" in why.message
    assert "“Sales”" in why.message
    why = refusal(lambda: tax(None, 1500, chart=BY_ACCOUNT, account=RENT))
    assert why.code == "tax_rate_missing"
    assert "“Rent”" in why.message


def test_a_rate_that_was_chosen_for_an_account_that_allows_it_is_used_on_either_side() -> None:
    assert tax(INPUT.id, 1500, on_sales=True, chart=BY_ACCOUNT, account=RENT) == INPUT
    assert tax(OUTPUT.id, 1500, on_sales=True, chart=BY_ACCOUNT, account=ODD) == OUTPUT


STANDARD_VAT, GERMAN_VAT = UUID(int=901), UUID(int=902)


def mapping(to: KnownTaxRate, *, value: str | None = None, **more: object) -> KnownTaxMapping:
    told = {"on_sales": True, "vat_rate_id": None, "country": None, **more}
    exact = None if value is None else Decimal(value)
    return KnownTaxMapping(value=exact, tax_rate_id=to.id, **told)  # type: ignore[arg-type] # its fields


TWIN, ABROAD, ODD_RATE = rate(30, "20"), rate(31, "0"), rate(32, "8.875")
MAPPED = Chart(
    accounts={},
    tax_rates=[STANDARD, TWIN, ABROAD, ODD_RATE, ARCHIVED],
    tax_mappings=[
        mapping(TWIN, value="2000"),
        mapping(ABROAD, value="2000", country="DE"),
        mapping(STANDARD, vat_rate_id=STANDARD_VAT),
        mapping(ODD_RATE, vat_rate_id=GERMAN_VAT, country="DE"),
        mapping(ARCHIVED, value="1500"),
        mapping(REDUCED, value="700"),
    ],
)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, TWIN),
        ({"country": "FR"}, TWIN),
        ({"country": "DE"}, ABROAD),
        ({"country": "DE", "vat_rate_id": STANDARD_VAT}, STANDARD),
        ({"country": "DE", "vat_rate_id": GERMAN_VAT}, ODD_RATE),
        ({"country": "FR", "vat_rate_id": GERMAN_VAT}, TWIN),
        ({"country": "DE", "vat_rate_id": GERMAN_VAT, "rate_id": TWIN.id}, TWIN),
        ({"on_sales": False}, "tax_rate_ambiguous"),
        ({"value": 1500}, "tax_rate_not_usable"),
        ({"value": 700}, "belongs_to_another_company"),
        ({"value": Decimal("887.5")}, ODD_RATE),
        ({"value": 0}, ABROAD),
    ],
)
def test_what_the_line_names_outranks_the_mapping_and_the_narrower_mapping_the_wider(
    more: dict[str, object], found: KnownTaxRate | str
) -> None:
    wanted = TaxToMap(**{"on_sales": True, "value": 2000, **more})  # type: ignore[arg-type] # its fields
    if isinstance(found, str):
        why = refusal(lambda: map_tax_rate(MAPPED, wanted, field="rate"))
        assert why.code == found
        assert ("mapping of" in why.fix) == (found != "tax_rate_ambiguous")
    else:
        assert map_tax_rate(MAPPED, wanted, field="rate") == found


RATES = st.tuples(
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.none() | st.frozensets(st.sampled_from(("Income", "Expense"))),
)


@given(
    drawn=st.lists(RATES, max_size=6),
    named=st.none() | st.integers(0, 5),
    value=st.integers(0, 3),
    on_sales=st.booleans(),
    account=st.sampled_from((None, SALES, RENT, ODD)),
)
def test_what_is_chosen_is_active_and_allowed_the_explicit_one_wins_and_the_equal_ones_are_listed(
    drawn: list[tuple[int, bool, bool, bool, frozenset[str] | None]],
    named: int | None,
    value: int,
    on_sales: bool,
    account: KnownAccount | None,
) -> None:
    rates = [
        rate(20 + i, str(percent), active=active, on_sales=sales, on_purchases=purchases, applies_to=types)
        for i, (percent, active, sales, purchases, types) in enumerate(drawn)
    ]
    chart = Chart(accounts={}, tax_rates=rates)
    rate_id = None if named is None else UUID(int=20 + named)
    try:
        found = tax(rate_id, value * 100, on_sales=on_sales, chart=chart, account=account)
    except WriteRefused as refusal:
        why = refusal.explanation
    else:
        if rate_id is not None:
            assert found is not None
            assert found.id == rate_id
        if found is None:
            assert value == 0
            return
        assert found.active
        by_type = found.applies_to is not None and account in (SALES, RENT)
        assert account is None or not by_type or account.type in (found.applies_to or ())
        assert (by_type and rate_id is not None) or found.serves(on_sales=on_sales)
        return
    if rate_id is not None:
        assert why.code in {"belongs_to_another_company", "tax_rate_not_usable", "tax_rate_not_allowed"}
        return
    equal = {
        str(each.id)
        for each in rates
        if each.active
        and each.serves(on_sales=on_sales)
        and each.effective_rate == value
        and (account not in (SALES, RENT) or each.applies_to is None or account.type in each.applies_to)
    }
    assert {each.id for each in why.candidates} == (equal if why.code == "tax_rate_ambiguous" else set())
    assert len(equal) > 1 if why.code == "tax_rate_ambiguous" else not equal


@given(st.lists(st.tuples(st.integers(0, 3000), st.booleans(), st.booleans()), max_size=6), st.integers(0, 3000))
def test_an_unnamed_rate_is_found_exactly_when_one_usable_rate_has_the_value(
    rates: list[tuple[int, bool, bool]], value: int
) -> None:
    chart = Chart(
        accounts={},
        tax_rates=[
            rate(20 + i, str(Decimal(percent) / 100), active=active, on_sales=on_sales)
            for i, (percent, active, on_sales) in enumerate(rates)
        ],
    )
    fitting = [one for one, (percent, active, side) in zip(chart.tax_rates, rates, strict=True)
               if percent == value and active and side]  # fmt: skip
    if len(fitting) == 1:
        assert tax(None, value, chart=chart) == fitting[0]
    elif not fitting and value == 0:
        assert tax(None, value, chart=chart) is None
    else:
        expected = "tax_rate_ambiguous" if fitting else "tax_rate_missing"
        assert refusal(lambda: tax(None, value, chart=chart)).code == expected
