"""The words of the capability matrix: what a test of the provider contract may say that it proves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., object])

OBJECTS = (
    "company",
    "preferences",
    "lock_dates",
    "currency",
    "ledger_account",
    "tax_rate",
    "customer",
    "vendor",
    "item",
    "invoice",
    "bill",
    "credit_note",
    "vendor_credit",
    "payment",
    "bill_payment",
    "allocation",
    "prepayment",
    "overpayment",
    "attachment",
)
DIRECTIONS = ("in", "out")
OPERATIONS = {
    "in": ("read", "create", "update", "void", "delete", "archive", "merge", "rename", "vanish"),
    "out": ("create", "update", "void", "delete", "archive"),
}
"""`read` is the first pull; the others are news of what people did: `vanish` is to disappear without a word."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One cell of the matrix."""

    object: str
    direction: str
    operation: str

    def __post_init__(self) -> None:
        """Refuse words that the matrix does not have."""
        if self.object not in OBJECTS:
            raise ValueError(f"no object {self.object!r} in the capability matrix: {', '.join(OBJECTS)}")
        if self.operation not in OPERATIONS.get(self.direction, ()):
            raise ValueError(f"no operation {self.operation!r} {self.direction!r} in the capability matrix")


def proves(direction: str, operation: str, *objects: str) -> Callable[[Test], Test]:
    """The markers of a test that proves the same operation for several objects."""

    def marked(test: Test) -> Test:
        for name in objects:
            test = pytest.mark.capability(object=name, direction=direction, operation=operation)(test)
        return test

    return marked


def cells_of(item: pytest.Item) -> list[tuple[str, Cell]]:
    """The cells that a collected test proves, with their platform; raises ValueError for words that are not known."""
    cells = [Cell(**mark.kwargs) for mark in item.iter_markers("capability") if mark.kwargs]
    if not cells:
        return []
    platform = item.callspec.params.get("platform") if hasattr(item, "callspec") else None
    if platform is None:
        raise ValueError("a test that proves something has a parameter `platform`")
    return [(platform, cell) for cell in cells]
