"""Reading what a client sends: one element of a request body, property by property.

Xero converts before it validates: a value that does not convert refuses the whole request (`PostDataInvalidException`).
Null is the same as not sent. Read-only properties are accepted and have no effect, as at Xero. A property that this
simulator does not know is refused with 501 instead of being ignored.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from tieout.platforms.xero.sandbox.gateway.dialects import post_data_refused, unsupported
from tieout.platforms.xero.sandbox.wire import BadValueError, read_day, read_decimal, read_flag, read_text

T = TypeVar("T")
ELEMENTS_MAX = 500
"""The most elements in one request (documented for items; applied to all)."""
_ALWAYS_READ_ONLY = frozenset(
    {"validationerrors", "warnings", "haserrors", "hasvalidationerrors", "statusattributestring", "updateddateutc",
     "updateddateutcstring", "hasattachments", "attachments"}
)  # fmt: skip


class InvalidError(Exception):
    """An element breaks rules of the books; `messages` say which, in Xero's words where they are known."""

    def __init__(self, *messages: str) -> None:
        """Carry the messages."""
        super().__init__("; ".join(messages))
        self.messages = messages


class GoneError(Exception):
    """Something that the request names by id does not exist, which refuses the whole request with 404."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The properties of one type: what a client may write, and what it may send without effect."""

    writable: frozenset[str]
    read_only: frozenset[str] = frozenset()


def vocabulary(writable: str, read_only: str = "") -> Vocabulary:
    """A vocabulary from two lists of names with spaces between."""
    return Vocabulary(frozenset(writable.lower().split()), frozenset(read_only.lower().split()))


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON object of a request; property names match in any case."""

    raw: Mapping[str, Any]
    path: str
    sent: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Fold the names."""
        object.__setattr__(self, "sent", {name.lower(): value for name, value in self.raw.items() if value is not None})

    def check(self, words: Vocabulary) -> None:
        """Refuse what is not in the vocabulary, loudly."""
        for name in self.sent:
            if name not in words.writable and name not in words.read_only and name not in _ALWAYS_READ_ONLY:
                raise unsupported(f"the property {self.path}.{self._spelled(name)}")

    def has(self, name: str) -> bool:
        """Whether the property is sent and not null."""
        return name.lower() in self.sent

    def text(self, name: str) -> str | None:
        """A string, or None when not sent."""
        return self._read(name, "System.String", read_text)

    def decimal(self, name: str) -> Decimal | None:
        """A number."""
        return self._read(name, "System.Nullable`1[System.Decimal]", read_decimal)

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        return self._read(name, "System.Nullable`1[System.Boolean]", read_flag)

    def day(self, name: str) -> date | None:
        """A calendar date."""
        return self._read(name, "System.Nullable`1[System.DateTime]", read_day)

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        """One of some words, in any case; answers it as Xero spells it."""
        spelled = {choice.lower(): choice for choice in choices}

        def read(value: object) -> str:
            word = read_text(value).lower()
            if word not in spelled:
                raise BadValueError(f"{value!r} is none of the choices")
            return spelled[word]

        return self._read(name, f"Xero.Api.{name}", read)

    def inner(self, name: str) -> "Element | None":
        """A nested object."""
        value = self.sent.get(name.lower())
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self._unconverted(name, value, f"Xero.Api.{name}")
        return Element(value, f"{self.path}.{self._spelled(name)}")

    def inners(self, name: str) -> "list[Element] | None":
        """A list of nested objects."""
        value = self.sent.get(name.lower())
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            raise self._unconverted(name, value, f"System.Collections.Generic.List`1[{name}]")
        path = f"{self.path}.{self._spelled(name)}"
        return [Element(one, f"{path}[{place}]") for place, one in enumerate(value)]

    def _read(self, name: str, kind: str, read: Callable[[object], T]) -> T | None:
        value = self.sent.get(name.lower())
        if value is None:
            return None
        try:
            return read(value)
        except BadValueError:
            raise self._unconverted(name, value, kind) from None

    def _spelled(self, name: str) -> str:
        """A name as it was sent, which is how refusals tell of it."""
        return next((sent for sent in self.raw if sent.lower() == name.lower()), name)

    def _unconverted(self, name: str, value: object, kind: str) -> Exception:
        name = self._spelled(name)
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        return post_data_refused(f"Error converting value {shown} to type '{kind}'. Path '{self.path}.{name}'.")


