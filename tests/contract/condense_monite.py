"""Condenses the contract document of Monite's API to facts: paths, methods, statuses, fields, types and enumerations.

    TIEOUT_REFERENCE_DIR=… python -m tests.contract.condense_monite

It writes `tests/contract/facts/monite.json` (everything but prose), and the two small files that the program itself
uses:
`src/tieout/api/contract_paths.json` and `src/tieout/api/enumerations.json`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REFERENCE_DIR = Path(os.environ.get("TIEOUT_REFERENCE_DIR", ROOT.parent / "shared" / "reference"))
DOCUMENT = REFERENCE_DIR / "monite-openapi.json"
FACTS = ROOT / "tests" / "contract" / "facts" / "monite.json"
PATHS = ROOT / "src" / "tieout" / "api" / "contract_paths.json"
ENUMERATIONS = ROOT / "src" / "tieout" / "api" / "enumerations.json"

METHODS = ("get", "post", "put", "patch", "delete")
SCHEMA_FACTS = frozenset(
    (
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "default",
        "deprecated",
        "enum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "oneOf",
        "required",
        "type",
    )
)
PROGRAM_ENUMERATIONS = (
    "APIVersion",
    "AllowedCountries",
    "CurrencyEnum",
    "LanguageCodeEnum",
    "VatIDTypeEnum",
    "WebhookObjectType",
)


def _without_prose(default: Any) -> Any:
    """A default without the sentences that some of them hold beside a flag."""
    if not isinstance(default, dict):
        return default
    return {
        name: _without_prose(part)
        for name, part in default.items()
        if not (name == "description" and "required" in default)
    }


def plan_schema(schema: Any) -> Any:
    """A schema without its prose; references keep only the name they point to."""
    if isinstance(schema, list):
        return [plan_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    facts: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "$ref":
            facts[key] = value.rpartition("/")[2]
        elif key == "properties":
            facts[key] = {name: plan_schema(part) for name, part in value.items()}
        elif key == "discriminator":
            facts[key] = value["propertyName"]
        elif key == "default":
            facts[key] = _without_prose(value)
        elif key in {"enum", "required", "const"}:
            facts[key] = value
        elif key in SCHEMA_FACTS:
            facts[key] = plan_schema(value)
    return facts


def _content(part: dict[str, Any]) -> Any:
    content = part.get("content", {})
    kinds = {kind: plan_schema(body.get("schema", {})) for kind, body in content.items()}
    return kinds.get("application/json", kinds or None)


def plan_operation(operation: dict[str, Any], shared: list[dict[str, Any]]) -> dict[str, Any]:
    """What one method of one path takes and answers."""
    parameters = shared + operation.get("parameters", [])
    facts: dict[str, Any] = {
        place: {
            parameter["name"]: {
                "required": bool(parameter.get("required")),
                "schema": plan_schema(parameter.get("schema", {})),
            }
            for parameter in parameters
            if parameter["in"] == place
        }
        for place in ("path", "query", "header")
    }
    body = operation.get("requestBody")
    facts["body"] = None if body is None else {"required": bool(body.get("required")), "schema": _content(body)}
    facts["answers"] = {status: _content(answer) for status, answer in operation["responses"].items()}
    return facts


def plan_facts(document: dict[str, Any]) -> dict[str, Any]:
    """The whole document as facts."""
    return {
        "version": document["info"]["version"],
        "paths": {
            path: {
                method: plan_operation(item[method], item.get("parameters", [])) for method in METHODS if method in item
            }
            for path, item in document["paths"].items()
        },
        "schemas": {name: plan_schema(schema) for name, schema in document["components"]["schemas"].items()},
    }


def _lines(section: dict[str, Any]) -> str:
    rows = (f"{json.dumps(name)}:{json.dumps(section[name], separators=(',', ':'))}" for name in sorted(section))
    return "{\n" + ",\n".join(rows) + "\n}"


def render(facts: dict[str, Any]) -> str:
    """JSON with one path and one schema to a line, so that a change of the contract shows as a few lines."""
    return (
        f'{{"version":{json.dumps(facts["version"])},\n'
        f'"paths":{_lines(facts["paths"])},\n"schemas":{_lines(facts["schemas"])}}}\n'
    )


def main() -> None:
    """Write the three files anew."""
    if not DOCUMENT.exists():
        sys.exit(f"{DOCUMENT.name} is not in TIEOUT_REFERENCE_DIR ({REFERENCE_DIR})")
    facts = plan_facts(json.loads(DOCUMENT.read_text()))
    FACTS.parent.mkdir(parents=True, exist_ok=True)
    FACTS.write_text(render(facts))
    paths = {path: [method.upper() for method in methods] for path, methods in facts["paths"].items()}
    PATHS.write_text(_lines(paths) + "\n")
    enumerations = {name: facts["schemas"][name]["enum"] for name in PROGRAM_ENUMERATIONS}
    ENUMERATIONS.write_text(_lines(enumerations) + "\n")


if __name__ == "__main__":
    main()
