"""Writes the catalogue of errors: `docs/errors.md`, and what `GET /v1/accounting_errors` answers.

    make errors

It reads the explanations where they are written (`error_texts`), the remedies (`platforms/cures.py`) and Intuit's
codes, so it cannot say what is not so.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.contract.error_texts import SOURCE, UNKNOWN, ErrorText, error_texts

from tieout.books.records import Kind
from tieout.platforms.catalogue import CATALOGUE
from tieout.platforms.cures import OF_OTHERS, REMEDIES, remedy_of_code
from tieout.platforms.errors import Cure, Next
from tieout.platforms.quickbooks import menus as of_quickbooks
from tieout.platforms.quickbooks.refusal_table import RULES
from tieout.platforms.registry import platform_named
from tieout.platforms.xero import menus as of_xero

PAGE: Final = SOURCE.parents[1] / "docs" / "errors.md"
ROOM: Final = SOURCE / "platforms"
NEXT_OF: Final = {"Misuse": Next.REPORT_A_FAULT}
WHEN: Final[Mapping[Cure, str]] = {
    Cure.TIME: "by itself, at first soon and then less and less often",
    Cure.RECONNECT: "once the books are connected again",
    Cure.RECORD_CHANGE: "once the record is changed here",
    Cure.BOOKS_CHANGE: "by itself, once a pull brings a change{kinds} in the books",
    Cure.SETTINGS_CHANGE: "by itself, once the entity's accounting settings or mapped rates change",
    Cure.ACCESS_CHANGE: "by itself, once a day, for nothing tells of a plan or a right that changed",
    Cure.RELEASE: "with another release of Tieout",
}
"""When something is tried again, by what may cure it."""
_WITH_OTHERS: Final = "by itself, together with the record that it waits for"
_KINDS: Final = {
    Kind.COMPANY: "the company's settings",
    **dict.fromkeys((Kind.PARTY, Kind.CUSTOMER, Kind.VENDOR), "customers or vendors"),
    **dict.fromkeys((Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT), "documents"),
    **dict.fromkeys((Kind.PAYMENT, Kind.BILL_PAYMENT), "payments"),
}
PLACES: Final = {"quickbooks": of_quickbooks.PLACES, "xero": of_xero.PLACES}
_INTRODUCTION: Final = """\
# Errors

Every way in which Tieout says that something did not reach the books, or that a connection is in trouble: what
happened, what a person clicks, and when it is tried again. The codes are stable. They stand in the `errors` of a synced
record and of a connection, in the write ledger, in the timeline, in problems and in webhooks; the line validator puts
`value_error.` before them. The same is served as JSON by `GET /v1/accounting_errors`.

“…” stands for what only the case at hand knows. “Tried again” says when Tieout does so without being asked; pushing a
record again by hand (`POST /v1/accounting_synced_records/{id}/push`) is always possible. A write that was refused is
tried up to 20 times by itself, and never sent anew while it is not known what became of it.
"""


def codes() -> dict[str, list[ErrorText]]:
    """The texts of each code, in the alphabet's order; those of all books first."""
    found: dict[str, list[ErrorText]] = {}
    for text in sorted(error_texts(), key=lambda text: (text.code, text.platform or "", text.path)):
        found.setdefault(text.code, []).append(text)
    return found


def entry(code: str, texts: list[ErrorText]) -> dict[str, Any]:
    """A code as it is served, without what single platforms say of it."""
    return {
        "code": code,
        "title": code.replace("_", " ").capitalize(),
        "retries": retries(code, texts),
        "meanings": [meaning(text) for text in meanings(texts) if text.platform is None],
    }


def meaning(text: ErrorText) -> dict[str, Any]:
    """What a code means."""
    field = text.field if text.field and UNKNOWN not in text.field else None
    return {"message": text.message, "fix": text.fix, "field": field}


def of_platform(name: str) -> dict[str, Any]:
    """What one platform says of codes, and where to look in it."""
    said: dict[str, list[dict[str, Any]]] = {}
    looked: dict[str, list[str]] = {}
    for code, texts in codes().items():
        if own := [meaning(text) for text in meanings(texts) if text.platform == name]:
            said[code] = own
        if paths := [path for platform, path in places(code, texts) if platform == name]:
            looked[code] = paths
    return {"meanings": said, "places": looked}


