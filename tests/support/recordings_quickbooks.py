"""Every object ever recorded from QuickBooks, as the connector translates it: for contract tests and benchmarks.

The recordings are read from `{TIEOUT_REFERENCE_DIR}/qbo-samples`, by default below `../shared/reference` beside this
repository; they are no part of it. Answers recorded as XML are brought into the JSON form of the same objects first:
of payments, bills and vendor credits no other recordings with a free licence are known.
"""

import json
import os
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from tieout.books.changes import Change, ExternalRef, Tombstone, Version
from tieout.books.records import Document, Kind, Payment, Untranslated
from tieout.platforms.quickbooks.translate import NATIVE_OF, translate_rows, translate_tax_rows

REPOSITORY = Path(__file__).resolve().parents[2]
PULLED = frozenset(NATIVE_OF.values())
NEVER_PULLED = frozenset(
    {"SalesReceipt", "Estimate", "Deposit", "Class", "Department", "ExchangeRate", "Attachable", "Employee", "Term"}
    | {"Purchase", "PaymentMethod", "CompanyCurrency"}
)
"""Objects that no pull asks for."""
BARE = {
    "accounts.json": "Account",
    "attachable.json": "Attachable",
    "classes.json": "Class",
    "departments.json": "Department",
    "exchangerates.json": "ExchangeRate",
}
"""Recordings that hold objects without the envelope that would name their type."""
HOME = "USD"
"""The home currency of the recorded companies, which old answers leave unsaid."""
_LISTS = frozenset({"Line", "LinkedTxn", "TaxLine", "TaxRateDetail", "NameValue"})
_FIGURES = re.compile(r"(Amount|Amt|Balance|Price|Qty|Tax|Percent|Taxable|Rate|RateValue|TotalTax|NetAmountTaxable)$")
_INTEGERS = frozenset({"LineNum", "TaxOrder", "TaxOnTaxOrder"})


def recordings_folder() -> Path | None:
    """Where the recordings are; None where there are none."""
    reference = os.environ.get("TIEOUT_REFERENCE_DIR") or str(REPOSITORY / ".." / "shared" / "reference")
    folder = Path(reference) / "qbo-samples"
    return folder if folder.is_dir() else None


@dataclass(frozen=True)
class Recorded:
    """One object of a recorded answer, and what it became."""

    file: str
    native: str
    raw: bytes
    change: Change | Tombstone

    def stated(self, name: str) -> Decimal | None:
        """An amount as the recording states it, digit for digit."""
        members = json.loads(self.raw, parse_float=Decimal, parse_int=Decimal)
        amount: Decimal | None = members.get(name)
        return amount


