"""Condense recorded answers of Intuit's public sample company into the parties that this simulator starts with.

    python -m tieout.platforms.quickbooks.sandbox.condense_sample <qbo-samples>

The source is a folder of recorded exchanges (`http/*.json`: a list of `{"response": {"body"}}`). What is written are
the names, addresses and telephones of the customers and vendors that every such company begins with, by their ids; the
chart, items and tax of the company were never recorded whole, and are kept by hand in `seeds/us_lists.json`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PARTIES = Path(__file__).parent / "facts" / "us_parties.json"
_CUSTOMERS_TO, _VENDORS_TO = 29, 57
"""The highest ids that the company begins with; later ones are what its users added."""
_FIELDS = {
    "id": ("Id",), "display_name": ("DisplayName",), "given_name": ("GivenName",), "family_name": ("FamilyName",),
    "company_name": ("CompanyName",), "parent": ("ParentRef", "value"), "street": ("BillAddr", "Line1"),
    "city": ("BillAddr", "City"), "state": ("BillAddr", "CountrySubDivisionCode"),
    "postal_code": ("BillAddr", "PostalCode"), "telephone": ("PrimaryPhone", "FreeFormNumber"),
    "email": ("PrimaryEmailAddr", "Address"), "taxable": ("Taxable",), "account_number": ("AcctNum",),
    "term": ("TermRef", "value"),
}  # fmt: skip
_OF_CUSTOMERS = frozenset(_FIELDS) - {"account_number", "term"}
_OF_VENDORS = frozenset(_FIELDS) - {"parent", "email", "taxable"}


def condense(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The facts: `{"customers": [{field: value}], "vendors": [...]}`, by their ids, empty fields left out."""
    return {
        "customers": _rows(folder / "http" / "query-customer-all.json", "Customer", _CUSTOMERS_TO, _OF_CUSTOMERS),
        "vendors": _rows(folder / "http" / "query-count-then-pages-vendor.json", "Vendor", _VENDORS_TO, _OF_VENDORS),
    }


def _rows(path: Path, kind: str, highest: int, wanted: frozenset[str]) -> list[dict[str, Any]]:
    parties = {int(party["Id"]): party for party in _recorded(path, kind)}
    return [_row(parties[party_id], wanted) for party_id in sorted(parties) if party_id <= highest]


def _recorded(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    for exchange in json.loads(path.read_text(encoding="utf-8")):
        yield from exchange["response"]["body"].get("QueryResponse", {}).get(kind, ())


def _row(party: dict[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    row = {name: _value(party, path) for name, path in _FIELDS.items() if name in wanted}
    return {name: value for name, value in row.items() if value not in (None, "")}


def _value(party: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = party
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def main() -> None:
    """Read the folder on the command line, write the facts."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program's name and one folder
        sys.exit(__doc__)
    facts = condense(Path(sys.argv[1]))
    rows = {kind: ",\n".join(json.dumps(row, ensure_ascii=False) for row in facts[kind]) for kind in facts}
    told = ",\n".join(f'"{kind}": [\n{text}\n]' for kind, text in rows.items())
    PARTIES.write_text(f"{{\n{told}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
