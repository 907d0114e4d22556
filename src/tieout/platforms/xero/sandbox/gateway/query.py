"""The query parameters of a call, read as Xero reads them: names and booleans in any case. Source: requests page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tieout.platforms.xero.sandbox.gateway.dialects import query_refused, unsupported
from tieout.platforms.xero.sandbox.wire import CENT, QUARTER_CENT, BadValueError, read_flag

DIGITS_MAX = 9
"""The most digits of a page number."""
_WHOLE = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Query:
    """The query parameters of a request, by lower-case name, and the headers that select rows."""

    params: Mapping[str, str]
    modified_since: str | None = None
    app_id: str | None = None

    def only(self, known: frozenset[str]) -> None:
        """Refuse parameters that are not simulated, loudly."""
        for name in self.params:
            if name not in known:
                raise unsupported(f"the query parameter {name}")

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """A boolean parameter, in any case."""
        try:
            return read_flag(self.params[name]) if name in self.params else otherwise
        except BadValueError:
            raise query_refused(f"'{self.params[name]}' is not a valid value for {name}") from None

    def number(self, name: str, otherwise: int, low: int, high: int) -> int:
        """A whole number, clamped."""
        text = self.params.get(name, str(otherwise)).strip()
        if not _WHOLE.fullmatch(text) or len(text) > DIGITS_MAX:
            raise query_refused(f"'{text}' is not a valid value for {name}")
        return min(max(int(text), low), high)

    def unit_places(self) -> Decimal:
        """The scale of unit prices: `unitdp` is 2 or 4."""
        places = self.params.get("unitdp", "2")
        if places not in {"2", "4"}:
            raise query_refused(f"'{places}' is not a valid value for unitdp")
        return QUARTER_CENT if places == "4" else CENT