@dataclass
class Tally:
    """How many recorded objects became what, and the differences to the cent that were found."""

    translated: Counter[str] = field(default_factory=Counter)
    untranslated: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All objects."""
        return self.translated.total() + self.untranslated.total()

    def lines(self) -> list[str]:
        """The summary, one fact per line."""
        rows = [f"quickbooks recordings: {self.total} objects, {self.translated.total()} translated"]
        rows += [f"  {kind}: {count}" for kind, count in sorted(self.translated.items())]
        rows += [f"  untranslated, {reason}: {count}" for reason, count in sorted(self.untranslated.items())]
        rows += [f"  DIFFERENCE {difference}" for difference in self.differences]
        return rows


def tally(folder: Path) -> Tally:
    """Translate everything and compare totals and balances with what the recordings state."""
    counted = Tally()
    for recorded in recorded_objects(folder):
        if isinstance(recorded.change, Tombstone):
            counted.translated["tombstone"] += 1
            continue
        record = recorded.change.record
        if isinstance(record, Untranslated):
            counted.untranslated[f"{recorded.native}: {record.reason}"] += 1
            continue
        counted.translated[recorded.change.ref.kind.value] += 1
        counted.differences += [
            f"{recorded.file} {recorded.change.ref.external_id}: {name} is {ours}, recorded {theirs}"
            for name, ours, theirs in compared(recorded)
            if ours != theirs
        ]
    return counted


def compared(recorded: Recorded) -> list[tuple[str, Decimal, Decimal | None]]:
    """Ours and theirs of all amounts that must agree."""
    record = recorded.change.record if isinstance(recorded.change, Change) else None
    if isinstance(record, Payment):
        return [("amount", record.amount, recorded.stated("TotalAmt"))]
    if not isinstance(record, Document):
        return []
    return [
        ("total", record.total, recorded.stated("TotalAmt")),
        ("balance", record.balance, recorded.stated("Balance")),
        ("subtotal and tax", record.subtotal + record.tax, recorded.stated("TotalAmt")),
        ("lines", sum((line.amount for line in record.lines), -record.discount), record.subtotal),
    ]


def recorded_objects(folder: Path) -> Iterator[Recorded]:
    """Every object of every recorded answer, JSON and XML."""
    for path in sorted((folder / "http").glob("*.json")):
        for exchange in msgspec.json.decode(path.read_bytes(), type=list[dict[str, msgspec.Raw]]):
            response = msgspec.json.decode(exchange["response"], type=dict[str, msgspec.Raw])
            yield from _named_objects(f"http/{path.name}", bytes(response["body"]))
    for path in sorted((folder / "json").glob("*.json")):
        content = path.read_bytes()
        if path.name in BARE:
            for raw in _rows(content):
                yield _recorded(f"json/{path.name}", BARE[path.name], raw)
        else:
            yield from _named_objects(f"json/{path.name}", content)
    for path in sorted((folder / "xml").glob("*.xml")):
        yield from _xml_objects(path)


def _named_objects(file: str, raw: bytes) -> Iterator[Recorded]:
    """Objects below a key that names their type, however deep the envelope."""
    first = raw.lstrip()[:1]
    if first == b"[":
        for element in msgspec.json.decode(raw, type=list[msgspec.Raw]):
            yield from _named_objects(file, bytes(element))
    if first != b"{":
        return
    for name, inner in msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).items():
        value = bytes(inner)
        if value.lstrip()[:1] not in (b"{", b"["):
            continue
        if name in PULLED or name in NEVER_PULLED:
            for row in _rows(value):
                yield _recorded(file, name, row)
        else:
            yield from _named_objects(file, value)


def _rows(value: bytes) -> list[bytes]:
    """The elements of a list, or the one object that stands in its place."""
    if value.lstrip()[:1] != b"[":
        return [value]
    return [bytes(row) for row in msgspec.json.decode(value, type=list[msgspec.Raw])]


def _recorded(file: str, native: str, raw: bytes) -> Recorded:
    if native in PULLED:
        return Recorded(file, native, raw, translate_rows(native, [msgspec.Raw(raw)], HOME)[0])
    members = json.loads(raw)
    external_id = str(members.get("Id") or members.get("SourceCurrencyCode") or members.get("FileName"))
    record = Untranslated(external_id=external_id, native_kind=native, reason="no pull reads these")
    return Recorded(file, native, raw, Change(ExternalRef(Kind.OTHER, external_id), Version(None, None), record, raw))


def _xml_objects(path: Path) -> Iterator[Recorded]:
    root = ET.fromstring(path.read_text(encoding="utf-8").lstrip())  # noqa: S314 - our own recordings
    codes: list[bytes] = []
    for element in root.iter():
        native = _tag(element)
        if len(element) and native in PULLED:
            yield _recorded(f"xml/{path.name}", native, _as_json(element))
        elif native == "TaxCode" and len(element):
            codes.append(_as_json(element))
    rates_path = path.with_name("tax_rates.xml")
    if codes and rates_path.exists():
        rate_root = ET.fromstring(rates_path.read_text(encoding="utf-8").lstrip())  # noqa: S314 - our own recordings
        rates = [msgspec.Raw(_as_json(element)) for element in rate_root.iter() if _tag(element) == "TaxRate"]
        changes = translate_tax_rows([msgspec.Raw(code) for code in codes], rates)
        for change in changes:
            yield Recorded(f"xml/{path.name}", "TaxCode", change.raw, change)


def _as_json(element: ET.Element) -> bytes:
    return msgspec.json.encode(_value(element))


def _value(element: ET.Element) -> Any:
    """An XML element as the JSON of the same object writes it."""
    tag, text = _tag(element), (element.text or "").strip()
    if len(element):
        members: dict[str, Any] = {"status": element.get("status")} if element.get("status") else {}
        for child in element:
            name = _tag(child)
            if name in _LISTS:
                members.setdefault(name, []).append(_value(child))
            else:
                members[name] = _value(child)
        return members
    if tag.endswith("Ref") or tag == "CustomerMemo":
        return {"value": text, **({"name": element.get("name")} if element.get("name") else {})}
    if text in ("true", "false"):
        return text == "true"
    if tag in _INTEGERS or (_FIGURES.search(tag) and re.fullmatch(r"-?[0-9.]+", text)):
        return msgspec.Raw(text.encode())
    return {} if tag.endswith(("Detail", "List")) else text


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