_DECIMALS = frozenset(
    {"quantity", "unitamount", "taxamount", "lineamount", "discountrate", "discountamount", "amount", "currencyrate",
     "subtotal", "totaltax", "total", "unitprice", "rate", "bankamount"}
)  # fmt: skip
_DAYS = frozenset({"date", "duedate"})
_FLAGS = frozenset(
    {"senttocontact", "isreconciled", "issold", "ispurchased", "enablepaymentstoaccount", "showoncashbasisreports"}
)
_TEXTS = frozenset(
    {"accountcode", "accountid", "accountnumber", "addressline1", "addressline2", "addressline3", "addressline4",
     "allocationid", "attentionto", "bankaccountdetails", "bankaccountnumber", "banktransactionid", "banktransferid",
     "batchpaymentid", "brandingthemeid", "city", "code", "cogsaccountcode", "companynumber", "contactid",
     "contactnumber", "country", "creditnoteid", "creditnotenumber", "currencycode", "defaultcurrency",
     "deliveryaddress", "deliveryinstructions", "description", "details", "emailaddress", "firstname",
     "inventoryassetaccountcode", "invoiceid", "invoicenumber", "itemcode", "itemid", "lastname", "lineitemid",
     "manualjournalid", "name", "narration", "narrative", "option", "overpaymentid", "particulars", "paymentid",
     "phoneareacode", "phonecountrycode", "phonenumber", "postalcode", "prepaymentid", "purchasedescription",
     "purchaseorderid", "purchaseordernumber", "quoteid", "quotenumber", "reference", "region", "reporttaxtype",
     "summary", "taxnumber", "taxtype", "telephone", "terms", "title", "trackingcategoryid", "trackingoptionid", "url"}
)  # fmt: skip
_LISTS = frozenset(
    {
        "lineitems",
        "addresses",
        "phones",
        "contactpersons",
        "taxcomponents",
        "allocations",
        "tracking",
        "journallines",
        "payments",
    }
)
_OBJECTS = frozenset(
    {"contact", "account", "invoice", "creditnote", "salesdetails", "purchasedetails", "paymentterms", "bills", "sales",
     "overpayment", "prepayment", "bankaccount", "frombankaccount", "tobankaccount"}
)  # fmt: skip
NESTING_MAX = 10
"""How deep a request body may go."""


def check_conversion(element: Element, choices: Mapping[str, Collection[str]], depth: int = 0) -> None:
    """Convert everything once before anything is done, as a parser would: a bad value refuses the whole request."""
    if depth > NESTING_MAX:
        raise post_data_refused("The request body is nested too deeply.")
    for name, words in choices.items():
        element.choice(name, words)
    for name in element.sent:
        for names, read in _READERS:
            if name in names:
                read(element, name)
        if name in _TEXTS:
            element.text(name)
        for inner in _inside(element, name):
            check_conversion(inner, {}, depth + 1)


def _inside(element: Element, name: str) -> Sequence[Element]:
    """The objects in a property that holds some."""
    if name in _LISTS:
        return element.inners(name) or ()
    inner = element.inner(name) if name in _OBJECTS else None
    return () if inner is None else (inner,)


_READERS: Sequence[tuple[frozenset[str], Callable[[Element, str], object]]] = (
    (_DECIMALS, Element.decimal),
    (_DAYS, Element.day),
    (_FLAGS, Element.flag),
)


def elements_of(body: object, plural: str) -> Iterator[Element]:
    """The elements of a request body: a bare object, or a list under the plural in any case."""
    if not isinstance(body, Mapping):
        raise post_data_refused("The request body does not contain an object.")
    for name, value in body.items():
        if name.lower() == plural.lower():
            if len(body) > 1:
                raise unsupported(f"a body that holds more than {plural}")
            if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
                raise post_data_refused(f"Error converting the value of '{plural}' to a list of objects.")
            if not 0 < len(value) <= ELEMENTS_MAX:
                raise post_data_refused(f"'{plural}' has to hold from 1 to {ELEMENTS_MAX} elements.")
            return iter([Element(one, f"{plural}[{place}]") for place, one in enumerate(value)])
    return iter([Element(body, f"{plural}[0]")])
