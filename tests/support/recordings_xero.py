"""Every object that was ever recorded from Xero, as the connector translates it: for the contract tests and benchmarks.

The recordings are read from `{TIEOUT_REFERENCE_DIR}/xero-samples/recorded`, by default below `../shared/reference`
beside this repository; they are no part of it.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from tieout.books.changes import Change, ExternalRef, Version
from tieout.books.records import Document, Kind, Payment, Untranslated
from tieout.platforms.xero import translators
from tieout.platforms.xero.translate import Translator, translate_object

REPOSITORY = Path(__file__).resolve().parents[2]
TRANSLATORS: dict[str, Translator] = {
    translator.plural: translator
    for translator in (
        translators.organisations(currencies=()),
        translators.ACCOUNTS,
        translators.TAX_RATES,
        translators.CONTACTS,
        translators.items(),
        translators.INVOICES,
        translators.CREDIT_NOTES,
        translators.PAYMENTS,
    )
}
NEVER_READ = {"BankTransactions": "BankTransactionID", "TrackingCategories": "TrackingCategoryID"}
"""Lists whose objects no pull asks for, with the names of their ids."""


def recordings_folder() -> Path | None:
    """Where the recordings are; None where there are none."""
    reference = os.environ.get("TIEOUT_REFERENCE_DIR") or str(REPOSITORY / ".." / "shared" / "reference")
    folder = Path(reference) / "xero-samples" / "recorded"
    return folder if folder.is_dir() else None


@dataclass(frozen=True)
class Recorded:
    """One object of a recorded answer, and what it became."""

    file: str
    plural: str
    raw: bytes
    change: Change

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
        rows = [f"xero recordings: {self.total} objects, {self.translated.total()} translated"]
        rows += [f"  {kind}: {count}" for kind, count in sorted(self.translated.items())]
        rows += [f"  untranslated, {reason}: {count}" for reason, count in sorted(self.untranslated.items())]
        rows += [f"  DIFFERENCE {difference}" for difference in self.differences]
        return rows


def recorded_objects(folder: Path) -> Iterator[Recorded]:
    """Every object of every recorded list."""
    for path in sorted(folder.rglob("*.*")):
        name = str(path.relative_to(folder))
        for plural, raw in _objects_of(path):
            yield Recorded(name, plural, raw, _change(plural, raw))


def tally(folder: Path) -> Tally:
    """Translate everything and compare totals and balances with what the recordings state."""
    counted = Tally()
    for recorded in recorded_objects(folder):
        record = recorded.change.record
        if isinstance(record, Untranslated):
            counted.untranslated[f"{recorded.plural}: {record.reason}"] += 1
            continue
        counted.translated[recorded.change.ref.kind.value] += 1
        counted.differences += [
            f"{recorded.file} {recorded.change.ref.external_id}: {name} is {ours}, recorded {theirs}"
            for name, ours, theirs in compared(recorded)
            if ours != theirs
        ]
    return counted


def compared(recorded: Recorded) -> list[tuple[str, Decimal, Decimal]]:
    """Ours and theirs of all amounts that must agree."""
    record = recorded.change.record
    if isinstance(record, Payment):
        return [("amount", record.amount, recorded.stated("Amount") or Decimal(0))]
    if not isinstance(record, Document):
        return []
    balance = "AmountDue" if recorded.plural == "Invoices" else "RemainingCredit"
    names = {"subtotal": "SubTotal", "tax": "TotalTax", "total": "Total", "balance": balance}
    return [(name, getattr(record, name), recorded.stated(theirs) or Decimal(0)) for name, theirs in names.items()]


def _change(plural: str, raw: bytes) -> Change:
    translator = TRANSLATORS.get(plural)
    if translator is not None:
        return translate_object(raw, translator)
    external_id = str(json.loads(raw)[NEVER_READ[plural]])
    record = Untranslated(external_id=external_id, native_kind=plural, reason="no pull reads these")
    return Change(ExternalRef(Kind.OTHER, external_id), Version(None, None), record, raw)


def _objects_of(path: Path) -> Iterator[tuple[str, bytes]]:
    content = path.read_bytes()
    if path.name.endswith(".raw-head.txt"):
        yield from _complete_objects(content.decode(), "Invoices")
        return
    body = _body(content)
    if path.name == "organisations_list.json":
        body = {"Organisations": body}
    if isinstance(body, dict):
        for plural, objects in body.items():
            if plural in TRANSLATORS or plural in NEVER_READ:
                for raw in msgspec.json.decode(objects, type=list[msgspec.Raw]):
                    yield plural, bytes(raw)


def _body(content: bytes) -> Any:
    """The body of an answer, whether the recording is the body alone or the whole exchange; its members stay raw."""
    try:
        members = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return content
    if "response" in members:
        response = msgspec.json.decode(members["response"], type=dict[str, msgspec.Raw])
        return _body(bytes(response["body"]))
    return members


def _complete_objects(text: str, plural: str) -> Iterator[tuple[str, bytes]]:
    """The complete objects of an answer that was cut off."""
    decoder = json.JSONDecoder()
    at = text.index("[", text.index(f'"{plural}"')) + 1
    while True:
        at = text.find("{", at)
        try:
            _, end = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield plural, text[at:end].encode()
        at = end
