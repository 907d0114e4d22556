"""What the facts leave open about Xero, or what differs between its customers: switched at `/_sandbox/rules`."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(slots=True)
class Switches:
    """The stricter behaviour unless somebody switches it."""

    high_volume_rows_max: int = 100_000
    """More rows than this in one answer, or behind a filter or order that Xero has not optimised, are refused."""
    attachment_bytes_max: int = 10 * MEBIBYTE
    """The attachments page says 10 MB, the pages of the documents say 25 MB."""
    connections_max: int = 0
    """How many organisations an app may be connected to in all: 5 on the Starter tier; 0 for no ceiling."""
    in_flight_duplicates_refused: bool = False
    """Whether a request whose idempotency key is still being worked on is refused with 409 instead of replayed."""
    pretty_json: bool = False
    """Whether JSON is indented with line ends as it was in 2020."""