def places(code: str, texts: list[ErrorText]) -> Iterator[tuple[str, str]]:
    """Where to look in each platform that may say so, for a code that something in the books may cure."""
    kinds = REMEDIES[code].kinds if code in REMEDIES else frozenset()
    sayers = {text.platform for text in texts}
    for name, menus in PLACES.items():
        if not sayers & {name, None}:
            continue
        paths = dict.fromkeys(path for kind, path in menus.items() if kind in kinds)
        yield from ((name, path) for path in paths)


def meanings(texts: list[ErrorText]) -> Iterator[ErrorText]:
    """Those that differ in what they say."""
    seen = set()
    for text in texts:
        said = (text.platform, text.message, text.fix)
        if said not in seen and text.message != UNKNOWN:
            seen.add(said)
            yield text


def retries(code: str, texts: list[ErrorText]) -> list[str]:
    """What may cure it, in the words that a synced record's `errors.retries` has; none where it waits for another."""
    if code not in REMEDIES and code.endswith(OF_OTHERS):
        return []
    next_step = next((NEXT_OF[text.raised_as] for text in texts if text.raised_as in NEXT_OF), Next.SOMEBODY_MUST_ACT)
    return sorted(cure.value for cure in remedy_of_code(code, next_step).cures)


def served() -> dict[Path, str]:
    """The files that the endpoint answers from."""
    entries = [entry(code, texts) for code, texts in codes().items()]
    files: dict[Path, Any] = {ROOM / CATALOGUE: entries}
    files |= {ROOM / name / CATALOGUE: of_platform(name) for name in PLACES}
    return {path: json.dumps(data, ensure_ascii=False, indent=1) + "\n" for path, data in files.items()}


def page() -> str:
    """The page."""
    parts = [_INTRODUCTION]
    parts += ["\n".join(_section(code, texts)) for code, texts in codes().items()]
    return "\n".join([*parts, *_of_intuit()])


def _section(code: str, texts: list[ErrorText]) -> Iterator[str]:
    yield f"## `{code}`\n"
    for text in meanings(texts):
        title = platform_named(text.platform).title if text.platform else "All books"
        field = f" *Field:* `{text.field}`." if text.field and UNKNOWN not in text.field else ""
        yield f"- **{title}:** {text.message}{field}<br>*To do:* {text.fix}"
    yield from _places(code, texts)
    yield f"- **Tried again:** {_when(code, texts)}.\n"


def _places(code: str, texts: list[ErrorText]) -> Iterator[str]:
    for name in PLACES:
        paths = ", ".join(path for platform, path in places(code, texts) if platform == name)
        if paths:
            yield f"- **Where in {platform_named(name).title}:** {paths}."


def _when(code: str, texts: list[ErrorText]) -> str:
    cures = retries(code, texts)
    if not cures:
        return _WITH_OTHERS
    kinds = sorted({_KINDS.get(kind, f"{kind.value.replace('_', ' ')}s") for kind in remedy_of_code(code).kinds})
    of = f" of {', '.join(kinds)}" if kinds else ""
    return "; ".join(told.format(kinds=of) for cure, told in WHEN.items() if cure.value in cures)


def _of_intuit() -> Iterator[str]:
    yield "## Intuit's codes\n"
    yield "| Intuit | Here |\n|---|---|"
    by_code: dict[str, list[str]] = {}
    for native, rule in RULES.items():
        by_code.setdefault(rule.code, []).append(native)
    for code, natives in sorted(by_code.items(), key=lambda item: min(map(int, item[1]))):
        yield f"| {', '.join(sorted(natives, key=int))} | `{code}` |"
    yield "\nCode 6000 stands for every rule of bookkeeping: its words decide. Xero has no codes, only words.\n"


def main() -> None:
    """Write all of it."""
    PAGE.write_text(page(), encoding="utf-8")
    for path, text in served().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
