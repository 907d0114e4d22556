"""Recorded exchanges with Intuit's servers, and how an answer of the simulator differs from the recorded one in shape.

Recordings are read from the reference folder (`TIEOUT_REFERENCE_DIR`); values may differ, names and types may not.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = (
    Path(os.environ.get("TIEOUT_REFERENCE_DIR", Path(__file__).parents[4] / "shared" / "reference")) / "qbo-samples"
)
Json = dict[str, Any]

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
    "totalCount": "on pages of change data capture, documented",
    "element": "in refusals of a later time than the recorded one",
}
"""Fields that an answer may have beyond the recorded ones, each with its source."""

TYPED = frozenset(
    {
        "AcctNum", "AlternatePhone", "BillAddr", "BillEmail", "City", "ClassRef", "CompanyName", "Country",
        "CountrySubDivisionCode", "CustomerMemo", "CustomerRef", "DefaultTaxCodeRef", "Description", "DiscountRate",
        "FamilyName", "Fax", "GivenName", "Lat", "Level", "Line1", "Line2", "Line3", "Line4", "Long", "MiddleName",
        "Mobile", "Notes", "ParentRef", "PaymentMethodRef", "PostalCode", "PrimaryEmailAddr", "PrimaryPhone",
        "PrivateNote", "Qty", "SalesTermRef", "ShipAddr", "Suffix", "TermRef", "Title", "UnitPrice", "WebAddr",
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


def unlike(recorded: Any, ours: Any, place: str = "answer") -> Iterator[str]:
    """Recorded fields that are missing, values of another type, and fields that are neither recorded nor later."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        yield from (f"{place}.{name} is missing" for name in recorded if name not in ours and name not in TYPED)
        yield from (f"{place}.{name} is not recorded" for name in ours if name not in recorded and not _is_free(name))
        for name in recorded.keys() & ours.keys():
            yield from unlike(recorded[name], ours[name], f"{place}.{name}")
    elif isinstance(recorded, list) and isinstance(ours, list):
        yield from _unlike_elements(recorded, ours, place)
    elif _kind(recorded) != _kind(ours):
        yield f"{place} is {ours!r}, recorded {recorded!r}"


def _unlike_elements(recorded: list[Any], ours: list[Any], place: str) -> Iterator[str]:
    """Elements are alike by what they say they are; what only some recorded ones have, ours need not have."""
    kinds: dict[str, list[Any]] = {}
    for one in recorded:
        kinds.setdefault(_what(one), []).append(one)
    for number, one in enumerate(ours):
        twins = kinds.get(_what(one))
        if twins is None:
            if (
                recorded and _what(one) != "Section"
            ):  # accounts below accounts nest, which one recording happens not to show
                yield f"{place}[{number}] is {_what(one)}, which is not recorded"
        elif isinstance(one, dict):
            yield from _unlike_one(twins, one, f"{place}[{number}]")
        else:
            yield from unlike(twins[0], one, f"{place}[{number}]")


def _unlike_one(twins: list[Json], one: Json, place: str) -> Iterator[str]:
    always = set.intersection(*(set(twin) for twin in twins))
    ever = {name for twin in twins for name in twin}
    yield from (f"{place}.{name} is missing" for name in sorted(always - set(one) - TYPED))
    for name, value in one.items():
        if name in ever:
            told = [list(unlike(twin[name], value, f"{place}.{name}")) for twin in twins if name in twin]
            yield from min(told, key=len)
        elif not _is_free(name):
            yield f"{place}.{name} is not recorded"


def _is_free(name: str) -> bool:
    return name in LATER or name in TYPED


def _what(one: Any) -> str:
    """What an element says it is."""
    if not isinstance(one, dict):
        return _kind(one)
    if one.get("status") == "Deleted":
        return "a deletion"
    wrapped = [name for name, value in one.items() if isinstance(value, dict) and len(one) <= 2]
    return str(one.get("DetailType") or one.get("type") or (wrapped or ["object"])[0])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    return "figure" if isinstance(value, int | float) else type(value).__name__
