"""Where the engine of automated sales tax charges what: a small table of states and cities.

The percentages are those that were in force in 2025, rounded up to districts: enough to tell places apart, no source
for anybody's tax return. A city's code has the state's rate and its own; another city of a state has the state's alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A state, or a city of it, with the rates that the place itself adds: name and percent."""

    state: str
    city: str | None
    rates: tuple[tuple[str, str], ...]


AGENCIES = {
    "AZ": "Arizona Department of Revenue",
    "CA": "California Department of Tax and Fee Administration",
    "NY": "New York State Department of Taxation and Finance",
    "TX": "Texas Comptroller of Public Accounts",
    "WA": "Washington State Department of Revenue",
}
"""Who collects in a state."""
PLACES = (
    Place("CA", None, (("California State", "7.25"),)),
    Place("CA", "Mountain View", (("California, Santa Clara County District", "1.875"),)),
    Place("CA", "San Francisco", (("California, San Francisco District", "1.375"),)),
    Place("CA", "Los Angeles", (("California, Los Angeles County District", "2.5"),)),
    Place("AZ", None, (("Arizona State", "5.6"),)),
    Place("AZ", "Tucson", (("Arizona, Pima County", "0.5"), ("Arizona, Tucson City", "2.6"))),
    Place("NY", None, (("New York State", "4"),)),
    Place("NY", "New York", (("New York City", "4.5"), ("New York, Metropolitan Commuter District", "0.375"))),
    Place("TX", None, (("Texas State", "6.25"),)),
    Place("TX", "Austin", (("Texas, Austin City", "1"), ("Texas, Austin Transit", "1"))),
    Place("WA", None, (("Washington State", "6.5"),)),
    Place("WA", "Seattle", (("Washington, Seattle City", "3.85"),)),
)
"""Every place; a state comes before its cities."""


def code_name(state: str, city: str | None = None) -> str:
    """What the engine's tax code for a place is called."""
    return f"{city.strip()}, {state.strip()}" if city and city.strip() else state.strip()
