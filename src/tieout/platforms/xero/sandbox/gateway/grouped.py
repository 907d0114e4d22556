"""What some records are made of and is written below them: options of a category, contacts of a group."""

from typing import Any

from starlette.responses import Response

from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, elements_of
from tieout.platforms.xero.sandbox.accounting.people import ContactGroup, add_to_group, take_from_group
from tieout.platforms.xero.sandbox.accounting.rows import Row
from tieout.platforms.xero.sandbox.accounting.tracking import (
    TrackingCategory,
    delete_option,
    find_option,
    show_option,
    write_option,
)
from tieout.platforms.xero.sandbox.accounting.writing import Writing
from tieout.platforms.xero.sandbox.gateway.call import Call
from tieout.platforms.xero.sandbox.gateway.dialects import not_found, not_simulated, unsupported, validation_exception
from tieout.platforms.xero.sandbox.gateway.writes import Batch, Done, read_body, run
from tieout.platforms.xero.sandbox.wire import encode

_LIST, _ONE = 3, 4
"""How many parts an address has that names a list below a record, and one of that list."""


def _writing(call: Call) -> Writing:
    organisation = call.organisation
    return Writing(organisation, call.query.app_id, may_update=True, at=organisation.now())


def answer_options(call: Call, category: Row) -> Response:
    """`PUT …/Options` adds options; `POST` and `DELETE …/Options/{id}` change one and delete an unused one."""
    assert isinstance(category, TrackingCategory)
    call.query.only(frozenset({"summarizeerrors"}))
    option = find_option(category, call.parts[3]) if len(call.parts) == _ONE else None
    if len(call.parts) >= _ONE and option is None:
        return not_found({})
    if call.method == "DELETE" and option is not None:
        try:
            delete_option(call.organisation, category, option)
        except InvalidError as error:
            messages = [{"Message": message} for message in error.messages]
            return validation_exception([{"TrackingOptionID": option.id, "ValidationErrors": messages}])
        return call.envelope.wrap("Options", [encode(show_option(option))])
    if call.method != ("PUT" if option is None else "POST"):
        return not_simulated(call.shown)
    elements = list(elements_of(read_body(call.body), "Options"))
    if option is not None and len(elements) > 1:
        raise unsupported("several elements in the change of one option")

    def do(element: Element) -> Done:
        return show_option(write_option(_writing(call), category, option, element)), ()

    batch = Batch("Options", do, "TrackingOptionID")
    return run(batch, elements, call.envelope, summarize=call.query.flag("summarizeerrors", otherwise=True))


def answer_group_contacts(call: Call, group: Row) -> Response:
    """`PUT …/Contacts` puts contacts into a group, `DELETE …/Contacts[/{id}]` takes all or one out."""
    assert isinstance(group, ContactGroup)
    call.query.only(frozenset())
    if call.method == "PUT" and len(call.parts) == _LIST:
        contacts = add_to_group(_writing(call), group, elements_of(read_body(call.body), "Contacts"))
        empty: dict[str, Any] = {"Addresses": [], "Phones": [], "ContactGroups": [], "ContactPersons": []}
        told = [
            {"ContactID": one.id, **empty, "HasValidationErrors": False, "ValidationErrors": []} for one in contacts
        ]
        return call.envelope.wrap("Contacts", [encode(one) for one in told])
    if call.method != "DELETE":
        return not_simulated(call.shown)
    contact_id = call.parts[3].lower() if len(call.parts) == _ONE else None
    if not take_from_group(_writing(call), group, contact_id):
        return not_found({})
    return Response(status_code=204)
