"""Recorded exchanges with Intuit's servers, and how an answer of the simulator differs from the recorded one in shape.

Recordings are read from the reference folder (`TIEOUT_REFERENCE_DIR`); values may differ, names and types may not.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.likeness import differences

FOLDER = (
    Path(os.environ.get("TIEOUT_REFERENCE_DIR", Path(__file__).parents[4] / "shared" / "reference")) / "qbo-samples"
)

LATER: Mapping[str, str] = {
    "CustomExtensions": "on lines since 2025, recorded in May 2026",
    "ItemAccountRef": "on sales lines, recorded in May 2026",
    "IsProject": "on customers, recorded in May 2026",
    "ClientEntityId": "on customers, recorded in May 2026",
    "V4IDPseudonym": "on parties, recorded in May 2026",
    "FreeFormAddress": "on sales forms, recorded in May 2026",
    "LastModifiedByRef": "in the marks of transactions, recorded in May 2026",
    "ExchangeRate": "in companies with several currencies",
    "HomeTotalAmt": "in companies with several currencies",
    "HomeBalance": "in companies with several currencies",
    "MetaData": "on columns of reports, documented",
    "FirstMonthOfFiscalYear": "in preferences, documented",
    "UseAccountNumbers": "in preferences, documented",
    "startPosition": "on pages of change data capture, recorded in April 2016",
    "maxResults": "on pages of change data capture, recorded in April 2016",
    "totalCount": "on pages of change data capture, documented",
    "element": "in refusals of a later time than the recorded one",
}
"""Fields that an answer may have beyond the recorded ones, each with its source."""

TYPED = frozenset(
    {
        "AcctNum", "AlternatePhone", "BillAddr", "BillEmail", "CashBack", "City", "ClassRef", "CompanyName", "Country",
        "CountrySubDivisionCode", "CustomerMemo", "CustomerRef", "DefaultTaxCodeRef", "Description", "DiscountRate",
        "Entity", "FamilyName", "Fax", "GivenName", "Lat", "Level", "Line1", "Line2", "Line3", "Line4", "Long",
        "MiddleName", "Mobile", "Notes", "ParentRef", "PaymentMethodRef", "PostalCode", "PrimaryEmailAddr",
        "PrimaryPhone", "PrivateNote", "Qty", "SalesTermRef", "ShipAddr", "Suffix", "TermRef", "Title", "UnitPrice",
        "WebAddr",
    }
)  # fmt: skip
"""Fields that are there when somebody filled them in: on other data they may be missing, or be there."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded exchange."""

    method: str
    path: str
    body: Any
    status: int
    content_type: str
    answer: Any


def exchanges(name: str) -> list[Recorded]:
    """The exchanges of one file of `http/`."""
    told = json.loads((FOLDER / "http" / f"{name}.json").read_text(encoding="utf-8"))
    return [
        Recorded(
            one["request"]["method"],
            one["request"]["uri"].partition("/v3/")[2].removeprefix("company/-COMPANY_ID-/"),
            one["request"]["body"],
            one["response"]["status"],
            one["response"]["headers"]["Content-Type"],
            one["response"]["body"],
        )
        for one in told
    ]


def body_of(name: str) -> Any:
    """A recorded body of `json/`."""
    return json.loads((FOLDER / "json" / f"{name}.json").read_text(encoding="utf-8"))


GONE: Mapping[str, str] = {
    "Deposit": "on invoices in recordings of 2013 and 2015, on none of 2020 to 2026",
}
"""Fields of old recordings that newer recordings of the same thing no longer have, each with its source."""

_FREE = frozenset(LATER) | TYPED


def unlike(recorded: Any, ours: Any) -> list[str]:
    """How an answer differs in shape from the recorded one."""
    return list(differences(recorded, ours, _FREE, may_miss=TYPED | frozenset(GONE)))


def codes(body: Any) -> list[str]:
    """Every code of a refusal, wherever it stands."""
    if isinstance(body, dict):
        own = [body["code"]] if "code" in body else []
        return own + [code for part in body.values() for code in codes(part)]
    return [code for part in body for code in codes(part)] if isinstance(body, list) else []
