"""What a document in another currency is worth in the books, which are kept in the home currency alone.

Every document has an `Exchange`. Its lines are made in its own currency and turned into the home currency by
`in_home`: the control line (what is owed, or the money) is worth exactly the document's total at its rate, every other
line is rounded by itself, and what the rounding leaves over goes to the largest of them, so that an entry balances.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange, currency_name, rounded_rate
from tieout.platforms.quickbooks.sandbox.accounting.own_accounts import CONTROLS, own_account
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish, check_home_currency
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import JournalLine, debit

_ONE = Decimal(1)
RATE_MIN, RATE_MAX = Decimal("0.000001"), Decimal(1_000_000)


def read_exchange(wish: Wish, party: Record | None = None) -> Exchange:
    """The currency and rate of a document, written back into the wish's body so that they are kept.

    Without multi-currency only the home currency passes. With it a document is in its party's currency unless it says
    the home currency; an omitted rate is the one of its day. Raises `Refusal`: 2500 for a currency that the company
    does not use, 6000 for one that is not the party's, and for a rate of the home currency that is not 1.
    """
    books, home = wish.books, wish.books.profile.currency
    if not books.profile.multi_currency:
        check_home_currency(wish)
        return Exchange(home)
    own = party_currency(books, party)
    code = _code(wish, party, own)
    check_currency(books, code)
    if party is not None and code not in (own, home):
        raise refusals.business("The currency of a transaction has to be that of its customer or vendor, or your own")
    rate = _rate(wish, code)
    wish.body["CurrencyRef"] = {"value": code, "name": currency_name(code)}
    wish.body["ExchangeRate"] = rate
    party_rate = _ONE if code == own else day_rate(books, own, _day(wish))
    return Exchange(code, rate, party_rate)


def require_home(wish: Wish) -> None:
    """Let a kind of document that is not made in other currencies here refuse them loudly."""
    exchange = read_exchange(wish)
    if exchange.code != wish.books.profile.currency:
        raise refusals.NotSimulatedError(f"a {wish.kind.name} in another currency")


def day_rate(books: Books, code: str, on: date) -> Decimal:
    """Home units for one unit of a currency on a day; of a day to come the latest there is, unless somebody set it."""
    if (code, on) in books.rates.set_rates:
        return books.rates.rate(code, on)
    return books.rates.rate(code, min(on, books.today()))


def account_exchange(wish: Wish, *accounts: Record, party: Record | None = None) -> Exchange:
    """The exchange of a document of accounts: in the currency of the foreign one among them if it says nothing else.

    Raises `Refusal` as `read_exchange` and `check_account` do.
    """
    home = wish.books.profile.currency
    if wish.books.profile.multi_currency and wish.body.get("CurrencyRef") is None:
        codes = (party_currency(wish.books, one) for one in (*accounts, *((party,) if party is not None else ())))
        wish.body["CurrencyRef"] = {"value": next((code for code in codes if code != home), home)}
    exchange = read_exchange(wish, party)
    for account in accounts:
        check_account(wish.books, exchange, account)
    return exchange


def check_currency(books: Books, code: str) -> None:
    """2500 for a currency that the company does not use, 610 for one that it no longer uses."""
    if code == books.profile.currency:
        return
    if code not in books.currencies:
        raise refusals.invalid_reference("Currencies", code)
    if not books.shelf("CompanyCurrency").records[books.currencies[code]].active:
        raise refusals.not_found()


def check_account(books: Books, exchange: Exchange, account: Record) -> None:
    """6000 for an account that is kept in another foreign currency than the document's."""
    code = party_currency(books, account)
    if code not in (books.profile.currency, exchange.code):
        raise refusals.business(f"The account {account.content['Name']} is in another currency than the transaction")


