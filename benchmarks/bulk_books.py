"""A simulated platform in a process of its own, with one company that is full of documents of five lines.

`python -m benchmarks.bulk_books quickbooks 10000` tells on its first line where it is, and serves until its input ends.
"""

import importlib
import json
import sys
from random import Random
from typing import Any, cast

from tests.support.serving import served

from tieout.kit.clock import SystemClock
from tieout.sandbox.simulator import Simulator

LINES = 5
SEED = 7
NAMES_MAX = 500
"""Parties and items of the books that are told, for a partner to have the same."""
COMPANIES = {"quickbooks": "Craig's Design and Landscaping Services", "xero": "Demo Company (Global)"}
"""Where the clients that the platforms' makers publish are connected too."""
_DRAWN = {(1, 5), (1, 4)}
"""How the simulators draw the number of a document's lines."""


class FiveLines(Random):
    """Draws as usual, but for the number of lines."""

    def randint(self, a: int, b: int) -> int:
        """Five where the number of lines is drawn."""
        return LINES if (a, b) in _DRAWN else super().randint(a, b)


def build(platform: str, documents: int, origin: str) -> tuple[Any, dict[str, Any]]:
    """The simulator with its full company, and what is told of it."""
    module = importlib.import_module(f"tieout.platforms.{platform}.sandbox.application")
    filling = importlib.import_module(f"tieout.platforms.{platform}.sandbox.seeds.filling")
    filling.Random = FiveLines  # type: ignore[attr-defined]  # the documents of a benchmark have five lines each
    app = module.build_simulator(clock=SystemClock(), seed=SEED, origin=origin)
    simulator = cast("Simulator", app.state.simulator)
    company = next(one for one in simulator.companies.values() if one.name == COMPANIES[platform])
    company.fill(documents, SEED)
    return app, {"company": company.name, "currency": company.currency, **_names(platform, company)}


def _names(platform: str, company: Any) -> dict[str, list[str]]:
    if platform == "xero":
        parties = [one.name for one in company.contacts.values()]
        return {"customers": parties[-NAMES_MAX:], "items": [one.name for one in company.items.values() if one.name]}
    shelves = {kind: [one.content for one in company.books.shelf(kind) if one.active] for kind in ("Customer", "Item")}
    return {
        "customers": [one["DisplayName"] for one in shelves["Customer"]][-NAMES_MAX:],
        "items": [one["Name"] for one in shelves["Item"]][-NAMES_MAX:],
    }


def main(platform: str, documents: int) -> None:
    """Serve until nobody listens any more."""
    told: dict[str, Any] = {}

    def make(origin: str) -> Any:
        app, said = build(platform, documents, origin)
        told.update(said, origin=origin)
        return app

    with served(make):
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
