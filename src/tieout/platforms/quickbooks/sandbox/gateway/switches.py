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
    refusals_remembered: bool = False
    """Whether a refusal, too, is repeated for its `requestid`. Unknown; without it a client may mend and try again."""
    newer_minor_versions: bool = False
    """Whether a `minorversion` above the newest that is known is let through; it means nothing new here."""
    answer_bytes_max: int = 100_000_000
    """The largest answer of a query or report; above it 10100. The platform tells no figure."""
    sending_moves_token: bool = True
    """Whether mailing a document moves its SyncToken. Unknown; a client that kept the old one is then stale."""
    mails_per_day: int = 40
    """How many documents a company of the sandbox may mail in a day."""
