"""How often Python looks for garbage that references itself: seldom, for almost nothing here does."""

import gc
from typing import Final

OBJECTS_BETWEEN: Final = 50_000
"""New objects before the youngest are looked through; a page of a thousand documents makes about so many."""
YOUNGEST_BETWEEN: Final = 20
OLDER_BETWEEN: Final = 100
"""So many looks through the youngest, and through the older, go before one through all."""


def collect_seldom() -> None:
    """For a process that has been put together and is about to work: what is there by now is never looked through.

    With Python's own thresholds a third of the processor time of a large pull went into looking, and nothing was found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, YOUNGEST_BETWEEN, OLDER_BETWEEN)
