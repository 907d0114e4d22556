"""Users, branding themes and contact groups. Source: pages of those names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from tieout.platforms.xero.sandbox.accounting.contact_shapes import compact_contact, show_group_head
from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact, Row
from tieout.platforms.xero.sandbox.accounting.shapes import Shape, View
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import ms_date

GROUP_WORDS = vocabulary("Name Status ContactGroupID", "Contacts")
GROUPS_MAX = 100
GROUP_NAME_LENGTH_MAX = 50


@dataclass(slots=True, kw_only=True)
class StaffMember(Row):
    """Somebody who may sign in to the organisation."""

    email: str
    first_name: str
    last_name: str
    subscriber: bool
    role: str


@dataclass(slots=True, kw_only=True)
class BrandingTheme(Row):
    """How printed sales look; the one of order 0 is the default."""

    name: str
    order: int
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class ContactGroup(Row):
    """Contacts under a name."""

    name: str
    status: str = "ACTIVE"
    contact_ids: list[str] = field(default_factory=list)


def unwritable(_writing: Writing, element: Element) -> NoReturn:
    """Nobody writes these through the API."""
    raise unsupported(f"writing {element.path}")


def show_staff_member(_organisation: Organisation, member: StaffMember, _view: View) -> Mapping[str, Any]:
    """A user."""
    return {
        "UserID": member.id,
        "EmailAddress": member.email,
        "FirstName": member.first_name,
        "LastName": member.last_name,
        "UpdatedDateUTC": ms_date(member.updated_at),
        "IsSubscriber": member.subscriber,
        "OrganisationRole": member.role,
    }


def show_theme(_organisation: Organisation, theme: BrandingTheme, _view: View) -> Mapping[str, Any]:
    """A branding theme."""
    return {
        "BrandingThemeID": theme.id,
        "Name": theme.name,
        "Type": "INVOICE",
        "SortOrder": theme.order,
        "CreatedDateUTC": ms_date(theme.created_at),
    }


# Contact groups -------------------------------------------------------------------------------------------------


def live_groups(organisation: Organisation) -> Sequence[ContactGroup]:
    """The groups that were not deleted."""
    return [one for one in organisation.contact_groups.values() if one.status != "DELETED"]


def find_group(organisation: Organisation, key: str) -> ContactGroup | None:
    """By id."""
    known = organisation.contact_groups.get(key.lower())
    return known if known is not None and known.status != "DELETED" else None


def write_group(writing: Writing, element: Element) -> Written:
    """Create, rename or delete a group."""
    element.check(GROUP_WORDS)
    organisation, known = writing.organisation, writing.target
    name, status = element.text("Name"), element.choice("Status", ("ACTIVE", "DELETED"))
    name = name.strip() if name is not None else None
    if name == "" or (name is None and known is None):
        raise InvalidError("The Name is required")
    check_length("Name", name, GROUP_NAME_LENGTH_MAX)
    others = [one for one in live_groups(organisation) if one is not known]
    if name is not None and any(one.name.lower() == name.lower() for one in others):
        raise InvalidError("The contact group name must be unique")
    if isinstance(known, ContactGroup):
        known.name, known.status = name or known.name, status or known.status
        _touch_contacts(organisation, known.contact_ids)
        known.touch(writing.at)
        return Written(known)
    if len(others) >= GROUPS_MAX:
        raise InvalidError(f"You\N{RIGHT SINGLE QUOTATION MARK}ve reached the limit of {GROUPS_MAX} contact groups.")
    group = ContactGroup(id=organisation.ids.uuid(), updated_at=writing.at, app_id=writing.app_id, name=name or "")
    organisation.contact_groups[group.id] = group
    return Written(group)


def add_to_group(writing: Writing, group: ContactGroup, elements: Iterable[Element]) -> Sequence[Contact]:
    """Put contacts into a group: all of them or, if one does not exist, none."""
    organisation = writing.organisation
    contacts = []
    for element in elements:
        contact = organisation.contacts.get((element.text("ContactID") or "").lower())
        if contact is None:
            raise GoneError
        contacts.append(contact)
    group.contact_ids = list(dict.fromkeys([*group.contact_ids, *(contact.id for contact in contacts)]))
    _touch_contacts(organisation, [contact.id for contact in contacts])
    group.touch(writing.at)
    return contacts


def take_from_group(writing: Writing, group: ContactGroup, contact_id: str | None) -> bool:
    """Take one contact out of a group, or all; false if it is not in it."""
    gone = [one for one in group.contact_ids if contact_id in (None, one)]
    if contact_id is not None and not gone:
        return False
    group.contact_ids = [one for one in group.contact_ids if one not in gone]
    _touch_contacts(writing.organisation, gone)
    group.touch(writing.at)
    return True


def _touch_contacts(organisation: Organisation, contact_ids: Iterable[str]) -> None:
    for contact_id in contact_ids:
        organisation.contacts[contact_id].touch()


def show_group(organisation: Organisation, group: ContactGroup, view: View) -> Mapping[str, Any]:
    """A group; only a single one tells its contacts."""
    contacts = [organisation.contacts[one] for one in group.contact_ids] if view.shape is Shape.SINGLE else []
    return show_group_head(group) | {
        "Contacts": [compact_contact(one) for one in contacts],
        "HasValidationErrors": False,
    }
