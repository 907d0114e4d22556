"""Contacts."""

from collections.abc import Sequence

from tieout.platforms.xero.sandbox.accounting.contact_shapes import show_contact
from tieout.platforms.xero.sandbox.accounting.contacts import find_contact, write_contact
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, flag, guid, text, updated
from tieout.platforms.xero.sandbox.identity.scopes import CONTACTS

CONTACT_FIELDS: Fields = {
    "contactid": guid(lambda c: c.id),
    "contactnumber": text(lambda c: c.number),
    "accountnumber": text(lambda c: c.account_number),
    "contactstatus": text(lambda c: c.status),
    "name": text(lambda c: c.name),
    "firstname": text(lambda c: c.first_name),
    "lastname": text(lambda c: c.last_name),
    "emailaddress": text(lambda c: c.email or None),
    "taxnumber": text(lambda c: c.tax_number),
    "issupplier": flag(lambda c: c.supplier),
    "iscustomer": flag(lambda c: c.customer),
    "updateddateutc": updated(),
}


def _by_id(organisation: Organisation, key: str) -> Sequence[Contact]:
    known = organisation.contacts.get(key)
    return () if known is None else (known,)


ENTRIES = (
    Resource(
        name="Contacts",
        plural="Contacts",
        type_name="Contact",
        id_property="ContactID",
        access=CONTACTS,
        rows=lambda organisation: organisation.contacts,
        find=find_contact,
        show=show_contact,
        write=write_contact,
        fields=lambda _: CONTACT_FIELDS,
        paged=True,
        optimised=frozenset({"name", "emailaddress", "accountnumber"}),
        narrow={"ids": _by_id, "contactid": _by_id},
        parameters=frozenset({"includearchived", "summaryonly", "searchterm"}),
        listings={"ids": lambda contact: contact.id},
        archived=lambda contact: contact.status != "ACTIVE",
        search=lambda c: (c.name, c.first_name, c.last_name, c.number, c.email),
    ),
)
