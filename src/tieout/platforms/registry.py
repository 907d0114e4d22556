"""Finds the platforms: every folder below this package with a `platform` module that offers `PLATFORM`."""

import importlib
import pkgutil
from functools import cache

from tieout import platforms
from tieout.platforms.port import Platform


@cache
def all_platforms() -> dict[str, Platform]:
    """Every platform by its name, in the alphabet's order."""
    found: dict[str, Platform] = {}
    for module in sorted(pkgutil.iter_modules(platforms.__path__), key=lambda module: module.name):
        if module.ispkg:
            platform: Platform = importlib.import_module(f"{platforms.__name__}.{module.name}.platform").PLATFORM
            found[platform.name] = platform
    return found


def platform_named(name: str) -> Platform:
    """The platform of that name; raises KeyError."""
    return all_platforms()[name]
