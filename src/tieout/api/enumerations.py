"""The contract's long enumerations (countries, currencies, languages …), condensed from its document by a command.

`tests/contract/condense_monite.py` writes `enumerations.json`.
"""

import json
from importlib.resources import files
from typing import Any

ENUMERATIONS: dict[str, list[str]] = json.loads(files("tieout.api").joinpath("enumerations.json").read_text("utf-8"))


def contract_paths() -> dict[str, list[str]]:
    """Every path of the contract, below `/v1`, with its methods."""
    paths: Any = json.loads(files("tieout.api").joinpath("contract_paths.json").read_text("utf-8"))
    return {str(path): [str(method) for method in methods] for path, methods in paths.items()}
