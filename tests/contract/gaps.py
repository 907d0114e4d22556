"""What is known to differ from the contract, and why: each line is checked to be true still."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference (as `shapes` words it, or its beginning) of an operation."""

    operation: str
    difference: str
    why: str


_NO_QUOTES = "quotes are not accounting documents; a quote is refused with 501"

GAPS: tuple[Gap, ...] = (
    Gap("POST /receivables", ".expiry_date: missing", _NO_QUOTES),
    Gap("POST /receivables", ".quote_accept_page_url: missing", _NO_QUOTES),
    Gap("POST /receivables", ".signature_required: missing", _NO_QUOTES),
    Gap("PATCH /receivables/{receivable_id}", ".quote.", _NO_QUOTES),
)


def gaps_of(operation: str) -> tuple[str, ...]:
    """The beginnings of the known differences of an operation."""
    return tuple(gap.difference for gap in GAPS if gap.operation == operation)
