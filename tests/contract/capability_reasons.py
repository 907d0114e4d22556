"""Why a cell of the capability matrix is not green: what is not built, and what does not exist in these books."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.support.capabilities import DIRECTIONS, OBJECTS, OPERATIONS, Cell

from tieout.platforms.capabilities import State

NOT_SHOWN: Final = "No test of the contract shows it."
SETTINGS: Final = ("company", "preferences", "lock_dates")
LISTS: Final = ("customer", "vendor", "item")
DOCUMENTS: Final = ("invoice", "bill", "credit_note", "vendor_credit")
MONEY: Final = ("payment", "bill_payment", "allocation", "prepayment", "overpayment")
THE_BOOKS_OWN: Final = (*SETTINGS, "currency", "ledger_account", "tax_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, for all cells that it names; an empty tuple stands for all."""

    state: State
    why: str
    direction: str
    platform: str = ""
    objects: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    def fits(self, platform: str, cell: Cell) -> bool:
        """Whether a cell is meant."""
        return (
            cell.direction == self.direction
            and self.platform in ("", platform)
            and (not self.objects or cell.object in self.objects)
            and (not self.operations or cell.operation in self.operations)
        )


def _none(direction: str, why: str, operations: tuple[str, ...], *objects: str, platform: str = "") -> Reason:
    return Reason(
        state=State.DOES_NOT_EXIST,
        why=why,
        direction=direction,
        platform=platform,
        objects=objects,
        operations=operations,
    )


def _unbuilt(why: str, operations: tuple[str, ...], *objects: str, platform: str = "") -> Reason:
    return Reason(
        state=State.NOT_BUILT, why=why, direction="out", platform=platform, objects=objects, operations=operations
    )


REASONS: Final = (
    _none("in", "Every company has them once: they are only changed.", OPERATIONS["in"][1:2], *SETTINGS),
    _none("in", "Every company has them once: they are only changed.", OPERATIONS["in"][3:], *SETTINGS),
    _none(
        "in",
        "QuickBooks knows neither: what is paid in advance stands unapplied on the payment.",
        (),
        "prepayment",
        "overpayment",
        platform="quickbooks",
    ),
    _none("in", "Only documents and payments are voided.", ("void",), "currency", "ledger_account", "tax_rate", *LISTS),
    _none("in", "Only what stands in lists is set aside, merged or given another name.", ("archive", "merge", "rename"),
          *DOCUMENTS, *MONEY, "attachment"),
    _none("in", "A currency is its code.", ("merge", "rename", "update"), "currency"),
    _none("in", "A file is hung on or taken away.", ("void",), "attachment"),
    _none("in", "A contact of Xero is archived or merged, never deleted.", ("delete",), "customer", "vendor",
          platform="xero"),
    _none("in", "QuickBooks sets aside what stands in lists, and deletes none of it.", ("delete",), *LISTS,
          "ledger_account", platform="quickbooks"),
    _none("in", "Xero merges contacts alone.", ("merge",), "item", "ledger_account", "tax_rate", platform="xero"),
    _none("in", "QuickBooks merges no tax codes.", ("merge",), "tax_rate", platform="quickbooks"),
    _none("in", "Xero deletes payments and takes allocations back, and voids neither.", ("void",), *MONEY[:3],
          platform="xero"),
    _unbuilt("The accountant's own: Tieout reads it and never writes it.", (), *THE_BOOKS_OWN),
    _unbuilt("It comes into being in the books; a payment that is too large is refused or stands unapplied.", (),
             "prepayment", "overpayment"),
    _unbuilt("Deleting or archiving a counterpart or product here never touches the books.", ("delete", "archive"),
             *LISTS),
    _none("out", "Only documents and payments are voided.", ("void",), *LISTS, "attachment"),
    _none("out", "Only what stands in lists is set aside.", ("archive",), *DOCUMENTS, *MONEY[:3], "attachment"),
    _none("out", "QuickBooks voids only invoices without a flag that overrides warnings: the record is deleted.",
          ("void",), *DOCUMENTS[1:], *MONEY[:3], platform="quickbooks"),
    _none("out", "Xero deletes payments and takes allocations back, and voids neither.", ("void",), *MONEY[:3],
          platform="xero"),
    _none("out", "Xero's payments are never changed: another is written.", ("update",), "payment", "bill_payment",
          platform="xero"),
    _unbuilt("A payment is not changed in place, for its allocations would be replaced as a whole: another is written.",
             ("update",), "payment", "bill_payment", platform="quickbooks"),
    _unbuilt("An allocation or a file is never changed: another is written.", ("update",), "allocation", "attachment"),
    _none("out", "Xero's API has no way to remove a file.", ("delete",), "attachment", platform="xero"),
)  # fmt: skip
"""The first that fits counts. A cell that a test shows may have none."""


def reason_for(platform: str, cell: Cell) -> tuple[State, str]:
    """The state of a cell that no test shows, and why."""
    found = next((reason for reason in REASONS if reason.fits(platform, cell)), None)
    return (found.state, found.why) if found else (State.NOT_SHOWN, NOT_SHOWN)


def all_cells() -> Iterator[Cell]:
    """Every cell of a platform's matrix, none left out."""
    return (
        Cell(object=name, direction=direction, operation=operation)
        for direction in DIRECTIONS
        for name in OBJECTS
        for operation in OPERATIONS[direction]
    )
