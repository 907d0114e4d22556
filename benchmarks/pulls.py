"""First pulls of 10,000 and 100,000 simulated documents of five lines, beside a plain loop over the platform's SDK.

The simulator, Tieout and the SDK's loop each have a process of their own: processor time and memory are Tieout's alone.
"""

import asyncio
import json
import math
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tieout.platforms.registry import all_platforms

DOCUMENTS: Final = 10_000
MANY_DOCUMENTS: Final = 100_000
PAGE_SIZE: Final = 1_000
READY_S_MAX: Final = 900.0
"""How long a simulator may take to fill its company."""
LINE_BYTES_MAX: Final = 1024 * 1024

LISTS: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "quickbooks": tuple(
        frozenset((kind,))
        for kind in (
            *("company", "preferences", "currencies", "account", "tax_rate", "tax codes", "customer", "vendor", "item"),
            *("invoice", "bill", "credit_note", "vendor_credit", "payment", "bill_payment", "attachment"),
        )
    ),
    "xero": (
        *(frozenset((kind,)) for kind in ("company", "currencies", "account", "tax_rate", "party", "item")),
        frozenset(("invoice", "bill")),
        frozenset(("credit_note", "vendor_credit")),
        frozenset(("payment", "bill_payment")),
        *(frozenset((kind,)) for kind in ("overpayments", "prepayments")),
    ),
}
"""The lists that each platform keeps, and the kinds of records in them: a list takes a call a page, at least one."""
_DOCUMENT_KINDS: Final = ("invoice", "bill", "credit_note", "vendor_credit", "payment", "bill_payment")


async def rows(folder: Path) -> list[str]:
    """First pulls of 10,000 documents on both databases and by the SDK."""
    return await _rows(folder, DOCUMENTS, ("sqlite", "postgresql"))


async def many_rows(folder: Path) -> list[str]:
    """The same of 100,000, which takes minutes."""
    return await _rows(folder, MANY_DOCUMENTS, ("sqlite",))


async def _rows(folder: Path, documents: int, databases: tuple[str, ...]) -> list[str]:
    made: list[str] = []
    for name, platform in all_platforms().items():
        async with _full_books(name, documents) as told:
            for database in databases:
                place = folder / f"{name}-{database}"
                place.mkdir()
                measured = await _measure("benchmarks.tieout_pulls", database, name, place, told)
                made += _told_of_tieout(platform.title, name, database, measured)
            loop = await _measure("benchmarks.sdk_pulls", "sdk", name, folder, told)
            made.append(_told_of_loop(platform.title, loop))
    return made


@asynccontextmanager
async def _full_books(platform: str, documents: int) -> AsyncIterator[dict[str, Any]]:
    """A simulator that serves until the block ends; what it tells of itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.bulk_books", platform, str(documents)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_S_MAX)
        yield json.loads(line)
    finally:
        process.stdin.close()
        await process.wait()


async def _measure(module: str, role: str, platform: str, folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, role, platform, str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(json.dumps(told).encode())
    assert process.returncode == 0, f"{module} {role} {platform} failed"
    measured: dict[str, Any] = json.loads(output.splitlines()[-1])
    return measured


def _documents(kinds: Mapping[str, int]) -> int:
    return sum(count for kind, count in kinds.items() if kind in _DOCUMENT_KINDS)


def _told_of_tieout(title: str, platform: str, database: str, measured: dict[str, Any]) -> list[str]:
    kinds = Counter(measured["kinds"])
    lists = LISTS[platform]
    fewest = sum(max(math.ceil(sum(kinds[kind] for kind in one) / PAGE_SIZE), 1) for one in lists)
    documents, spent_s = _documents(kinds), measured["spent_s"]
    begin = f"first pull, {title}, {database}:"
    speed = (
        f"{begin} {documents:,} documents ({kinds.total():,} records, {measured['links']} linked) in {spent_s:.2f} s "
        f"of Tieout's processor time = {documents / spent_s:,.0f} documents/s per core (target 5,000 on SQLite); "
        f"{measured['statements']} statements"
    )
    cost = (
        f"{begin} {measured['calls']} calls, {measured['calls'] / fewest:.2f} x the fewest (target 1.1): {fewest} for "
        f"pages of {PAGE_SIZE} of {len(lists)} lists; {measured['received_bytes'] / 1e6:.1f} MB; peak memory "
        f"{measured['peak_mb']:.0f} MB, {measured['before_mb']:.0f} MB before the pull (target 300)"
    )
    return [speed, cost]


def _told_of_loop(title: str, measured: dict[str, Any]) -> str:
    documents, spent_s = _documents(measured["kinds"]), measured["spent_s"]
    return (
        f"first pull, {title}, a plain loop over its Python SDK, which keeps nothing: {documents:,} documents in "
        f"{spent_s:.2f} s = {documents / spent_s:,.0f} documents/s per core; {measured['calls']} calls; peak memory "
        f"{measured['peak_mb']:.0f} MB"
    )
