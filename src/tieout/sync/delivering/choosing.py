"""Which events a subscription wants, and which addresses may be an endpoint. Pure."""

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from tieout.security.outbound import is_public

_OWN_NAMES: Final = ("localhost", "localhost.localdomain")


def is_wanted(event_types: Iterable[str], *, object_type: str, action: str) -> bool:
    """Whether an event of the subscription's object type is among its event types.

    A type is written `connected` or `accounting_connection.connected`; none at all are all of them.
    """
    wanted = set(event_types)
    return not wanted or action in wanted or action.removeprefix(f"{object_type}.") in wanted


def trial_action(object_type: str) -> str:
    """The action of the event by which one endpoint is tried out: its object is the subscription, and nobody else's."""
    return f"{object_type}.test"


def address_fault(url: str, *, allow_private: bool, host: str | None = None) -> str | None:
    """Why this cannot be an endpoint's address, for a person; None when it can.

    `host` is the URL's host as a browser would read it, so that 0x7f.1 is seen for what it is; as it is written by
    default. Names are looked up when they are called: only then it is sure where they lead.
    """
    if not url.isprintable():
        return "Input should be an address without line breaks and other control characters"
    parts = urlsplit(url)
    host = host or parts.hostname
    if parts.scheme.lower() not in ({"https", "http"} if allow_private else {"https"}):
        return "Input should be an address that begins with https://"
    if not host:
        return "Input should be an address with a host"
    if parts.username is not None or parts.password is not None:
        return "Input should be an address without a user and a password: requests are signed"
    if not allow_private and not _may_be_public(host.strip("[]").rstrip(".").lower()):
        return "Input should be an address of the public internet"
    return None


def _may_be_public(host: str) -> bool:
    try:
        return is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        return host not in _OWN_NAMES and not host.endswith(".localhost")
