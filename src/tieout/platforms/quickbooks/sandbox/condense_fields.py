"""Condense the field tables of the wire format into the facts that this simulator carries.

    python -m tieout.platforms.quickbooks.sandbox.condense_fields <qbo-entity-fields.json>

The source is a table read from Intuit's XML schemas (`types` with `extends`, `entities`, `enumerations`). What is
written is flat: every type with its inherited fields, only what an entity can reach, names and types and nothing else.
"""

import json
import sys
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "facts" / "fields.json"
_LEFT_OUT = {
    "Transfer": {
        "extends": "Transaction",
        "fields": {
            "FromAccountRef": "ReferenceType", "ToAccountRef": "ReferenceType", "Amount": "decimal",
            "ClassRef": "ReferenceType", "TransferEx": "IntuitAnyType",
        },
    },
    "CreditCardPaymentTxn": {
        "extends": "IntuitEntity",
        "fields": {
            "TxnDate": "date", "Amount": "decimal", "BankAccountRef": "ReferenceType", "PrivateNote": "string",
            "CreditCardAccountRef": "ReferenceType", "VendorRef": "ReferenceType", "Memo": "string",
            "PrintStatus": "string", "CheckNum": "string", "CurrencyRef": "ReferenceType", "ExchangeRate": "decimal",
        },
    },
    "TimeActivity": {
        "extends": "IntuitEntity",
        "fields": {
            "NameOf": "string", "TxnDate": "date", "EmployeeRef": "ReferenceType", "VendorRef": "ReferenceType",
            "CustomerRef": "ReferenceType", "ItemRef": "ReferenceType", "ClassRef": "ReferenceType",
            "DepartmentRef": "ReferenceType", "ProjectRef": "ReferenceType", "PayrollItemRef": "ReferenceType",
            "BillableStatus": "BillableStatusEnum", "Taxable": "boolean", "HourlyRate": "decimal",
            "CostRate": "decimal", "Hours": "int", "Minutes": "int", "BreakHours": "int", "BreakMinutes": "int",
            "StartTime": "string", "EndTime": "string", "Description": "string", "TransactionLocationType": "string",
            "LinkedTxn": "LinkedTxn[]",
        },
    },
    "RecurringTransaction": {
        "fields": {
            name: name
            for name in (
                "Bill", "Purchase", "CreditMemo", "Deposit", "Estimate", "Invoice", "JournalEntry", "RefundReceipt",
                "SalesReceipt", "Transfer", "VendorCredit", "PurchaseOrder",
            )
        },
    },
}  # fmt: skip
"""Entities that the table leaves out, as their reference pages list them."""
_SCALARS = frozenset(
    {"string", "id", "boolean", "date", "dateTime", "decimal", "int", "long", "positiveInteger", "anyURI"}
)
_OPEN = "any"


def condense(source: dict[str, Any]) -> dict[str, Any]:
    """The facts: `{"entities": {name: type}, "types": {type: {field: type}}, "enumerations": {name: [value]}}`."""
    source = {
        **source,
        "types": source["types"] | _LEFT_OUT,
        "entities": source["entities"] | {name: name for name in _LEFT_OUT},
    }
    types: dict[str, dict[str, str]] = {}
    enumerations: dict[str, list[str]] = {}
    waiting = sorted(set(source["entities"].values()))
    while waiting:
        name = waiting.pop()
        if name in types:
            continue
        types[name] = {}
        for field, declared in sorted(_fields(source["types"], name).items()):
            kind, many = declared.removesuffix("[]"), "[]" if declared.endswith("[]") else ""
            told = _told(source, kind)
            types[name][field] = told + many
            if told in source["types"]:
                waiting.append(told)
            elif told in source["enumerations"]:
                enumerations[told] = source["enumerations"][told]
    return {
        "entities": dict(sorted(source["entities"].items())),
        "types": dict(sorted(types.items())),
        "enumerations": dict(sorted(enumerations.items())),
    }


def _fields(types: dict[str, Any], name: str) -> dict[str, str]:
    """The fields of a type with those it inherits."""
    declared = types.get(name)
    if declared is None:
        return {}
    inherited = _fields(types, declared["extends"]) if declared.get("extends") in types else {}
    return {**inherited, **declared["fields"]}


def _told(source: dict[str, Any], kind: str) -> str:
    """A type by the name it has here: references and memos are values with a name, extensions are open."""
    if kind in ("ReferenceType", "MemoRef", "UOMRef"):
        return "reference"
    if kind in _SCALARS or kind in source["enumerations"]:
        return kind
    declared = source["types"].get(kind)
    if declared is None or not _fields(source["types"], kind):
        return _OPEN
    return kind


def main() -> None:
    """Read the path on the command line, write the facts."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program's name and one path
        sys.exit(__doc__)
    source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    FACTS.write_text(json.dumps(condense(source), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
