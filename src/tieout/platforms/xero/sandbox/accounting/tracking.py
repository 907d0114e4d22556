"""Tracking categories and their options, and the tracking of lines. Source: tracking-categories page.

At most two categories are active and four are not deleted; a line carries one option of each of up to two categories.
What a line uses can be archived but not deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Line, Row, Tracked
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported

if TYPE_CHECKING:
    from tieout.platforms.xero.sandbox.accounting.shapes import View

ACTIVE_MAX, CATEGORIES_MAX, ON_A_LINE_MAX = 2, 4, 2
NAME_LENGTH_MAX = 100
CATEGORY_WORDS = vocabulary("Name Status Options TrackingCategoryID", "Option TrackingOptionID")
OPTION_WORDS = vocabulary("Name Status TrackingOptionID", "IsDeleted IsArchived IsActive TrackingCategoryID")
LINE_WORDS = vocabulary("Name Option TrackingCategoryID TrackingOptionID", "Options Status")
STATUSES = ("ACTIVE", "ARCHIVED", "DELETED")
NAME_TAKEN = "The name is already in use. It must be unique."


@dataclass(slots=True)
class TrackingOption:
    """One option of a category."""

    id: str
    name: str
    status: str = "ACTIVE"


@dataclass(slots=True, kw_only=True)
class TrackingCategory(Row):
    """A category; deleted options and categories are kept and never told."""

    name: str
    status: str = "ACTIVE"
    options: list[TrackingOption] = field(default_factory=list)


N = TypeVar("N", TrackingCategory, TrackingOption)


def live_categories(organisation: Organisation) -> Sequence[TrackingCategory]:
    """The categories that were not deleted."""
    return [one for one in organisation.settings.tracking_categories.values() if one.status != "DELETED"]


def find_category(organisation: Organisation, key: str) -> TrackingCategory | None:
    """By id."""
    known = organisation.settings.tracking_categories.get(key.lower())
    return known if known is not None and known.status != "DELETED" else None


def find_option(category: TrackingCategory, key: str) -> TrackingOption | None:
    """By id."""
    return next((one for one in category.options if one.id == key.lower() and one.status != "DELETED"), None)


def write_category(writing: Writing, element: Element) -> Written:
    """Create a category, with options if some are sent; rename, archive or restore one."""
    element.check(CATEGORY_WORDS)
    organisation, known = writing.organisation, writing.target
    if known is None and writing.may_update:
        raise unsupported("POST TrackingCategories without an id in the address")
    name, status = _name(element), element.choice("Status", STATUSES)
    options = [_option_name(one) for one in element.inners("Options") or ()]
    if isinstance(known, TrackingCategory):
        if options:
            raise unsupported("options in the body of a category: POST them to …/Options")
        _rename(live_categories(organisation), known, name)
        _set_status(organisation, known, status)
        organisation.renames += 1
        known.touch(writing.at)
        return Written(known)
    if name is None:
        raise InvalidError("The Name is required")
    _check_new(live_categories(organisation), name)
    _check_room(organisation)
    if len({option.lower() for option in options}) < len(options):
        raise InvalidError(NAME_TAKEN)
    category = TrackingCategory(id=organisation.ids.uuid(), updated_at=writing.at, app_id=writing.app_id, name=name)
    category.options = [TrackingOption(organisation.ids.uuid(), option) for option in options]
    organisation.settings.tracking_categories[category.id] = category
    return Written(category)


def write_option(
    writing: Writing, category: TrackingCategory, known: TrackingOption | None, element: Element
) -> TrackingOption:
    """Create an option, or rename, archive or restore one."""
    element.check(OPTION_WORDS)
    organisation = writing.organisation
    name, status = _name(element), element.choice("Status", STATUSES)
    others = [one for one in category.options if one.status != "DELETED"]
    if known is None:
        if name is None:
            raise InvalidError("The Name is required")
        _check_new(others, name)
        known = TrackingOption(organisation.ids.uuid(), name)
        category.options.append(known)
    else:
        _rename(others, known, name)
        if status == "DELETED":
            delete_option(organisation, category, known)
        elif status is not None:
            known.status = status
    organisation.renames += 1
    category.touch(writing.at)
    return known


def delete_category(writing: Writing, category: TrackingCategory) -> bool:
    """Delete a category that no line uses; it is told once more."""
    _set_status(writing.organisation, category, "DELETED")
    category.touch(writing.at)
    return True


def delete_option(organisation: Organisation, category: TrackingCategory, option: TrackingOption) -> None:
    """Delete an option that no line uses."""
    if any(tracked.option_id == option.id for tracked in _uses(organisation)):
        raise InvalidError("The tracking option cannot be deleted because it is used. Archive it instead.")
    option.status = "DELETED"
    category.touch()


def _set_status(organisation: Organisation, category: TrackingCategory, status: str | None) -> None:
    if status in (None, category.status):
        return
    if status == "DELETED" and any(tracked.category_id == category.id for tracked in _uses(organisation)):
        raise InvalidError("The tracking category cannot be deleted because it is used. Archive it instead.")
    if status == "ACTIVE":
        _check_room(organisation, more=0)
    category.status = status or category.status


def _check_room(organisation: Organisation, more: int = 1) -> None:
    """Two active ones, and four in all."""
    live = live_categories(organisation)
    if sum(one.status == "ACTIVE" for one in live) >= ACTIVE_MAX:
        raise InvalidError(f"There can be {ACTIVE_MAX} active tracking categories at most")
    if len(live) + more > CATEGORIES_MAX:
        raise InvalidError(f"There can be {CATEGORIES_MAX} tracking categories at most")


def _uses(organisation: Organisation) -> Iterable[Tracked]:
    """The tracking of every line of every document. A full search: only deleting asks for it."""
    tables: Sequence[Mapping[str, Any]] = (
        organisation.invoices, organisation.credit_notes, organisation.overpayments, organisation.prepayments,
        organisation.bank_transactions, organisation.quotes, organisation.purchase_orders,
    )  # fmt: skip
    for table in tables:
        for row in table.values():
            for line in row.lines:
                yield from line.tracking
    for journal in organisation.manual_journals.values():
        for item in journal.items:
            yield from item.tracking


def _name(element: Element) -> str | None:
    name = element.text("Name")
    if name is None:
        return None
    if not name.strip():
        raise InvalidError("The Name is required")
    check_length("Name", name.strip(), NAME_LENGTH_MAX)
    return name.strip()


def _option_name(element: Element) -> str:
    element.check(OPTION_WORDS)
    name = _name(element)
    if name is None:
        raise InvalidError("The Name is required")
    return name


def _check_new(others: Iterable[TrackingCategory | TrackingOption], name: str) -> None:
    if any(one.name.lower() == name.lower() for one in others):
        raise InvalidError(NAME_TAKEN)


def _rename(others: Iterable[N], known: N, name: str | None) -> None:
    if name is not None and name != known.name:
        _check_new((one for one in others if one is not known), name)
        known.name = name


# On lines -------------------------------------------------------------------------------------------------------


def plan_tracking(organisation: Organisation, element: Element, known: Line | None) -> tuple[Tracked, ...]:
    """The tracking that a line asks for, or had. Raises `InvalidError`."""
    sent = element.inners("Tracking")
    if sent is None:
        return known.tracking if known else ()
    if len(sent) > ON_A_LINE_MAX:
        raise InvalidError(f"A line can have {ON_A_LINE_MAX} tracking categories at most")
    planned = tuple(_tracked(organisation, one) for one in sent)
    if len({one.category_id for one in planned}) < len(planned):
        raise InvalidError("A line can have one option of a tracking category at most")
    return planned


def _tracked(organisation: Organisation, element: Element) -> Tracked:
    element.check(LINE_WORDS)
    category_id, name = element.text("TrackingCategoryID"), element.text("Name")
    option_id, option_name = element.text("TrackingOptionID"), element.text("Option")
    category = next(
        (
            one
            for one in live_categories(organisation)
            if (one.id == category_id.lower() if category_id else one.name.lower() == (name or "").lower())
        ),
        None,
    )
    if category is None or category.status != "ACTIVE":
        raise InvalidError(f"The tracking category '{category_id or name or ''}' does not exist or is not active")
    option = next(
        (
            one
            for one in category.options
            if (one.id == option_id.lower() if option_id else one.name.lower() == (option_name or "").lower())
        ),
        None,
    )
    if option is None or option.status != "ACTIVE":
        raise InvalidError(f"The tracking option '{option_id or option_name or ''}' does not exist or is not active")
    return Tracked(category.id, option.id)


def show_tracking(organisation: Organisation, tracked: Tracked) -> Mapping[str, Any]:
    """The tracking of a line, as recorded: without the id of the option, with an empty list of options."""
    category = organisation.settings.tracking_categories[tracked.category_id]
    option = next(one for one in category.options if one.id == tracked.option_id)
    return {"Name": category.name, "Option": option.name, "TrackingCategoryID": category.id, "Options": []}


def show_option(option: TrackingOption) -> dict[str, Any]:
    """An option."""
    return {
        "TrackingOptionID": option.id,
        "Name": option.name,
        "Status": option.status,
        "HasValidationErrors": False,
        "IsDeleted": option.status == "DELETED",
        "IsArchived": option.status == "ARCHIVED",
        "IsActive": option.status == "ACTIVE",
    }


def show_category(_organisation: Organisation, category: TrackingCategory, _view: "View") -> Mapping[str, Any]:
    """A category with its options."""
    return {
        "Name": category.name,
        "Status": category.status,
        "TrackingCategoryID": category.id,
        "Options": [show_option(one) for one in category.options if one.status != "DELETED"],
    }


def show_active(organisation: Organisation, category: TrackingCategory, view: "View") -> Mapping[str, Any]:
    """A category with its active options only, as lists show it that do not include what is archived."""
    told = dict(show_category(organisation, category, view))
    return told | {"Options": [one for one in told["Options"] if one["IsActive"]]}
