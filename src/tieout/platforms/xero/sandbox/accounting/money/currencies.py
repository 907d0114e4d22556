"""The currencies of an organisation, and which rate a document or a payment takes.

Source: currencies page (list and add, no way to take one away); payments page (`BankAmount` is preferred to
`CurrencyRate` where the account's currency differs).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.money.rates import LEVELS, day_rate
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Currency
from tieout.platforms.xero.sandbox.accounting.shapes import View
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written
from tieout.platforms.xero.sandbox.wire import CENT, RATE, half_up

NAMES = {
    "AED": "United Arab Emirates Dirham", "AUD": "Australian Dollar", "BRL": "Brazilian Real",
    "CAD": "Canadian Dollar", "CHF": "Swiss Franc", "CNY": "Chinese Yuan Renminbi", "CZK": "Czech Koruna",
    "DKK": "Danish Krone", "EUR": "Euro", "FJD": "Fijian Dollar", "GBP": "British Pound", "HKD": "Hong Kong Dollar",
    "HUF": "Hungarian Forint", "IDR": "Indonesian Rupiah", "ILS": "Israeli New Shekel", "INR": "Indian Rupee",
    "JPY": "Japanese Yen", "KES": "Kenyan Shilling", "KRW": "South Korean Won", "MXN": "Mexican Peso",
    "MYR": "Malaysian Ringgit", "NOK": "Norwegian Krone", "NZD": "New Zealand Dollar",
    "PGK": "Papua New Guinean Kina", "PHP": "Philippine Peso", "PLN": "Polish Zloty", "SEK": "Swedish Krona",
    "SGD": "Singapore Dollar", "THB": "Thai Baht", "TRY": "Turkish Lira", "TWD": "Taiwan New Dollar",
    "USD": "United States Dollar", "VND": "Vietnamese Dong", "WST": "Samoan Tala", "ZAR": "South African Rand",
}  # fmt: skip
assert NAMES.keys() == LEVELS.keys()
WORDS = vocabulary("Code Description")
MULTICURRENCY = "UseMulticurrency"
"""The action that says whether the plan has more than one currency."""
NO_PLAN = "The organisation's plan does not include multiple currencies"
RATE_MAX = 10**9
"""What a rate stays below."""
RATE_LOW, RATE_HIGH = Decimal("0.5"), Decimal(2)
"""A rate beyond these multiples of the day's is warned about."""
DOUBTFUL = "The currency rate may be incorrect."


def not_subscribed(code: str) -> str:
    """The reported refusal of a currency that the organisation has not added."""
    return f"Organisation is not subscribed to currency {code}"


def write_currency(writing: Writing, element: Element) -> Written:
    """Subscribe an organisation to a currency. There is no way back."""
    element.check(WORDS)
    organisation = writing.organisation
    code = (element.text("Code") or "").strip().upper()
    if code not in NAMES:
        raise InvalidError(f"Currency code '{code}' is not valid")
    known = organisation.currencies.get(code)
    if known is not None:
        return Written(known)
    if MULTICURRENCY in organisation.refused_actions:
        raise InvalidError(NO_PLAN)
    return Written(subscribe(organisation, code))


def subscribe(organisation: Organisation, code: str) -> Currency:
    """Add a currency to an organisation."""
    organisation.currencies[code] = Currency(id=code, updated_at=organisation.now(), name=NAMES[code])
    return organisation.currencies[code]


def show_currency(_organisation: Organisation, currency: Currency, _view: View) -> Mapping[str, Any]:
    """A currency."""
    return {"Code": currency.id, "Description": currency.name}


def check_subscribed(organisation: Organisation, code: str) -> str:
    """A currency code in capitals, or `InvalidError` when the organisation has not added it."""
    code = code.upper()
    if code not in organisation.currencies:
        raise InvalidError(not_subscribed(code))
    return code


def rate_on(organisation: Organisation, code: str, on: date) -> Decimal:
    """The day rate of a currency: units of it for one of the home currency."""
    if code == organisation.currency:
        return Decimal(1)
    return day_rate(organisation.ids.seed, organisation.currency, code, on)


def sent_rate(element: Element) -> Decimal | None:
    """`CurrencyRate` as it was sent; a zero says nothing, as in lists of payments."""
    rate = element.decimal("CurrencyRate") or None
    if rate is None:
        return None
    rate = half_up(rate, RATE)
    if rate <= 0:
        raise InvalidError("The currency rate must be greater than zero")
    if rate >= RATE_MAX:
        raise InvalidError("The currency rate is too large")
    return rate


def doubtful(organisation: Organisation, code: str, rate: Decimal | None, on: date) -> bool:
    """Whether a rate that was sent is far from the day's."""
    if rate is None or code == organisation.currency:
        return False
    usual = rate_on(organisation, code, on)
    return not usual * RATE_LOW <= rate <= usual * RATE_HIGH


def in_home(amount: Decimal, rate: Decimal) -> Decimal:
    """An amount of a currency in home currency."""
    return amount if rate == 1 else half_up(amount / rate)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a payment is in the bank's currency and at home; `rate` is its `CurrencyRate`."""

    bank_amount: Decimal
    home: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """What is known about a payment before it is exchanged. `rate` and `bank_amount` are what was sent."""

    amount: Decimal
    currency: str
    bank_currency: str
    on: date
    rate: Decimal | None = None
    bank_amount: Decimal | None = None


def exchange(organisation: Organisation, offer: Offer) -> Exchange:
    """Take a payment across currencies. `BankAmount` goes before `CurrencyRate`; both together have to agree."""
    home, currency, bank = organisation.currency, offer.currency, offer.bank_currency
    amount, given, on = offer.amount, offer.bank_amount, offer.on
    if currency == bank:
        rate = Decimal(1) if bank == home else offer.rate or rate_on(organisation, currency, on)
        made = Exchange(amount, in_home(amount, rate), rate)
    elif currency == home:
        rate = offer.rate or rate_on(organisation, bank, on)
        bank_amount = half_up(amount * rate) if given is None else given
        made = Exchange(bank_amount, amount, rate if given is None else half_up(given / amount, RATE))
    elif given is not None:
        value = in_home(given, rate_on(organisation, bank, on))
        made = Exchange(given, value, half_up(amount / value, RATE))
    else:
        rate = offer.rate or rate_on(organisation, currency, on)
        value = in_home(amount, rate)
        made = Exchange(half_up(value * rate_on(organisation, bank, on)), value, rate)
    return _agreed(offer, made)


def _agreed(offer: Offer, made: Exchange) -> Exchange:
    """Refuse a bank amount that differs from the payment in the same currency, or from the rate beside it."""
    same = offer.currency == offer.bank_currency
    if same and offer.bank_amount is not None and offer.bank_amount != offer.amount:
        raise InvalidError("The BankAmount must equal the Amount when the currencies are the same")
    if not same and offer.rate is not None and offer.bank_amount is not None:
        slack = max(CENT, half_up(made.rate / 1000, RATE))
        if abs(offer.rate - made.rate) > slack:
            raise InvalidError("The BankAmount does not agree with the Amount and the CurrencyRate")
    return made
