"""What the interface does where the real one's behaviour is not known: `/_sandbox/rules` changes it.

Every field is a rule of its own name; its default is the stricter behaviour for a client.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class WireSwitches:
    """The rules of the interface. A bool is a switch, an int a whole number."""

    request_ids_remembered_s: int = 86_400
    """How long a `requestid` is remembered. Unknown; a day is short enough that a late retry must look first."""
    request_id_reuse_refused: bool = False
    """Whether an id that comes back with another body is refused (600). Documented: it gets the first answer."""
    undocumented_query_operators: bool = True
    """Whether `!=`, `NOT IN` and `NOT LIKE` work in queries: they are reported to, and not documented."""
