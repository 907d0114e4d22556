"""What may keep a program out of a company, or from some of its objects, and how people bring that about.

A company has one condition at most (nobody gets in), kinds that its plan lacks (5030), and kinds that the person who
connected has no permission for (5020).
"""

from collections.abc import Mapping
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import BY_ROUTE, Kind
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.sandbox.people import Action, ActionRefusedError, allow_only, text_in


def check_company(books: Books) -> None:
    """Raises `Refusal` (120, 130, 140, 150, all 403) while the company keeps everybody out."""
    if books.switches.kept_out is not None:
        raise faults.kept_out(books.switches.kept_out)


def check_kind(books: Books, kind: Kind) -> None:
    """Raises `Refusal`: 5030 for a kind that the plan lacks, 5020 for one that is not permitted."""
    if kind.name in books.switches.lacking:
        raise faults.feature_not_supported(kind.name)
    if kind.name in books.switches.forbidden:
        raise faults.permission_denied(kind.name)


def condition_actions(books: Books) -> dict[str, Action]:
    """What people do about it."""

    def keep_out(wish: Mapping[str, Any]) -> dict[str, Any]:
        """Keep everybody out: `{because?}`; without a reason everybody gets in again.

        Reasons are those of `faults.CONDITIONS`.
        """
        allow_only(wish, "because")
        because = text_in(wish, "because")
        if because is not None and because not in faults.CONDITIONS:
            raise ActionRefusedError(f"because is one of {', '.join(faults.CONDITIONS)}")
        books.switches.kept_out = because
        return {"kept_out": because}

    def change_plan(wish: Mapping[str, Any]) -> dict[str, Any]:
        """Move to a plan without some kinds of object: `{without?}`, their names with commas."""
        allow_only(wish, "without")
        books.switches.lacking = _kinds(wish, "without")
        return {"lacking": sorted(books.switches.lacking)}

    def forbid(wish: Mapping[str, Any]) -> dict[str, Any]:
        """Take the connected person's permission for some kinds of object away: `{kinds?}`, names with commas."""
        allow_only(wish, "kinds")
        books.switches.forbidden = _kinds(wish, "kinds")
        return {"forbidden": sorted(books.switches.forbidden)}

    return {"keep_out": keep_out, "change_plan": change_plan, "forbid": forbid}


def _kinds(wish: Mapping[str, Any], name: str) -> frozenset[str]:
    asked = [part.strip() for part in (text_in(wish, name) or "").split(",") if part.strip()]
    unknown = [part for part in asked if part.lower() not in BY_ROUTE]
    if unknown:
        raise ActionRefusedError(f"no kind of object: {', '.join(unknown)}")
    return frozenset(BY_ROUTE[part.lower()].name for part in asked)
