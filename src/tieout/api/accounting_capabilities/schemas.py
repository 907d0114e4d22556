"""The capability matrix as the API shows it."""

from tieout.api.schemas import Shown
from tieout.platforms.capabilities import State


class AccountingCapabilityResponse(Shown):
    """One cell. `tests` are those that passed for it; `reason` is why there are none.

    `direction` is seen from here: `in` is what is read from the books, `out` what is written to them.
    """

    platform: str
    object: str
    direction: str
    operation: str
    state: State
    tests: list[str]
    reason: str | None = None


class AccountingCapabilityList(Shown):
    """All cells of all platforms, also of what is not built."""

    data: list[AccountingCapabilityResponse]