def read_list_currency(wish: Wish, default: str | None = None) -> None:
    """The currency of a party or account, written back into the wish's body: it is set once and for all.

    Raises `Refusal` 2500, 610, and 6000 for another currency than the standing one.
    """
    books = wish.books
    if not books.profile.multi_currency:
        check_home_currency(wish)
        return
    code = str(wish.body.get("CurrencyRef", {}).get("value", default or books.profile.currency))
    if wish.standing is None:
        check_currency(books, code)
    elif code != party_currency(books, wish.standing):
        raise refusals.business("The currency cannot be changed once it is set")
    wish.body["CurrencyRef"] = {"value": code, "name": currency_name(code)}


def control_account(wish: Wish, field: str, role: Role, exchange: Exchange) -> str:
    """The receivable or payable account that a document names, or that of its currency.

    Raises `Refusal` 6430 for an account of another type, 6000 for one in another currency.
    """
    account = wish.resolve(field, "Account")
    if account is None:
        return own_account(wish.books, role, exchange.code)
    if account.content["AccountType"] != CONTROLS[role]:
        raise refusals.wrong_account(field, CONTROLS[role])
    if party_currency(wish.books, account) != exchange.code:
        raise refusals.business(f"{field} has to be in the currency of the transaction")
    return account.id


def party_currency(books: Books, party: Record | None) -> str:
    """The currency of a customer or vendor; the home currency without one."""
    if party is None:
        return books.profile.currency
    return str(party.content.get("CurrencyRef", {}).get("value", books.profile.currency))


def account_currency(books: Books, account_id: str) -> str:
    """The currency that an account is kept in."""
    account = books.shelf("Account").records.get(account_id)
    return books.profile.currency if account is None else party_currency(books, account)


def in_home(
    books: Books, exchange: Exchange, control: JournalLine, others: Sequence[JournalLine]
) -> tuple[JournalLine, ...]:
    """A document's lines, which balance in its own currency, as they are posted: see the module."""
    if exchange.rate == _ONE and exchange.code == books.profile.currency:
        return (control, *others)
    posted = [home_line(books, exchange, line) for line in (control, *others)]
    over = sum((line.net for line in posted), ZERO)
    if over and others:
        largest = max(range(1, len(posted)), key=lambda place: abs(posted[place].net))
        line = posted[largest]
        posted[largest] = replace(debit(line.account_id, line.net - over, line.memo), foreign=line.foreign)
    return tuple(posted)


def home_line(books: Books, exchange: Exchange, line: JournalLine) -> JournalLine:
    """One line; an account that is kept in the document's currency also takes the amount in it."""
    kept_foreign = account_currency(books, line.account_id) == exchange.code != books.profile.currency
    told = debit(line.account_id, exchange.home(line.net), line.memo)
    return replace(told, foreign=line.net) if kept_foreign else told


def _code(wish: Wish, party: Record | None, own: str) -> str:
    """The currency that is said, or that stands; a new party's own where what stands cannot be meant any more."""
    code = str(wish.body.get("CurrencyRef", {}).get("value", own))
    if party is not None and "CurrencyRef" not in wish.sent and code not in (own, wish.books.profile.currency):
        return own
    return code


def _rate(wish: Wish, code: str) -> Decimal:
    sent = wish.body.get("ExchangeRate") or None  # clients send 0 for a rate that they do not mean
    if wish.standing is not None and "ExchangeRate" not in wish.sent and wish.standing.shaped.exchange.code != code:
        sent = None
    if code == wish.books.profile.currency:
        if sent not in (None, _ONE):
            raise refusals.business("The exchange rate of your own currency is 1")
        return _ONE
    if sent is None:
        return day_rate(wish.books, code, _day(wish))
    if not RATE_MIN <= sent <= RATE_MAX:
        raise refusals.business(f"An exchange rate has to be between {RATE_MIN} and {RATE_MAX}")
    return rounded_rate(Decimal(sent))


def _day(wish: Wish) -> date:
    return wish.day("TxnDate") or wish.books.today()
